"""The Wave client against a Wave beside a Tower and a registry: first match by host, and caches."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot import clock, errors, ports
from bot.clients import http
from bot.clients import wave as wave_client
from bot.sandbox import arm_state, emulator, tower, wave
from tests.tower.conftest import (
    HOST,
    LAUNCH_TOKEN,
    PRODUCTION,
    RESEARCH,
    TOKEN,
    configured,
    issue,
)

IMAGE = f"{HOST}/team/app:1.0"
READ, UNAUTHORIZED, NOT_FOUND, UNREACHABLE, REJECTED = ports.Sight


def deliver(tower: tower.TowerEmulator, password: str, *, place: int = RESEARCH) -> str:
    """Put a working credential into a workspace, behind the client's back."""
    made = tower.state.seed(place, name="genomics", registry=HOST, user="bot-token", password=password)
    return made.id


async def test_an_image_is_read_with_the_workspaces_credential(
    inspector: wave_client.WaveClient,
    tower: tower.TowerEmulator,
    wave: wave.WaveEmulator,
    azure: arm_state.AzureState,
) -> None:
    """The one that Tower lists for the image's host."""
    made = deliver(tower, issue(azure))

    seen = await inspector.inspect(IMAGE, RESEARCH)

    assert (seen.sight, wave.used) == (READ, [made])


async def test_a_multi_arch_image_is_read_too(
    inspector: wave_client.WaveClient,
    tower: tower.TowerEmulator,
    wave: wave.WaveEmulator,
    azure: arm_state.AzureState,
) -> None:
    """Wave answers `index` instead of `container`."""
    wave.switches.multi_arch = True
    deliver(tower, issue(azure))

    assert (await inspector.inspect(IMAGE, RESEARCH)).sight == READ


async def test_the_personal_workspace_is_inspected(
    inspector: wave_client.WaveClient, tower: tower.TowerEmulator, azure: arm_state.AzureState
) -> None:
    """Without a towerWorkspaceId Wave takes the token owner's own."""
    deliver(tower, issue(azure), place=-7)

    assert (await inspector.inspect(IMAGE, 0)).sight == READ


@pytest.mark.parametrize(
    ("image", "repository", "expected"),
    [
        (IMAGE, "team/other", UNAUTHORIZED),
        (f"{HOST}/team/app:2.0", "team/app", NOT_FOUND),
        (f"{HOST}/team/empty:1.0", "team/empty", NOT_FOUND),
    ],
    ids=["not in the scope map", "no such tag", "empty repository"],
)
async def test_a_registrys_answer_is_told(
    inspector: wave_client.WaveClient,
    tower: tower.TowerEmulator,
    azure: arm_state.AzureState,
    image: str,
    repository: str,
    expected: ports.Sight,
) -> None:
    """Each with a cause of its own."""
    deliver(tower, issue(azure, repository))

    assert (await inspector.inspect(image, RESEARCH)).sight == expected


async def test_a_wrong_password_is_unauthorized(
    inspector: wave_client.WaveClient, tower: tower.TowerEmulator, azure: arm_state.AzureState
) -> None:
    """The registry's own refusal comes through as it is."""
    issue(azure)
    deliver(tower, "wrong")

    assert (await inspector.inspect(IMAGE, RESEARCH)).sight == UNAUTHORIZED


@pytest.mark.parametrize(("anonymous", "expected"), [(True, READ), (False, UNAUTHORIZED)])
async def test_without_a_credential_wave_goes_on_anonymously(
    inspector: wave_client.WaveClient, azure: arm_state.AzureState, anonymous: object, expected: ports.Sight
) -> None:
    """So a registry with anonymous pull is read by everybody: that proves nothing."""
    azure.registries["acmegenomics"].anonymous_pull = bool(anonymous)

    assert (await inspector.inspect(IMAGE, RESEARCH)).sight == expected


async def test_the_first_credential_for_a_host_wins(
    inspector: wave_client.WaveClient,
    tower: tower.TowerEmulator,
    wave: wave.WaveEmulator,
    azure: arm_state.AzureState,
) -> None:
    """A second one for the same host is a silent failure; the list's order decides which."""
    by_hand = deliver(tower, "made by hand")
    ours = deliver(tower, issue(azure))

    first = await inspector.inspect(IMAGE, RESEARCH)
    tower.switches.newest_first = True
    wave.forget()
    second = await inspector.inspect(IMAGE, RESEARCH)

    assert (first.sight, second.sight, wave.used) == (UNAUTHORIZED, READ, [by_hand, ours])


async def test_a_new_credential_is_missed_for_a_minute(
    inspector: wave_client.WaveClient,
    tower: tower.TowerEmulator,
    wave: wave.WaveEmulator,
    azure: arm_state.AzureState,
) -> None:
    """Wave keeps a list for 60 s: an inspect before the create makes the next one fail."""
    before = await inspector.inspect(IMAGE, RESEARCH)
    deliver(tower, issue(azure))

    soon = await inspector.inspect(IMAGE, RESEARCH)
    wave.shift += dt.timedelta(seconds=61)
    later = await inspector.inspect(IMAGE, RESEARCH)

    assert [before.sight, soon.sight, later.sight] == [UNAUTHORIZED, UNAUTHORIZED, READ]


