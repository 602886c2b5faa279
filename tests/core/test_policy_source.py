"""The policy in force: read from a file, followed while the bot runs, never replaced by a broken one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot import errors, policy_source
from tests import builders
from tests.waiting import wait_until

GOOD = """
[groups.g]
slack = ["U0BEN", "U0CLEO"]
[[rules]]
name = "everything"
approval_channel = "C0APPROVALS"
approvers = "g"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a policy file that is fine."""
    path = tmp_path / "policy.toml"
    path.write_text(GOOD)
    return path


def say(path: Path, text: str) -> None:
    """Write a file as an editor does."""
    path.write_text(text)


def remove(path: Path) -> None:
    """Take a file away."""
    path.unlink()


class Watched:
    """A file that is followed, and what was said of it."""

    def __init__(self, source: policy_source.PolicySource) -> None:
        self.source = source
        self.news: list[str] = []
        self.alerts: list[str] = []

    async def tell(self, text: str) -> None:
        """Hear news."""
        self.news.append(text)

    async def alert(self, text: str) -> None:
        """Hear an alert."""
        self.alerts.append(text)


@asynccontextmanager
async def watched(path: Path, *, every_s: float = 0.01) -> AsyncIterator[Watched]:
    """Follow a file."""
    heard = Watched(policy_source.PolicySource.of_file(path))
    task = asyncio.create_task(
        heard.source.watch(news=heard.tell, alert=heard.alert, every_s=every_s), name="watch"
    )
    yield heard
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_change_comes_into_force(file: Path) -> None:
    """An edit is noticed without a restart, and told."""
    async with watched(file) as heard:
        before = heard.source.policy.version
        say(file, GOOD.replace("U0CLEO", "U0LEA"))
        await wait_until(lambda: heard.news, "the change was told")

    assert heard.source.policy.version != before
    assert heard.news == [f"A new policy is in force: version {heard.source.policy.version}, 1 rules."]


async def test_a_broken_file_leaves_the_last_good_one(file: Path) -> None:
    """Whoever breaks the file is told file and line, and nobody gains or loses a right."""
    async with watched(file) as heard:
        before = heard.source.policy
        say(file, GOOD.replace("approvers", "aprovers"))
        await wait_until(lambda: heard.alerts, "the problem was told")

    assert heard.source.policy == before
    assert f"{file}:4: rules.1.approvers is missing." in heard.alerts[0]
    assert heard.source.problem is not None


async def test_a_mended_file_comes_into_force(file: Path) -> None:
    """After the mistake is corrected the problem is gone."""
    async with watched(file) as heard:
        remove(file)
        await wait_until(lambda: heard.alerts, "the loss was told")
        say(file, GOOD.replace("U0CLEO", "U0LEA"))
        await wait_until(lambda: heard.news, "the change was told")

    assert "cannot be read (FileNotFoundError)" in heard.alerts[0]
    assert heard.source.problem is None


async def test_a_signal_reads_at_once(file: Path) -> None:
    """SIGHUP does not wait for the next look, and is answered although nothing changed."""
    async with watched(file, every_s=3600) as heard:
        heard.source.reload()
        await wait_until(lambda: heard.news, "it was told")
        version = heard.source.policy.version

    assert heard.news == [f"The policy file says what it said: version {version} stays in force."]


async def test_a_touched_file_is_no_news(file: Path) -> None:
    """Saving the same words again tells nobody anything."""
    async with watched(file) as heard:
        say(file, GOOD)
        await wait_until(lambda: heard.source._seen == policy_source._stamp(file), "the file was looked at")

    assert (heard.news, heard.alerts) == ([], [])


async def test_a_policy_of_settings_has_nothing_to_follow() -> None:
    """Without a file the watch ends at once, and a signal does no harm."""
    heard = Watched(policy_source.PolicySource(builders.a_policy()))
    heard.source.reload()

    await heard.source.watch(news=heard.tell, alert=heard.alert)

    assert (heard.news, heard.alerts) == ([], [])


def test_a_broken_file_stops_the_start(file: Path) -> None:
    """A bot does not start without a policy that it understands."""
    file.write_bytes(b"\xff\xfe")

    with pytest.raises(errors.ConfigurationError, match="cannot be read"):
        policy_source.PolicySource.of_file(file)


def test_a_list_of_approvers_is_a_policy() -> None:
    """A few settings make one rule for everything; another list is another version."""
    made, other = (
        policy_source.one_list(who, channel="C0A", deadline_hours=72, longest_validity_days=90)
        for who in (("U0BEN",), ("U0CLEO",))
    )

    assert made.rules[0].terms.longest_validity_days == 90
    assert made.version != other.version
