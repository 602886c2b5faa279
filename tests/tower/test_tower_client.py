"""The Tower client against a Tower over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from pydantic import SecretStr

from bot import errors, model, ports
from bot.clients import tower as tower_client
from bot.clients import tower_api
from bot.sandbox import arm_state, emulator, tower, tower_state
from tests.tower.conftest import HIDDEN, HOST, LAUNCH_TOKEN, PRODUCTION, RESEARCH, TEACHING, issue, opened

ERAS = [tower_state.Era.V22_4, tower_state.Era.TODAY]
Call = Callable[[], Awaitable[object]]
WRONG = SecretStr("never-the-right-one")


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest, tower: tower.TowerEmulator) -> tower_state.Era:
    """Make the Tower an old one, and one of today."""
    tower.switches.era = request.param
    return tower.switches.era


@pytest.fixture
def password(azure: arm_state.AzureState) -> SecretStr:
    """Return a password that the registry accepts for bot-token."""
    return SecretStr(issue(azure))


def tower_fault(match: str, *, status: int) -> emulator.Fault:
    """Return a fault that stays."""
    return emulator.Fault(match, times=None, status=status)


async def create(client: tower_client.TowerClient, password: SecretStr, name: str = "genomics") -> str:
    """Create a credential in the research workspace."""
    return await client.create(RESEARCH, name=name, registry=HOST, user="bot-token", password=password)


@pytest.mark.usefixtures("era")
async def test_only_workspaces_with_a_writing_role_are_listed(client: tower_client.TowerClient) -> None:
    """Owner and Admin may write; Launch may not, and another's workspace is not seen at all."""
    found = await client.workspaces()

    assert [each.full_name for each in found] == ["acme/research", "acme/production"]


