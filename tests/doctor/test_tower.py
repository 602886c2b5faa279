"""Tower and Wave under the doctor's eyes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json

import pytest

from bot import model
from bot.doctor import tower
from bot.ports import Seat, TowerSite
from bot.sandbox import acme, tower_state
from tests.doctor.conftest import FAILURE, OK, WARNING, Clinic, fault, only


def roles(clinic: Clinic, account: int, **named: str) -> None:
    """Give an account these roles, by workspace name."""
    ids = {name: id_ for id_, name in acme.WORKSPACES.items()}
    users = clinic.outside.tower.state.users
    token = next(token for token, user in users.items() if user.id == account)
    users[token] = dataclasses.replace(users[token], roles={ids[name]: role for name, role in named.items()})


@pytest.mark.parametrize("status", [401, 403])
async def test_a_token_that_tower_does_not_accept_is_a_failure(clinic: Clinic, status: int) -> None:
    """In both of the ways in which a Tower says so; what it tells everybody is still read."""
    clinic.outside.tower.switches.bad_token_status = status

    found = await clinic.examine(TOWER_ACCESS_TOKEN="nobody-knows-this-token")

    assert only(found, "tower", "token").level is FAILURE
    assert "TOWER_ACCESS_TOKEN" in only(found, "tower", "token").change
    assert only(found, "tower", "version").level is OK


async def test_an_address_that_is_no_tower_is_a_failure(clinic: Clinic) -> None:
    """A web page, say: the setting is named."""
    found = await clinic.examine(TOWER_API_ENDPOINT=f"{clinic.outside.tower.url}/nothing")

    assert "TOWER_API_ENDPOINT" in only(found, "tower", "service").change
    assert only(found, "clock", "Tower's").level is WARNING


@pytest.mark.parametrize("body", ["<html>", '{"serviceInfo": 7}'])
async def test_an_unreadable_service_info_is_a_failure(clinic: Clinic, body: str) -> None:
    """Of Tower's as of Wave's."""
    fault(clinic.outside.tower, "service-info", status=200, body=body)
    fault(clinic.outside.wave, "service-info", status=200, body=body)

    found = await clinic.examine()

    assert only(found, "tower", "service").level is FAILURE
    assert only(found, "wave", "service").level is FAILURE


async def test_wave_switched_off_in_tower_is_a_failure(clinic: Clinic) -> None:
    """Credentials would be of no use."""
    clinic.outside.tower.switches.wave_enabled = False

    line = await clinic.line("tower", "Wave enabled")

    assert (line.level, "TOWER_ENABLE_WAVE" in line.change) == (FAILURE, True)


async def test_a_tower_that_tells_less_is_a_warning(clinic: Clinic) -> None:
    """Neither version nor Wave."""
    fault(clinic.outside.tower, "service-info", status=200, body=json.dumps({"serviceInfo": {"version": 1}}))

    found = await clinic.examine()

    assert {only(found, "tower", check).level for check in ("version", "Wave enabled")} == {WARNING}


@pytest.mark.parametrize(
    ("version", "level"), [("22.4.0", OK), ("26.2.0_abc", OK), ("22.3.9", FAILURE), ("soon", WARNING)]
)
def test_versions_are_held_against_the_oldest(version: str, level: object) -> None:
    """22.4 is the oldest that the bot works with."""
    site = TowerSite(version, wave=True, date=None, at=dt.datetime.now(dt.UTC))

    assert tower.judge_version(site).level is level


async def test_an_account_without_a_role_is_a_failure_that_names_it(clinic: Clinic) -> None:
    """The workspaces where it is a lesser member are listed."""
    roles(clinic, 7, research="launch", teaching="view")

    found = await clinic.examine()

    line = only(found, "tower", "workspaces")
    assert (line.level, "Admin or Owner" in line.change) == (FAILURE, True)
    assert "acme/research (launch), acme/teaching (view)" in only(found, "tower", "other workspaces").seen


async def test_the_personal_workspace_may_be_enough(clinic: Clinic) -> None:
    """Where the settings allow it, it is told and matched by rules."""
    roles(clinic, 7)

    found = await clinic.examine(REGISTRY_BOT_PERSONAL_WORKSPACE="true")

    assert "its personal workspace" in only(found, "tower", "workspaces").seen
    assert only(found, "policy", "matches").level is OK


async def test_an_old_tower_is_judged_by_its_participants(clinic: Clinic) -> None:
    """It lists no roles."""
    clinic.outside.tower.switches.era = tower_state.Era.V22_4

    found = await clinic.examine()

    assert only(found, "tower", "version").seen == "22.4.0"
    assert only(found, "tower", "workspaces").seen.endswith("acme/research, acme/production")
    assert only(found, "tower", "verify token").level is OK


async def test_a_verify_token_that_is_not_set_is_all_right(clinic: Clinic) -> None:
    """It is said which token Wave sees instead."""
    line = await clinic.line("tower", "verify token", TOWER_VERIFY_ACCESS_TOKEN="")

    assert (line.level, "TOWER_ACCESS_TOKEN" in line.seen) == (OK, True)


async def test_a_verify_token_that_is_not_accepted_is_a_failure(clinic: Clinic) -> None:
    """The setting is its own, not that of the other token."""
    line = await clinic.line("tower", "verify token", TOWER_VERIFY_ACCESS_TOKEN="nobody-knows-this-one")

    assert (line.level, "TOWER_VERIFY_ACCESS_TOKEN" in line.change) == (FAILURE, True)


async def test_a_verify_token_that_is_no_weaker_is_a_warning(clinic: Clinic) -> None:
    """As the bot's own is."""
    line = await clinic.line(
        "tower", "verify token", TOWER_VERIFY_ACCESS_TOKEN=clinic.outside.secrets.tower_token
    )

    assert (line.level, "no weaker" in line.seen) == (WARNING, True)


