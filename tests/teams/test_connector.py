"""The Connector's client against the double: tokens, retries, and what each refusal means."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator

import pytest
import stamina

from bot import clock, clouds, errors, settings
from bot.clients import connector, connector_token, http
from bot.sandbox.emulator import Fault
from bot.sandbox.teams.connector import TeamsEmulator
from tests.teams import scenery

CARD = {"type": "message", "text": "x"}


@pytest.fixture(autouse=True)
def hurried() -> Iterator[None]:
    """Repeat without waiting."""
    with stamina.set_testing(testing=True, attempts=3, cap=True):
        yield


@pytest.fixture
async def teams() -> AsyncIterator[TeamsEmulator]:
    """Return the double."""
    async with scenery.emulator() as double:
        yield double


@pytest.fixture
async def client(teams: TeamsEmulator) -> AsyncIterator[connector.ConnectorClient]:
    """Return the client that talks to it."""
    async with connector.connect(scenery.configuration(teams), clock.SystemClock()) as opened:
        yield opened


def calls(teams: TeamsEmulator, words: str) -> int:
    """Count the calls whose path holds some words."""
    return sum(words in one.path for one in teams.journal.exchanges)


async def test_one_token_serves_many_calls(teams: TeamsEmulator, client: connector.ConnectorClient) -> None:
    """It is fetched once, and kept until shortly before its end."""
    for _ in range(3):
        await client.post(scenery.GENOMICS, CARD)

    assert calls(teams, "/oauth2/") == 1
    assert len(teams.conversations[scenery.GENOMICS].messages) == 3


async def test_a_token_that_is_not_taken_any_more_is_fetched_again(
    teams: TeamsEmulator, client: connector.ConnectorClient
) -> None:
    """A changed secret or a restarted Teams costs one more call."""
    await client.post(scenery.GENOMICS, CARD)
    teams.tokens.clear()

    await client.post(scenery.GENOMICS, CARD)

    assert calls(teams, "/oauth2/") == 2


@pytest.mark.parametrize("status", [429, 412, 502, 504])
async def test_what_passes_is_tried_again_at_once(
    teams: TeamsEmulator, client: connector.ConnectorClient, status: int
) -> None:
    """Teams says of these that nothing was done (https://learn.microsoft.com/microsoftteams/platform/bots)."""
    teams.faults.append(Fault(r"^POST /v3/.*/activities", times=1, status=status))

    await client.post(scenery.GENOMICS, CARD)

    assert len(teams.conversations[scenery.GENOMICS].messages) == 1


async def test_a_long_wish_to_wait_is_the_workers(
    teams: TeamsEmulator, client: connector.ConnectorClient
) -> None:
    """Nobody's answer waits for a minute: it is raised with the time that Teams wished for."""
    teams.faults.append(Fault(r"^POST /v3/.*/activities", times=1, status=429, headers={"Retry-After": "60"}))

    with pytest.raises(errors.Throttled) as raised:
        await client.post(scenery.GENOMICS, CARD)

    assert raised.value.retry_after_s == 60.0


async def test_a_lost_answer_is_not_sent_again(
    teams: TeamsEmulator, client: connector.ConnectorClient
) -> None:
    """The message may be there: only who knows more may post it once more."""
    teams.faults.append(Fault(r"^POST /v3/.*/activities", times=1, after=True))

    with pytest.raises(errors.Unknown):
        await client.post(scenery.GENOMICS, CARD)

    assert len(teams.conversations[scenery.GENOMICS].messages) == 1


@pytest.mark.parametrize(
    ("status", "body", "kind", "words"),
    [
        (400, {"error": {"code": "BadSyntax"}}, errors.Permanent, "BadSyntax"),
        (400, {"error": {"code": "no code, but a *sentence*"}}, errors.Permanent, "(400)"),
        (401, {}, errors.Forbidden, "does not accept the bot's token"),
        (
            403,
            {"error": {"code": "BotNotInConversationRoster"}},
            errors.Forbidden,
            "BotNotInConversationRoster",
        ),
        (404, {"error": "text"}, errors.NotFound, "does not know this place"),
        (413, {"error": {"code": "MessageSizeTooBig"}}, errors.Permanent, "too large"),
        (302, {}, errors.Permanent, "redirect"),
        (500, {}, errors.Unknown, "HTTP 500"),
    ],
)
async def test_a_refusal_has_its_meaning(
    teams: TeamsEmulator,
    client: connector.ConnectorClient,
    status: int,
    body: object,
    kind: type[errors.ServiceError],
    words: str,
) -> None:
    """By type: may it be retried, and what may people read; never more than a documented code."""
    teams.faults.append(Fault(r"^POST /v3/.*/activities", times=None, status=status, body=json.dumps(body)))

    with pytest.raises(kind) as raised:
        await client.post(scenery.GENOMICS, CARD)

    assert words in str(raised.value)
    assert "sentence" not in str(raised.value)


@pytest.mark.parametrize("body", ["", "[]", '{"id": 7}', "<html>"])
async def test_an_answer_without_an_id_may_have_been_a_post(
    teams: TeamsEmulator, client: connector.ConnectorClient, body: str
) -> None:
    """What cannot be read is not taken for a success, nor for a failure."""
    teams.faults.append(Fault(r"^POST /v3/.*/activities", times=None, status=201, body=body))

    with pytest.raises(errors.Unknown):
        await client.post(scenery.GENOMICS, CARD)


async def test_an_update_may_be_answered_with_nothing(
    teams: TeamsEmulator, client: connector.ConnectorClient
) -> None:
    """Some answers name the message again, others are empty."""
    message = await client.post(scenery.GENOMICS, CARD)
    teams.faults.append(Fault(r"^PUT /v3/", times=1, status=200, body=""))

    await client.update(scenery.GENOMICS, message, CARD)

    assert calls(teams, "/activities/") == 1


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (400, {"error": "unauthorized_client", "error_description": "AADSTS700016: no app"}, "AADSTS700016"),
        (401, {"error": "invalid_client"}, "invalid_client"),
        (401, {}, "401"),
    ],
)
async def test_a_refused_token_names_the_settings(
    teams: TeamsEmulator, client: connector.ConnectorClient, status: int, body: object, words: str
) -> None:
    """Entra's own number is what an administrator can look up."""
    teams.faults.append(Fault(r"/oauth2/", times=None, status=status, body=json.dumps(body)))

    with pytest.raises(errors.Forbidden, match=words) as raised:
        await client.check()

    assert "TEAMS_CLIENT_SECRET" in str(raised.value.remedy)
    assert scenery.APP.secret not in repr(raised.value)


