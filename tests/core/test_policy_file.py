"""Reading a policy file: everything it can say, and every mistake with its line."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import model, policy_file

GOOD = """
[defaults]
approval_channel = "C0APPROVALS"
deadline_hours = 48
open_requests_per_person = 5

[[people]]
name = "Ben"
slack = "U0BEN"
teams = "11111111-1111-1111-1111-11111111111A"
tower = "ben"

[groups.platform]
people = ["Ben"]
slack = ["U0CLEO"]

[groups.leads]
slack_usergroups = ["S0LEADS"]

[[rules]]
name = "genomics"
registry = "acmegenomics.azurecr.io"
repository = ["genomics/*", "shared"]
workspace = "acme/*"
channel = "C0GENOMICS"
kind = ["issue", "extend"]
requesters = "leads"
participant = true
approvers = "platform"
quorum = 2
longest_validity_days = 90
remind_after_hours = 4
fallback_approvers = "leads"
fallback_after_hours = 24
tell_channel = "C0SECURITY"
auto_approve = { requests = 2, days = 30 }

[[rules]]
name = "rest"
approvers = "platform"
approval_channel = "C0OTHER"
longest_validity_days = 90
without_approval = "rotate"
rotate_before_days = 14
rotate_every_days = 60
"""


def read(text: str) -> list[str]:
    """Return a file's problems as people read them."""
    policy, problems = policy_file.read(text)
    assert (policy is None) == bool(problems)
    return [str(problem) for problem in problems]


def test_a_file_says_all_there_is_to_say() -> None:
    """Every key arrives where the policy looks for it."""
    policy, problems = policy_file.read(GOOD)

    assert problems == ()
    assert policy is not None
    terms = policy.rules[0].terms
    assert (terms.quorum, terms.deadline, terms.fallback) == (2, dt.timedelta(hours=48), ("leads",))
    assert (terms.told, terms.remind_after) == ("C0SECURITY", dt.timedelta(hours=4))
    assert policy.rules[0].match.kinds == (model.Kind.ISSUE, model.Kind.EXTEND)
    assert policy.rules[1].terms.approval_channel == "C0OTHER"
    assert policy.open_requests == 5


def test_a_rule_may_rotate_and_let_rotate() -> None:
    """What needs no approval, and when the bot rotates by itself."""
    policy, _ = policy_file.read(GOOD)

    assert policy is not None
    terms = policy.rules[1].terms
    assert terms.without_approval == (model.Kind.ROTATE,)
    assert (terms.rotate_before_days, terms.rotate_every_days) == (14, 60)


def test_a_rule_is_about_adopting_only_where_it_says_so() -> None:
    """What somebody made by hand is not taken over by a rule that was written for anything."""
    policy, _ = policy_file.read(GOOD.replace('kind = ["issue", "extend"]', 'kind = "adopt"'))

    assert policy is not None
    assert policy.rules[0].match.kinds == (model.Kind.ADOPT,)
    assert set(policy.rules[1].match.kinds) == set(model.Kind) - {model.Kind.ADOPT}


def test_people_bring_all_their_ids_into_a_group() -> None:
    """Whoever is named in a group is in it from every platform; object ids are compared in lower case."""
    policy, _ = policy_file.read(GOOD)

    assert policy is not None
    assert policy.groups["platform"].members == {
        "slack:U0BEN",
        "slack:U0CLEO",
        "teams:11111111-1111-1111-1111-11111111111a",
    }


