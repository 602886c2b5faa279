"""What `/registry whoami` says, read aloud."""

from __future__ import annotations

import pytest

from bot import forms, model
from handlers import rights
from tests.handlers import samples
from tests.handlers.samples import told


def test_everything_that_is_known_is_said() -> None:
    """Account, person, groups, what one may ask for and decide, each in a line."""
    seen = samples.whoami(
        person="Ana Ruiz",
        tower="ana",
        others=("teams:1",),
        groups=("scientists",),
        unknown=("leads",),
        may_ask=(forms.Allowance("genomics", "repository genomics/*", "where you are a participant"),),
        may_decide=(forms.Allowance("rest", "everything"),),
    )

    assert told(rights.whoami(seen)).splitlines() == [
        "You are @U0ANA: U0ANA of T0SANDBOX on Slack.",
        "You are a full member here.",
        "To the policy you are Ana Ruiz, in Tower ana, also teams:1.",
        "Your groups: scientists.",
        "⚠️ These groups could not be looked up: leads.",
        "You may ask for:",
        "repository genomics/*, where you are a participant (rule genomics).",
        "You may decide on what others ask for:",
        "everything (rule rest).",
        "This is by version 0123456789abcdef of the policy.",
    ]


def test_who_may_nothing_is_told_so() -> None:
    """Neither a link, nor a group, nor a rule: three sentences, and no empty list."""
    lines = told(rights.whoami(samples.whoami(may_ask=()))).splitlines()

    assert lines[2].startswith("The policy does not link this account")
    assert lines[3:6] == [
        "You are in none of the policy's groups.",
        "No rule lets you ask for anything.",
        "You are no approver by any rule.",
    ]


@pytest.mark.parametrize("standing", [one for one in model.Standing if one is not model.Standing.MEMBER])
def test_every_standing_has_its_sentence(standing: model.Standing) -> None:
    """Guests, strangers, deactivated accounts and unknown ones read why they may do nothing."""
    said = told(rights.whoami(samples.whoami(standing=standing)))

    assert "cannot use this bot" in said or "could not be looked up" in said


def test_endless_rules_are_counted() -> None:
    """Two hundred rules do not make an endless message."""
    many = tuple(forms.Allowance(f"r{number}", "everything") for number in range(200))

    assert "And by 180 more rules." in told(rights.whoami(samples.whoami(may_ask=many)))
