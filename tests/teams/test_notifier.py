"""Copies of a request in Teams: posted once, kept up to date, and honest about where they cannot be."""

from __future__ import annotations

import pytest

from bot import errors, model, ports
from bot.model import Platform, Role, State
from bot.sandbox.emulator import Fault
from bot.sandbox.teams.entities import Message
from tests.handlers import samples
from tests.teams import house as houses
from tests.teams import reading, scenery
from tests.teams.house import House

ANA = scenery.principal(scenery.ANA)


def place(channel: str = scenery.APPROVALS, thread: str | None = None) -> model.Place:
    """Return a channel of Teams."""
    return model.Place(platform=Platform.TEAMS, tenant=scenery.TENANT, channel=channel, thread=thread)


def request(state: State = State.PENDING, **changes: object) -> model.Request:
    """Return a request of Ana's that was asked in the channel of genomics."""
    fields = {
        "requester": ANA,
        "approval": place(),
        "place": place(scenery.GENOMICS),
        "approvers": (scenery.principal(scenery.BEN),),
    }
    return samples.request(state, **{**fields, **changes})


def fresh(role: Role) -> model.Copy:
    """Return a copy that was not posted yet."""
    return model.Copy(role=role, platform=Platform.TEAMS, channel="")


async def shown(
    house: House, of: model.Request, role: Role = Role.APPROVAL, **copies: model.Copy
) -> model.Copy:
    """Show a copy for the first time."""
    known = {Role(name): copy for name, copy in copies.items()}
    return await house.platform.notifier.show(of, fresh(role), copies=known)


def at(house: House, copy: model.Copy) -> Message:
    """Return the message of a copy."""
    return house.teams.conversations[copy.channel].messages[copy.message or ""]


async def test_a_copy_is_posted_and_then_kept(house: House) -> None:
    """The message is replaced, and says what is so now."""
    copy = await shown(house, request())

    later = await house.platform.notifier.show(request(State.DENIED, version=2), copy, copies={})

    message = at(house, later)
    assert (later.shown, later.message, message.edits) == (2, copy.message, 1)
    assert "was denied by" in reading.text(message.card)
    assert len(house.written(scenery.APPROVALS)) == 1


async def test_approvers_are_called_when_they_are_asked(house: House) -> None:
    """A mention notifies them; an update, and what is decided already, calls nobody."""
    copy = await shown(house, request())

    await house.platform.notifier.show(request(version=2), copy, copies={})
    ended = await shown(house, request(State.DONE))

    (call,) = house.calls(scenery.APPROVALS)
    assert (call.text, call.root) == ("<at>Ben Ortiz</at>", copy.message)
    assert (at(house, copy).text, at(house, ended).text) == ("", "")


async def test_a_call_that_is_lost_costs_only_itself(house: House) -> None:
    """The card is there and is remembered, so that it is not posted again."""
    house.teams.faults.append(Fault(r"POST .*messageid=", times=None, status=404))

    copy = await shown(house, request())

    assert (copy.error, house.calls(scenery.APPROVALS)) == (None, [])
    assert at(house, copy).card


async def test_a_roster_that_is_silent_costs_only_the_names(house: House) -> None:
    """The card is posted all the same; the next one has them."""
    house.teams.faults.append(Fault(r"pagedmembers", times=3, status=500))

    first, second = await shown(house, request()), await shown(house, request())

    assert "somebody" in reading.text(at(house, first).card)
    assert "Ben Ortiz" in reading.text(at(house, second).card)


async def test_progress_and_result_stand_in_the_thread(house: House) -> None:
    """Below the message in the channel; where that is a reply itself, in its thread."""
    origin = await shown(house, request(), Role.ORIGIN)
    below = await shown(house, request(State.DONE), Role.RESULT, origin=origin)
    root = model.Copy(role=Role.ORIGIN, platform=Platform.TEAMS, channel=scenery.GENOMICS, message="7")
    in_thread = root.model_copy(update={"thread": origin.message})
    deeper = await shown(house, request(State.DONE), Role.PROGRESS, origin=in_thread)

    assert [at(house, one).root for one in (below, deeper)] == [origin.message, origin.message]