async def test_an_old_tower_is_asked_for_the_participants(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Where the list has no roles, our own role is looked up in each workspace."""
    tower.switches.era = tower_state.Era.V22_4

    await client.workspaces()

    asked = [each.path for each in tower.journal.exchanges if "participants" in each.path]
    assert sorted(asked) == [
        f"/orgs/1/workspaces/{each}/participants?max=100&offset=0" for each in (101, 102, 103)
    ]


async def test_where_participants_may_not_be_read_the_write_itself_tells(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """An old Tower that refuses the list of participants leaves every workspace in."""
    tower.switches.era = tower_state.Era.V22_4
    tower.faults.append(tower_fault("participants", status=403))

    found = await client.workspaces()

    assert [each.id for each in found] == [RESEARCH, PRODUCTION, TEACHING]
    with pytest.raises(errors.Forbidden, match="acme/teaching"):
        await client.create(TEACHING, name="x1", registry=HOST, user="bot-token", password=password)


async def test_workspaces_are_remembered_and_looked_at_afresh_on_demand(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Ten callers at once share one look; `fresh` makes another."""
    await asyncio.gather(*(client.workspaces() for _ in range(10)))
    shared = len(tower.journal.exchanges)

    await client.workspaces(fresh=True)

    assert (shared, len(tower.journal.exchanges)) == (2, 4)


async def test_the_personal_workspace_is_listed_only_where_a_setting_allows(
    tower: tower.TowerEmulator,
) -> None:
    """It has the id 0, no organization, and the account's name."""
    async with opened(tower, REGISTRY_BOT_PERSONAL_WORKSPACE="true") as client:
        found = await client.workspaces()

    assert found[-1] == model.Workspace(id=0, org=None, name="registry-bot")
    assert found[-1].full_name == "registry-bot (personal)"


async def test_a_personal_credential_is_made_without_a_workspace_id(
    tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """The API spells the personal workspace by leaving workspaceId out."""
    async with opened(tower, REGISTRY_BOT_PERSONAL_WORKSPACE="true") as client:
        made = await client.create(0, name="mine", registry=HOST, user="bot-token", password=password)
        listed = await client.credentials(0)

    assert [each.id for each in listed] == [made]
    assert {each.path for each in tower.journal.exchanges} == {"/credentials"}


async def test_the_personal_workspace_is_closed_by_default(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """A 0 that slips in is refused before anything is sent."""
    with pytest.raises(errors.Forbidden) as refused:
        await client.create(0, name="mine", registry=HOST, user="bot-token", password=password)

    assert "REGISTRY_BOT_PERSONAL_WORKSPACE" in str(refused.value.remedy)
    assert tower.journal.exchanges == []


@pytest.mark.usefixtures("era")
async def test_a_credential_is_created_listed_updated_and_deleted(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """The id stays over an update, and each password arrives once for each save."""
    made = await create(client, password)

    await client.update(RESEARCH, made, name="genomics", registry=HOST, user="bot-token", password=password)

    assert await client.credentials(RESEARCH) == (
        ports.TowerCredential(made, "genomics", "container-reg", HOST, "bot-token"),
    )
    assert tower.deliveries == {password.get_secret_value(): 2}
    await client.delete(RESEARCH, made)
    assert await client.credentials(RESEARCH) == ()


async def test_credentials_come_in_towers_own_order(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """The order decides which one Wave takes, so it is kept."""
    first, second = await create(client, password, "one"), await create(client, password, "two")
    tower.switches.newest_first = True

    listed = await client.credentials(RESEARCH)

    assert [each.id for each in listed] == [second, first]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("genomics-2", ports.NameCheck.FREE),
        ("genomics", ports.NameCheck.TAKEN),
        ("no spaces", ports.NameCheck.BAD),
        ("", ports.NameCheck.BAD),
        ("x" * 120, ports.NameCheck.BAD),
    ],
)
@pytest.mark.usefixtures("era")
async def test_a_name_is_checked(
    client: tower_client.TowerClient, password: SecretStr, name: str, expected: ports.NameCheck
) -> None:
    """An old Tower has no call for it: there the list and Tower's rule tell."""
    await create(client, password)

    actual = await client.check_name(RESEARCH, name)

    assert actual == expected


async def test_a_duplicate_told_as_400_by_the_name_check_is_taken(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """A 400 for a name that the list shows means taken, not malformed."""
    tower.switches.duplicate_status = 400
    await create(client, password)

    actual = await client.check_name(RESEARCH, "genomics")

    assert actual == ports.NameCheck.TAKEN


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

    with pytest.raises(errors.Temporary, match="runs use it"):
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


async def test_a_weaker_token_sees_no_workspace_to_write_to(tower: tower.TowerEmulator) -> None:
    """Launch and View are not enough."""
    async with opened(tower, TOWER_ACCESS_TOKEN=LAUNCH_TOKEN) as client:
        assert await client.workspaces() == ()


async def test_an_accepted_token_pings(client: tower_client.TowerClient, tower: tower.TowerEmulator) -> None:
    """One look at the account is enough."""
    await client.ping()

    assert [each.path for each in tower.journal.exchanges] == ["/user-info"]


async def test_an_enterprise_address_keeps_its_path(azure: arm_state.AzureState) -> None:
    """Of an own Tower the API is below /api."""
    users = [tower_state.User(7, "registry-bot", "t0ken")]
    async with (
        tower.TowerEmulator(
            emulator.Journal(), workspaces=[], users=users, login=azure.login, prefix="/api"
        ) as double,
        opened(double, TOWER_ACCESS_TOKEN="t0ken\n") as client,
    ):
        await client.ping()

    assert double.journal.exchanges[0].path == "/api/user-info"


async def test_an_address_without_the_api_is_explained(tower: tower.TowerEmulator) -> None:
    """A 404 for the account's own page is about the address."""
    tower.faults.append(tower_fault("user-info", status=404))
    async with opened(tower) as client:
        with pytest.raises(errors.NotFound) as refused:
            await client.ping()

    assert "TOWER_API_ENDPOINT" in str(refused.value.remedy)


async def test_a_burst_stays_within_towers_limit(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Sixty calls at once never see a 429 from a Tower that allows twenty a second."""
    await asyncio.gather(*(client.check_name(RESEARCH, f"name-{number}") for number in range(60)))

    assert {each.status for each in tower.journal.exchanges} == {204}
    assert len(tower.journal.exchanges) == 60


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


async def test_a_missing_role_is_told_even_where_the_account_cannot_be_asked(
    client: tower_client.TowerClient, tower: tower.TowerEmulator
) -> None:
    """Then without the account's name."""
    tower.faults.append(tower_fault("user-info", status=500))

    with pytest.raises(errors.Forbidden) as refused:
        await client.credentials(HIDDEN)

    assert str(refused.value.remedy).startswith("Give the bot's Tower account the role Admin or Owner")


def test_a_save_may_take_longer_than_a_look(password: SecretStr) -> None:
    """Tower tries the login through Wave before it answers."""
    keys = tower_api.Keys("n1", HOST, "u", password)

    assert tower_api.build_create(RESEARCH, keys).read_s > tower_api.build_credentials(RESEARCH).read_s
