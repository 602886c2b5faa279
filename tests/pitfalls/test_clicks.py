"""Pitfalls about clicks: data that is trusted, repeated, replayed, late, or not what was shown."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from bot import audit, errors, model, rules
from bot.errors import Reason
from bot.model import Role, State
from bot.sandbox import acme
from bot.sandbox.slack import people
from handlers import buttons, replies
from handlers.slack import blocks, deliveries, ids, modals, parse
from tests import builders
from tests.core.conftest import Desk
from tests.engine import parts
from tests.handlers import mail, samples
from tests.handlers.house import House
from tests.handlers.service_double import ServiceDouble

NASTY = "<!channel> *Approved by* <@U0BEN> <http://evil.example|here> `x`\n> quote"


@pytest.mark.parametrize("digest", ["0" * 16, ""])
async def test_07_a_button_carries_no_facts(desk: Desk, digest: str) -> None:
    """Elsewhere requester, permission or state came from the button; here it is an id and what was shown."""
    request = await desk.service.submit(builders.a_submission())

    with pytest.raises(errors.Refused) as refused:
        await desk.service.approve(builders.a_click(request, digest=digest))

    assert buttons.value(request) == f"{request.id}.{request.digest[:16]}"
    assert refused.value.reason is Reason.CHANGED


async def test_08_many_clicks_are_one_decision(desk: Desk) -> None:
    """Elsewhere two approvers granted twice, or a click was acknowledged and lost; here one entry decides."""
    request = await desk.service.submit(builders.a_submission())
    approving = [
        desk.service.approve(builders.a_click(request, who)) for who in (builders.BEN, builders.CLEO) * 10
    ]
    denying = [desk.service.deny(builders.a_click(request, builders.CLEO), "no") for _ in range(10)]

    answers = await asyncio.gather(*approving, *denying, return_exceptions=True)

    events = await desk.history(request)
    assert sum(event in {audit.Event.APPROVED, audit.Event.DENIED} for event in events) == 1
    assert all(isinstance(answer, model.Request | errors.Refused) for answer in answers)


async def test_08_what_is_not_committed_is_not_acknowledged(
    house: House, ben: people.Person, service: ServiceDouble
) -> None:
    """The opposite of a double grant: a click that was lost is told, never swallowed."""
    service.failing["approve"] = errors.NotAccepted("away")
    made = blocks.message(samples.request(), Role.APPROVAL, {})
    await house.web.chat_postMessage(channel=acme.APPROVALS, text=made.text, blocks=made.blocks)

    await ben.click(ben.sees(acme.APPROVALS)[-1], "Approve")

    assert "Not accepted, please try again" in (await ben.awaits(acme.APPROVALS, "Not accepted")).text


async def test_09_a_late_click_is_late_in_the_same_write(engine: parts.Engine) -> None:
    """Elsewhere an expired request was revived by an old card.

    Here the store itself refuses what is past the deadline.
    """
    request = await engine.submitted()
    wrong_clock = engine.clock.shift
    before = request.deadline.timestamp()
    engine.clock.shift = wrong_clock + (request.deadline - request.created)

    with pytest.raises(errors.Refused) as refused:
        await engine.service.approve(builders.a_click(request))

    assert refused.value.reason is Reason.EXPIRED
    assert (await engine.now(request)).deadline.timestamp() == before


@pytest.mark.parametrize(
    "change", [{"repositories": ("team/tool", "secret/tool")}, {"validity_days": None, "name": "other"}]
)
async def test_12_what_was_shown_is_what_is_done(engine: parts.Engine, change: dict[str, Any]) -> None:
    """Elsewhere a request was edited after its approval; here the digest of the spec is in each decision."""
    request = await engine.submitted(validity_days=5)
    wider = request.spec.model_copy(update=change)

    assert wider.digest(request.policy_version) != request.digest
    assert request.spec.digest("another policy") != request.digest


@pytest.mark.parametrize("role", Role)
def test_16_nobody_writes_our_words(role: Role) -> None:
    """Elsewhere a reason could say “Approved by”, link, or call a channel.

    Here it is plain text everywhere.
    """
    shown = samples.request(spec=samples.spec(reason=NASTY, name="x`*y*`"))

    made = blocks.message(shown, role, {})

    assert "<!channel>" not in made.text
    assert "<http://evil" not in made.text
    assert "<!channel>" not in str([block for block in made.blocks if block["type"] == "section"])


def test_17_windows_remember_ids_alone() -> None:
    """Elsewhere the bot's token stood in a window's metadata; here it is where the button was."""
    where = parse.Spot(f"{samples.REQUEST_ID}.{'0' * 16}", "C0A", "1.1", None, "buttons_approval")

    kept = modals.denial(where.meta())["private_metadata"]

    assert parse.spot_of(str(kept)) == where
    assert samples.aloud(replies.unexpected("1a2b")).endswith("Tell an operator this id: 1a2b.")


@pytest.mark.parametrize("stamp", ["now", "", "9" * 400, "1700000000"])
async def test_18_what_was_sent_once_is_not_sent_again(
    house: House, browser: httpx.AsyncClient, stamp: str
) -> None:
    """Elsewhere a signed body was good for five minutes, as often as one liked.

    Here once, and rubbish is 401.
    """
    raw = mail.command(text="help me")
    headers = mail.signed(raw)

    statuses = [(await mail.post(browser, house, raw, headers)).status_code for _ in range(2)]
    rubbish = await mail.post(browser, house, raw, {**headers, "X-Slack-Request-Timestamp": stamp})

    assert (statuses, rubbish.status_code) == ([200, 401], 401)


async def test_19_a_socket_s_envelope_counts_once(house: House) -> None:
    """Over a socket nothing is signed (the app token is the key), but an envelope counts once."""
    payload: dict[str, object] = {**mail.HELP}

    answers = [
        await deliveries.dispatch(house.app, dict(payload), headers={}, delivery="envelope:1")
        for _ in range(2)
    ]

    assert [answer.status for answer in answers] == [200, 401]


async def test_26_a_payload_chooses_no_code(house: House, ben: people.Person, service: ServiceDouble) -> None:
    """Elsewhere a class was looked up by a name from the payload.

    Here an unknown button gets an answer, and no more.
    """
    button = {
        "type": "button",
        "action_id": "os.system",
        "text": {"type": "plain_text", "text": "Run"},
        "value": "Approve",
    }
    actions = {"type": "actions", "block_id": "b", "elements": [button]}
    await house.web.chat_postMessage(channel=acme.APPROVALS, text="x", blocks=[actions])

    reaction = await ben.click(ben.sees(acme.APPROVALS)[-1], "Run")
    await ben.awaits(acme.APPROVALS, "another version of the bot")

    assert (reaction.ok, service.clicks) == (True, [])
    assert ids.ROLES.get("b") is None


async def test_28_a_refused_attempt_burns_nothing(desk: Desk) -> None:
    """Elsewhere anybody could discard a request, or spoil it; here refusals change the audit log alone."""
    request = await desk.service.submit(builders.a_submission())
    for who in (builders.ANA, builders.a_principal("U0DAN"), builders.a_principal(tenant="T0OTHER")):
        with pytest.raises(errors.Refused):
            await desk.service.deny(builders.a_click(request, who), "spoil it")

    kept = await desk.service.status(builders.ANA, request.id)
    approved = await desk.service.approve(builders.a_click(request))

    assert (kept.request, approved.state) == (request, State.APPROVED)


@pytest.mark.parametrize("first", ["approve", "deny"])
async def test_29_a_resolution_is_terminal(desk: Desk, first: str) -> None:
    """Elsewhere a bound card could be used again; here the second word on it changes nothing."""
    request = await desk.service.submit(builders.a_submission())
    if first == "approve":
        decided = await desk.service.approve(builders.a_click(request))
    else:
        decided = await desk.service.deny(builders.a_click(request), "no")

    for late in (desk.service.approve, desk.service.cancel, desk.service.may_deny):
        with pytest.raises(errors.Refused):
            await late(builders.a_click(request, builders.CLEO))

    assert (await desk.service.status(builders.ANA, request.id)).request == decided


@pytest.mark.parametrize("policy", [builders.a_policy()])
async def test_29_a_card_is_of_one_request_and_one_person(desk: Desk, policy: rules.Policy) -> None:
    """Elsewhere the id was not bound to the hash, and a blank approver became an operator.

    Here both are refused.
    """
    one = await desk.service.submit(builders.a_submission())
    desk.tower.known = (builders.a_workspace(), builders.a_workspace(id=102, name="bb"))
    desk.tower.held[102] = []
    other = await desk.service.submit(builders.a_submission(workspace_id=102, name="bb"))

    with pytest.raises(errors.Refused) as refused:
        await desk.service.approve(builders.a_click(one, digest=other.digest[:16]))
    with pytest.raises(parse.Malformed):
        parse.principal({"user": {"id": "", "team_id": "T0SANDBOX"}})

    assert policy.rules
    assert refused.value.reason is Reason.CHANGED


async def test_29_a_card_is_shown_after_it_is_on_the_record(engine: parts.Engine) -> None:
    """Elsewhere a card could be used before its audit row was durable.

    Here the first message follows the entry.
    """
    request = await engine.submitted()
    before = (
        list(engine.notifier.shown),
        [entry.event for entry in await engine.record.verified(request.id)],
    )

    await engine.once()

    assert before == ([], [audit.Event.SUBMITTED])
    assert engine.notifier.shown[0] == (Role.APPROVAL, State.PENDING, 1)
