"""Buttons through the front door: one call of the service, and a private answer to everything else."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from bot import errors, model
from bot.errors import Reason
from bot.forms import Field
from bot.model import Role, State
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from bot.sandbox.slack import entities, people, reading
from handlers import replies, text
from handlers.slack import blocks, ids, notifier
from tests.handlers import house as houses
from tests.handlers import samples
from tests.handlers.house import House
from tests.handlers.service_double import ServiceDouble
from tests.waiting import wait_until

WHY = replies.DENIAL_LABEL


async def shown(house: House, person: people.Person, role: Role = Role.APPROVAL) -> reading.Seen:
    """Post a copy of a pending request, and return it as somebody sees it."""
    poster = notifier.SlackNotifier(house.web)
    copy = model.Copy(role=role, platform=model.Platform.SLACK, channel="")
    posted = await poster.show(samples.request(), copy, copies={})
    return next(one for one in person.sees(posted.channel) if one.ts == posted.message)


async def test_an_approval_reaches_the_service(
    house: House, ben: people.Person, service: ServiceDouble
) -> None:
    """A click brings who, which request, what was shown, and which message it was."""
    seen = await shown(house, ben)

    reaction = await ben.click(seen, text.APPROVE)

    assert reaction.ok
    ((name, click),) = service.clicks
    assert (name, click.by, click.request_id, click.digest) == (
        "approve",
        samples.BEN,
        samples.REQUEST_ID,
        "0123456789abcdef",
    )
    assert click.seen_at == model.Copy(
        role=Role.APPROVAL, platform=model.Platform.SLACK, channel=acme.APPROVALS, message=seen.ts
    )


@pytest.mark.parametrize(("role", "channel"), [(Role.ORIGIN, acme.GENOMICS), (Role.DIRECT, None)])
async def test_the_requester_can_cancel_where_they_read(
    house: House, ana: people.Person, service: ServiceDouble, role: Role, channel: str | None
) -> None:
    """Cancel stands in the channel and in the direct message, and asks once more."""
    seen = await shown(house, ana, role)
    kept = await ana.click(seen, text.CANCEL, confirm=False)

    reaction = await ana.click(seen, text.CANCEL)

    assert (kept.sent, reaction.ok) == (False, True)
    ((name, click),) = service.clicks
    assert (name, click.by) == ("cancel", samples.ANA)
    assert click.seen_at is not None
    assert (click.seen_at.role, click.seen_at.channel) == (role, channel or seen.channel)


@pytest.mark.parametrize("button", [text.APPROVE, text.DENY])
async def test_an_escalated_request_is_decided_on_its_own_card(
    house: House, ben: people.Person, service: ServiceDouble, button: str
) -> None:
    """The card for those who may decide too has the same buttons, and says which message it was."""
    seen = await shown(house, ben, Role.ESCALATION)

    reaction = await ben.click(seen, button)

    (click,) = [*service.looked, *(click for _, click in service.clicks)]
    assert reaction.ok
    assert click.seen_at == model.Copy(
        role=Role.ESCALATION, platform=model.Platform.SLACK, channel=acme.APPROVALS, message=seen.ts
    )


async def test_a_denial_asks_for_its_reason(house: House, ben: people.Person, service: ServiceDouble) -> None:
    """Deny opens a window; what is typed there is the reason, and the window closes."""
    seen = await shown(house, ben)
    await ben.click(seen, text.DENY)
    await ben.awaits_modal(WHY)
    await ben.type(WHY, "Use the *shared* one.")

    reaction = await ben.submit()

    assert (reaction.ok, reaction.screen) == (True, None)
    ((name, click),) = service.clicks
    assert (name, click.request_id, service.reasons) == (
        "deny",
        samples.REQUEST_ID,
        ["Use the *shared* one."],
    )
    assert click.seen_at is not None
    assert (click.seen_at.channel, click.seen_at.message) == (acme.APPROVALS, seen.ts)


async def test_who_may_not_deny_is_told_before_writing_a_reason(
    house: House, ben: people.Person, service: ServiceDouble
) -> None:
    """The window does not even open: the answer comes at the click, privately."""
    service.failing["may_deny"] = errors.Refused(Reason.NOT_APPROVER, "You are not an approver.")
    seen = await shown(house, ben)

    reaction = await ben.click(seen, text.DENY)
    answer = await ben.awaits(acme.APPROVALS, "You are not an approver.")

    assert (reaction.ok, ben.modal(), service.clicks) == (True, None, [])
    assert answer.message.only_for == acme.BEN


async def test_a_look_at_the_deny_button_is_no_denial(
    house: House, ben: people.Person, service: ServiceDouble
) -> None:
    """Opening the window asks with the message that was clicked, and decides nothing."""
    seen = await shown(house, ben)

    await ben.click(seen, text.DENY)
    await ben.awaits_modal(WHY)

    assert [click.seen_at.message for click in service.looked if click.seen_at] == [seen.ts]
    assert service.clicks == []


async def test_a_denial_without_a_reason_is_not_sent(
    house: House, ben: people.Person, service: ServiceDouble
) -> None:
    """A reason is required."""
    await ben.click(await shown(house, ben), text.DENY)
    await ben.awaits_modal(WHY)

    reaction = await ben.submit()

    assert WHY in reaction.errors
    assert service.clicks == []


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            errors.Refused(Reason.NOT_APPROVER, "You are not one of the approvers."),
            "You are not one of the approvers.",
        ),
        (errors.BadInput({Field.REASON: "Say why."}), "Say why."),
        (errors.NotAccepted("away"), "Not accepted, please try again"),
    ],
)
async def test_a_refused_denial_keeps_its_words(
    house: House, ben: people.Person, service: ServiceDouble, error: errors.BotError, words: str
) -> None:
    """Who may not deny reads why in the window, and what they typed stays."""
    service.failing["deny"] = error
    await ben.click(await shown(house, ben), text.DENY)
    await ben.awaits_modal(WHY)
    await ben.type(WHY, "No.")

    reaction = await ben.submit()

    assert reaction.errors[WHY].startswith(words)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            errors.Refused(Reason.NOT_APPROVER, "You are not one of the approvers."),
            "You are not one of the approvers.",
        ),
        (
            errors.Refused(Reason.ALREADY_DECIDED, "x", request=samples.request(State.DENIED)),
            "Nothing was changed: this request is not open any more.",
        ),
        (
            errors.Refused(Reason.EXPIRED, "x", request=samples.request()),
            "has passed. Ask again with /registry.",
        ),
        (errors.NotAccepted("redis"), "Not accepted, please try again"),
        (ValueError("a detail that nobody should read"), "Something went wrong inside the bot."),
    ],
)
async def test_a_click_that_does_nothing_is_answered_privately(
    house: House, ben: people.Person, service: ServiceDouble, error: Exception, words: str
) -> None:
    """Only the person who clicked reads why, the message stays as it is, and Slack is content."""
    service.failing["approve"] = error
    seen = await shown(house, ben)

    reaction = await ben.click(seen, text.APPROVE)
    answer = await ben.awaits(acme.APPROVALS, words)

    assert reaction.ok
    assert answer.message.only_for == acme.BEN
    assert "nobody should read" not in answer.text
    assert seen in ben.sees(acme.APPROVALS)


async def test_an_answer_in_a_thread_stays_there(
    house: House, ben: people.Person, service: ServiceDouble
) -> None:
    """What was clicked in a thread is answered in it."""
    service.failing["approve"] = errors.NotAccepted("away")
    root = await shown(house, ben)
    made = blocks.message(samples.request(), Role.APPROVAL, {})
    posted = await house.web.chat_postMessage(
        channel=acme.APPROVALS, text=made.text, blocks=made.blocks, thread_ts=root.ts
    )
    seen = next(one for one in ben.thread(acme.APPROVALS, root.ts) if one.ts == posted["ts"])

    await ben.click(seen, text.APPROVE)
    answer = await ben.awaits(acme.APPROVALS, "Not accepted", thread=root.ts)

    assert answer.message.thread_ts == root.ts


async def test_where_the_bot_may_not_write_slack_still_answers(
    house: House, ben: people.Person, service: ServiceDouble
) -> None:
    """When the bot was removed from the channel, the answer comes by the click's own address."""
    service.failing["approve"] = errors.Refused(Reason.NOT_APPROVER, "You are not one of the approvers.")
    seen = await shown(house, ben)
    house.slack.state.board.leave(acme.APPROVALS, acme.BOT)

    await ben.click(seen, text.APPROVE)
    answer = await ben.awaits(acme.APPROVALS, "You are not one of the approvers.")

    assert answer.message.only_for == acme.BEN
    assert "chat.postEphemeral" in house.web_calls


