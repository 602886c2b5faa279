"""Windows that rotate, narrow and revoke: what they say, what they send, and how they fail."""

from __future__ import annotations

import dataclasses

import pytest

from bot import errors, forms, model, ports
from bot.errors import Reason
from bot.model import Kind, Role, State
from bot.sandbox import acme
from bot.sandbox.slack import people, reading
from handlers import kinds, plans
from handlers.slack import ids, notifier
from tests.handlers import samples
from tests.handlers.house import House
from tests.handlers.service_double import ServiceDouble

NAME = samples.credential().name
MANY = tuple(f"team/r{number:03}" for number in range(250))


async def posted(house: House, person: people.Person) -> reading.Seen:
    """Post the result of a request that made a credential, and return it as somebody sees it."""
    poster = notifier.SlackNotifier(house.web)
    origin, result = (
        model.Copy(role=role, platform=model.Platform.SLACK, channel=acme.GENOMICS)
        for role in (Role.ORIGIN, Role.RESULT)
    )
    done = samples.request(State.DONE, id=samples.CREDENTIAL_ID)
    root = await poster.show(done, origin, copies={})
    await poster.show(done, result, copies={Role.ORIGIN: root})
    return person.thread(acme.GENOMICS, root.message or "")[-1]


@pytest.mark.parametrize(
    ("word", "kind", "wanted"),
    [
        ("rotate", Kind.ROTATE, "gets a new password."),
        ("revoke", Kind.REVOKE, "What stops working: pipelines in acme/research can no longer pull"),
        ("remove", Kind.NARROW, "can no longer pull what you choose here."),
    ],
)
async def test_a_word_and_a_name_open_the_window(
    ana: people.Person, service: ServiceDouble, word: str, kind: Kind, wanted: str
) -> None:
    """Before anything is sent, the window says what would happen and who would be asked."""
    reaction = await ana.command(ids.COMMAND, f"{word} {NAME}", channel=acme.GENOMICS)
    screen = await ana.awaits_modal(wanted)

    assert reaction.ok
    assert screen.title == plans.TITLES[kind]
    assert "Will ask: @Ben and @Cleo in #registry-approvals" in screen.text
    assert (service.found_by, service.planned) == ([(samples.ANA, NAME)], [(kind, samples.CREDENTIAL_ID)])


async def test_the_window_stands_while_it_is_looked_up(ana: people.Person, service: ServiceDouble) -> None:
    """A trigger lives for three seconds, so the window opens before anybody is asked anything."""
    service.hanging.add("find")

    await ana.command(ids.COMMAND, f"rotate {NAME}", channel=acme.GENOMICS)
    screen = await ana.awaits_modal(plans.LOADING)

    assert screen.title == plans.TITLES[Kind.ROTATE]


@pytest.mark.parametrize("kind", [Kind.ROTATE, Kind.REVOKE])
async def test_what_is_sent_is_kept(
    ana: people.Person, service: ServiceDouble, house: House, kind: Kind
) -> None:
    """A button on the result opens the same window, and sending it asks the service once."""
    await ana.click(await posted(house, ana), kinds.LABELS[kind])
    await ana.awaits_modal("Will ask")
    await ana.type(plans.REASON_LABEL, " It leaked. ")

    reaction = await ana.submit()

    (sent,) = service.changes
    assert (reaction.ok, reaction.screen) == (True, None)
    assert sent == forms.Change(
        by=samples.ANA,
        place=samples.place(),
        kind=kind,
        credential_id=samples.CREDENTIAL_ID,
        op=sent.op,
        reason="It leaked.",
    )


async def test_an_approver_may_revoke_at_once(ben: people.Person, service: ServiceDouble) -> None:
    """The window says that nobody else would be asked, and the box makes it so."""
    service.plans = samples.plan(Kind.REVOKE, alone=True)
    await ben.command(ids.COMMAND, f"revoke {NAME}", channel=acme.GENOMICS)
    screen = await ben.awaits_modal("nobody else is asked")
    await ben.choose(plans.AT_ONCE_LABEL, plans.AT_ONCE)

    await ben.submit()

    assert "🚨 You are an approver" in screen.text
    assert [(sent.kind, sent.at_once) for sent in service.changes] == [(Kind.REVOKE, True)]


