"""What is said of a credential after its request was done, read aloud."""

from __future__ import annotations

import datetime as dt

import pytest

from bot.model import Kind, State
from handlers import fate, kinds, text
from tests.handlers import samples
from tests.handlers.samples import aloud, life, request, told

LATER = samples.NOW + dt.timedelta(days=14)
MADE = samples.progress(*samples.ALL_STEPS, expires=LATER, verification="verified")
OTHER = "b" * 22
WHOSE = "@U0ANA, the password of the credential acr-1a2b3c in acme/research"
THEN = "Pipelines can then pull no more. A new password can be made without a break."


@pytest.mark.parametrize(
    ("changes", "title", "wanted"),
    [
        ({}, "done", ""),
        ({"state": "revoking"}, "being revoked", "The credential acr-1a2b3c is being revoked."),
        (
            {"state": "revoked", "by": OTHER},
            "revoked",
            "The credential acr-1a2b3c was revoked on 23 November at 12:00 (request ad956c).",
        ),
        (
            {"state": "rotating"},
            "getting a new password",
            "The credential acr-1a2b3c is getting a new password.",
        ),
        (
            {"repositories": ("genomics/aligner", "genomics/fdr")},
            "done",
            (
                "By now the credential acr-1a2b3c pulls acmegenomics.azurecr.io/genomics/aligner and "
                "acmegenomics.azurecr.io/genomics/fdr."
            ),
        ),
        (
            {"expires": LATER + dt.timedelta(days=14)},
            "done",
            "By now the credential acr-1a2b3c has a newer password, valid until 21 December at 12:00.",
        ),
        ({"expires": None}, "done", "By now the credential acr-1a2b3c has a newer password without an end."),
        (
            {"warned": 0},
            "expired",
            (
                "The password of the credential acr-1a2b3c has expired, on 07 December at 12:00. "
                "Nothing can be pulled with it until it gets a new one."
            ),
        ),
        (
            {"state": "drifted"},
            "needs a look",
            (
                "Something about the credential acr-1a2b3c is not as it should be; "
                "/registry status ec7c49 says what."
            ),
        ),
    ],
)
def test_the_old_message_tells_the_truth_now(changes: dict[str, object], title: str, wanted: str) -> None:
    """What has become of a credential stands in the headline and the state of the request that made it."""
    shown = request(State.DONE, life=life(**changes), progress=MADE)

    assert aloud(fate.told(shown)) == wanted
    assert kinds.title(shown) == f"Registry credential: {title}"
    assert aloud(text.status(shown)).endswith(wanted)


def test_what_was_revoked_is_not_said_to_be_in_tower() -> None:
    """A message about a credential that is gone neither calls it there nor says how to use it."""
    said = told(text.result(request(State.DONE, life=life(state="revoked"), progress=MADE)))

    assert "is in Tower" not in said
    assert "nextflow.config" not in said
    assert said.startswith("🗑️ @U0ANA, your request for")
    assert said.endswith("You can ask again with /registry.")


def test_only_what_is_gone_can_be_asked_for_again() -> None:
    """While a credential is being revoked its host is still held, so that nobody is sent to the form."""
    said = told(text.result(request(State.DONE, life=life(state="revoking"), progress=MADE)))

    assert said.endswith("The credential acr-1a2b3c is being revoked.")


@pytest.mark.parametrize(("changes", "picture"), [({"state": "drifted"}, "⚠️"), ({"warned": 0}, "⌛")])
def test_what_is_broken_is_not_called_ready(changes: dict[str, object], picture: str) -> None:
    """A credential that should not be relied on is not said to be in Tower, verified or ready to use."""
    shown = request(State.DONE, life=life(**changes), progress=MADE)

    said = told(text.result(shown))

    assert said.startswith(f"{picture} @U0ANA, your request for ")
    assert " was done. " in said
    assert not any(word in said for word in ("is in Tower", "Verified", "nextflow.config", "works as"))


@pytest.mark.parametrize(
    "changes",
    [
        {"by": OTHER, "repositories": ("genomics/aligner", "genomics/fdr")},
        {"by": OTHER, "expires": LATER + dt.timedelta(days=14)},
    ],
)
def test_what_wave_read_once_proves_nothing_of_a_later_change(changes: dict[str, object]) -> None:
    """After another request has changed the credential, its images only should work."""
    said = told(text.result(request(State.DONE, life=life(**changes), progress=MADE)))

    assert " should work as " in said


def test_a_request_that_is_not_done_has_no_fate() -> None:
    """Nor has one that changes a credential which another request made."""
    assert fate.word(request(State.PENDING)) is None
    assert fate.told(request(State.DONE, spec=samples.kind_of_request(Kind.ROTATE), life=life())) == ()


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (
            {"warned": 14},
            (f"⏰ {WHOSE} expires within 14 days, on 07 December at 12:00. {THEN}"),
        ),
        (
            {"warned": 1},
            (f"⏰ {WHOSE} expires within a day, on 07 December at 12:00. {THEN}"),
        ),
        (
            {"warned": 0},
            (
                "⌛ @U0ANA, the password of the credential acr-1a2b3c in acme/research has expired, "
                "on 07 December at 12:00. Nothing can be pulled with it until it gets a new one."
            ),
        ),
        (
            {"warned": 3, "state": "revoked"},
            (
                "✅ There is nothing to do here any more. "
                "The credential acr-1a2b3c was revoked on 23 November at 12:00."
            ),
        ),
        (
            {"state": "drifted"},
            (
                "⚠️ This warning is over. Something about the credential acr-1a2b3c is not as it should be; "
                "/registry status ec7c49 says what."
            ),
        ),
        (
            {"expires": LATER + dt.timedelta(days=14)},
            (
                "✅ There is nothing to do here any more. By now the credential acr-1a2b3c has a newer "
                "password, valid until 21 December at 12:00."
            ),
        ),
        (
            {},
            (
                "✅ There is nothing to do here any more. "
                "The credential acr-1a2b3c has a password that does not expire soon."
            ),
        ),
    ],
)
def test_a_warning_names_who_has_to_act_and_until_when(changes: dict[str, object], wanted: str) -> None:
    """It mentions the owner and the day; once the password was replaced, it says that all is well."""
    assert aloud(fate.warning(request(State.DONE, life=life(**changes), progress=MADE))) == wanted


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({}, (Kind.ROTATE, Kind.REVOKE)),
        ({"repositories": ("a", "b")}, (Kind.ROTATE, Kind.NARROW, Kind.REVOKE)),
        ({"state": "rotating"}, (Kind.REVOKE,)),
        ({"state": "revoking"}, ()),
        ({"state": "revoked"}, ()),
    ],
)
def test_only_what_is_possible_is_offered(changes: dict[str, object], wanted: tuple[Kind, ...]) -> None:
    """A message offers what can be done to the credential as it stands now."""
    assert kinds.offers(request(State.DONE, life=life(**changes))) == wanted