async def test_an_old_password_goes_on_for_an_hour(
    wave: wave.WaveEmulator, tower: tower.TowerEmulator, azure: arm_state.AzureState
) -> None:
    """A bearer that Wave holds outlives the password it was got with."""
    deliver(tower, issue(azure))
    while_good = await wave.pull(IMAGE, token=TOKEN, workspace_id=RESEARCH)
    azure.registries["acmegenomics"].tokens["bot-token"].status = "disabled"

    still = await wave.pull(IMAGE, token=TOKEN, workspace_id=RESEARCH)
    wave.shift += dt.timedelta(hours=1, seconds=1)
    at_last = await wave.pull(IMAGE, token=TOKEN, workspace_id=RESEARCH)

    assert (while_good, still, at_last) == (True, True, False)


async def test_a_larger_scope_map_is_seen_at_once(
    wave: wave.WaveEmulator, tower: tower.TowerEmulator, azure: arm_state.AzureState
) -> None:
    """On a 401 Wave asks for a new bearer, so nothing is kept of a refusal."""
    deliver(tower, issue(azure, "team/other"))
    before = await wave.pull(IMAGE, token=TOKEN, workspace_id=RESEARCH)
    azure.registries["acmegenomics"].scope_maps["bot-token"].actions = ("repositories/team/app/content/read",)

    assert (before, await wave.pull(IMAGE, token=TOKEN, workspace_id=RESEARCH)) == (False, True)


@pytest.mark.parametrize("status", [500, 502, 503, 408])
async def test_a_registry_that_wave_cannot_reach_is_told(
    inspector: wave_client.WaveClient, wave: wave.WaveEmulator, status: int
) -> None:
    """Behind a firewall, or down."""
    wave.switches.unreachable[HOST] = status

    assert (await inspector.inspect(IMAGE, RESEARCH)).sight == UNREACHABLE


@pytest.mark.parametrize("shape", list(wave.BadToken))
@pytest.mark.parametrize("status", [401, 403])
async def test_a_bad_tower_token_is_not_taken_for_the_registrys_refusal(
    tower: tower.TowerEmulator, wave: wave.WaveEmulator, shape: wave.BadToken, status: int
) -> None:
    """However Wave puts it, and whatever Tower said."""
    wave.switches.bad_token = shape
    tower.switches.bad_token_status = status
    config = configured(tower.endpoint, wave.url, TOWER_VERIFY_ACCESS_TOKEN="revoked")
    async with wave_client.connect(config, clock.SystemClock()) as inspector:
        seen = await inspector.inspect(IMAGE, RESEARCH)

    assert (seen.sight, "TOWER_VERIFY_ACCESS_TOKEN" in seen.detail) == (REJECTED, True)


async def test_a_role_below_launch_is_told(
    tower: tower.TowerEmulator, wave: wave.WaveEmulator, azure: arm_state.AzureState
) -> None:
    """Reading a credential's keys takes Launch or more."""
    deliver(tower, issue(azure), place=PRODUCTION)
    config = configured(tower.endpoint, wave.url, TOWER_VERIFY_ACCESS_TOKEN=LAUNCH_TOKEN)
    async with wave_client.connect(config, clock.SystemClock()) as inspector:
        seen = await inspector.inspect(IMAGE, PRODUCTION)

    assert (seen.sight, "Launch" in seen.detail) == (REJECTED, True)


async def test_an_unpaired_tower_is_told(inspector: wave_client.WaveClient, wave: wave.WaveEmulator) -> None:
    """Wave knows a Tower only by the address that it paired with."""
    wave.switches.paired = False

    seen = await inspector.inspect(IMAGE, RESEARCH)

    assert (seen.sight, "paired" in seen.detail) == (REJECTED, True)


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"status": 503, "body": "<html>"}, {"cut": True}, {"after": True}],
    ids=["500", "503 page", "cut", "lost"],
)
async def test_a_fault_of_wave_is_temporary_and_asked_once(
    inspector: wave_client.WaveClient, wave: wave.WaveEmulator, fault: dict[str, Any]
) -> None:
    """A look changes nothing, so a lost answer is no more than that; the worker asks again."""
    arrived: list[str] = []

    async def count() -> None:
        arrived.append("inspect")

    wave.faults.append(emulator.Fault("inspect", times=None, hook=count, **fault))

    with pytest.raises(errors.Temporary) as failed:
        await inspector.inspect(IMAGE, RESEARCH)

    assert type(failed.value) is errors.Temporary
    assert arrived == ["inspect"]


async def test_a_wave_that_cannot_be_reached_is_temporary(tower: tower.TowerEmulator) -> None:
    """Nothing listens there."""
    config = configured(tower.endpoint, "http://127.0.0.1:9")
    async with wave_client.connect(config, clock.SystemClock()) as inspector:
        with pytest.raises(errors.Temporary, match="Wave cannot be reached"):
            await inspector.inspect(IMAGE, RESEARCH)


async def test_the_double_refuses_what_wave_refuses(wave: wave.WaveEmulator) -> None:
    """No image, no JSON; without a token it looks anonymously; and it says who it is."""
    async with http.open_client(wave.url) as client:
        nothing = await client.post("/v1alpha1/inspect", json={})
        nobody = await client.post("/v1alpha1/inspect", json={"containerImage": IMAGE})
        broken = await client.post("/v1alpha1/inspect", content=b"{")
        info = await client.get("/service-info")

    assert [each.status_code for each in (nothing, nobody, broken)] == [400, 401, 400]
    assert info.json()["serviceInfo"]["version"] == "1.37.0"