def test_the_version_is_of_the_text() -> None:
    """Any edit gives the file another version, and only the edited rule another one of its own."""
    before, _ = policy_file.read(GOOD)
    after, _ = policy_file.read(GOOD.replace("quorum = 2", "quorum = 1"))

    assert before is not None
    assert after is not None
    assert before.version != after.version
    assert [a.version == b.version for a, b in zip(before.rules, after.rules, strict=True)] == [False, True]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("quorum = 2", "qourum = 2", "line 30: rules.1.qourum is not a key of a policy file."),
        ("[groups.leads]", "[group.leads]", "line 17: group is not a key of a policy file."),
        ('approvers = "platform"\nquorum', "quorum", "line 20: rules.1.approvers is missing."),
        ("quorum = 2", 'quorum = "two"', "line 30: rules.1.quorum: "),
        ("quorum = 2", "quorum = 0", "line 30: rules.1.quorum: "),
        ('"U0BEN"', '"@ben"', "line 9: people.1.slack.1: "),
        ('"S0LEADS"', '"leads"', "line 18: groups.leads.slack_usergroups.1: "),
        ('people = ["Ben"]', 'people = ["Bob"]', "line 13: group “platform” names “Bob”"),
        ('slack_usergroups = ["S0LEADS"]', "", "line 17: group “leads” is empty"),
        ('requesters = "leads"', 'requesters = "nobody"', "line 20: rule “genomics”: there is no group"),
        ('approvers = "platform"\nquorum', "approvers = []\nquorum", "it has no approvers"),
        ('approval_channel = "C0APPROVALS"', "", "it has no approval_channel"),
        ('"shared"]', '"Shared"]', "“Shared” can never match"),
        ("fallback_after_hours = 24", "", "fallback_approvers and fallback_after_hours go together"),
        ("fallback_after_hours = 24", "fallback_after_hours = 48", "not before the deadline of 48 hours"),
        ('fallback_approvers = "leads"', 'fallback_approvers = "platform"', "are its approvers already"),
        ("requests = 2", "requests = 0", "line 36: rules.1.auto_approve.requests: "),
        (
            '[[rules]]\nname = "rest"',
            '[rules.auto]\nx = 1\n[[rules]]\nname = "r"',
            "rules.1.auto is not a key",
        ),
        ("quorum = 2", f"quorum = {'9' * 5000}", "This is not TOML"),
        ("quorum = 2", f"quorum = {'[' * 5000}", "nested too deeply"),
        ('name = "rest"', 'name = "genomics"', "two rules are called “genomics”"),
        ('slack = ["U0CLEO"]', 'slack = "U0CLEO', "This is not TOML"),
        ('tower = "ben"', '[[people]]\nname = "B"\nslack = "U0BEN"', "“B” and “Ben” are both slack:U0BEN"),
        ('slack = "U0BEN"\nteams', "#", "“Ben” has no id on any platform"),
        (
            'without_approval = "rotate"',
            'without_approval = "rotat"',
            "line 43: rules.2.without_approval.1: ",
        ),
        (
            '= "rotate"',
            '= ["issue", "narrow"]',
            "line 38: rule “rest”: without_approval takes rotate, revoke and narrow",
        ),
        (
            'without_approval = "rotate"',
            'without_approval = "revoke"\nkind = "rotate"',
            "revoke, which its kind leaves out",
        ),
        (
            "rotate_before_days = 14",
            "rotate_before_days = 90",
            "has to be shorter than longest_validity_days, which is 90",
        ),
        (
            "rotate_every_days = 60",
            "rotate_every_days = 400",
            "has to be shorter than longest_validity_days, which is 90",
        ),
        ("rotate_every_days = 60", "rotate_every_days = 0", "line 45: rules.2.rotate_every_days: "),
        ("rotate_every_days = 60", 'kind = "issue"', "rotate_before_days needs “rotate” in its kind"),
    ],
)
def test_every_mistake_has_its_line_and_its_words(old: str, new: str, problem: str) -> None:
    """What is wrong, where, and no policy at all."""
    assert old in GOOD

    found = read(GOOD.replace(old, new, 1))

    assert [one for one in found if problem in one], found


@pytest.mark.parametrize(
    ("first", "second", "shadowed"),
    [
        ("", 'registry = "a.azurecr.io"', True),
        ('registry = "*.azurecr.io"', 'registry = "a.azurecr.io"', True),
        ('repository = "a/*"', 'repository = ["a/b/*", "a/c"]', True),
        ('repository = "a/*"', 'repository = ["a/b", "b"]', False),
        ('repository = "a?"', 'repository = "ab"', True),
        ('channel = ["C01", "C02"]', 'channel = "C02"', True),
        ('channel = "C01"', "", False),
        ('requesters = "g"', "", False),
        ("participant = true", "", False),
        ("participant = true", "participant = true", True),
        ('kind = "issue"', "", False),
    ],
)
def test_a_rule_that_can_never_match_is_found(first: str, second: str, *, shadowed: bool) -> None:
    """A rule above it that takes everything it takes makes a rule dead text."""
    text = f"""
[defaults]
approval_channel = "C0A"
[groups.g]
slack = ["U01", "U02"]
[[rules]]
name = "first"
approvers = "g"
{first}
[[rules]]
name = "second"
approvers = "g"
{second}
"""
    assert any("“second” can never match" in problem for problem in read(text)) == shadowed


def test_a_rule_whose_requesters_are_its_only_approvers_is_found() -> None:
    """Nobody decides on their own request, so such a rule could never be approved."""
    text = """
[groups.g]
slack = ["U01"]
[[rules]]
name = "own"
approval_channel = "C0A"
requesters = "g"
approvers = "g"
"""
    assert "too few others are left" in read(text)[0]


def test_a_rule_with_fewer_approvers_than_it_needs_is_found() -> None:
    """A person counts once, however they are listed; a user group is only known at the click."""
    text = """
[[people]]
name = "Ben"
slack = ["U01", "U02"]
[groups.g]
people = "Ben"
slack = ["U01", "U03"]
[groups.unknown]
slack_usergroups = "S01"
[[rules]]
name = "strict"
approval_channel = "C0A"
approvers = "g"
quorum = 3
"""
    assert "it needs 3 people, and its approvers are 2" in read(text)[0]
    assert read(text.replace('approvers = "g"', 'approvers = ["g", "unknown"]')) == []


def test_an_empty_file_allows_nothing() -> None:
    """No rules is a mistake, not a policy."""
    assert read("") == ["line 1: rules is missing."]
