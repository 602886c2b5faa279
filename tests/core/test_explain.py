"""What a policy says to a question, in words; and the command that prints it without any server."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot import cli, explain, model, policy, rules
from tests import builders

FILE = """
[defaults]
approval_channel = "C0APPROVALS"
[[people]]
name = "Ben Ortiz"
slack = "U0BEN"
teams = "11111111-1111-1111-1111-11111111111A"
tower = "ben"
[groups.platform]
people = "Ben Ortiz"
slack = "U0CLEO"
[groups.leads]
slack_usergroups = "S0LEADS"
[[rules]]
name = "elsewhere"
registry = "other.azurecr.io"
channel = "C0OTHER"
approvers = "platform"
[[rules]]
name = "leads ask"
requesters = "leads"
approvers = "platform"
[[rules]]
name = "members"
participant = true
approvers = "leads"
quorum = 2
remind_after_hours = 4
fallback_approvers = "platform"
fallback_after_hours = 24
longest_validity_days = 90
tell_channel = "C0SECURITY"
auto_approve = { requests = 2, days = 30 }
without_approval = ["rotate", "narrow"]
rotate_before_days = 1
rotate_every_days = 60
"""
QUESTION = ("--workspace", "acme/research", "--repository", "acme.azurecr.io/team/tool")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a policy file."""
    path = tmp_path / "policy.toml"
    path.write_text(FILE)
    return path


def asked(file: Path, who: str, *more: str) -> Result:
    """Ask the command."""
    options = ("--file", str(file), "--requester", who, *QUESTION, *more)
    return CliRunner().invoke(cli.main, ["policy", "explain", *options], env={"REGISTRY_BOT_POLICY": ""})


def test_a_good_file_is_fine(file: Path) -> None:
    """The command says what is in it, and ends with 0."""
    done = CliRunner().invoke(cli.main, ["policy", "check", str(file)])

    assert done.exit_code == 0
    assert "fine (rules: 3, groups: 2, people: 1, version " in done.output


def test_the_setting_names_the_file(file: Path) -> None:
    """Without an argument it is the deployment's own."""
    done = CliRunner().invoke(cli.main, ["policy", "check"], env={"REGISTRY_BOT_POLICY": str(file)})

    assert done.exit_code == 0


@pytest.mark.parametrize("command", ["check", "explain"])
def test_every_mistake_is_printed_with_its_line(file: Path, command: str) -> None:
    """As `file:line: what`, so that an editor jumps there; the command ends with 1."""
    file.write_text(FILE.replace("quorum", "qourum").replace("U0CLEO", "@cleo"))
    more = ("--file", str(file), "--requester", "U0ANA", *QUESTION) if command == "explain" else (str(file),)

    done = CliRunner().invoke(cli.main, ["policy", command, *more])

    assert done.exit_code == 1
    assert [line.partition(": ")[0] for line in done.stderr.splitlines()] == [f"{file}:11", f"{file}:27"]


def test_the_rule_is_told_with_all_its_terms(file: Path) -> None:
    """Which rule decides, why those before it do not, on which terms, and who could approve."""
    done = asked(file, "Ben Ortiz", "--not-member-of", "leads", "--participant")

    assert done.exit_code == 0
    assert done.output.splitlines() == [
        "The rule “members” decides.",
        "Rules before it that do not:",
        ("  “elsewhere”: registry acme.azurecr.io is not other.azurecr.io; channel none is not C0OTHER."),
        "  “leads ask”: who asks is not in the group leads.",
        "Its terms:",
        "  2 people approve, out of the group leads, in the channel C0APPROVALS.",
        "  It expires 72 hours after it was asked.",
        "  The password is valid for at most 90 days.",
        "  The approvers are reminded after 4 hours.",
        "  After 24 hours the group platform may decide too.",
        "  The channel C0SECURITY is told, and does not decide.",
        "  The first 2 of a person within 30 days are approved by the rule itself.",
        "  To rotate or narrow a credential needs no approval.",
        "  The bot rotates a credential 1 day before its password ends.",
        "  The bot rotates a credential 60 days after its password was made.",
        "Who could approve now: nobody that is listed.",
        "Later also: slack:U0CLEO.",
        "And who is in the Slack user groups S0LEADS, which only Slack knows.",
    ]


def test_a_change_is_explained_too(file: Path) -> None:
    """Who may ask is not the requesters, and what needs nobody is said."""
    done = asked(file, "Ben Ortiz", "--not-member-of", "leads", "--participant", "--kind", "rotate")

    lines = done.output.splitlines()
    assert "To rotate a credential, its owner may ask, and who could approve." in lines
    assert "Nobody has to approve: the rule lets them rotate it by themselves." in lines


