"""Where the policy comes from: a file that may change while the bot runs, or a few settings."""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from bot import errors, model, policy_file, rules

LOOK_S = 2.0  # how often the file is looked at

Stamp = tuple[int, int, int]


Tell = Callable[[str], Awaitable[None]]


class PolicySource:
    """Holds the policy in force. A file that breaks later leaves the last good one in force."""

    def __init__(self, policy: rules.Policy, path: Path | None = None, *, seen: Stamp | None = None) -> None:
        self.policy = policy
        self.problem: str | None = None  # why the file as it is now is not in force
        self._path = path
        self._seen = self._last = seen
        self._asked = asyncio.Event()

    @classmethod
    def of_file(cls, path: Path) -> PolicySource:
        """Read a file; raise ConfigurationError with every problem and its line."""
        seen = _stamp(path)  # before the reading: what changes in between is then seen to have changed
        return cls(read(path), path, seen=seen)

    def reload(self) -> None:
        """Read the file now, changed or not: for SIGHUP."""
        self._asked.set()

    async def watch(self, *, news: Tell, alert: Tell, every_s: float = LOOK_S) -> None:
        """Follow the file for ever: tell of each change as `news`, and raise an `alert` for a broken file."""
        while self._path is not None:
            asked = await self._asked_within(every_s)
            stamp = await asyncio.to_thread(_stamp, self._path)
            # A file that still changes is being written: half of it would be a false alarm.
            settled, self._last = stamp == self._last, stamp
            if asked or (settled and stamp != self._seen):
                self._seen = stamp
                await self._read(self._path, news, alert, asked=asked)

    async def _asked_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._asked.wait()
        except TimeoutError:
            return False
        self._asked.clear()
        return True

    def name(self, who: model.Principal) -> str | None:
        """Return what the policy in force calls somebody; None for who is not in it."""
        return self.policy.person(who).name if self.policy.linked(who) else None

    async def _read(self, path: Path, news: Tell, alert: Tell, *, asked: bool) -> None:
        try:
            fresh = await asyncio.to_thread(read, path)
        except errors.ConfigurationError as error:
            self.problem = str(error)
            await alert(f"The policy file is broken, and the last good one stays in force. {error}")
            return
        changed, self.problem, self.policy = fresh.version != self.policy.version, None, fresh
        if changed:
            await news(f"A new policy is in force: version {fresh.version}, {len(fresh.rules)} rules.")
        elif asked:
            await news(f"The policy file says what it said: version {fresh.version} stays in force.")


def read(path: Path) -> rules.Policy:
    """Read a policy file; raise ConfigurationError with every problem and its line."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise errors.ConfigurationError(f"{path}: cannot be read ({type(error).__name__}).") from None
    policy, problems = policy_file.read(text)
    if policy is None:
        raise errors.ConfigurationError("\n".join(f"{path}:{one.line}: {one.text}" for one in problems))
    policy.prepare()
    return policy


def one_list(
    approvers: Iterable[str], *, channel: str, deadline_hours: float, longest_validity_days: int | None
) -> rules.Policy:
    """Return the policy of a deployment without a file: one list of people decides on everything."""
    group = rules.Group(name="approvers", members=frozenset(map(_member, approvers)))
    terms = rules.Terms(
        approvers=(group.name,),
        deadline=dt.timedelta(hours=deadline_hours),
        longest_validity_days=longest_validity_days,
        approval_channel=channel,
    )
    rule = rules.Rule(name=rules.BY_SETTINGS, match=rules.Match(), terms=terms)
    shown = model.canonical([rule.model_dump(mode="json"), sorted(group.members)])
    version = hashlib.sha256(shown).hexdigest()[:16]
    return rules.Policy(version=version, groups={group.name: group}, rules=(rule,))


def _member(user: str) -> str:
    """Return how groups name somebody: Entra's object ids have dashes, Slack's user ids have none."""
    return f"teams:{user.lower()}" if "-" in user else f"slack:{user}"


def _stamp(path: Path) -> Stamp | None:
    """Return what changes with a file's content; None while it is not there."""
    try:
        found = path.stat()
    except OSError:
        return None
    # The inode too: a mounted ConfigMap changes by putting another file in place.
    return found.st_mtime_ns, found.st_size, found.st_ino
