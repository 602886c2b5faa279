"""Copies on Slack: posted once, kept up to date, and honest about where the bot cannot write."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest

from bot import errors, model
from bot.model import Role, State
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from bot.sandbox.slack import reading
from handlers.slack import notifier
from tests.handlers import house as houses
from tests.handlers import kit, samples
from tests.handlers.house import House

Copies = dict[Role, model.Copy]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Return a Slack and a client, without a server."""
    async with houses.emulator() as slack, houses.built(slack) as built:
        yield built
        assert slack.complaints == []


@pytest.fixture
def poster(house: House) -> notifier.SlackNotifier:
    """Return the notifier."""
    return notifier.SlackNotifier(house.web, operators_channel=acme.OPERATORS)


def fresh(role: Role) -> model.Copy:
    """Return a copy that was never shown."""
    return model.Copy(role=role, platform=model.Platform.SLACK, channel="")


async def show(
    poster: notifier.SlackNotifier,
    role: Role,
    request: model.Request | None = None,
    *,
    copy: model.Copy | None = None,
    copies: Copies | None = None,
) -> model.Copy:
    """Show one copy."""
    return await poster.show(request or samples.request(), copy or fresh(role), copies=copies or {})


def seen(house: House, copy: model.Copy, by: str = acme.ANA) -> reading.Seen:
    """Return a copy as somebody sees it."""
    there = house.person(by)
    return next(
        one for one in there.thread(copy.channel, copy.thread or copy.message or "") if one.ts == copy.message
    )


@pytest.mark.parametrize(("role", "channel"), [(Role.APPROVAL, acme.APPROVALS), (Role.ORIGIN, acme.GENOMICS)])
async def test_a_copy_is_posted_in_its_channel(
    house: House, poster: notifier.SlackNotifier, role: Role, channel: str
) -> None:
    """Approvers read it in theirs, the team in the one where it was asked."""
    copy = await show(poster, role)

    assert (copy.channel, copy.thread, copy.shown, copy.error) == (channel, None, 1, None)
    assert "acmegenomics.azurecr.io/genomics/aligner" in seen(house, copy).text


@pytest.mark.parametrize(
    ("role", "channel"), [(Role.TOLD, acme.OPERATORS), (Role.ESCALATION, acme.APPROVALS)]
)
async def test_who_is_told_and_who_is_asked_later_have_their_channels(
    poster: notifier.SlackNotifier, role: Role, channel: str
) -> None:
    """Neither goes to the requester: the rule's channel is told, the approvers' channel asked again."""
    copy = await show(poster, role, samples.request(told=samples.place(acme.OPERATORS)))

    assert (copy.channel, copy.thread) == (channel, None)


async def test_a_reminder_hangs_below_what_it_reminds_of(
    house: House, poster: notifier.SlackNotifier
) -> None:
    """It is a reply in the thread of the approval message, and mentions those who were asked."""
    approval = await show(poster, Role.APPROVAL)

    copy = await show(poster, Role.REMINDER, copies={Role.APPROVAL: approval})

    assert (copy.channel, copy.thread) == (acme.APPROVALS, approval.message)
    assert "@Ben and @Cleo: please decide." in seen(house, copy).text


async def test_what_has_not_changed_is_not_sent_again(house: House, poster: notifier.SlackNotifier) -> None:
    """A credential may change without a word about it changing: Slack counts every update."""
    done = samples.request(model.State.DONE, life=samples.life())
    copy = await show(poster, Role.RESULT, done)

    same = await show(poster, Role.RESULT, done.model_copy(update={"version": 2}), copy=copy)
    behind = same.model_copy(update={"shown": 1})  # as if another process had shown something else
    await show(poster, Role.RESULT, done.model_copy(update={"version": 3}), copy=behind)

    assert (same.message, same.shown) == (copy.message, 2)
    assert house.web_calls.count("chat.update") == 1


async def test_a_warning_hangs_below_the_message_where_it_was_asked(
    poster: notifier.SlackNotifier,
) -> None:
    """It is a reply in the thread that the owner knows, and not one more conversation."""
    life = model.Life(version=1, expires=samples.request().deadline, warned=3, said=9)
    done = samples.request(model.State.DONE, version=9, life=life)
    origin = await show(poster, Role.ORIGIN, done)

    copy = await show(poster, Role.WARNING, done, copies={Role.ORIGIN: origin})

    assert (copy.channel, copy.thread) == (acme.GENOMICS, origin.message)


async def test_a_duplicate_is_brought_up_to_date(house: House, poster: notifier.SlackNotifier) -> None:
    """What a crash left behind shows the newest state too."""
    lost = (await show(poster, Role.APPROVAL)).model_copy(update={"duplicate": True})

    copy = await show(poster, Role.APPROVAL, samples.request(model.State.DENIED, version=2), copy=lost)

    assert (copy.message, copy.shown, copy.duplicate) == (lost.message, 2, True)
    assert "was denied by @Ben" in seen(house, copy, acme.BEN).text


