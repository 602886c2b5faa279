"""The secrets of one world: random each time, known only to the world and to the bot's environment."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field


def _random() -> str:
    return secrets.token_urlsafe(30)


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a deployment keeps in its vault. `identity_header` is the identity endpoint's own."""

    identity_header: str = field(repr=False)
    slack_bot_token: str = field(repr=False, default_factory=lambda: f"xoxb-{_random()}")
    slack_app_token: str = field(repr=False, default_factory=lambda: f"xapp-{_random()}")
    slack_signing_secret: str = field(repr=False, default_factory=lambda: secrets.token_hex(16))
    teams_client_secret: str = field(repr=False, default_factory=_random)
    tower_token: str = field(repr=False, default_factory=lambda: f"eyJ{_random()}")
    tower_verify_token: str = field(repr=False, default_factory=lambda: f"eyJ{_random()}")
    tower_person_token: str = field(repr=False, default_factory=lambda: f"eyJ{_random()}")  # Ana's own
    audit_key: str = field(repr=False, default_factory=lambda: secrets.token_hex(32))