def test_to_adopt_needs_a_rule_that_says_so(file: Path) -> None:
    """A rule that names no kinds is not about what somebody made by hand."""
    done = asked(file, "U0ANA", "--kind", "adopt", "--member-of", "leads")

    assert done.exit_code == 1
    assert "kind adopt is not issue or extend or narrow or rotate or revoke." in done.output


def test_a_refusal_says_why_of_every_rule(file: Path) -> None:
    """Where nothing allows it, each rule has its reason."""
    done = asked(file, "U0DAN", "--not-member-of", "leads", "--no-participant")

    assert done.output.splitlines()[0] == "No rule allows this, so it is refused."
    assert "“members”: the policy file does not say who asks is in Tower" in done.output


@pytest.mark.parametrize("who", ["U0DAN", "11111111-1111-1111-1111-11111111111A"])
def test_what_only_a_server_knows_is_not_guessed(file: Path, who: str) -> None:
    """The command names the rule that it depends on, and how to say what is so."""
    done = asked(file, who)

    assert done.exit_code == 1
    assert done.output.startswith("Whether the rule “leads ask” decides depends on what only a server knows.")
    assert "“elsewhere”" in done.output


def test_what_is_said_counts(file: Path) -> None:
    """Who is said to be in a group is."""
    done = asked(file, "U0DAN", "--member-of", "leads")

    assert done.output.startswith("The rule “leads ask” decides.")
    assert "Who could approve now: Ben Ortiz, slack:U0CLEO." in done.output


@pytest.mark.parametrize(
    ("who", "more", "words"),
    [
        ("ben@example.org", (), "is no id, and nobody in [[people]]"),
        ("U0DAN", ("--member-of", "nobody"), "there is no group 'nobody'"),
        ("U0DAN", ("--repository", "tool"), "must be HOST/NAME"),
    ],
)
def test_a_wrong_question_is_refused_in_words(
    file: Path, who: str, more: tuple[str, ...], words: str
) -> None:
    """What cannot be asked says what can."""
    done = asked(file, who, *more)

    assert (done.exit_code, words in done.output) == (2, True)


PEOPLE = (rules.Person(name="Ben", members=frozenset({"slack:U0BEN", "teams:1"}), tower="ben"),)
POLICY = builders.a_policy(
    builders.a_rule("own", match={"requesters": ("approvers",), "registries": ("a.io",)}),
    builders.a_rule("members", match={"participant": True, "kinds": (model.Kind.ISSUE,)}),
    builders.a_rule(
        "rest", approvers=("leads",), fallback=("approvers",), fallback_after=dt.timedelta(hours=1)
    ),
    people=PEOPLE,
)


def seen(who: model.Principal, **facts: object) -> tuple[list[str], list[str]]:
    """Return the rules by which somebody may ask, and decide."""
    known = {"groups": {"approvers": POLICY.groups["approvers"].members, "leads": None}, **facts}
    found = explain.whoami(POLICY, who, policy.Facts(**known))  # type: ignore[arg-type]  # as a test gives them
    return [one.rule for one in found.may_ask], [one.rule for one in found.may_decide]


def test_whoami_is_what_the_rules_say() -> None:
    """Ben may ask as an approver and a participant, and decides, at the last as a fallback."""
    assert seen(builders.BEN) == (["own", "members", "rest"], ["own", "members", "rest"])
    assert seen(builders.ANA) == (["rest"], [])


def test_whoami_names_the_person_and_what_is_not_known() -> None:
    """Linked accounts, groups, and a group that nobody could look up."""
    facts = policy.Facts(groups={"approvers": frozenset({"slack:U0BEN"}), "leads": None})

    found = explain.whoami(POLICY, builders.BEN, facts)

    assert (found.person, found.others, found.groups, found.unknown) == (
        "Ben",
        ("teams:1",),
        ("approvers",),
        ("leads",),
    )
    assert [one.about for one in found.may_ask] == ["registry a.io", "issue", "everything"]
    assert found.may_decide[-1].condition == "if nobody has decided after 1 hour"


@pytest.mark.parametrize("standing", [one for one in model.Standing if one is not model.Standing.MEMBER])
def test_whoami_promises_nothing_to_those_who_may_nothing(standing: model.Standing) -> None:
    """A guest who is in a group still may not use the bot."""
    assert seen(builders.BEN, standing=standing) == ([], [])
