"""What is forged, malformed or of no interest is answered in front of the SDK, fast and without a word."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from bot import errors
from bot.sandbox.emulator import Fault
from bot.sandbox.teams import activities, keys
from handlers.teams import guard, ids
from tests.handlers.service_double import ServiceDouble
from tests.teams import house as houses
from tests.teams import scenery
from tests.teams.house import House

Json = dict[str, Any]
OTHER_APP = "99999999-8888-7777-6666-000000000012"
_NOW = int(time.time())


def activity(house: House, text: str = "help") -> Json:
    """Return a message of Ana's as the Connector sends it."""
    return {**activities.message(house.scene(), text), "serviceUrl": house.teams.url}


def claims(house: House, **changes: object) -> Json:
    """Return the claims of a good token, with some of them replaced; None leaves one out."""
    return keys.claims(audience=scenery.APP.id, service_url=house.teams.url, **changes)


def _elsewhere(house: House) -> str:
    """Return a token that somebody signed themselves, with the key id of Teams' own key."""
    return keys.SigningKey(house.teams.key.id).token(claims(house))


def _unknown(house: House) -> str:
    return keys.SigningKey("somebodys-own").token(claims(house))


def _symmetric(house: House) -> str:
    """Return a token whose secret is the public key: what a careless library takes for signed."""
    head = _part({"alg": "HS256", "typ": "JWT", "kid": house.teams.key.id})
    signed = f"{head}.{_part(claims(house))}"
    public = json.dumps(house.teams.key.public()).encode()
    made = hmac.new(public, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"


def _part(value: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned(house: House) -> str:
    head = _part({"alg": "none", "typ": "JWT", "kid": house.teams.key.id})
    return f"{head}.{_part(claims(house))}."


def _entra(house: House) -> str:
    """Return a token of Entra's looks, whose tenant would be a path of the key server's."""
    said = claims(house, iss="https://login.microsoftonline.com/x/v2.0", tid="../../anything?x=")
    return house.teams.key.token(said)


def _changed(house: House) -> str:
    """Return a good token with another body under its signature."""
    head, _, tail = house.teams.key.token(claims(house)).split(".")
    return f"{head}.{_part(claims(house, exp=_NOW + 9_999))}.{tail}"


def _claiming(**changes: object) -> Callable[[House], str]:
    return lambda house: house.teams.key.token(claims(house, **changes))


TOKENS: dict[str, Callable[[House], str]] = {
    "signed by somebody else": _elsewhere,
    "signed with a key that nobody knows": _unknown,
    "signed with the public key as a secret": _symmetric,
    "not signed": _unsigned,
    "of Entra's looks": _entra,
    "changed after it was signed": _changed,
    "for another bot": _claiming(aud=OTHER_APP),
    "for nobody": _claiming(aud=None),
    "of another issuer": _claiming(iss="https://sts.windows.net/x/"),
    "of no issuer": _claiming(iss=None),
    "lapsed": _claiming(exp=_NOW - 3600, nbf=_NOW - 7200),
    "without an end": _claiming(exp=None),
    "of the future": _claiming(nbf=_NOW + 3600),
    "for another service url": _claiming(serviceurl="https://smba.trafficmanager.net/emea/"),
    "for no service url": _claiming(serviceurl=None),
    "no token at all": lambda _: "rubbish",
    "of one part only": lambda _: "e30.e30.",
    "too long": lambda _: "a" * 20_000,
}


@pytest.mark.parametrize("what", TOKENS)
async def test_a_bad_token_is_refused(house: House, service: ServiceDouble, what: str) -> None:
    """It gets a plain 401 and nothing is done."""
    reaction = await house.teams.deliver(activity(house), token=TOKENS[what](house))

    assert (reaction.status, reaction.body) == (401, {})
    assert service.calls == []


@pytest.mark.parametrize("header", [None, "", "Bearer", "Basic YTpi", "Token abc", "Bearer  "])
async def test_who_shows_no_token_is_refused(
    house: House, service: ServiceDouble, header: str | None
) -> None:
    """Without a bearer token nobody gets in, whatever stands in its place."""
    headers = {} if header is None else {"Authorization": header}

    reaction = await house.teams.send(json.dumps(activity(house)).encode(), headers)

    assert (reaction.status, service.calls) == (401, [])


def _with(**changes: object) -> Callable[[Json], object]:
    return lambda good: {**good, **changes}


def _inside(name: str, **changes: object) -> Callable[[Json], object]:
    return lambda good: {**good, name: {**good[name], **changes}}


BODIES: dict[str, tuple[Callable[[Json], object], int]] = {
    "of another channel": (_with(channelId="webchat"), 403),
    "of a direct line": (_with(channelId="directline"), 403),
    "of no channel": (_with(channelId=None), 403),
    "of another tenant": (_inside("conversation", tenantId=scenery.OTHER_TENANT), 403),
    "of two tenants": (_with(channelData={"tenant": {"id": scenery.OTHER_TENANT}}), 403),
    "of no tenant": (lambda good: {**good, "conversation": {"id": "19:x"}, "channelData": {}}, 403),
    "of a tenant that is no text": (lambda good: {**good, "conversation": 7, "channelData": [1]}, 403),
    "without a sender": (_with(**{"from": None}), 400),
    "with a sender that is no text": (_with(**{"from": {"id": 7}}), 400),
    "without a recipient": (_with(recipient={}), 400),
    "without a service url": (_with(serviceUrl=None), 401),
    "with a service url elsewhere": (_with(serviceUrl="https://attacker.example/"), 401),
    "with a service url inside of another": (_with(serviceUrl="https://x.example/.trafficmanager.net"), 401),
    "with a plain service url": (_with(serviceUrl="http://smba.trafficmanager.net/"), 401),
    "with a service url that is none": (_with(serviceUrl="http://[::1"), 401),
    "a list": (lambda good: [good], 400),
    "a number": (lambda _: 7, 400),
}


@pytest.mark.parametrize("what", BODIES)
async def test_a_bad_activity_is_refused(house: House, service: ServiceDouble, what: str) -> None:
    """A good token lets nothing in that is not of our own tenant's Teams."""
    make, status = BODIES[what]
    token = house.teams.key.token(claims(house))
    body = json.dumps(make(activity(house))).encode()

    reaction = await house.teams.send(body, {"Authorization": f"Bearer {token}"})

    assert (reaction.status, reaction.body) == (status, {})
    assert service.calls == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        (b'{"a":' * 20_000, 400),
        (b'{"a": NaN', 400),
        (b"x" * (guard.LIMIT + 1), 413),
    ],
)
async def test_a_body_that_is_none_is_refused(house: House, body: bytes, status: int) -> None:
    """What is not JSON is 400, and what is too large 413, before anything is made of it."""
    token = house.teams.key.token(claims(house))

    reaction = await house.teams.send(body, {"Authorization": f"Bearer {token}"})

    assert reaction.status == status


