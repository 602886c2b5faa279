"""What is said about a request, read aloud."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from bot import model
from bot.model import State, Verification
from handlers import parts, text, work
from tests.handlers import samples
from tests.handlers.samples import aloud, progress, request, told

SUBJECT = "The request of @U0ANA for acmegenomics.azurecr.io/genomics/aligner in acme/research"
IMAGE = f"{samples.ALIGNER.path}:2.7.11"
VERIFIED = f"Verified: Wave read {IMAGE} with it."
DONE = progress(*samples.ALL_STEPS, verification="verified", image=IMAGE)


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        (request(), f"⏳ {SUBJECT} waits for @U0BEN and @U0CLEO, until 26 November at 12:00."),
        (request(State.APPROVED), f"👍 {SUBJECT} was approved by @U0BEN. The work starts now."),
        (
            request(State.RUNNING, progress=progress("check", "scope_map")),
            f"⚙️ {SUBJECT} was approved by @U0BEN and is being set up.",
        ),
        (
            request(State.RUNNING, progress=progress(*samples.ALL_STEPS)),
            f"⚙️ {SUBJECT} was approved by @U0BEN and is being set up.",
        ),
        (
            request(State.RUNNING, progress=progress("check", undoing="Azure refused.")),
            f"↩️ {SUBJECT} ran into a problem. What was made for it is being taken back.",
        ),
        (
            request(State.DONE, progress=DONE),
            f"✅ {SUBJECT} is done: the credential acr-1a2b3c is in Tower. {VERIFIED}",
        ),
        (request(State.DENIED), f"⛔ {SUBJECT} was denied by @U0BEN. Nothing was changed."),
        (
            request(State.CANCELLED),
            f"🚫 {SUBJECT} was cancelled by the requester. Nothing was changed.",
        ),
        (
            request(State.EXPIRED),
            f"⌛ {SUBJECT} expired: it was not decided by 26 November at 12:00. Nothing was changed.",
        ),
        (
            request(State.FAILED, error="The registry has no room for another token."),
            f"❌ {SUBJECT} failed. The registry has no room for another token. Nothing is left behind.",
        ),
    ],
)
def test_each_state_is_a_sentence_of_its_own(shown: model.Request, wanted: str) -> None:
    """A state is said in full, so that it makes sense without anything else."""
    assert aloud(text.status(shown)) == wanted


@pytest.mark.parametrize("state", State)
def test_the_requester_is_spoken_to(state: State) -> None:
    """To its requester a request is theirs, in every state."""
    said = aloud(text.status(request(state), to_requester=True))

    assert said.partition(" ")[2].startswith("Your request for acmegenomics.azurecr.io/genomics/aligner")


@pytest.mark.parametrize("state", State)
def test_no_line_says_anything_by_emoji_alone(state: State) -> None:
    """A line has one emoji at most, at its beginning, and words after it."""
    shown = request(state, progress=DONE if state is State.DONE else progress("check"))
    lines = [aloud(text.status(shown)), *told(work.progress(shown)).splitlines()]

    pictures = [[letter for letter in line if unicodedata.category(letter) == "So"] for line in lines]

    assert all(len(found) <= 1 for found in pictures)
    assert all(any(letter.isalpha() for letter in line) for line in lines)


def test_a_quorum_is_counted() -> None:
    """With more than one approval needed, what is still missing is said."""
    shown = request(needed=2, decisions=(samples.decision(),))

    assert aloud(text.waiting(shown)) == (
        "@U0CLEO: please decide. 2 approvals are needed, by 26 November at 12:00. 1 of 2 so far: @U0BEN."
    )
    assert aloud(text.status(shown)).endswith(
        "@U0BEN and @U0CLEO (2 approvals are needed), until 26 November at 12:00. 1 of 2 so far: @U0BEN."
    )


LEADS = model.Usergroup(platform=model.Platform.SLACK, id="S0LEADS")


def test_groups_are_asked_as_groups() -> None:
    """Who is in a user group Slack knows best: the group is mentioned, beside the people listed."""
    shown = request(approver_groups=(LEADS,), approvers=(samples.BEN,))

    assert aloud(text.waiting(shown)).startswith("@S0LEADS and @U0BEN: please decide.")


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        (
            {},
            (
                "⏰ This is still waiting. @U0BEN and @U0CLEO: please decide. "
                "One approval is needed, by 26 November at 12:00."
            ),
        ),
        (
            {"needed": 2, "decisions": (samples.decision(),)},
            (
                "⏰ This is still waiting. @U0CLEO: please decide. "
                "2 approvals are needed, by 26 November at 12:00. 1 of 2 so far: @U0BEN."
            ),
        ),
        (
            {"escalated": samples.NOW, "fallback": (samples.DAN, samples.BEN)},
            (
                "⏰ This is still waiting. @U0BEN, @U0CLEO and @U0DAN: please decide. "
                "One approval is needed, by 26 November at 12:00."
            ),
        ),
    ],
)
def test_a_reminder_names_those_who_have_not_answered(changes: dict[str, Any], wanted: str) -> None:
    """It mentions nobody who has voted, and the fallback approvers only once they may decide."""
    assert aloud(text.reminder(request(**changes))) == wanted


@pytest.mark.parametrize("state", [state for state in State if state is not State.PENDING])
def test_a_reminder_ends_with_its_request(state: State) -> None:
    """Once decided, the reminder says how it stands, like every other message."""
    assert text.reminder(request(state)) == text.status(request(state))


@pytest.mark.parametrize(
    ("state", "changes", "wanted"),
    [
        (
            State.PENDING,
            {"fallback": (samples.DAN,), "fallback_groups": (LEADS,)},
            "⏫ This was not decided in time. Now @S0LEADS and @U0DAN may decide too.",
        ),
        (State.PENDING, {}, "⏫ This was not decided in time. Now others may decide too."),
        (
            State.DENIED,
            {"fallback": (samples.DAN,)},
            "⏫ This was not decided in time, so @U0DAN could decide too.",
        ),
    ],
)
def test_an_escalation_says_who_may_decide_too(state: State, changes: dict[str, object], wanted: str) -> None:
    """While it is open it asks; afterwards it tells why more people were asked."""
    assert aloud(text.escalation(request(state, **changes))) == wanted


def test_an_approval_by_a_rule_is_loud() -> None:
    """Nobody reads over it: the state names the rule and the quota, and a line of its own says so."""
    shown = request(State.APPROVED, automatic=True, rule="trainees", decisions=())

    assert aloud(text.status(shown)).endswith(
        "was approved by the rule trainees, within the quota of @U0ANA. The work starts now."
    )
    assert told(text.decisions(shown)).startswith("⚡ Nobody was asked")


def test_nobody_is_asked_twice() -> None:
    """Where everybody has voted, nobody is asked any more."""
    shown = request(needed=3, decisions=(samples.decision(), samples.decision(samples.CLEO)))

    assert aloud(text.waiting(shown)).startswith("3 approvals are needed")


@pytest.mark.parametrize(
    ("verification", "wanted"),
    [
        (
            Verification.NO_TAG,
            "there was no image to read in acmegenomics.azurecr.io/genomics/aligner.",
        ),
        (
            Verification.ANONYMOUS_PULL,
            "this registry lets anybody pull, so a successful read would prove nothing.",
        ),
        (Verification.UNREACHABLE, "Wave cannot reach this registry from where it runs."),
        (Verification.REFUSED, "Wave was not allowed to read the repository."),
        (Verification.UNAVAILABLE, "the check could not be done."),
        (None, "it was not tried."),
    ],
)
def test_what_is_not_verified_is_not_called_so(verification: Verification | None, wanted: str) -> None:
    """A credential that Wave has not used is said to be unverified, and why."""
    shown = request(State.DONE, progress=progress(*samples.ALL_STEPS, verification=verification))

    assert aloud(work.verification(shown)) == f"Not verified, because {wanted}"


def test_the_one_repository_without_an_image_is_named() -> None:
    """Of an extension that is the one which joins, whatever else the credential reads."""
    spec = samples.kind_of_request(model.Kind.EXTEND)
    shown = request(State.DONE, spec=spec, progress=progress(verification="no_tag"))

    assert aloud(work.verification(shown)).endswith("to read in acmegenomics.azurecr.io/genomics/fdr.")


def test_the_detail_of_a_verification_is_told() -> None:
    """What else is known about a missing verification follows its reason."""
    shown = request(State.DONE, progress=progress(verification="unavailable", detail="It answered 503"))

    assert aloud(work.verification(shown)).endswith("the check could not be done. It answered 503.")


def test_verified_without_a_known_image_is_still_a_sentence() -> None:
    """An image that was not recorded is not named."""
    shown = request(State.DONE, progress=progress(verification="verified"))

    assert aloud(work.verification(shown)) == "Verified: Wave used it."


def test_the_steps_are_told_as_done_now_and_to_do() -> None:
    """While the work goes on, each step says in words where it stands."""
    shown = request(State.RUNNING, progress=progress("check", "scope_map", scope_map="registry-bot-x-1a2b3c"))

    assert told(work.progress(shown)).splitlines() == [
        "✅ Done: everything checked once more.",
        "✅ Done: scope map made: registry-bot-x-1a2b3c.",
        "⏳ Now: making the token.",
        "To do: hand a fresh password to Tower.",
        "To do: let Wave read the repository.",
        "To do: write the result down.",
    ]


def test_before_the_work_begins_every_step_is_to_do() -> None:
    """An approved request that no worker has taken up does not claim to be at work."""
    lines = told(work.progress(request(State.APPROVED))).splitlines()

    assert [line.partition(":")[0] for line in lines] == ["To do"] * len(samples.ALL_STEPS)


def test_a_finished_request_has_nothing_to_do() -> None:
    """Once a request is done, so is each of its steps."""
    lines = told(work.progress(request(State.DONE))).splitlines()

    assert [line.partition(":")[0] for line in lines] == ["✅ Done"] * len(samples.ALL_STEPS)


@pytest.mark.parametrize(
    ("state", "last"),
    [(State.RUNNING, "All of it is being taken back."), (State.FAILED, "The work has stopped.")],
)
def test_taking_back_is_told_step_by_step(state: State, last: str) -> None:
    """While steps are undone, the thread says why and what is gone already."""
    made = progress("check", "scope_map", "token", undoing="Azure said no", undone=("token",))

    assert told(work.progress(request(state, progress=made))).splitlines() == [
        "✅ Done: everything checked once more.",
        "✅ Done: scope map made.",
        "✅ Done: token made.",
        "⚠️ There was a problem. Azure said no.",
        "↩️ Taken back: token.",
        last,
    ]


def test_taking_back_nothing_is_told_as_well() -> None:
    """A request that fails at its first step says so without an empty list."""
    shown = request(State.FAILED, progress=progress(undoing="The host is taken."))

    assert told(work.progress(shown)) == ("⚠️ There was a problem. The host is taken.\nThe work has stopped.")


def test_the_result_says_what_to_do_next() -> None:
    """The result names the configuration and the image prefix that now works."""
    said = told(text.result(request(State.DONE, progress=DONE)))

    assert said.startswith("✅ @U0ANA, your request for acmegenomics.azurecr.io/genomics/aligner")
    assert "wave { enabled = true }\ntower {\n" in said
    assert "    workspaceId = '101'\n" in said
    assert said.endswith("Then this works as a container: acmegenomics.azurecr.io/genomics/aligner:<tag>.")


def test_what_was_not_verified_is_not_promised() -> None:
    """An image that Wave was refused is not said to work."""
    shown = request(State.DONE, progress=progress(*samples.ALL_STEPS, verification="refused"))

    assert "Then this should work as a container: " in told(text.result(shown))


def test_a_personal_workspace_needs_no_id() -> None:
    """Wave looks into the personal workspace by itself."""
    assert "workspaceId" not in work.configuration(samples.spec(workspace=samples.PERSONAL))


def test_a_wildcard_names_what_stands_for_the_star() -> None:
    """With a wildcard, any repository below the folder works."""
    images = work.images(samples.spec(repositories=("team/*",)))

    assert images == (parts.Code("acmegenomics.azurecr.io/team/<repository>:<tag>"),)


def test_a_denial_is_told_with_its_reason() -> None:
    """Who is denied reads why, and how to ask again."""
    said = told(text.result(request(State.DENIED)))

    assert said.splitlines()[1:] == [
        "Denied by @U0BEN, 23 November at 12:00.",
        "Use the shared one.",
        "You can ask again with /registry.",
    ]


def test_a_failure_tells_an_operator_what_to_change() -> None:
    """The remedy of a failure stands in the result."""
    shown = request(State.FAILED, error="No role.", remedy="Give the bot the role Contributor")

    assert told(text.result(shown)).splitlines()[1:] == [
        "What an operator should change: Give the bot the role Contributor.",
        "After that, ask again with /registry.",
    ]


def test_a_failure_without_a_remedy_asks_for_an_operator() -> None:
    """Where nobody knows what to change, asking again may do; if not, an operator has to look."""
    said = told(text.result(request(State.FAILED)))

    assert "The reason was not recorded." in said
    assert said.splitlines()[1:] == [
        "You can ask again with /registry.",
        "If it fails again, ask an operator of the bot to look into it.",
    ]


def test_what_could_not_be_taken_back_is_named() -> None:
    """A failure never claims that nothing is left when something is."""
    made = progress("check", "scope_map", "token", undone=("token",))

    assert aloud(work.leftover(request(State.FAILED, progress=made))) == (
        "Not everything could be taken back: scope map."
    )


def test_an_endless_error_is_cut() -> None:
    """Somebody else's sentence takes no more room than one of ours can give."""
    said = aloud(text.status(request(State.FAILED, error="x" * 5000)))

    assert len(said) < work.LONGEST_WORDS + 300
    assert "…" in said


@pytest.mark.parametrize(
    ("items", "wanted"),
    [((), ""), (("a",), "a"), (("a", "b"), "a and b"), (("a", "b", "c", "d"), "a, b, c and 1 more")],
)
def test_lists_are_cut_with_a_count(items: tuple[str, ...], wanted: str) -> None:
    """A list names its first items, and how many more there are."""
    assert aloud(parts.listed(items, most=3)) == wanted