async def test_a_verify_token_that_cannot_verify_everywhere_is_a_warning(clinic: Clinic) -> None:
    """Reading keys takes Launch; the workspace is named."""
    roles(clinic, 8, research="launch", production="view")

    line = await clinic.line("tower", "verify token")

    assert (line.level, "cannot verify in acme/production" in line.seen) == (WARNING, True)


async def test_a_wave_that_is_away_is_a_failure(clinic: Clinic) -> None:
    """Nobody's token is sent to find that out."""
    found = await clinic.examine(WAVE_API_ENDPOINT="http://127.0.0.1:9")

    assert "WAVE_API_ENDPOINT" in only(found, "wave", "service").change


async def test_a_wave_without_service_info_is_a_failure(clinic: Clinic) -> None:
    """Some other server answers there."""
    fault(clinic.outside.wave, "service-info", status=404)

    line = await clinic.line("wave", "service")

    assert line.level is FAILURE


async def test_wave_never_gets_a_token(clinic: Clinic) -> None:
    """Its service-info is read without one."""
    await clinic.examine()

    asked = [one for one in clinic.outside.journal.exchanges if one.to == "wave"]
    assert {one.path for one in asked} == {"/service-info"}
    assert all("Authorization" not in one.headers for one in asked)


@pytest.mark.parametrize(
    ("endpoint", "wave", "level"),
    [
        ("https://api.cloud.seqera.io", "https://wave.seqera.io", OK),
        ("https://api.tower.nf", "https://wave.seqera.io", OK),
        ("https://tower.acme.example/api", "https://wave.acme.example", OK),
        ("https://tower.acme.example/api", "https://wave.seqera.io", OK),
        ("https://api.cloud.seqera.io", "https://wave.acme.example", WARNING),
    ],
)
def test_a_pair_that_cannot_be_one_is_a_warning(endpoint: str, wave: str, level: object) -> None:
    """The hosted Tower has the hosted Wave."""
    assert tower.judge_pairing(endpoint, wave).level is level


@pytest.mark.parametrize(
    ("held", "level"),
    [(("launch",), OK), (("maintain",), OK), (("custom-role",), OK), (None, OK), (("connect",), WARNING)],
)
def test_a_role_that_is_not_known_gets_the_benefit_of_the_doubt(
    held: tuple[str, ...] | None, level: object
) -> None:
    """A custom role may hold what verifying takes."""
    place = model.Workspace(id=1, org="acme", name="research")
    mine = Seat(place, held, writes=False)

    (line,) = tower.judge_verify_token("v", [mine], [Seat(place, ("owner",), writes=True)])

    assert line.level is level
