"""What the Tower client makes of Tower's refusals, over real HTTP."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from bot import errors
from bot.clients import tower as tower_client
from bot.sandbox import emulator, tower
from tests.tower.conftest import HIDDEN, HOST, RESEARCH, TEACHING, create, opened, tower_fault

Call = Callable[[], Awaitable[object]]
WRONG = SecretStr("never-the-right-one")


@pytest.mark.parametrize("status", [400, 409])
@pytest.mark.usefixtures("era")
async def test_a_taken_name_is_already_there(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr, status: int
) -> None:
    """Tower may say 409, or 400 with a message."""
    tower.switches.duplicate_status = status
    await create(client, password)

    with pytest.raises(errors.AlreadyThere):
        await create(client, password)


@pytest.mark.usefixtures("era")
async def test_a_refused_login_is_not_yet(client: tower_client.TowerClient, password: SecretStr) -> None:
    """Tower's 400 for a login it cannot prove may pass: on create, and on update."""
    made = await create(client, password)

    with pytest.raises(errors.NotYet):
        await create(client, WRONG, "other")
    with pytest.raises(errors.NotYet):
        await client.update(RESEARCH, made, name="genomics", registry=HOST, user="bot-token", password=WRONG)


async def test_a_window_of_refused_logins_passes(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """The same call succeeds once Tower has caught up."""
    tower.switches.refuse_logins = 1

    with pytest.raises(errors.NotYet):
        await create(client, password)

    assert await create(client, password) == tower.state.listed(RESEARCH)[0].id


async def test_a_malformed_name_is_permanent(client: tower_client.TowerClient, password: SecretStr) -> None:
    """A 400 about the name is not taken for a login that will work later."""
    with pytest.raises(errors.Permanent, match="name"):
        await create(client, password, "no spaces")


async def test_a_refusal_that_cannot_be_explained_is_not_yet(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """Where the name check fails as well, the worker's next try will tell."""
    tower.switches.refuse_logins = 1
    tower.faults.append(tower_fault("/credentials/validate", status=500))

    with pytest.raises(errors.NotYet):
        await create(client, password)


@pytest.mark.parametrize("status", [403, 404])
async def test_updating_a_credential_that_is_gone_is_not_found(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr, status: int
) -> None:
    """Tower says 404 or 403 about an unknown id; the list tells which it means."""
    tower.switches.missing_status = status

    with pytest.raises(errors.NotFound):
        await client.update(RESEARCH, "gone", name="x1", registry=HOST, user="u", password=password)


@pytest.mark.parametrize("status", [400, 409])
async def test_updating_to_a_name_of_another_is_already_there(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr, status: int
) -> None:
    """A rename onto another credential is refused for good."""
    tower.switches.duplicate_status = status
    await create(client, password, "one")
    second = await create(client, password, "two")

    with pytest.raises(errors.AlreadyThere):
        await client.update(RESEARCH, second, name="one", registry=HOST, user="bot-token", password=password)


@pytest.mark.parametrize("status", [403, 404])
async def test_deleting_what_is_not_there_is_fine(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, status: int
) -> None:
    """However Tower puts it."""
    tower.switches.missing_status = status

    await client.delete(RESEARCH, "gone")

    assert tower.journal.exchanges[0].status == status


async def test_a_credential_in_use_is_kept_for_now(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Tower's 409 on delete means running jobs: worth another try."""
    tower.faults.append(tower_fault("^DELETE", status=409))

    with pytest.raises(errors.InUse, match="jobs use it"):
        await client.delete(RESEARCH, "used")


@pytest.mark.parametrize("call", ["create", "update", "delete", "credentials", "check_name"])
async def test_a_missing_role_names_the_workspace_and_the_role(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr, call: str
) -> None:
    """Whatever was asked, a 403 with a good token is about the role."""
    held = tower.state.seed(HIDDEN, name="theirs", registry=HOST, user="u", password="p")
    calls: dict[str, Call] = {
        "create": lambda: client.create(HIDDEN, name="x1", registry=HOST, user="u", password=password),
        "update": lambda: client.update(
            HIDDEN, held.id, name="x1", registry=HOST, user="u", password=password
        ),
        "delete": lambda: client.delete(HIDDEN, held.id),
        "credentials": lambda: client.credentials(HIDDEN),
        "check_name": lambda: client.check_name(HIDDEN, "x1"),
    }

    with pytest.raises(errors.Forbidden, match="number 104") as refused:
        await calls[call]()

    role = "Give the Tower account registry-bot the role Admin or Owner in number 104"
    assert str(refused.value.remedy).startswith(role)


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("call", ["ping", "workspaces", "credentials"])
async def test_a_bad_token_names_the_setting(tower: tower.TowerEmulator, status: int, call: str) -> None:
    """Tower says 401 without a body, or 403: both mean the token where it is nowhere accepted."""
    tower.switches.bad_token_status = status
    async with opened(tower, TOWER_ACCESS_TOKEN="revoked-token") as client:
        calls: dict[str, Call] = {
            "ping": client.ping,
            "workspaces": client.workspaces,
            "credentials": lambda: client.credentials(RESEARCH),
        }

        with pytest.raises(errors.Forbidden) as refused:
            await calls[call]()

    assert str(refused.value.remedy).startswith("TOWER_ACCESS_TOKEN is not accepted")


@pytest.mark.parametrize("call", ["create", "update", "workspaces"])
async def test_a_refusal_of_no_known_kind_is_permanent(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr, call: str
) -> None:
    """A clean sentence with the status, and nothing of the body."""
    held = tower.state.seed(RESEARCH, name="n1", registry=HOST, user="u", password="p")
    body = '{"message": "I am a teapot"}'
    tower.faults.append(emulator.Fault("credentials|workspaces", times=None, status=418, body=body))
    calls: dict[str, Call] = {
        "create": lambda: create(client, password),
        "update": lambda: client.update(
            RESEARCH, held.id, name="n1", registry=HOST, user="u", password=password
        ),
        "workspaces": client.workspaces,
    }

    with pytest.raises(errors.Permanent) as refused:
        await calls[call]()

    assert str(refused.value) == "Seqera Tower refused the request (HTTP 418)."


async def test_a_missing_role_names_a_workspace_that_we_may_only_read(
    client: tower_client.TowerClient, password: SecretStr
) -> None:
    """By its full name, even if nothing was listed before."""
    with pytest.raises(errors.Forbidden, match="workspace acme/teaching"):
        await client.create(TEACHING, name="x1", registry=HOST, user="bot-token", password=password)


async def test_a_missing_role_is_told_even_where_the_account_cannot_be_asked(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Then without the account's name."""
    tower.faults.append(tower_fault("user-info", status=500))

    with pytest.raises(errors.Forbidden) as refused:
        await client.credentials(HIDDEN)

    assert str(refused.value.remedy).startswith("Give the bot's Tower account the role Admin or Owner")