async def test_a_chat_without_threads_gets_plain_messages(house: House) -> None:
    """In a group chat there is nothing below: the result is the next message."""
    of = request(State.DONE, place=place(scenery.CHAT))
    origin = await shown(house, of, Role.ORIGIN)

    result = await shown(house, of, Role.RESULT, origin=origin)

    assert at(house, result).root == result.message


async def test_a_personal_message_opens_the_chat(house: House) -> None:
    """Whose it is comes from the request; the conversation is remembered for updates."""
    copy = await shown(house, request(), Role.DIRECT)

    assert copy.channel == house.teams.personal(scenery.ANA).id
    assert "Your request for" in reading.text(at(house, copy).card)


async def test_a_thread_that_is_gone_is_left(house: House) -> None:
    """The first message was deleted: the answer is a post of its own."""
    root = model.Copy(role=Role.ORIGIN, platform=Platform.TEAMS, channel=scenery.GENOMICS, message="1")

    copy = await shown(house, request(State.DONE), Role.RESULT, origin=root)

    assert (copy.thread, at(house, copy).root) == (None, copy.message)


async def test_a_message_that_is_gone_is_asked_for_again(house: House) -> None:
    """The copy comes back without it; a duplicate is missed by nobody."""
    copy = await shown(house, request())
    house.teams.conversations[scenery.APPROVALS].messages.clear()

    again = await house.platform.notifier.show(request(version=2), copy, copies={})
    other = copy.model_copy(update={"duplicate": True})
    missed = await house.platform.notifier.show(request(version=2), other, copies={})

    assert (again.message, again.error) == (None, None)
    assert (missed.error, missed.shown) == ("This message is gone.", 2)


@pytest.mark.parametrize(
    ("role", "words"), [(Role.APPROVAL, "install the app"), (Role.DIRECT, "that person")]
)
async def test_a_place_without_the_app_says_what_to_do(house: House, role: Role, words: str) -> None:
    """It is no error: the copy says why, and is tried again at the next change."""
    for one in (house.teams.conversations[scenery.APPROVALS], house.teams.personal(scenery.ANA)):
        one.installed = False

    copy = await shown(house, request(), role)

    assert copy.message is None
    assert words in str(copy.error)


@pytest.mark.parametrize("status", [429, 412, 502, 504, 500, 503])
async def test_a_passing_trouble_is_the_workers(house: House, status: int) -> None:
    """Some are tried again at once; what stays is raised as what a retry may mend."""
    house.teams.faults.append(Fault(r"^POST /v3/.*/activities", times=None, status=status))

    with pytest.raises(errors.Temporary):
        await shown(house, request())


async def test_messages_cannot_be_looked_up(house: House) -> None:
    """A bot reads nothing in Teams: what may have been posted before a crash is posted once more."""
    with pytest.raises(errors.Permanent, match="cannot look messages up"):
        await house.platform.notifier.find(request(), fresh(Role.APPROVAL), copies={})


async def test_operators_and_auditors_read_plain_text(house: House) -> None:
    """An alert goes to its channel; an entry of the log is a line, whatever stands in it."""
    entry = ports.Line(
        sequence=7,
        time=samples.NOW,
        request=None,
        event="policy:loaded",
        before=None,
        after=None,
        actor=None,
        data={"by": "**x**"},
    )

    async with houses.opened(REGISTRY_BOT_OPERATORS_CHANNEL=scenery.GENOMICS) as open_:
        await open_.platform.notifier.alert("Something *happened*.")
        await open_.platform.feed(scenery.CHAT).tell([entry, entry])

        assert reading.text(open_.written(scenery.GENOMICS)[0].card) == "Something *happened*."
        assert reading.text(open_.written(scenery.CHAT)[0].card).count("by: **x**") == 2
    await house.platform.notifier.alert("Nobody hears this.")
    assert house.written(scenery.GENOMICS) == []
