"""What is said about each kind of request, read aloud."""

from __future__ import annotations

import unicodedata

import pytest

from bot import model
from bot.model import CredentialState, Kind, State, Verification
from bot.provision import plans
from bot.provision import work as saga_work
from handlers import kinds, text, work
from tests.handlers import samples
from tests.handlers.samples import aloud, kind_of_request, progress, request, told

HOST = "acmegenomics.azurecr.io"
MANY = tuple(f"team/r{number}" for number in range(70))
LAST = "A pipeline that was let in just before may go on pulling for up to an hour."
KNOWN = "the credential acr-1a2b3c in acme/research"


@pytest.mark.parametrize(
    ("kind", "changes", "wanted"),
    [
        (
            Kind.ISSUE,
            {},
            (
                "asks for a credential, so that pipelines in the workspace acme/research "
                f"can pull {HOST}/genomics/aligner."
            ),
        ),
        (
            Kind.EXTEND,
            {},
            f"asks that {KNOWN} can pull {HOST}/genomics/fdr as well. Its password stays the same.",
        ),
        (
            Kind.NARROW,
            {},
            f"asks that {KNOWN} can no longer pull {HOST}/genomics/fdr. Its password stays the same.",
        ),
        (
            Kind.ROTATE,
            {},
            (
                f"asks for a new password for {KNOWN}, which pulls {HOST}/genomics/aligner. "
                "Tower gets it before the old one goes, so pipelines can pull all the time."
            ),
        ),
        (
            Kind.REVOKE,
            {},
            f"asks to revoke {KNOWN}. Pipelines there can then no longer pull {HOST}/genomics/aligner.",
        ),
        (
            Kind.REVOKE,
            {"at_once": True},
            (
                f"asks to revoke {KNOWN} at once, even while jobs use it. "
                f"Pipelines there can then no longer pull {HOST}/genomics/aligner."
            ),
        ),
        (
            Kind.ADOPT,
            {},
            (
                "asks that this bot takes over the credential by-hand in acme/research, with a token that "
                f"can pull {HOST}/genomics/aligner. Its id and name in Tower stay, "
                "and what somebody typed there is replaced."
            ),
        ),
    ],
)
def test_each_kind_is_asked_for_in_words_of_its_own(
    kind: Kind, changes: dict[str, object], wanted: str
) -> None:
    """An approver reads what it means, not only what it is called."""
    assert aloud(kinds.ask(request(spec=kind_of_request(kind, **changes)))) == f"@U0ANA {wanted}"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", State)
def test_every_state_of_every_kind_is_a_sentence(kind: Kind, state: State) -> None:
    """A line has one emoji at most, words after it, no gap and no doubled stop."""
    shown = request(state, spec=kind_of_request(kind), progress=progress("check"), life=None)
    lines = [
        aloud(text.status(shown)),
        *told(text.result(shown)).splitlines(),
        *told(work.progress(shown)).splitlines(),
    ]

    pictures = [[letter for letter in line if unicodedata.category(letter) == "So"] for line in lines]

    assert all(len(found) <= 1 for found in pictures)
    assert not any(wrong in line for line in lines for wrong in ("..", " .", " ,"))
    assert kinds.title(shown)


@pytest.mark.parametrize("spec", [*map(kind_of_request, Kind), kind_of_request(Kind.REVOKE, at_once=True)])
def test_the_steps_are_those_of_the_plan(spec: model.Spec) -> None:
    """What people read of the work is what is done, in its order."""
    assert work.steps(spec) == tuple(step.name for step in plans.of(spec).steps)
    assert set(work.steps(spec)) <= set(work.STEPS)