async def test_a_key_that_may_not_speak_for_teams_is_refused(house: House) -> None:
    """Keys say which channels they are for: one for Web Chat signs nothing of Teams'."""
    house.teams.published = [keys.SigningKey("webchat", ("webchat",), house.teams.key.private)]
    token = house.teams.published[0].token(claims(house))

    reaction = await house.teams.deliver(activity(house), token=token)

    assert reaction.status == 403


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "conversationUpdate", "membersAdded": [{"id": "28:x"}]},
        {"type": "installationUpdate", "action": "add"},
        {"type": "messageReaction", "reactionsAdded": [{"type": "like"}]},
        {"type": "somethingNew"},
        {"type": None},
        {"type": 7},
        {"type": "invoke", "name": "something/new", "value": {}},
        {"type": "invoke", "name": None},
        {"type": "invoke", "name": ["task/fetch"]},
    ],
)
async def test_what_nobody_listens_to_is_taken_note_of(
    house: House, service: ServiceDouble, changes: Json
) -> None:
    """Teams gets its 200, so that it sends nothing again, and nothing happens."""
    reaction = await house.teams.deliver({**activity(house), **changes})

    assert (reaction.status, service.calls) == (200, [])
    assert house.written(scenery.GENOMICS) == []


def invoke(house: House, name: str, value: object) -> Json:
    """Return an invoke of Ana's with any value."""
    return {**activities.invoke(house.scene(), name, {}), "value": value}


@pytest.mark.parametrize("trigger", ["automatic", "Automatic", "other"])
async def test_a_refresh_decides_nothing(house: House, service: ServiceDouble, trigger: str) -> None:
    """What a client sends by itself is answered, and is nobody's decision."""
    data = {"action": ids.APPROVE, "value": f"{'a' * 22}.0123456789abcdef", "role": "approval"}
    value = {"action": {"type": "Action.Execute", "verb": ids.APPROVE, "data": data}, "trigger": trigger}

    reaction = await house.teams.deliver(invoke(house, "adaptiveCard/action", value))

    assert reaction.status == 200
    decided = [name for name, _ in service.clicks]
    assert decided == ([] if trigger.lower() == "automatic" else ["approve"])


@pytest.mark.parametrize("data", [None, "text", 7, [], {}])
async def test_a_button_without_data_is_answered(house: House, data: object) -> None:
    """It says that it does nothing, instead of the SDK's 500."""
    value = {"action": {"type": "Action.Execute", "verb": "old", "data": data}, "trigger": "manual"}

    reaction = await house.teams.deliver(invoke(house, "adaptiveCard/action", value))

    assert reaction.status == 200
    assert "another version of the bot" in str(reaction.body["value"])


