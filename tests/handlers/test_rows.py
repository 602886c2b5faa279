"""Rows of lists and all of one entry, read aloud."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import forms, model
from bot.forms import View
from bot.model import Kind, State
from handlers import plans, rows
from tests.handlers import samples
from tests.handlers.samples import aloud, request, told

LATER = samples.NOW + dt.timedelta(days=14)
SHORT = model.short_id(samples.CREDENTIAL_ID)


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (
            request(),
            (
                "⏳ New credential, waiting for approval: acr-1a2b3c in acme/research · genomics/aligner "
                "· asked by @U0ANA, 23 November at 12:00 · until 26 November at 12:00 · "
            ),
        ),
        (
            request(State.RUNNING, spec=samples.kind_of_request(Kind.EXTEND)),
            "⚙️ More repositories, at work: acr-1a2b3c in acme/research · genomics/fdr · asked by @U0ANA",
        ),
        (
            request(State.DONE, life=samples.life(state="revoked")),
            "🗑️ New credential, revoked: acr-1a2b3c in acme/research · genomics/aligner · asked by @U0ANA",
        ),
    ],
)
def test_a_request_is_one_line(shown: model.Request, wanted: str) -> None:
    """State first, in a picture and in words, then what it is about, by whom, and its id."""
    line = aloud(rows.line(samples.row(request=shown), View.MINE))

    assert line.startswith(wanted)
    assert line.endswith(f" · {model.short_id(shown.id)}")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, "🟢 Active: {} · password until 07 December at 12:00 · verified 23 November at 12:00 · "),
        ({"expires": None, "verified": None}, "🟢 Active: {} · password without an end · not verified · "),
        ({"state": "revoking"}, "🗑️ Being revoked: {} · verified 23 November at 12:00 · "),
    ],
)
def test_a_credential_is_one_line(changes: dict[str, object], wanted: str) -> None:
    """State, what it pulls, until when its password lasts, and when Wave used it last."""
    line = aloud(rows.line(samples.row(credential=samples.credential(**changes)), View.OWNED))

    assert line == wanted.format("acr-1a2b3c in acme/research · genomics/aligner") + SHORT


def test_what_waits_is_told_in_full() -> None:
    """Who decides from a list reads what is asked for, not only what it is called."""
    shown = request(needed=2, decisions=(samples.decision(),), spec=samples.spec(validity_days=30))

    assert aloud(rows.line(samples.row(request=shown), View.WAITING)) == (
        "⏳ @U0ANA asks for a credential, so that pipelines in the workspace acme/research can pull "
        "acmegenomics.azurecr.io/genomics/aligner. Password valid: 30 days. 1 of 2 so far: @U0BEN. "
        f"Decide by 26 November at 12:00. · {model.short_id(shown.id)}"
    )


def test_an_entry_tells_reason_decisions_work_and_credential() -> None:
    """All that is known stands in one answer."""
    row = samples.row(
        request=request(State.DONE, spec=samples.spec(reason="Nightly.")),
        credential=samples.credential(drift="Its token is disabled."),
    )

    lines = told(rows.status(row)).splitlines()

    assert lines[1:4] == ["Reason given:", "Nightly.", "Approved by @U0BEN, 23 November at 12:00."]
    assert lines[-2].startswith("🟢 Active: acr-1a2b3c in acme/research")
    assert lines[-1] == "⚠️ Its token is disabled."


def test_an_entry_names_all_that_a_credential_reads() -> None:
    """What messages cut stands here in full: of a change, what stays; of a revocation, what goes."""
    names = tuple(f"team/r{number}" for number in range(70))
    narrow = samples.kind_of_request(Kind.NARROW, repositories=names, before=(*names, "team/gone"))
    revoke = samples.kind_of_request(Kind.REVOKE, repositories=names)

    told_of = [
        told(rows.status(samples.row(request=request(spec=spec), credential=held))).splitlines()
        for spec, held in ((narrow, samples.credential(repositories=names)), (revoke, None))
    ]

    assert told_of[0][-71:] == ["The 70 repositories that the credential reads:", *names]
    assert told_of[1][1:72] == ["All 70 of them:", *names]


def test_a_credential_alone_is_told_as_well() -> None:
    """A request that is forgotten leaves its credential, and nothing at all is nothing."""
    assert told(rows.status(samples.row(request=None))).startswith("🟢 Active")
    assert rows.status(forms.Row()) == ()
    assert aloud(rows.line(samples.row(request=None), View.MINE)).startswith("🟢 Active")


@pytest.mark.parametrize(
    ("listing", "wanted"),
    [
        (samples.listing(rows=()), "You have not asked for anything yet."),
        (samples.listing(View.WAITING, rows=()), "Nothing waits for you."),
        (samples.listing(rows=(), after="x"), "There is nothing here that you may see."),
        (samples.listing(troubles=("Tower is away.",)), "⚠️ Tower is away."),
    ],
)
def test_an_empty_list_says_so(listing: forms.Listing, wanted: str) -> None:
    """Nothing to see, nothing on this page, and something that may be missing are three things."""
    assert told(rows.above(listing)) == wanted


def test_a_drifted_credential_is_warned_about_before_it_is_changed() -> None:
    """What reconciling found stands in the window, and what could not be named is counted."""
    seen = samples.preview(warnings=("The credential is not as it should be.",))
    many = samples.credential(repositories=tuple(f"r{number}" for number in range(70)))

    said = told(plans.told(samples.plan(Kind.REVOKE, preview=seen, credential=many)))

    assert said.endswith("⚠️ The credential is not as it should be.")
    assert "acmegenomics.azurecr.io/r59\nand 10 more." in said