@pytest.mark.parametrize("names", [MANY[:3], MANY, ("x" * 240, "y" * 240)])
async def test_repositories_are_chosen_to_go(
    ana: people.Person, service: ServiceDouble, names: tuple[str, ...]
) -> None:
    """However many a credential has, and however long their names are, the chosen ones are sent."""
    service.plans = samples.plan(Kind.NARROW, credential=samples.credential(repositories=names))
    await ana.command(ids.COMMAND, f"remove {NAME}", channel=acme.GENOMICS)
    await ana.awaits_modal("what you choose here")
    value = names[-1] if len(names[-1]) < 150 else forms.option_key(ports.Repository("", names[-1]))
    await ana.choose(plans.REMOVE_LABEL, value)

    reaction = await ana.submit()

    assert reaction.ok
    assert [sent.remove for sent in service.changes] == [(names[-1],)]


async def test_of_several_one_is_chosen(ana: people.Person, service: ServiceDouble) -> None:
    """Where workspaces have credentials of one name, the window asks which one is meant."""
    other = samples.credential(id="d" * 22, workspace=samples.PERSONAL)
    service.rows = (samples.row(), samples.row(credential=other))
    await ana.command(ids.COMMAND, f"revoke {NAME}", channel=acme.GENOMICS)
    screen = await ana.awaits_modal("Which one do you mean?")

    await ana.click(screen, f"{screen.view.blocks[2]['block_id']}/{ids.CHOOSE}")
    await ana.awaits_modal("What stops working")
    await ana.submit()

    assert service.planned == [(Kind.REVOKE, "d" * 22)]
    assert [sent.credential_id for sent in service.changes] == ["d" * 22]


@pytest.mark.parametrize(
    ("method", "error", "words"),
    [
        (
            "find",
            errors.Refused(Reason.UNKNOWN_CREDENTIAL, "There is no such credential."),
            "no such credential",
        ),
        ("plan", errors.Refused(Reason.NOT_OWNER, "Only its owner may ask."), "Only its owner may ask."),
        ("plan", errors.NotAccepted("away"), "Not accepted, please try again"),
    ],
)
async def test_what_cannot_be_asked_for_is_told_in_the_window(
    ana: people.Person, service: ServiceDouble, method: str, error: Exception, words: str
) -> None:
    """The window that stands open says why, and has nothing to send."""
    service.failing[method] = error

    await ana.command(ids.COMMAND, f"rotate {NAME}", channel=acme.GENOMICS)
    screen = await ana.awaits_modal(words)

    assert not screen.view.body.get("submit")


@pytest.mark.parametrize(
    ("error", "label"),
    [
        (errors.BadInput({forms.Field.REASON: "Keep it short."}), plans.REASON_LABEL),
        (errors.NotAccepted("away"), plans.REASON_LABEL),
    ],
)
async def test_what_is_wrong_stands_at_its_field(
    ana: people.Person, service: ServiceDouble, error: Exception, label: str
) -> None:
    """The window stays, and what was typed with it."""
    service.failing["change"] = error
    await ana.command(ids.COMMAND, f"rotate {NAME}", channel=acme.GENOMICS)
    await ana.awaits_modal("Will ask")

    reaction = await ana.submit()

    assert list(reaction.errors) == [label]


async def test_an_open_change_is_pointed_to(ana: people.Person, service: ServiceDouble) -> None:
    """A window on top names the request that is in the way."""
    known = samples.request(requester=samples.BEN)
    service.failing["change"] = errors.Refused(Reason.DUPLICATE, "Known.", request=known)
    await ana.command(ids.COMMAND, f"rotate {NAME}", channel=acme.GENOMICS)
    await ana.awaits_modal("Will ask")

    reaction = await ana.submit()
    said = await ana.awaits_modal("This is asked for already")

    assert reaction.errors == {}
    assert "by @Ben in #genomics" in said.text


async def test_nobody_asked_is_said_before(ana: people.Person, service: ServiceDouble) -> None:
    """Where the rule needs nobody, the button does it and says so."""
    plan = samples.plan(Kind.ROTATE)
    service.plans = dataclasses.replace(plan, preview=samples.preview(automatic=True))

    await ana.command(ids.COMMAND, f"rotate {NAME}", channel=acme.GENOMICS)
    screen = await ana.awaits_modal("Nobody is asked")

    assert screen.view.body["submit"]["text"] == "Rotate"
