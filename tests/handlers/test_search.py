"""Messages that an earlier try posted are found again; nobody else's are taken for them."""

from __future__ import annotations

import datetime as dt
from collections.abc import AsyncIterator

import pytest

from bot import errors, model
from bot.model import Role
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from handlers.slack import notifier, search
from tests.handlers import house as houses
from tests.handlers import samples
from tests.handlers.house import House

LONG_AGO, NEVER = dt.datetime(2020, 1, 1, tzinfo=dt.UTC), dt.datetime(2090, 1, 1, tzinfo=dt.UTC)
POSTING = model.Posting(token="a-token-of-this-post", at=LONG_AGO)
ROLES = [Role.APPROVAL, Role.ORIGIN, Role.DIRECT, Role.RESULT]


@pytest.fixture
async def house() -> AsyncIterator[House]:
    """Return a Slack and a client, without a server."""
    async with houses.emulator() as slack, houses.built(slack) as built:
        yield built
        assert slack.complaints == []


@pytest.fixture
def poster(house: House) -> notifier.SlackNotifier:
    """Return the notifier."""
    return notifier.SlackNotifier(house.web, bot_user=acme.BOT)


def intended(role: Role, token: str = POSTING.token) -> model.Copy:
    """Return a copy whose message may be there or not."""
    posting = POSTING.model_copy(update={"token": token})
    return model.Copy(role=role, platform=model.Platform.SLACK, channel="", posting=posting)


def looks(house: House) -> int:
    """Return how many pages of a channel were read."""
    return len([call for call in house.web_calls if call.startswith("conversations.history")])


async def origin(poster: notifier.SlackNotifier) -> dict[Role, model.Copy]:
    """Return the copy whose thread results are posted in."""
    return {Role.ORIGIN: await poster.show(samples.request(), intended(Role.ORIGIN, "other"), copies={})}


@pytest.mark.parametrize("role", ROLES)
async def test_a_post_is_found(poster: notifier.SlackNotifier, role: Role) -> None:
    """In channels, in direct messages and in threads, and with Slack's own id of the place."""
    request, copies = samples.request(model.State.DONE), await origin(poster)
    posted = await poster.show(request, intended(role), copies=copies)

    found = await poster.find(request, intended(role), copies=copies)

    assert found is not None
    assert (found.channel, found.message, found.thread) == (posted.channel, posted.message, posted.thread)
    assert found.shown == 0


async def test_an_answer_that_was_lost_posts_nothing_more(
    house: House, poster: notifier.SlackNotifier
) -> None:
    """Slack has the message and the connection breaks: the client must not post it again by itself."""
    request = samples.request()
    house.slack.faults.append(Fault("/api/chat.postMessage$", 1, after=True))
    with pytest.raises(errors.Unknown):
        await poster.show(request, intended(Role.ORIGIN), copies={})

    found = await poster.find(request, intended(Role.ORIGIN), copies={})

    (there,) = house.person(acme.ANA).sees(acme.GENOMICS)
    assert (found and found.message) == there.ts


@pytest.mark.parametrize("role", ROLES)
async def test_what_was_not_posted_is_not_found(poster: notifier.SlackNotifier, role: Role) -> None:
    """A message of another intent is another message, even for the same request and role."""
    request, copies = samples.request(model.State.DONE), await origin(poster)
    await poster.show(request, intended(role, "an older token"), copies=copies)

    assert await poster.find(request, intended(role), copies=copies) is None


async def test_a_copy_without_an_intent_is_not_looked_for(
    house: House, poster: notifier.SlackNotifier
) -> None:
    """Nothing tells its message from any other, and no call is made."""
    copy = intended(Role.ORIGIN).model_copy(update={"posting": None})

    assert await poster.find(samples.request(), copy, copies={}) is None
    assert house.web_calls == []


async def test_somebody_elses_note_counts_for_nothing(house: House) -> None:
    """Whoever copies what our message carries is not us."""
    request = samples.request()
    await notifier.SlackNotifier(house.web).show(request, intended(Role.ORIGIN), copies={})
    other = notifier.SlackNotifier(house.web, bot_user="U0ANOTHER")

    assert await other.find(request, intended(Role.ORIGIN), copies={}) is None