async def test_a_login_server_that_is_away_may_be_back_soon(
    teams: TeamsEmulator, client: connector.ConnectorClient
) -> None:
    """Asking for a token changes nothing, so a lost answer is only that."""
    teams.faults.append(Fault(r"/oauth2/", times=1, status=500))

    with pytest.raises(errors.Temporary) as raised:
        await client.check()

    assert not isinstance(raised.value, errors.Unknown)


@pytest.mark.parametrize("lasts", [3599, "3599", 0, "soon", None])
def test_a_token_lasts_as_long_as_it_says(lasts: object) -> None:
    """A number or a text of one; what says neither is used once."""
    body = json.dumps({"access_token": "t", "expires_in": lasts}).encode()

    token, seconds = connector_token.parse(http.Answer(200, body))

    assert token.get_secret_value() == "t"
    assert seconds == (3599.0 if str(lasts) == "3599" else 0.0)


def test_a_token_answer_without_a_token_is_none() -> None:
    """An empty success is not taken for a token."""
    with pytest.raises(errors.Temporary):
        connector_token.parse(http.Answer(200, b"{}"))


@pytest.mark.parametrize(
    "document",
    [
        {"jwks_uri": "https://attacker.example/keys"},
        {"jwks_uri": 7},
        {},
        {"keys": "none"},
    ],
)
async def test_keys_come_from_where_the_metadata_are(
    teams: TeamsEmulator, client: connector.ConnectorClient, document: object
) -> None:
    """Whoever could name another place could sign for Teams."""
    teams.faults.append(Fault(r"openidconfiguration", times=None, status=200, body=json.dumps(document)))

    with pytest.raises(errors.ServiceError):
        await client.keys()


@pytest.mark.parametrize("known", [True, False])
async def test_keys_are_read_from_either_document(
    teams: TeamsEmulator, client: connector.ConnectorClient, *, known: bool
) -> None:
    """By way of the metadata, or from a document that has them itself."""
    if known:
        found = json.dumps({"keys": [teams.key.public(), "rubbish"]})
        teams.faults.append(Fault(r"openidconfiguration", times=None, status=200, body=found))

    assert [one["kid"] for one in await client.keys()] == [teams.key.id]


async def test_a_roster_that_is_none_is_no_empty_one(
    teams: TeamsEmulator, client: connector.ConnectorClient
) -> None:
    """Nobody may take an answer that says nothing for a channel without people."""
    teams.faults.append(Fault(r"pagedmembers", times=None, status=200, body="{}"))

    with pytest.raises(errors.Temporary):
        await client.roster(scenery.GENOMICS)


async def test_a_roster_without_an_end_is_given_up(
    teams: TeamsEmulator, client: connector.ConnectorClient
) -> None:
    """A double that names the same page again and again does not hold the bot."""
    page = json.dumps({"members": [], "continuationToken": "again"})
    teams.faults.append(Fault(r"pagedmembers", times=None, status=200, body=page))

    with pytest.raises(errors.Permanent, match="too many members"):
        await client.roster(scenery.GENOMICS)


def test_older_rosters_are_read_too() -> None:
    """They call the object id by another name; what is missing is an empty text."""
    member = connector.parse_member({"id": "29:1", "objectId": "ABC", "userRole": "Guest", "name": 7})

    assert (member.user, member.role, member.name, member.tenant) == ("abc", "guest", "", "")


@pytest.mark.parametrize("cloud", settings.Cloud)
async def test_each_cloud_has_its_addresses(teams: TeamsEmulator, cloud: settings.Cloud) -> None:
    """Sovereign clouds sign in their own name; an address in the settings comes before the cloud's."""
    config = scenery.configuration(teams, REGISTRY_BOT_AZURE_CLOUD=cloud.value)
    plain = config.model_copy(update={"teams_login_endpoint": None, "teams_openid_metadata_url": None})

    assert clouds.of(plain).login.startswith("https://login.")
    assert clouds.of(plain).issuer.startswith("https://api.botframework.")
    assert clouds.of(config).metadata == teams.metadata_url
