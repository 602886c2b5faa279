"""What one person is told in answer to what they did, read aloud."""

from __future__ import annotations

import pytest

from bot import errors, forms, model
from bot.errors import Reason
from bot.forms import Holder
from bot.model import Kind, State
from handlers import replies
from tests.handlers import samples
from tests.handlers.samples import ANA, aloud, request, told


@pytest.mark.parametrize(
    ("needed", "hours", "wanted"),
    [
        (1, 72.0, "Will ask: @U0BEN and @U0CLEO in #C0APPROVALS (1 approval needed, within 72 hours)."),
        (2, 1.0, "Will ask: @U0BEN and @U0CLEO in #C0APPROVALS (2 approvals needed, within 1 hour)."),
        (2, 0.5, "Will ask: @U0BEN and @U0CLEO in #C0APPROVALS (2 approvals needed, within 0.5 hours)."),
    ],
)
def test_the_form_says_who_will_be_asked(needed: int, hours: float, wanted: str) -> None:
    """Before sending, the requester reads who decides, where, how many, and until when."""
    preview = samples.preview(needed=needed, deadline_hours=hours)

    assert aloud(replies.will_ask(preview)) == wanted


@pytest.mark.parametrize(
    ("told", "wanted"),
    [
        (forms.Preview(), "Choose a workspace and a repository to see who will be asked."),
        (forms.Preview(refusal="No rule allows this."), "⚠️ No rule allows this."),
        (samples.preview(automatic=True), "Within your quota the rule approves this by itself."),
    ],
)
def test_the_form_says_when_it_is_not_known_or_nobody_is_asked(told: forms.Preview, wanted: str) -> None:
    """Before a choice, without a rule, and within a quota there is something else to say."""
    assert aloud(replies.will_ask(told)).startswith(wanted)


def test_an_only_approver_is_told_that_nobody_can_approve() -> None:
    """Who would have to approve their own request learns it before sending."""
    said = aloud(replies.will_ask(samples.preview(approvers=())))

    assert said.startswith("Nobody else could approve this")


@pytest.mark.parametrize(
    ("holder", "wanted"),
    [
        (Holder.OURS, "through this bot (acr-old), but its record cannot be read."),
        (Holder.OPEN, "an open request for this registry (acr-old). Wait until it is decided"),
        (Holder.MANUAL, "that somebody made by hand (acr-old). Wave would use only one of the two"),
    ],
)
def test_a_held_host_is_told_before_sending(holder: Holder, wanted: str) -> None:
    """A workspace that already has a credential for the host is warned about."""
    said = [aloud(one) for one in replies.warnings(samples.preview(holder=holder, held_by="acr-old"))]

    assert len(said) == 1
    assert said[0].startswith("⚠️ This workspace already has ")
    assert wanted in said[0]


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"readable": 1}, ""),
        ({"readable": 3}, "It would read 3 of at most 500 repositories."),
        ({"readable": 3, "refusal": "No."}, ""),
        (
            {"kind": Kind.EXTEND, "readable": 12, "credential": samples.credential()},
            (
                "🔗 This joins the credential acr-1a2b3c: no new password, and no new name. "
                "It would read 12 of at most 500 repositories."
            ),
        ),
        (
            {"kind": Kind.ADOPT, "readable": 1, "held_by": "by-hand"},
            (
                "🤝 This takes over the credential by-hand, which somebody made by hand in Tower: "
                "it gets a new token and password. Its name stays."
            ),
        ),
    ],
)
def test_the_form_says_what_sending_it_leads_to(changes: dict[str, object], wanted: str) -> None:
    """Whether a credential is made, joined or taken over is read before sending."""
    assert aloud(replies.becomes(samples.preview(**changes))) == wanted


@pytest.mark.parametrize("kind", [Kind.EXTEND, Kind.ADOPT])
def test_what_the_form_deals_with_is_no_warning(kind: Kind) -> None:
    """A host that is held stands in nobody's way where the form can join or take over what is there."""
    seen = samples.preview(kind=kind, holder=Holder.MANUAL, held_by="x")

    assert replies.warnings(seen) == ()


@pytest.mark.parametrize(("place", "where"), [(samples.place(), "#C0GENOMICS"), (None, "a direct message")])
def test_an_open_request_is_pointed_to_before_sending(place: model.Place | None, where: str) -> None:
    """The form says whose request is in the way, and where it was asked."""
    preview = samples.preview(holder=Holder.OPEN, held_by="acr-old", open_request=request(place=place))

    (said,) = (aloud(one) for one in replies.warnings(preview))

    assert f"(acr-old, asked by @U0ANA in {where})" in said


def test_an_identical_request_is_pointed_to() -> None:
    """Who sends it all the same reads its id, who asked, where, and how it stands."""
    said = aloud(replies.refused(refusal(Reason.DUPLICATE, "Known.", request())))

    known = model.short_id(samples.REQUEST_ID)
    assert said.startswith(
        f"This is asked for already: request {known}, by @U0ANA in #C0GENOMICS. The request"
    )


