"""The form through the front door: signed requests in, windows out, and errors where they belong."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot import errors, forms, model, ports
from bot.errors import Reason
from bot.forms import Field
from bot.sandbox import acme
from bot.sandbox.slack import people
from handlers import replies
from handlers.slack import ids
from tests.handlers import samples
from tests.handlers.house import House
from tests.handlers.screen import ASKED, NAME, REASON, REPOSITORY, VALIDITY, WORKSPACE, filled, opened
from tests.handlers.service_double import ServiceDouble
from tests.waiting import wait_until


async def test_a_command_opens_the_form(ana: people.Person, service: ServiceDouble) -> None:
    """`/registry` opens a form that says who will be asked."""
    reaction = await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    screen = await ana.awaits_modal("Will ask")

    assert reaction.ok
    assert ASKED in screen.text
    assert service.asked == [(samples.ANA, samples.place())]


async def test_the_window_stands_while_it_is_looked_up(ana: people.Person, service: ServiceDouble) -> None:
    """A trigger lives for three seconds, so the window opens before anybody is asked anything."""
    service.hanging.add("form")

    await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    screen = await ana.awaits_modal(replies.LOADING)

    assert screen.title == replies.FORM_TITLE


async def test_the_shortcut_opens_the_same_form(ana: people.Person, service: ServiceDouble) -> None:
    """The global shortcut knows no channel, and needs none."""
    reaction = await ana.shortcut(ids.SHORTCUT)
    await ana.awaits_modal("Will ask")

    assert reaction.ok
    assert service.asked == [(samples.ANA, None)]


async def test_a_form_becomes_a_request(ana: people.Person, service: ServiceDouble) -> None:
    """What is sent is what was typed, with the place it was asked in; then the window closes."""
    await filled(ana)
    await ana.type(NAME, "aligner-prod")
    await ana.type(VALIDITY, "90")
    await ana.type(REASON, "For the paper.\nThanks!")

    reaction = await ana.submit()

    assert (reaction.ok, reaction.screen) == (True, None)
    (sent,) = service.submissions
    assert sent == forms.Submission(
        by=samples.ANA,
        place=samples.place(),
        name="aligner-prod",
        workspace_id=101,
        repositories=(samples.ALIGNER,),
        op=sent.op,
        validity_days=90,
        reason="For the paper.\nThanks!",
    )


async def test_several_repositories_are_one_request(ana: people.Person, service: ServiceDouble) -> None:
    """What is chosen one after the other is asked for together."""
    other = ports.Repository(samples.HOST, "genomics/fdr")
    service.found = ports.Found((samples.ALIGNER, other))
    await opened(ana)
    await ana.choose(WORKSPACE, "acme/research")
    await ana.pick(REPOSITORY, "aligner")
    await ana.search(REPOSITORY, "fdr")
    await ana.choose(REPOSITORY, samples.ALIGNER.path, other.path)

    await ana.submit()

    assert [sent.repositories for sent in service.submissions] == [(samples.ALIGNER, other)]
    assert (101, (samples.ALIGNER, other)) in service.previews


async def test_less_than_what_was_chosen_is_not_asked_for(ana: people.Person, service: ServiceDouble) -> None:
    """A repository that is gone by now is told at its field, and nothing is sent without it."""
    other = ports.Repository(samples.HOST, "genomics/fdr")
    service.found = ports.Found((samples.ALIGNER, other))
    await opened(ana)
    await ana.choose(WORKSPACE, "acme/research")
    await ana.search(REPOSITORY, "")
    await ana.choose(REPOSITORY, samples.ALIGNER.path, other.path)
    service.found = ports.Found((samples.ALIGNER,))

    reaction = await ana.submit()

    assert reaction.errors[REPOSITORY] == replies.SOME_GONE
    assert service.submissions == []


async def test_a_credential_that_is_there_needs_no_name(ana: people.Person, service: ServiceDouble) -> None:
    """Once it is known that what is chosen joins a credential, the form says so and asks for no name."""
    service.seen = samples.preview(
        kind=model.Kind.EXTEND, holder=forms.Holder.OURS, credential=samples.credential(), readable=2
    )
    await filled(ana)
    screen = await ana.awaits_modal("This joins the credential")

    await ana.submit()

    assert NAME not in screen.fields
    assert [sent.name for sent in service.submissions] == [""]


async def test_asked_in_a_direct_message_there_is_no_place(
    ana: people.Person, service: ServiceDouble
) -> None:
    """From a direct message the request goes on there, and in no channel."""
    await opened(ana, channel="")
    await ana.choose(WORKSPACE, "acme/research")
    await ana.pick(REPOSITORY, "aligner")

    await ana.submit()

    assert [sent.place for sent in service.submissions] == [None]


@pytest.mark.parametrize(
    "problems",
    [
        {"name": "Use letters."},
        {"workspace": "Choose a workspace.", "repository": "Choose a repository.", "validity": "Too long."},
        {"reason": "Keep it short."},
    ],
)
async def test_errors_stand_at_their_fields(
    ana: people.Person, service: ServiceDouble, problems: dict[str, str]
) -> None:
    """A wrong field says why, the window stays, and nothing typed is lost."""
    await filled(ana)
    await ana.type(NAME, "kept")
    service.failing["submit"] = errors.BadInput(problems)

    reaction = await ana.submit()

    assert reaction.errors == {replies.LABELS[Field(name)]: words for name, words in problems.items()}
    assert reaction.screen is not None
    del service.failing["submit"]
    await ana.submit()
    assert [sent.name for sent in service.submissions] == ["kept"]


@pytest.mark.parametrize(
    ("error", "label", "words"),
    [
        (errors.NotAccepted("redis down"), NAME, "Not accepted, please try again"),
        (
            errors.Temporary("Tower did not answer in time.", service="Tower"),
            WORKSPACE,
            "did not answer in time",
        ),
        (errors.Temporary("Azure did not answer.", service="Azure"), REPOSITORY, "Azure did not answer."),
        (
            errors.Refused(Reason.OUTSIDER, "Only people of this organization can use this bot."),
            NAME,
            "Only people of this organization",
        ),
        (errors.BadInput({"elsewhere": "Odd."}), NAME, "Odd."),
        (KeyError("a detail that nobody should read"), NAME, "Something went wrong inside the bot."),
    ],
)
async def test_what_concerns_the_whole_form_is_shown_in_it(
    ana: people.Person, service: ServiceDouble, error: Exception, label: str, words: str
) -> None:
    """Whatever goes wrong, the person reads a sentence in the window and can send again."""
    await filled(ana)
    service.failing["submit"] = error

    reaction = await ana.submit()

    assert list(reaction.errors) == [label]
    assert words in reaction.errors[label]
    assert "nobody should read" not in reaction.errors[label]


async def test_what_is_asked_for_already_is_pointed_to(ana: people.Person, service: ServiceDouble) -> None:
    """A window on top names the open request, who asked and where; the form below keeps what was typed."""
    known = samples.request(requester=samples.BEN)
    service.failing["submit"] = errors.Refused(Reason.DUPLICATE, "Known.", request=known)
    await filled(ana)

    reaction = await ana.submit()
    said = await ana.awaits_modal("This is asked for already")
    await ana.close()

    assert (reaction.notice, reaction.errors) == (None, {})
    assert f"request {model.short_id(known.id)}, by @Ben in #genomics." in said.text
    assert "acr-1a2b3c" in (await ana.awaits_modal("Will ask")).text


async def test_a_slow_service_is_answered_in_time(
    ana: people.Person, service: ServiceDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack waits for three seconds; before that, the person is told to try again."""
    monkeypatch.setattr(ids, "ACK_S", 0.05)
    await filled(ana)
    service.hanging.add("submit")

    reaction = await ana.submit()

    assert reaction.notice is None
    assert reaction.errors[NAME].startswith("That took too long. Please try again")