@pytest.mark.parametrize(
    ("kind", "changes", "wanted"),
    [
        (Kind.EXTEND, {}, "is done: the credential can pull it now. Verified: Wave used it."),
        (Kind.NARROW, {}, f"is done: the credential cannot pull it any more. {LAST} Verified: Wave used it."),
        (
            Kind.ROTATE,
            {},
            (
                "is done: Tower has the new password, and the old one does not work any more. "
                "Verified: Wave used it."
            ),
        ),
        (
            Kind.ROTATE,
            {"verification": "refused"},
            (
                "is done, but the old password was kept beside the new one in Azure. "
                "Not verified, because Wave was not allowed to read the repository."
            ),
        ),
        (
            Kind.ROTATE,
            {"left": ("old_slot",)},
            (
                "is done: Tower has the new password. The old one could not be removed and still works. "
                "Verified: Wave used it."
            ),
        ),
        (
            Kind.ROTATE,
            {"expires": samples.NOW},
            (
                "the old one does not work any more. The new one is valid until 23 November at 12:00. "
                "Verified: Wave used it."
            ),
        ),
        (
            Kind.REVOKE,
            {},
            (
                "is done: the credential acr-1a2b3c is gone from Tower, "
                f"and its token and scope map from Azure. {LAST}"
            ),
        ),
        (
            Kind.ADOPT,
            {},
            "is done: the credential by-hand in Tower uses a token of this bot now. Verified: Wave used it.",
        ),
    ],
)
def test_each_kind_says_what_is_so_now(kind: Kind, changes: dict[str, object], wanted: str) -> None:
    """The end of a request tells what it has changed."""
    made = progress(**{"verification": "verified", **changes})

    assert aloud(text.status(request(State.DONE, spec=kind_of_request(kind), progress=made))).endswith(wanted)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (Kind.EXTEND, f"Then this works as a container: {HOST}/genomics/fdr:<tag>."),
        (Kind.NARROW, f"The credential still pulls {HOST}/genomics/aligner."),
        (Kind.ROTATE, "There is nothing to do: pipelines and their configuration stay as they are."),
        (Kind.REVOKE, "If it is needed again, ask for a new credential with /registry."),
        (Kind.ADOPT, f"Then this works as a container: {HOST}/genomics/aligner:<tag>."),
    ],
)
def test_each_kind_has_its_next_step(kind: Kind, wanted: str) -> None:
    """The result says what its requester can do, or that there is nothing to do."""
    shown = request(State.DONE, spec=kind_of_request(kind), progress=progress(verification="verified"))

    assert told(text.result(shown)).splitlines()[-1] == wanted


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (Kind.EXTEND, "/registry."),
        (Kind.ROTATE, "/registry rotate acr-1a2b3c."),
        (Kind.REVOKE, "/registry revoke acr-1a2b3c."),
        (Kind.NARROW, "/registry remove acr-1a2b3c."),
    ],
)
def test_asking_again_is_done_with_the_right_words(kind: Kind, wanted: str) -> None:
    """What a denied requester is told to type is what would ask for the same."""
    said = told(text.result(request(State.CANCELLED, spec=kind_of_request(kind))))

    assert said.endswith(f"You can ask again with {wanted}")


def test_a_rule_that_needs_nobody_is_named() -> None:
    """A rotation that nobody was asked about says so, and by which rule."""
    shown = request(
        State.APPROVED, spec=kind_of_request(Kind.ROTATE), automatic=True, rule="trainees", decisions=()
    )

    assert "was approved by the rule trainees by itself." in aloud(text.status(shown))
    assert told(text.decisions(shown)) == (
        "⚡ Nobody was asked: the rule trainees approves such a request by itself."
    )


def test_what_nobody_asked_for_is_not_said_to_be_asked() -> None:
    """A rotation that its rule scheduled is called so, to its owner and to everybody else."""
    spec = kind_of_request(Kind.ROTATE, reason=f"{model.SCHEDULED} “yearly”.")
    shown = request(State.DONE, spec=spec, automatic=True, rule="yearly", decisions=())

    subject = "scheduled rotation of the credential acr-1a2b3c in acme/research is done: Tower has"
    assert aloud(text.status(shown)).startswith(f"✅ The {subject}")
    assert told(text.result(shown)).startswith(f"✅ @U0ANA, the {subject}")
    assert not request(State.DONE, spec=spec, rule="yearly").scheduled


def test_an_emergency_is_loud() -> None:
    """Who revokes alone is named in headline, state and decisions."""
    spec = kind_of_request(Kind.REVOKE, at_once=True)
    shown = request(State.RUNNING, spec=spec, emergency=True, decisions=())

    assert kinds.title(shown) == "Emergency revocation of a credential: being carried out"
    assert "was approved by @U0ANA alone, in an emergency, and is being carried out." in aloud(
        text.status(shown)
    )
    assert told(text.decisions(shown)).startswith("🚨 Emergency: @U0ANA, who is an approver, decided alone")
    assert "\n🚨 Emergency: " in told(text.result(request(State.DONE, spec=spec, emergency=True)))


def test_jobs_that_hold_a_revocation_up_are_named() -> None:
    """While Tower keeps a credential for its jobs, the thread says which, and how long that may take."""
    made = progress("check", detail="Jobs that are running use it: nf-1.")
    shown = request(State.RUNNING, spec=kind_of_request(Kind.REVOKE), progress=made)

    assert told(work.progress(shown)).splitlines()[-1] == (
        "⏳ Jobs that are running use it: nf-1. Nothing is revoked before they have ended. "
        "The bot tries again and again, for a day."
    )


def test_a_doubtful_rotation_tells_that_both_passwords_stay() -> None:
    """The owner reads in the thread why a rotation is not over, and what is so meanwhile."""
    made = progress("check", "clear", "deliver", "caches", verification=Verification.UNAVAILABLE)
    shown = request(State.RUNNING, spec=kind_of_request(Kind.ROTATE), progress=made)

    assert told(work.progress(shown)).splitlines()[-1] == (
        "⚠️ The old password is kept meanwhile. Wave is asked again every hour, for up to a day. "
        "Not verified, because the check could not be done."
    )


def test_a_password_of_a_try_that_was_cut_off_is_told() -> None:
    """Where it could not be removed, neither the state nor the steps pretend that it was."""
    made = progress("check", left=("settle",), verification="verified")
    shown = request(State.DONE, progress=made)

    assert "A password of its token that nobody uses could not be removed from Azure." in aloud(
        text.status(shown)
    )
    assert told(work.progress(shown)).endswith("⚠️ Not done: remove a password that nobody uses.")