async def test_a_bot_that_does_not_know_itself_believes_the_note(house: House) -> None:
    """Where Slack did not say who the bot is, the token alone tells."""
    request, poster = samples.request(), notifier.SlackNotifier(house.web)
    posted = await poster.show(request, intended(Role.ORIGIN), copies={})

    found = await poster.find(request, intended(Role.ORIGIN), copies={})

    assert (found and found.message) == posted.message


async def test_it_is_looked_for_on_older_pages(house: House, poster: notifier.SlackNotifier) -> None:
    """A busy channel has had more messages since than Slack gives at once."""
    request = samples.request()
    house.slack.limits.on = False
    posted = await poster.show(request, intended(Role.ORIGIN), copies={})
    for number in range(search.PAGE + 1):
        await house.web.chat_postMessage(channel=acme.GENOMICS, text=f"Message {number}")

    found = await poster.find(request, intended(Role.ORIGIN), copies={})

    assert (found and found.message) == posted.message
    assert looks(house) == 2


async def test_long_before_the_intent_nothing_is_looked_for(
    house: House, poster: notifier.SlackNotifier
) -> None:
    """A channel's past is not read: what was said before the intent cannot be the post."""
    house.slack.limits.on = False
    for number in range(search.PAGE + 1):
        await house.web.chat_postMessage(channel=acme.GENOMICS, text=f"Message {number}")
    copy = intended(Role.ORIGIN).model_copy(update={"posting": POSTING.model_copy(update={"at": NEVER})})

    assert await poster.find(samples.request(), copy, copies={}) is None
    assert looks(house) == 1


async def test_without_its_thread_it_is_looked_for_in_the_channel(poster: notifier.SlackNotifier) -> None:
    """A post whose thread was deleted went into the channel, and is found there."""
    request = samples.request(model.State.DONE)
    posted = await poster.show(request, intended(Role.ORIGIN), copies={})
    copies = {Role.ORIGIN: posted.model_copy(update={"message": "1.1"})}

    found = await poster.find(request, intended(Role.RESULT), copies=copies)

    assert found is not None
    assert (found.message, found.thread) == (posted.message, None)


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ('{"ok":false,"error":"missing_scope","needed":"groups:history"}', errors.Forbidden),
        ('{"ok":false,"error":"unknown_method"}', errors.Permanent),
        ('{"ok":false,"error":"ratelimited"}', errors.Throttled),
    ],
)
async def test_what_cannot_be_looked_for_is_said(
    house: House, poster: notifier.SlackNotifier, answer: str, wanted: type[errors.ServiceError]
) -> None:
    """The core decides what then: it knows whether another try makes sense, and which scope to name."""
    house.slack.faults.append(Fault("/api/conversations.history", 1, 200, body=answer))

    with pytest.raises(errors.ServiceError) as refused:
        await poster.find(samples.request(), intended(Role.ORIGIN), copies={})

    assert type(refused.value) is wanted


async def test_a_person_who_left_has_no_message(poster: notifier.SlackNotifier) -> None:
    """Where there are no direct messages there is nothing to find."""
    request = samples.request(requester=samples.person("U0NOBODY"))

    assert await poster.find(request, intended(Role.DIRECT), copies={}) is None


async def test_where_the_bot_is_not_it_has_posted_nothing(
    house: House, poster: notifier.SlackNotifier
) -> None:
    """A channel that the bot was put out of is no reason to stop: the post says what to do."""
    house.slack.state.board.leave(acme.GENOMICS, acme.BOT)

    assert await poster.find(samples.request(), intended(Role.ORIGIN), copies={}) is None


@pytest.mark.parametrize("answer", ['{"ok":true}', '{"ok":true,"messages":[7,{"ts":"x"}]}'])
async def test_an_answer_that_says_nothing_is_no_message(
    house: House, poster: notifier.SlackNotifier, answer: str
) -> None:
    """Whatever Slack sends, nothing is taken for a message that is none."""
    body = answer[:-1] + ',"response_metadata":{"next_cursor":"1"}}'
    house.slack.faults.append(Fault("/api/conversations.history", None, 200, body=body))

    assert await poster.find(samples.request(), intended(Role.ORIGIN), copies={}) is None