async def test_a_duplicate_that_is_gone_is_not_posted_again(
    house: House, poster: notifier.SlackNotifier
) -> None:
    """One copy is enough."""
    lost = model.Copy(
        role=Role.APPROVAL,
        platform=model.Platform.SLACK,
        channel=acme.APPROVALS,
        message="1.1",
        duplicate=True,
    )

    copy = await show(poster, Role.APPROVAL, copy=lost)

    assert (copy.error, "chat.postMessage" in house.web_calls) == ("This message is gone.", False)


async def test_the_requester_is_told_directly(house: House, poster: notifier.SlackNotifier) -> None:
    """The direct message goes to the requester alone."""
    copy = await show(poster, Role.DIRECT)

    assert [one.ts for one in house.person(acme.ANA).direct()] == [copy.message]
    assert "Your request" in seen(house, copy).text


@pytest.mark.parametrize("role", [Role.PROGRESS, Role.RESULT])
async def test_the_work_is_told_in_the_thread(
    house: House, poster: notifier.SlackNotifier, role: Role
) -> None:
    """Progress and result stand below the message in the team's channel."""
    origin = await show(poster, Role.ORIGIN)

    copy = await show(poster, role, samples.request(State.DONE), copies={Role.ORIGIN: origin})

    assert (copy.channel, copy.thread) == (acme.GENOMICS, origin.message)
    assert len(house.person(acme.ANA).thread(acme.GENOMICS, origin.message or "")) == 2


async def test_asked_in_a_thread_it_stays_there(poster: notifier.SlackNotifier) -> None:
    """Where the first message is itself a reply, the thread goes on."""
    root = await show(poster, Role.ORIGIN)
    place = samples.place().model_copy(update={"thread": root.message})
    request = samples.request(place=place)

    origin = await show(poster, Role.ORIGIN, request)
    copy = await show(poster, Role.PROGRESS, request, copies={Role.ORIGIN: origin})

    assert origin.thread == copy.thread == root.message


@pytest.mark.parametrize("origin_error", ["invite me", None])
async def test_without_a_channel_the_thread_is_the_direct_message(
    poster: notifier.SlackNotifier, origin_error: str | None
) -> None:
    """Asked in a direct message, or where the bot may not write, the work is told there."""
    direct = await show(poster, Role.DIRECT)
    copies = {Role.DIRECT: direct}
    if origin_error:
        copies[Role.ORIGIN] = fresh(Role.ORIGIN).model_copy(update={"error": origin_error})

    copy = await show(poster, Role.RESULT, samples.request(State.DONE, place=None), copies=copies)

    assert (copy.channel, copy.thread) == (direct.channel, direct.message)


@pytest.mark.parametrize("role", [Role.RESULT, Role.ORIGIN])
async def test_without_anything_it_is_told_directly(poster: notifier.SlackNotifier, role: Role) -> None:
    """Nobody is left without an answer, whatever could not be posted before."""
    copy = await show(poster, role, samples.request(State.DONE, place=None))

    assert copy.channel.startswith("D")
    assert copy.thread is None


async def test_a_copy_is_brought_up_to_date(house: House, poster: notifier.SlackNotifier) -> None:
    """The same message shows the newest state, and its buttons are gone."""
    first = await show(poster, Role.APPROVAL)

    copy = await show(poster, Role.APPROVAL, samples.request(State.DENIED, version=2), copy=first)

    assert copy == first.model_copy(update={"shown": 2})
    shown = seen(house, copy)
    assert "was denied by @Ben" in shown.text
    assert kit.find(list(shown.message.blocks), "action_id") == []


async def test_a_message_that_is_gone_is_posted_once_more(
    house: House, poster: notifier.SlackNotifier
) -> None:
    """A deleted copy comes back without its message, and is then posted where it belongs."""
    first = await show(poster, Role.APPROVAL)
    house.slack.state.board.delete(first.channel, first.message or "")

    gone = await show(poster, Role.APPROVAL, samples.request(version=2), copy=first)
    copy = await show(poster, Role.APPROVAL, samples.request(version=2), copy=gone)

    assert (gone.message, gone.shown) == (None, 0)
    assert copy.message != first.message
    assert (copy.channel, copy.shown) == (acme.APPROVALS, 2)


async def test_a_thread_that_is_gone_does_not_swallow_the_result(
    house: House, poster: notifier.SlackNotifier
) -> None:
    """When the thread's first message was deleted, the result is posted in the channel."""
    origin = await show(poster, Role.ORIGIN)
    house.slack.faults.append(
        Fault("/api/chat.postMessage$", 1, 200, body='{"ok":false,"error":"thread_not_found"}')
    )

    copy = await show(poster, Role.RESULT, samples.request(State.DONE), copies={Role.ORIGIN: origin})

    assert (copy.channel, copy.thread) == (acme.GENOMICS, None)


