"""How findings are told: in chat, in a terminal, and as JSON."""

from __future__ import annotations

import json

import pytest

from bot.reconcile import Finding, Kind, Report

ONE = Finding(Kind.TOKEN_GONE, "acr-main (acme/research, host)", "the token is gone.", "Ask again.", "c1")
GONE = Finding(Kind.LEFTOVER, "t1", "something is left.", "It was removed.", request="r1", removed=True)


def many(count: int) -> tuple[Finding, ...]:
    """Return so many findings."""
    return tuple(Finding(Kind.FOREIGN, f"t{number}", "nobody made it.", "Look.") for number in range(count))


def test_nothing_new_is_no_message() -> None:
    """Without anything new there is nothing to say, whether something differs or not."""
    assert Report((), 5, fixed=True).message(()) is None
    assert Report((ONE,), 5, fixed=True).message({ONE.key}) is None


def test_a_long_message_is_cut() -> None:
    """Many findings are told in part, with the command that lists them all."""
    said = Report(many(40), 5, fixed=True).message(())

    assert said is not None
    assert said.count("• ") == 10
    assert "… and 30 more." in said
    assert "`registry-bot reconcile` lists all of them." in said


def test_a_terminal_is_told_everything() -> None:
    """Each finding has a line with a mark, and the last line sums up."""
    unseen = Finding(Kind.UNSEEN, "host", "it could not be looked at.")

    lines = Report((ONE, GONE, unseen, *many(1)), 3, fixed=True).as_text().splitlines()

    assert [line[0] for line in lines[:-1]] == ["✗", "✓", "?", "!"]
    assert lines[-1] == "Looked at 3 credentials. 3 differences."


def test_nothing_differs_is_said() -> None:
    """A look that finds nothing says so, and how much it looked at."""
    assert Report((), 1, fixed=False).as_text() == "Looked at 1 credential. Nothing differs."


@pytest.mark.parametrize(("findings", "ok"), [((ONE,), False), ((GONE,), True), ((), True)])
def test_json_has_all_of_it(findings: tuple[Finding, ...], ok: bool) -> None:  # noqa: FBT001  # a parameter
    """The document says whether all is well, and each finding field by field."""
    report = Report(findings, 2, fixed=True)

    document = json.loads(report.as_json())

    assert (document["ok"], document["looked_at"], report.exit_code) == (ok, 2, int(not ok))
    assert [one["kind"] for one in document["findings"]] == [one.kind.value for one in findings]


def test_the_same_difference_has_the_same_key() -> None:
    """What is so in two looks is one thing, and what is about another credential another."""
    same = Finding(ONE.kind, ONE.where, ONE.what, "Do something else.", "c1")
    other = Finding(ONE.kind, ONE.where, ONE.what, ONE.do, "c2")

    assert (same.key == ONE.key, other.key == ONE.key) == (True, False)