async def test_the_acknowledgement_is_bounded_below_slacks_deadline() -> None:
    """The bound leaves time for the way there and back."""
    assert ids.ACK_S <= 2.6


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (
            errors.Refused(Reason.OUTSIDER, "Only people of this organization."),
            "Only people of this organization.",
        ),
        (errors.NotAccepted("away"), "Not accepted, please try again"),
        (
            errors.Forbidden("Tower refused.", service="Tower", remedy="Put a token into TOWER_ACCESS_TOKEN"),
            "An operator can mend it: Put a token into TOWER_ACCESS_TOKEN.",
        ),
    ],
)
async def test_a_form_that_cannot_be_looked_up_says_why(
    ana: people.Person, service: ServiceDouble, failure: Exception, words: str
) -> None:
    """The window that stands open says what is wrong, and can only be closed."""
    service.failing["form"] = failure

    await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    screen = await ana.awaits_modal(words)

    assert not screen.view.body.get("submit")


async def test_without_a_workspace_there_is_nothing_to_ask_for(
    ana: people.Person, service: ServiceDouble
) -> None:
    """Where the bot may write nowhere, an administrator's next step is named."""
    service.fresh = samples.form(workspaces=())

    await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    screen = await ana.awaits_modal("no Tower workspace")

    assert "Admin or Owner" in screen.text


async def test_a_window_that_slack_does_not_open_is_explained(house: House, ana: people.Person) -> None:
    """A trigger that expired on the way is told in the channel, privately."""
    house.slack.throttle("views.open")

    await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    seen = await ana.awaits(acme.GENOMICS, "could not be opened in time")

    assert seen.message.only_for == acme.ANA
    assert ana.modal() is None


async def test_a_failure_nobody_foresaw_is_told_with_an_id(
    ana: people.Person, service: ServiceDouble, everything_logged: Callable[[], str]
) -> None:
    """When the look-up itself breaks, the person gets an id that the log knows."""
    service.failing["form"] = RuntimeError("a detail that nobody should read")

    await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    seen = await ana.awaits(acme.GENOMICS, "Something went wrong inside the bot")

    assert "nobody should read" not in seen.text + everything_logged()
    assert seen.text.split()[-1].rstrip(".") in everything_logged()


async def test_closing_the_window_early_is_harmless(
    house: House, ana: people.Person, service: ServiceDouble
) -> None:
    """Somebody who closes the skeleton before it is filled hears nothing more of it."""
    service.hanging.add("form")
    await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    await ana.awaits_modal(replies.LOADING)

    await ana.close()
    service.released.set()
    await wait_until(lambda: "views.update" in house.web_calls, "the form is looked up after all")

    assert (ana.modal(), ana.ephemerals()) == (None, [])