@pytest.mark.parametrize(
    ("role", "words"),
    [
        (Role.APPROVAL, "I could not ask the approvers in their channel: invite me there first"),
        (Role.ORIGIN, "I could not write in the channel where this was asked: invite me there first"),
    ],
)
async def test_a_channel_without_the_bot_is_said_and_no_error(
    house: House, poster: notifier.SlackNotifier, role: Role, words: str
) -> None:
    """A place the bot cannot write to comes back with what to do, and is not tried in a loop."""
    channel = acme.APPROVALS if role is Role.APPROVAL else acme.GENOMICS
    house.slack.state.board.leave(channel, acme.BOT)

    copy = await show(poster, role)

    assert (copy.error or "").startswith(words)
    assert (copy.message, copy.shown) == (None, 1)


async def test_an_archived_channel_is_said(house: House, poster: notifier.SlackNotifier) -> None:
    """A channel that was closed in between keeps its old message, and says why."""
    first = await show(poster, Role.ORIGIN)
    house.slack.state.board.archive(acme.GENOMICS)

    copy = await show(poster, Role.ORIGIN, samples.request(version=2), copy=first)

    assert copy.message == first.message
    assert "I could not write in the channel where this was asked" in (copy.error or "")


async def test_an_invited_bot_shows_what_it_could_not(house: House, poster: notifier.SlackNotifier) -> None:
    """Once the bot is invited, the next change posts the copy and its error is gone."""
    house.slack.state.board.leave(acme.GENOMICS, acme.BOT)
    failed = await show(poster, Role.ORIGIN)
    house.slack.state.board.join(acme.GENOMICS, acme.BOT)

    copy = await show(poster, Role.ORIGIN, samples.request(version=2), copy=failed)

    assert (copy.error, copy.channel, copy.shown) == (None, acme.GENOMICS, 2)


async def test_a_requester_who_left_is_said(poster: notifier.SlackNotifier) -> None:
    """A direct message to somebody who is not there is no error."""
    request = samples.request(requester=samples.person("U0NOBODY"))

    copy = await show(poster, Role.DIRECT, request)

    assert copy.error == "I could not write to the requester: that person is not in this workspace."


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update"])
async def test_a_rate_limit_is_the_workers_to_wait_for(
    house: House, poster: notifier.SlackNotifier, method: str
) -> None:
    """The notifier does not sleep: it says how long Slack wants to wait."""
    first = await show(poster, Role.ORIGIN)
    house.slack.throttle(method, retry_after_s=17)

    with pytest.raises(errors.Throttled) as refused:
        await show(poster, Role.ORIGIN, copy=first if method == "chat.update" else None)

    assert refused.value.retry_after_s == 17


@pytest.mark.parametrize(
    ("fault", "wanted"),
    [
        (Fault("/api/", None, 503, body="<html>"), errors.Temporary),
        (Fault("/api/", None, cut=True), errors.Unknown),
        (Fault("/api/", None, 200, body='{"ok":false,"error":"invalid_auth"}'), errors.Forbidden),
        (Fault("/api/", None, 200, body='{"ok":false,"error":"invalid_blocks"}'), errors.Permanent),
    ],
)
@pytest.mark.parametrize("role", [Role.ORIGIN, Role.DIRECT])
async def test_other_failures_are_of_their_kind(
    house: House, poster: notifier.SlackNotifier, fault: Fault, wanted: type[Exception], role: Role
) -> None:
    """The worker knows from the type whether a retry makes sense."""
    house.slack.faults.append(Fault(fault.match, fault.times, fault.status, body=fault.body, cut=fault.cut))

    with pytest.raises(errors.ServiceError) as refused:
        await show(poster, role)

    assert type(refused.value) is wanted


async def test_operators_are_alerted(house: House, poster: notifier.SlackNotifier) -> None:
    """An alert goes to the operators' channel, as plain words."""
    await poster.alert("A decision was forged: <!channel> 1a2b3c.")

    (alert,) = house.person(acme.CLEO).sees(acme.OPERATORS)
    assert alert.text == "A decision was forged: <!channel> 1a2b3c."
    assert "<!channel>" not in alert.message.text


async def test_without_a_channel_nobody_is_alerted(house: House) -> None:
    """Where no operators' channel is set, an alert is only logged by its caller."""
    await notifier.SlackNotifier(house.web).alert("Something.")

    assert house.web_calls == []


async def test_nothing_is_unfurled(house: House, poster: notifier.SlackNotifier) -> None:
    """Links in messages fetch nothing, and names do not become mentions."""
    await show(poster, Role.ORIGIN)

    sent = json.loads(house.slack.journal.exchanges[-1].body)
    assert [bool(int(sent[key])) for key in ("unfurl_links", "unfurl_media")] == [False, False]
    assert "link_names" not in sent
