"""Where the policy comes from: a file that may change while the bot runs, or a few settings."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from bot import errors, model, policy_file, ports, rules

LOOK_S = 2.0  # how often the file is looked at
BY_SETTINGS = "REGISTRY_BOT_APPROVERS"  # the name of the one rule that settings make

log = structlog.get_logger(__name__)


class PolicySource:
    """Holds the policy in force. A file that breaks later leaves the last good one in force."""

    def __init__(self, policy: rules.Policy, path: Path | None = None) -> None:
        self.policy = policy
        self.problem: str | None = None  # why the file as it is now is not in force
        self._path = path
        self._seen = _stamp(path)
        self._asked = asyncio.Event()

    def reload(self) -> None:
        """Read the file at the next look, changed or not: for SIGHUP."""
        self._seen = None
        self._asked.set()

    async def watch(self, clock: ports.Clock, told: Callable[[str], None]) -> None:
        """Follow the file for ever; `told` hears in a sentence of each change and each problem."""
        while self._path is not None:
            await clock.sleep(LOOK_S)
            stamp = await asyncio.to_thread(_stamp, self._path)
            if stamp != self._seen:
                self._seen = stamp
                told(await self._read(self._path))

    async def _read(self, path: Path) -> str:
        try:
            fresh = read(path)
        except errors.ConfigurationError as error:
            self.problem = str(error)
            log.warning("policy broken", problem=self.problem)
            return f"The policy file is broken, and the last good one stays in force. {error}"
        self.problem, self.policy = None, fresh
        log.info("policy in force", version=fresh.version, rules=len(fresh.rules))
        return f"A new policy is in force: version {fresh.version}, {len(fresh.rules)} rules."


def read(path: Path) -> rules.Policy:
    """Read a policy file; raise ConfigurationError with every problem and its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise errors.ConfigurationError(f"{path}: cannot be read ({type(error).__name__}).") from None
    policy, problems = policy_file.read(text)
    if policy is None:
        raise errors.ConfigurationError("\n".join(f"{path}:{one.line}: {one.text}" for one in problems))
    return policy


def one_list(
    approvers: Iterable[str], *, channel: str, deadline_hours: float, longest_validity_days: int | None
) -> rules.Policy:
    """Return the policy of a deployment without a file: one list of Slack users decides on everything."""
    group = rules.Group(name="approvers", members=frozenset(f"slack:{user}" for user in approvers))
    terms = rules.Terms(
        approvers=(group.name,),
        deadline=dt.timedelta(hours=deadline_hours),
        longest_validity_days=longest_validity_days,
        approval_channel=channel,
    )
    rule = rules.Rule(name=BY_SETTINGS, match=rules.Match(), terms=terms)
    shown = model.canonical([rule.model_dump(mode="json"), sorted(group.members)])
    version = hashlib.sha256(shown).hexdigest()[:16]
    return rules.Policy(version=version, groups={group.name: group}, rules=(rule,))


def _stamp(path: Path | None) -> tuple[int, int] | None:
    """Return what changes with a file's content; None while it is not there."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return (found.st_mtime_ns, found.st_size) if found else None