async def test_a_rate_limit_does_not_swallow_an_answer(
    house: House, ben: people.Person, service: ServiceDouble
) -> None:
    """An answer that nobody's acknowledgement waits for waits for Slack."""
    service.failing["approve"] = errors.NotAccepted("away")
    seen = await shown(house, ben)
    house.slack.throttle("chat.postEphemeral", retry_after_s=0)

    await ben.click(seen, text.APPROVE)
    await ben.awaits(acme.APPROVALS, "Not accepted")

    assert house.web_calls.count("chat.postEphemeral") == 2


async def test_a_slow_decision_is_answered_in_time(
    house: House, ben: people.Person, service: ServiceDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that does not answer leaves nobody with Slack's own warning."""
    monkeypatch.setattr(ids, "ACK_S", 0.05)
    service.hanging.add("approve")
    seen = await shown(house, ben)

    reaction = await ben.click(seen, text.APPROVE)
    await ben.awaits(acme.APPROVALS, "That took too long.")

    assert reaction.ok


async def test_two_clicks_are_two_operations_and_one_delivered_twice_is_one(
    house: House, ben: people.Person, service: ServiceDouble
) -> None:
    """A delivery that somebody repeats is refused; a second click is the service's to judge."""
    seen = await shown(house, ben)
    await ben.click(seen, text.APPROVE)
    house.slack.terms.duplicates = 1

    await ben.click(seen, text.APPROVE)

    assert len({click.op for _, click in service.clicks}) == len(service.clicks) == 2


async def test_a_button_of_another_version_is_explained(house: House, ben: people.Person) -> None:
    """A button that nobody knows any more, or whose value is not ours, gets an honest answer."""
    button = {"type": "button", "action_id": "long_gone", "text": {"type": "plain_text", "text": "Old"}}
    odd = {
        **button,
        "action_id": ids.APPROVE,
        "value": "latest",
        "text": {"type": "plain_text", "text": "Odd"},
    }
    posted = await house.web.chat_postMessage(
        channel=acme.APPROVALS, text="Old", blocks=[{"type": "actions", "elements": [button, odd]}]
    )
    seen = next(one for one in ben.sees(acme.APPROVALS) if one.ts == posted["ts"])

    reactions = [await ben.click(seen, "Old"), await ben.click(seen, "Odd")]
    await ben.awaits(acme.APPROVALS, "from another version of the bot")
    await ben.awaits(acme.APPROVALS, "belongs to no request")

    assert [reaction.ok for reaction in reactions] == [True, True]
    assert house.service.clicks == []


async def test_a_stranger_keeps_their_own_tenant(house: House, service: ServiceDouble) -> None:
    """Somebody of another workspace in a shared channel is told apart by where they belong."""
    house.slack.state.board.join(acme.APPROVALS, acme.STRANGER)
    stranger = house.person(acme.STRANGER)
    seen = await shown(house, stranger)

    await stranger.click(seen, text.APPROVE)

    assert [click.by for _, click in service.clicks] == [samples.person(acme.STRANGER, tenant=acme.STRANGERS)]


GRID = entities.Team("T0SANDBOX", "Acme Genomics", enterprise_id="E0ACME", enterprise_name="Acme")


@pytest.mark.parametrize(
    ("answer", "tenant"),
    [
        ({"ok": True, "user": {"enterprise_user": {"enterprise_id": "E0ACME"}}}, "T0SANDBOX"),
        ({"ok": True, "user": {"enterprise_user": {"enterprise_id": "E0OTHER"}}}, "T0SECOND"),
        (
            {"ok": True, "user": {"enterprise_user": {"enterprise_id": "E0ACME"}, "is_stranger": True}},
            "T0SECOND",
        ),
        ({"ok": True, "user": {"enterprise_user": {"enterprise_id": "E0ACME"}, "deleted": True}}, "T0SECOND"),
        ({"ok": True}, "T0SECOND"),
        ({"ok": False, "error": "user_not_found"}, "T0SECOND"),
    ],
)
async def test_a_colleague_of_another_workspace_of_the_organization_is_ours(
    answer: dict[str, object], tenant: str
) -> None:
    """On Enterprise Grid Slack itself is asked; without a clear answer somebody stays a stranger."""
    async with houses.opened(GRID) as house:
        cleo = entities.User(acme.CLEO, "Cleo", team_id="T0SECOND")
        house.slack.state.users[acme.CLEO] = cleo
        house.slack.faults.append(Fault("/api/users.info", status=200, body=json.dumps(answer)))
        person = people.Person(house.slack.state, house.slack.delivery, cleo, lambda: house.slack.url)
        seen = await shown(house, person)

        await person.click(seen, text.APPROVE)

        assert [click.by.tenant for _, click in house.service.clicks] == [tenant]


async def test_a_window_of_another_version_is_explained(house: House, ana: people.Person) -> None:
    """A window that nobody knows any more says so, and keeps what was typed."""
    await ana.command(ids.COMMAND, channel=acme.GENOMICS)
    await ana.awaits_modal("Will ask")
    await ana.choose(replies.LABELS[Field.WORKSPACE], "acme/research")
    await ana.pick(replies.LABELS[Field.REPOSITORY], "aligner")
    await wait_until(lambda: house.web_calls.count("views.update") == 3, "the form was drawn three times")
    view = house.slack.state.screens.top(acme.ANA)
    assert view is not None
    house.slack.state.screens.update(view, {**view.body, "callback_id": "long_gone"})

    reaction = await ana.submit()

    assert replies.unknown_element()[0] in reaction.errors.values()


async def test_the_window_of_a_denial_may_not_open(house: House, ben: people.Person) -> None:
    """A trigger that came too late is explained beside the message."""
    seen = await shown(house, ben)
    house.slack.throttle("views.open")

    reaction = await ben.click(seen, text.DENY)
    await ben.awaits(acme.APPROVALS, "could not be opened in time")

    assert reaction.ok


@pytest.mark.parametrize("way", [{"status": 404, "body": "expired_url"}, {"cut": True}])
async def test_an_answer_that_cannot_be_given_is_only_logged(
    house: House,
    ben: people.Person,
    service: ServiceDouble,
    way: dict[str, Any],
    everything_logged: Callable[[], str],
) -> None:
    """With both ways closed nothing breaks; the log says that an answer was lost."""
    service.failing["approve"] = errors.NotAccepted("away")
    seen = await shown(house, ben)
    house.slack.faults += [
        Fault("/api/chat.postEphemeral$", None, 200, body='{"ok":false,"error":"user_not_in_channel"}'),
        Fault("/actions/", None, **way),
    ]

    reaction = await ben.click(seen, text.APPROVE)
    await wait_until(lambda: "slack.answer.lost" in everything_logged(), "the log says so")

    assert reaction.ok