@pytest.mark.parametrize("verification", ["refused", "unavailable"])
def test_a_rotation_that_may_have_broken_pulls_says_what_to_do(verification: str) -> None:
    """Where Wave could not read with the new password, its owner is not told that all is well."""
    made = progress(verification=verification)

    said = told(text.result(request(State.DONE, spec=kind_of_request(Kind.ROTATE), progress=made)))

    assert said.startswith("⚠️ @U0ANA, your request for a new password of ")
    assert said.endswith(
        "If pipelines cannot pull now, ask for another new password with /registry rotate acr-1a2b3c. "
        "If that does not help, an operator of the bot has to look into it."
    )


@pytest.mark.parametrize("state", [CredentialState.REVOKED, CredentialState.REVOKING])
@pytest.mark.parametrize("kind", [Kind.EXTEND, Kind.NARROW, Kind.ROTATE, Kind.REVOKE])
def test_nobody_is_sent_to_change_what_was_revoked(kind: Kind, state: CredentialState) -> None:
    """A change that came too late says how to get a new credential: the old one never comes back."""
    error = saga_work.taken_over(samples.credential(state=state))

    said = told(text.result(request(State.FAILED, spec=kind_of_request(kind), error=error)))

    assert said.splitlines()[1:] == ["If it is needed again, ask for a new credential with /registry."]


@pytest.mark.parametrize(
    ("kind", "made", "wanted"),
    [
        (Kind.EXTEND, progress("check"), "Nothing was changed."),
        (
            Kind.EXTEND,
            progress("check", "scope_map", undone=("scope_map",)),
            "What it had changed was taken back.",
        ),
        (
            Kind.EXTEND,
            progress("check", "scope_map", left=("scope_map",)),
            "Not everything could be taken back: change of the scope map.",
        ),
        (
            Kind.REVOKE,
            progress("check", "tower", left=("disable", "delete_token", "delete_scope_map")),
            "Not everything could be taken away: token, scope map.",
        ),
        (
            Kind.ROTATE,
            progress("check", left=("deliver",)),
            "Not everything could be taken back: new password.",
        ),
    ],
)
def test_what_a_failed_change_left_is_said(kind: Kind, made: model.Progress, wanted: str) -> None:
    """A change that failed says whether the credential is as it was."""
    assert aloud(work.leftover(request(State.FAILED, spec=kind_of_request(kind), progress=made))) == wanted


def test_a_step_that_could_not_be_done_is_not_called_done() -> None:
    """A revocation goes on after a step that failed, and says which one that was."""
    made = progress("check", "disable", left=("tower",))
    shown = request(State.RUNNING, spec=kind_of_request(Kind.REVOKE, at_once=True), progress=made)

    assert told(work.progress(shown)).splitlines() == [
        "✅ Done: everything checked once more.",
        "✅ Done: its token is switched off.",
        "⚠️ Not done: delete it in Tower.",
        "⏳ Now: deleting the token.",
        "To do: delete the scope map.",
    ]


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (Kind.ISSUE, {"repositories": MANY}),
        (Kind.ADOPT, {"repositories": MANY}),
        (Kind.EXTEND, {"repositories": ("genomics/aligner", *MANY)}),
        (Kind.NARROW, {"before": ("genomics/aligner", *MANY)}),
    ],
)
def test_all_that_is_granted_or_taken_is_named(kind: Kind, changes: dict[str, object]) -> None:
    """An approver reads every repository that they decide on, however many there are."""
    shown = request(spec=kind_of_request(kind, **changes))

    assert told(kinds.everything(shown)).splitlines() == ["All 70 of them:", *MANY]


@pytest.mark.parametrize("kind", [Kind.ROTATE, Kind.REVOKE])
def test_what_is_not_decided_one_by_one_may_be_cut(kind: Kind) -> None:
    """Of all that a credential reads a message names many, and says how many more there are."""
    listed = told(kinds.everything(request(spec=kind_of_request(kind, repositories=MANY)))).splitlines()

    assert (listed[0], listed[1], listed[-1]) == ("60 of the 70:", "team/r0", "and 10 more.")


def test_what_a_sentence_names_is_not_listed_again() -> None:
    """A few repositories stand in the sentence itself."""
    assert kinds.everything(request()) == ()


@pytest.mark.parametrize(
    ("kind", "labels"),
    [
        (Kind.ISSUE, ("Repository", "Access", "Password valid")),
        (Kind.EXTEND, ("Repositories to add", "Reads already", "Access")),
        (Kind.NARROW, ("Repositories to take away", "Still reads")),
        (Kind.ROTATE, ("Repository", "New password valid")),
        (Kind.REVOKE, ("Can no longer pull", "When")),
        (Kind.ADOPT, ("Repository", "Access", "Password valid", "Made by")),
    ],
)
def test_the_facts_are_what_an_approver_decides_on(kind: Kind, labels: tuple[str, ...]) -> None:
    """Everything that is approved is shown with a label."""
    found = dict(kinds.facts(request(spec=kind_of_request(kind, validity_days=90))))

    assert tuple(found) == ("Name in Tower", "Workspace", *labels, "Requested by")
    assert all(aloud(value) for value in found.values())
