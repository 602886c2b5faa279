"""How fast a sandbox's world runs: as fast as tests need, or as slow as people know it."""

from __future__ import annotations

from dataclasses import dataclass

from bot.sandbox import arm_answers


@dataclass(frozen=True, slots=True)
class Pace:
    """What takes how long. Everything that is not named here takes as long as it takes."""

    shape: arm_answers.Shape  # ARM's writes
    azure_s: float = 0.0  # added to each answer of ARM, the registries and the identity endpoint
    slack_s: float = 0.0
    tower_s: float = 0.0
    wave_s: float = 0.0
    login_s: float = 0.0  # Tower's login test, when it saves a credential
    replication_s: float = 60.0  # until a regenerated password works
    caches: float = 1.0  # divides the life of Wave's caches
    limits: bool = True  # Slack's rate limits


# Writes take long enough to be looked for more than once; rate limits would only be waited out.
FAST = Pace(
    shape=arm_answers.Shape(scope_map_s=0.02, token_s=0.03, generate_s=0.02, delete_s=0.01),
    replication_s=1.0,
    caches=60.0,
    limits=False,
)
# The same, with ARM's writes as azure-cli recorded them.
FAST_RECORDED = Pace(
    shape=arm_answers.Shape(scope_map_s=0.02, token_s=0.1, generate_s=0.02, delete_s=0.01, recorded=True),
    replication_s=1.0,
    caches=60.0,
    limits=False,
)
LIKE_LIFE = Pace(
    shape=arm_answers.Shape(scope_map_s=0.9, token_s=2.5, generate_s=0.6, delete_s=0.5),
    azure_s=0.06,
    slack_s=0.05,
    tower_s=0.08,
    wave_s=0.12,
    login_s=0.4,
)