@pytest.mark.parametrize(
    "value", [None, 7, {}, {"action": None}, {"action": []}, {"action": {"type": "Action.Submit"}}]
)
async def test_an_invoke_of_no_known_shape_is_refused(house: House, value: object) -> None:
    """What neither the SDK nor anybody can read is 400, never 500."""
    reaction = await house.teams.deliver(invoke(house, "adaptiveCard/action", value))

    assert reaction.status in {200, 400}


async def test_a_repeated_message_is_answered_once(house: House) -> None:
    """The Connector sends a message again when an answer was lost: there is one reply."""
    scene = house.scene()
    sent = {**activity(house), "serviceUrl": house.teams.url}
    house.teams.receive(scene.by, scene.where, sent, None)

    first, second = await house.teams.deliver(sent), await house.teams.deliver(sent)

    assert (first.status, second.status) == (200, 200)
    assert len(house.written(scenery.GENOMICS)) == 1


async def test_without_the_store_a_message_is_asked_for_again(house: House, service: ServiceDouble) -> None:
    """Whether it is new cannot be told: Teams is not told that it was taken."""
    service.failing["first_time"] = errors.NotAccepted("The store is away.")

    reaction = await house.teams.deliver(activity(house))

    assert reaction.status == 503
    assert house.written(scenery.GENOMICS) == []


async def test_made_up_keys_cause_one_reading(house: House) -> None:
    """Twenty strangers with keys of their own cost one look at the key server, and hold nobody up."""
    strangers = [
        keys.SigningKey(f"made-up-{number}", private=house.teams.key.private) for number in range(20)
    ]
    await house.teams.deliver(activity(house))
    before = _readings(house)

    slowest = max(
        [
            (await house.teams.deliver(activity(house), token=one.token(claims(house)))).took_s
            for one in strangers
        ]
    )

    assert _readings(house) - before == 0
    assert slowest < 0.5


async def test_a_slow_key_server_holds_nobody_up(house: House) -> None:
    """While the keys are read, the process answers everybody else."""
    house.teams.faults.append(Fault(r"/keys", delay_s=1.0))
    async with httpx.AsyncClient() as client:
        waiting = house.teams.deliver(activity(house))
        health = house.teams.endpoint.replace("/api/messages", "/healthz")
        reaction, took = await _beside(waiting, client, health)

    assert reaction.status == 200
    assert took < 0.5


async def _beside(waiting: Any, client: httpx.AsyncClient, url: str) -> tuple[Any, float]:
    task = asyncio.ensure_future(waiting)
    begun = time.perf_counter()
    await client.get(url)
    took = time.perf_counter() - begun
    return await task, took


async def test_a_new_key_of_teams_is_found() -> None:
    """Teams changes its keys every few weeks: a fresh bot reads those that are there."""
    async with houses.opened() as house:
        house.teams.key = keys.SigningKey("connector-2")
        house.teams.published = [house.teams.key]

        reaction = await house.teams.deliver(activity(house))

    assert reaction.status == 200


async def test_other_methods_are_refused(house: House) -> None:
    """The address takes posts alone."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(house.teams.endpoint)

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


async def test_a_refusal_logs_nothing_of_the_body(house: House, everything_logged: Callable[[], str]) -> None:
    """The log says which check it was; a stranger's words stay out of it, at every level."""
    sent = {**activity(house, "words-of-a-stranger"), "type": "message", "channelId": "webchat"}
    broken = {**invoke(house, "adaptiveCard/action", {"action": "words-of-a-stranger"})}

    await house.teams.deliver(sent)
    await house.teams.deliver(broken)

    assert "teams.request.refused" in everything_logged()
    assert "words-of-a-stranger" not in everything_logged()


def _readings(house: House) -> int:
    return sum("/keys" in one.path for one in house.teams.journal.exchanges)


async def test_the_playground_needs_no_token() -> None:
    """In its own mode the guard takes unsigned activities, of our tenant and this machine alone."""
    async with houses.opened(REGISTRY_BOT_TEAMS_UNAUTHENTICATED="1") as house:
        body = activity(house)
        elsewhere = {**body, "id": "2", "serviceUrl": "https://smba.trafficmanager.net/emea/"}

        good = await house.teams.send(json.dumps(body).encode(), {})
        foreign = await house.teams.send(
            json.dumps({**body, "conversation": {"id": "19:x", "tenantId": scenery.OTHER_TENANT}}).encode(),
            {},
        )
        real = await house.teams.send(json.dumps(elsewhere).encode(), {})

    assert (good.status, foreign.status, real.status) == (200, 403, 200)
