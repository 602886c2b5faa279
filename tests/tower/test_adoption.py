"""A credential made by hand comes under the bot's care: its keys are replaced, it stays what it is."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
from pydantic import SecretStr

from bot import ports
from bot.clients import tower as tower_client
from bot.clients import tower_api
from bot.clients import wave as wave_client
from bot.sandbox import tower
from tests.tower.conftest import HOST, RESEARCH

HOURS = dt.timedelta(hours=3)


async def listed(client: tower_client.TowerClient) -> ports.TowerCredential:
    """Return the only credential of the workspace."""
    (only,) = await client.credentials(RESEARCH)
    return only


async def test_keys_are_replaced_and_the_id_stays(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """Registry, user and password become the bot's; id, name and birthday stay the owner's."""
    held = tower.state.seed(RESEARCH, name="by-hand", registry="old.example", user="ana", password="old")
    before = await listed(client)
    tower.shift += HOURS

    await client.update(RESEARCH, held.id, name="by-hand", registry=HOST, user="bot-token", password=password)

    after, kept = await listed(client), tower.state.find(RESEARCH, held.id)
    assert after == dataclasses.replace(before, registry=HOST, user="bot-token", updated=after.updated)
    assert (kept.password, kept.created) == (password.get_secret_value(), held.created)
    assert kept.updated - held.updated >= HOURS


async def test_a_change_behind_our_back_shows(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """Whoever saves a credential moves `updated`; who only looks does not."""
    held = tower.state.seed(RESEARCH, name="genomics", registry=HOST, user="bot-token", password="p")
    first, again = await listed(client), await listed(client)

    await client.update(
        RESEARCH, held.id, name="genomics", registry=HOST, user="bot-token", password=password
    )

    assert first.updated is not None
    assert (again.updated == first.updated, (await listed(client)).updated == first.updated) == (True, False)


async def test_a_use_shows_and_changes_nothing(
    client: tower_client.TowerClient,
    inspector: wave_client.WaveClient,
    tower: tower.TowerEmulator,
    password: SecretStr,
) -> None:
    """Wave's reading of the keys is the last use; `updated` tells saves alone."""
    tower.state.seed(
        RESEARCH, name="genomics", registry=HOST, user="bot-token", password=password.get_secret_value()
    )
    before = await listed(client)

    await inspector.inspect(f"{HOST}/team/app:1.0", RESEARCH)

    after = await listed(client)
    assert (before.used, after.used is not None) == (None, True)
    assert after.updated == before.updated


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("2021-09-06T06:54:53Z", dt.datetime(2021, 9, 6, 6, 54, 53, tzinfo=dt.UTC)),
        ("2021-09-06T06:54:53", dt.datetime(2021, 9, 6, 6, 54, 53, tzinfo=dt.UTC)),
        ("yesterday", None),
        (1630911293, None),
        (None, None),
    ],
)
def test_a_moment_that_is_none_costs_no_list(shown: object, expected: dt.datetime | None) -> None:
    """When somebody last used it is good to know, and no more than that."""
    found = tower_api.Credential.model_validate(
        {"id": "2ba2", "lastUsed": shown, "lastUpdated": shown}
    ).told()

    assert (found.used, found.updated) == (expected, None if shown is None else str(shown))