def test_a_group_is_enough_to_ask() -> None:
    """Where a user group decides, nobody has to be listed."""
    leads = model.Usergroup(platform=model.Platform.SLACK, id="S0LEADS")

    said = aloud(replies.will_ask(samples.preview(approvers=(), approver_groups=(leads,))))

    assert said.startswith("Will ask: @S0LEADS in #C0APPROVALS")


def test_a_free_host_needs_no_warning() -> None:
    """Where nothing stands in the way, only the service's own warnings are shown."""
    preview = samples.preview(warnings=("The registry is in another region.",))

    assert [aloud(one) for one in replies.warnings(preview)] == ["⚠️ The registry is in another region."]


def refusal(reason: Reason, words: str, shown: model.Request | None = None) -> errors.Refused:
    """Return a refusal."""
    return errors.Refused(reason, words, request=shown)


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (
            refusal(Reason.NOT_APPROVER, "You are not one of the approvers"),
            "You are not one of the approvers.",
        ),
        (
            refusal(Reason.UNKNOWN_REQUEST, "This request is not known any more."),
            "This request is not known any more.",
        ),
        (
            refusal(Reason.EXPIRED, "Too late.", request()),
            "The deadline, 26 November at 12:00, has passed. Ask again with /registry.",
        ),
        (
            errors.NotAccepted("redis: connection refused"),
            "Not accepted, please try again: the bot cannot reach its store now, so nothing was kept.",
        ),
        (
            errors.Temporary("Tower did not answer in time.", service="Tower"),
            "Tower did not answer in time.",
        ),
        (
            errors.Forbidden("Azure refused", service="Azure", remedy="Grant the role Reader"),
            "Azure refused. An operator can mend it: Grant the role Reader.",
        ),
        (errors.BadInput({"name": "Too short.", "reason": "Too long."}), "Too short. Too long."),
        (
            TimeoutError(),
            "That took too long. Please try again: doing it twice has the same effect as once.",
        ),
    ],
)
def test_every_problem_is_said_in_plain_words(error: errors.BotError | TimeoutError, wanted: str) -> None:
    """A problem is a sentence: what happened, what was kept, what to do."""
    assert aloud(replies.problem(error)) == wanted


def test_a_decided_request_says_how_it_stands() -> None:
    """Who comes too late reads who decided, and that nothing was changed by them."""
    said = aloud(replies.refused(refusal(Reason.ALREADY_DECIDED, "Already denied.", request(State.DENIED))))

    assert said.startswith("Nothing was changed: this request is not open any more. The request of @U0ANA")
    assert "denied by @U0BEN" in said


def test_the_help_has_every_word_that_works() -> None:
    """The help names the command and what it is good for."""
    lines = told(replies.usage()).splitlines()

    assert [line.split()[1] for line in lines[2:9]] == [
        *("list", "status", "rotate", "remove", "revoke", "whoami", "help"),
    ]
    assert lines[5] == "/registry remove NAME takes repositories away from a credential."


def test_unknown_words_come_with_the_help() -> None:
    """What was not understood is repeated before the help."""
    assert told(replies.not_understood("make tea")).startswith(
        "I do not know /registry make tea.\n/registry opens"
    )


@pytest.mark.parametrize(
    ("role", "wanted"),
    [
        (model.Role.APPROVAL, "I could not ask the approvers in their channel: invite me."),
        (model.Role.ORIGIN, "I could not write in the channel where this was asked: invite me."),
        (model.Role.DIRECT, "I could not write to the requester: invite me."),
        (model.Role.RESULT, "I could not write there: invite me."),
    ],
)
def test_a_message_that_could_not_be_shown_says_which(role: model.Role, wanted: str) -> None:
    """Whoever can mend it reads which message is missing, and why."""
    assert replies.unseen(role, "invite me.") == wanted


def test_the_other_answers_are_sentences() -> None:
    """Answers without a case of their own are whole sentences too."""
    others = [
        replies.form_not_opened(),
        replies.unexpected("1a2b3c4d"),
        replies.unknown_element(),
        (replies.validity_hint(None),),
        (replies.validity_hint(30),),
        (replies.unchecked(errors.Temporary("Tower is slow", service="Tower")),),
        *(paragraph for paragraph in replies.no_workspace() if isinstance(paragraph, tuple)),
    ]

    said = [aloud(one) for one in others]

    assert all(one[0].isupper() and one.endswith(".") for one in said)
    assert ANA.user not in " ".join(said)


@pytest.mark.parametrize(
    ("hosts", "wanted"),
    [(("a.azurecr.io",), "No answer from a.azurecr.io"), (("a", "b"), "No answer from 2 registries")],
)
def test_silent_registries_are_named(hosts: tuple[str, ...], wanted: str) -> None:
    """A search that is not complete says whose repositories are missing."""
    assert replies.silent(hosts) == wanted


def test_what_was_cut_off_is_counted() -> None:
    """A list that was cut says how much more there is."""
    assert replies.narrow(99, 41) == "… and 41 more after these 99: keep typing"
    assert samples.TEAM not in replies.narrow(1, 1)
