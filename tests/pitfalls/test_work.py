"""Pitfalls about the work: announced before it is done, stuck, colliding, endless, or open to all."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from bot import audit, errors, model, ports
from bot.errors import Reason
from bot.model import Platform, State
from bot.provision import names
from handlers import text
from tests import builders, fakes
from tests.core.conftest import Desk
from tests.engine import parts
from tests.handlers import samples
from tests.handlers.house import House
from tests.pitfalls import test_clicks, test_who_decides

ROOT = Path(__file__).parents[2]


async def test_10_nothing_is_called_granted_before_it_is(engine: parts.Engine) -> None:
    """Elsewhere the message said granted, and then the grant failed; here it says what is committed."""
    request = await engine.approved()
    refused = errors.Permanent("Tower refused the credential.", service="Tower")
    engine.journal.faults.append(fakes.Fault("create", refused, times=None))

    ended = await engine.drive(request)

    assert ended.state is State.FAILED
    assert State.DONE not in {state for _, state, _ in engine.notifier.shown}
    assert samples.aloud(text.status(samples.request(State.APPROVED))).endswith("The work starts now.")


@pytest.mark.parametrize("step", ["put_scope_map", "put_token", "mint", "create", "inspect"])
async def test_11_a_crash_after_the_approval_is_not_the_end(engine: parts.Engine, step: str) -> None:
    """Elsewhere a death between approved and active was for ever; here another process goes on."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault(step, fakes.Crash(), after=True))

    ended = await engine.drive(request)

    assert ended.state is State.DONE
    assert engine.made(request) == engine.everything(request)


async def test_20_a_platform_that_is_not_set_up_is_no_door(
    house: House, browser: httpx.AsyncClient, desk: Desk
) -> None:
    """Elsewhere any service could post as Teams; here Teams has no door yet, and nobody from it is known."""
    answer = await browser.post(f"{house.url}/api/messages", json={"from": {"aadObjectId": "ben"}})
    teams = builders.a_principal("ben", platform=Platform.TEAMS, tenant="T0SANDBOX")

    with pytest.raises(errors.Refused) as refused:
        await desk.service.form(teams, None)

    assert answer.status_code == 404
    assert refused.value.reason is Reason.OUTSIDER


async def test_22_two_grants_never_share_a_name(desk: Desk) -> None:
    """Elsewhere ids of five digits or whole seconds collided.

    Here they have 128 bits, and a held host is refused.
    """
    first = await desk.service.submit(builders.a_submission())
    made = {model.new_id() for _ in range(1000)}
    alike = builders.a_request(spec=first.spec)

    other = ports.Repository(builders.HOST, "team/other")

    with pytest.raises(errors.BadInput):
        await desk.service.submit(builders.a_submission(name="bb", repositories=(other,)))

    assert (len(made), len(first.id)) == (1000, 22)
    assert names.token(first) != names.token(alike)


async def test_23_a_password_ends_without_the_bot(engine: parts.Engine) -> None:
    """Elsewhere access lasted until a job of the bot's came by; here Azure itself ends the password."""
    request = await engine.approved(validity_days=30)

    await engine.drive(request)

    (_, shown) = engine.registries.held_tokens[names.token(request)].passwords["password1"]
    assert shown.expires is not None
    assert 29 <= (shown.expires - engine.clock.now()).days <= 30


def test_25_the_identity_can_do_little() -> None:
    """Elsewhere the bot's cloud account was the prize.

    Here eleven named actions, none on images, and its own names.
    """
    role = json.loads((ROOT / "docs/azure-role.json").read_text())

    assert not [action for action in role["Actions"] if "*" in action or "importImage" in action]
    assert (role["DataActions"], len(role["Actions"])) == ([], 11)
    assert names.token(builders.a_request()).startswith("registry-bot-")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_27_what_anybody_may_ask_tells_nothing(
    house: House, browser: httpx.AsyncClient, path: str
) -> None:
    """Elsewhere an internal address provisioned for whoever knew it.

    Here two probes say names, and no reason.
    """
    house.service.parts["tower"] = "https://tower.internal refused the account registry-bot"

    answer = await browser.get(house.url + path)

    assert "internal" not in answer.text
    assert len(answer.text) < 100


@pytest.mark.parametrize("policy", [builders.a_policy(open_requests=1)])
async def test_30_requesters_do_not_drown_approvers(desk: Desk) -> None:
    """Elsewhere a loop of requests blocked a bot.

    Here a person has a limit, and the same thing is asked once.
    """
    await desk.service.submit(builders.a_submission())
    desk.tower.known = (*desk.tower.known, builders.a_workspace(id=102, name="bb"))
    desk.tower.held[102] = []

    reasons = []
    for sent in (builders.a_submission(name="bb"), builders.a_submission(name="bb", workspace_id=102)):
        with pytest.raises(errors.Refused) as refused:
            await desk.service.submit(sent)
        reasons.append(refused.value.reason)

    assert reasons == [Reason.DUPLICATE, Reason.TOO_MANY]
    assert desk.events.count(audit.Event.SUBMITTED) == 1


def test_every_pitfall_has_its_test() -> None:
    """Thirty rows, each with a test of its number."""
    here = [*globals(), *vars(test_clicks), *vars(test_who_decides)]

    numbers = {int(found[1]) for name in here if (found := re.match(r"test_(\d\d)_", name))}

    assert numbers == set(range(1, 31))
