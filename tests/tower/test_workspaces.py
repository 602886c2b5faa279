"""Which workspaces the bot may write to, where Tower says it in more than one place."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
from aiohttp import web

from bot import clock, errors
from bot.clients import tower as tower_client
from bot.sandbox import emulator
from tests.tower.conftest import configured

Row = Mapping[str, object]


class Directory(emulator.Emulator):
    """A Tower that answers what a test gives it: one workspace, its roles, its participants."""

    def __init__(self) -> None:
        super().__init__(emulator.Journal())
        self.roles: Sequence[str] | None = None
        self.participants: list[Row] = []

    def routes(self) -> list[web.RouteDef]:
        """Return the three calls that are asked."""
        return [
            web.get("/user-info", self._user),
            web.get("/user/7/workspaces", self._workspaces),
            web.get("/orgs/1/workspaces/101/participants", self._participants),
        ]

    async def _user(self, _: web.Request) -> web.Response:
        return web.json_response({"user": {"id": 7, "userName": "registry-bot"}})

    async def _workspaces(self, _: web.Request) -> web.Response:
        row: dict[str, object] = {"orgId": 1, "orgName": "acme", "workspaceId": 101, "workspaceName": "lab"}
        return web.json_response(
            {"orgsAndWorkspaces": [row | ({"roles": self.roles} if self.roles is not None else {})]}
        )

    async def _participants(self, request: web.Request) -> web.Response:
        start = int(request.query["offset"])
        page = self.participants[start : start + int(request.query["max"])]
        return web.json_response({"participants": page, "totalSize": len(self.participants)})

    def asked(self, part: str) -> int:
        """Return how often a path was asked for."""
        return sum(part in each.path for each in self.journal.exchanges)


@pytest.fixture
async def directory() -> AsyncIterator[Directory]:
    """Start it."""
    async with Directory() as double:
        yield double


@pytest.fixture
def passing() -> clock.SystemClock:
    """Return the client's clock; set its `shift` to let time pass."""
    return clock.SystemClock()


@pytest.fixture
async def client(directory: Directory, passing: clock.SystemClock) -> AsyncIterator[tower_client.TowerClient]:
    """Open a client of it."""
    async with tower_client.connect(configured(directory.url), passing) as client:
        yield client


def person(role: str | None, name: str = "registry-bot") -> Row:
    """Return a participant."""
    return {"userName": name, "wspRole": role, "type": "MEMBER"}


def team(role: str) -> Row:
    """Return a team among the participants."""
    return {"userName": None, "teamName": "core", "wspRole": role, "type": "TEAM"}


@pytest.mark.parametrize(
    ("roles", "participants", "expected"),
    [
        (None, [person("admin")], True),
        (None, [person("launch")], False),
        (None, [person("launch"), team("admin")], True),
        (None, [team("view")], True),
        (None, [], True),
        (None, [person(None)], True),
        ([], [person("owner")], True),
        ([], [person("view")], False),
        ([], [team("owner")], False),
        ([], [], False),
        (["member"], [person("admin")], True),
        (["member"], [], False),
        (["launch"], [person("admin")], False),
        (["keeper"], [], True),
    ],
)
async def test_roles_then_participants_then_the_write_itself(
    client: tower_client.TowerClient,
    directory: Directory,
    roles: Sequence[str] | None,
    participants: list[Row],
    expected: object,
) -> None:
    """A listed role decides; else our own entry; a team leaves it open, and an old Tower gets the doubt."""
    directory.roles, directory.participants = roles, participants

    found = await client.workspaces()

    assert [each.full_name for each in found] == (["acme/lab"] if expected else [])


async def test_participants_are_read_to_the_last_page(
    client: tower_client.TowerClient, directory: Directory
) -> None:
    """We may be the last of many."""
    directory.participants = [*(person("view", f"user-{n}") for n in range(230)), person("launch")]

    found = await client.workspaces()

    assert (found, directory.asked("participants")) == ((), 3)


async def test_participants_without_end_are_left(
    client: tower_client.TowerClient, directory: Directory
) -> None:
    """Beyond twenty pages the write itself must tell."""
    directory.participants = [person("view", f"user-{n}") for n in range(2_100)]

    found = await client.workspaces()

    assert (len(found), directory.asked("participants")) == (1, 20)


async def test_a_failing_list_of_participants_hides_nothing(
    client: tower_client.TowerClient, directory: Directory
) -> None:
    """One workspace's fault does not close the form."""
    directory.faults.append(emulator.Fault("participants", times=None, status=500))

    assert len(await client.workspaces()) == 1


async def test_a_minute_later_tower_is_asked_again(
    client: tower_client.TowerClient, directory: Directory, passing: clock.SystemClock
) -> None:
    """A new role shows within a minute."""
    directory.roles = ["view"]
    before = await client.workspaces()
    directory.roles = ["admin"]

    soon = await client.workspaces()
    passing.shift = dt.timedelta(seconds=61)
    later = await client.workspaces()

    assert [len(found) for found in (before, soon, later)] == [0, 0, 1]


async def test_a_failure_is_not_remembered(client: tower_client.TowerClient, directory: Directory) -> None:
    """The next caller looks again."""
    directory.roles = ["admin"]
    directory.faults.append(emulator.Fault("user-info", times=1, status=403))

    with pytest.raises(errors.Forbidden):
        await client.workspaces()

    assert len(await client.workspaces()) == 1


async def test_keys_missing_from_a_list_are_asked_for(
    client: tower_client.TowerClient, directory: Directory
) -> None:
    """A host unseen is a conflict unseen."""
    bare = {"id": "c1", "name": "by-hand", "provider": "container-reg"}
    whole = bare | {"keys": {"registry": "acme.azurecr.io", "userName": "u"}}
    answers = {r"/credentials\?": {"credentials": [bare]}, "/credentials/c1": {"credentials": whole}}
    directory.faults += [
        emulator.Fault(match, times=None, status=200, body=json.dumps(answer))
        for match, answer in answers.items()
    ]

    listed = await client.credentials(101)

    assert [(each.registry, each.user) for each in listed] == [("acme.azurecr.io", "u")]
