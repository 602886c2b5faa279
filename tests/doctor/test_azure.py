"""Azure under the doctor's eyes, over real HTTP and through Azure's own libraries."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from bot import model
from bot.clients import azure_errors, azure_probe
from bot.doctor import azure
from bot.ports import Grant, Room
from bot.sandbox import acme, arm_permissions, arm_state
from tests.doctor.conftest import FAILURE, OK, WARNING, Clinic, fault, only
from tests.packaging import tree

PROVIDER = "Microsoft.ContainerRegistry/registries"
REGISTRY = model.Registry(login_server="a.azurecr.io", name="a", resource_group="rg", sku="Basic")


async def test_an_identity_that_obtains_no_token_is_a_failure(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The settings of the identity are named."""
    monkeypatch.setenv("IDENTITY_HEADER", "not-the-header")

    found = await clinic.examine()

    line = only(found, "azure", "identity")
    assert (line.level, "REGISTRY_BOT_AZURE_IDENTITY" in line.change) == (FAILURE, True)
    assert only(found, "azure", "registries").level is FAILURE


async def test_no_registry_at_all_is_a_failure(clinic: Clinic) -> None:
    """An identity without a role sees an empty list, and no error."""
    clinic.outside.azure.registries.clear()

    line = await clinic.line("azure", "registries")

    assert (line.level, "Access control (IAM)" in line.change) == (FAILURE, True)


async def test_a_named_registry_that_is_not_there_is_a_failure(clinic: Clinic) -> None:
    """The others that are named are served all the same."""
    there = clinic.outside.login_server()

    found = await clinic.examine(REGISTRY_BOT_REGISTRIES=f"{there},acmetypo.azurecr.io")

    line = only(found, "azure", "registry acmetypo.azurecr.io")
    assert (line.level, "REGISTRY_BOT_REGISTRIES" in line.seen) == (FAILURE, True)
    assert only(found, "azure", "registries").seen == "1 visible"


@pytest.mark.parametrize(
    "action", [action.removeprefix(f"{PROVIDER}/") for action in arm_permissions.ROLE[1:]]
)
async def test_each_missing_action_is_named(clinic: Clinic, action: str) -> None:
    """Without a write, by Azure's own account of what the caller may do."""
    clinic.outside.azure.denied.add(f"{PROVIDER}/{action}")

    line = await clinic.line("azure", "acmegenomics role")

    assert (line.level, line.seen) == (FAILURE, f"missing of {PROVIDER}: {action}")
    assert "docs/azure-role.json" in line.change


@pytest.mark.parametrize("status", [403, 404])
async def test_an_azure_that_does_not_say_is_a_warning(clinic: Clinic, status: int) -> None:
    """What could not be checked is said, and how to check it by hand."""
    body = json.dumps({"error": {"code": "AuthorizationFailed", "message": "no"}})
    fault(clinic.outside.arm, "Microsoft.Authorization", status=status, body=body)

    line = await clinic.line("azure", "acmegenomics role")

    assert (line.level, "could not be checked" in line.seen) == (WARNING, True)
    assert "Access control (IAM)" in line.change


async def test_the_permission_to_ask_may_be_missing(clinic: Clinic) -> None:
    """It is named, for whoever wants the check."""
    clinic.outside.azure.denied.add(arm_permissions.READ)

    line = await clinic.line("azure", "acmegenomics role")

    assert (line.level, arm_permissions.READ in line.change) == (WARNING, True)


@pytest.mark.parametrize(
    "how",
    [
        {"status": 200, "body": "<html>"},
        {"status": 200, "body": '{"value": 7}'},
        {"status": 200, "body": '{"value": [], "nextLink": "https://elsewhere.example/"}'},
        {"status": 503},
        {"cut": True},
    ],
)
async def test_an_unreadable_answer_about_the_role_is_a_failure(
    clinic: Clinic, how: dict[str, object]
) -> None:
    """No bearer goes to another host, and nothing is taken for granted."""
    fault(clinic.outside.arm, "acmegenomics/providers/Microsoft.Authorization", **how)

    found = await clinic.examine()

    assert only(found, "azure", "acmegenomics role").level is FAILURE
    assert only(found, "azure", "acmeproteomics role").level is OK


def next_page(clinic: Clinic) -> str:
    """Return where ARM shows the permissions at a registry."""
    group = f"/subscriptions/{clinic.outside.azure.subscription}/resourceGroups/rg-registries"
    version = f"api-version={arm_permissions.VERSION}"
    path = f"{group}/providers/{PROVIDER}/acmegenomics/{arm_permissions.PATH}"
    return f"{clinic.outside.arm.url}{path}?{version}"


async def test_permissions_that_come_in_pages_are_read_to_their_end(clinic: Clinic) -> None:
    """What stands on the second page counts."""
    body = json.dumps({"value": [], "nextLink": next_page(clinic)})
    fault(
        clinic.outside.arm, "acmegenomics/providers/Microsoft.Authorization", times=1, status=200, body=body
    )

    line = await clinic.line("azure", "acmegenomics role")

    assert line.level is OK


async def test_permissions_without_an_end_are_given_up(clinic: Clinic) -> None:
    """A list that leads to itself does not hold up the doctor."""
    body = json.dumps({"value": [], "nextLink": next_page(clinic)})
    fault(clinic.outside.arm, "acmegenomics/providers/Microsoft.Authorization", status=200, body=body)

    line = await clinic.line("azure", "acmegenomics role")

    assert line.level is FAILURE


@pytest.mark.parametrize(
    ("registry", "lost", "role"),
    [
        ("acmegenomics", arm_state.ACR_PULL, "AcrPull"),
        ("acmeproteomics", arm_state.CATALOG_LISTER, "Catalog Lister"),
        ("acmeproteomics", arm_state.REPOSITORY_READER, "Repository Reader"),
    ],
)
async def test_the_data_role_that_is_missing_is_that_of_the_mode(
    clinic: Clinic, registry: str, lost: str, role: str
) -> None:
    """AcrPull in the older mode, the two of ABAC in the other."""
    clinic.outside.azure.registries[registry].roles.discard(lost)

    line = await clinic.line("azure", f"{registry} content")

    assert (line.level, role in line.change) == (FAILURE, True)


async def test_an_empty_registry_is_all_right(clinic: Clinic) -> None:
    """There is nothing whose tags could be read."""
    clinic.genomics.repositories.clear()

    line = await clinic.line("azure", "acmegenomics content")

    assert (line.level, "empty" in line.seen) == (OK, True)


@pytest.mark.parametrize(("tokens", "level"), [(400, OK), (401, WARNING), (499, WARNING), (500, FAILURE)])
async def test_a_registry_fills_up(clinic: Clinic, tokens: int, level: object) -> None:
    """Above four fifths it is a warning, at the tier's limit a failure."""
    now = dt.datetime.now(dt.UTC)
    for number in range(tokens):
        name = f"token-{number}"
        clinic.genomics.tokens[name] = arm_state.Token(name, now, 0.0, scope_map="_repositories_pull")

    line = await clinic.line("azure", "acmegenomics room")

    assert (line.level, f"{tokens} of 500" in line.seen) == (level, True)


async def test_anonymous_pull_is_a_warning(clinic: Clinic) -> None:
    """A reading of Wave's proves nothing there."""
    line = await clinic.line("azure", "acmepublic anonymous pull")

    assert (line.level, "not verified" in line.seen) == (WARNING, True)


async def test_a_closed_registry_is_a_warning(clinic: Clinic) -> None:
    """The hosted Wave does not get in."""
    clinic.genomics.public = False

    line = await clinic.line("azure", "acmegenomics network")

    assert (line.level, "hosted Wave" in line.seen) == (WARNING, True)


async def test_a_list_of_tokens_that_is_refused_is_that_line_alone(clinic: Clinic) -> None:
    """The missing action is named by the read itself."""
    clinic.outside.azure.denied.add(f"{PROVIDER}/tokens/read")

    found = await clinic.examine()

    assert only(found, "azure", "acmegenomics room").level is FAILURE
    assert "tokens/read" in only(found, "azure", "acmegenomics room").change
    assert only(found, "azure", "acmegenomics content").level is OK


def test_the_actions_are_those_of_the_role_file() -> None:
    """What is checked is what the README has people assign."""
    role = json.loads((tree.ROOT / "docs" / "azure-role.json").read_text())

    assert set(azure.ACTIONS) == set(role["Actions"])


@pytest.mark.parametrize(
    ("grants", "level"),
    [
        ([Grant(("*",))], OK),
        ([Grant(("microsoft.containerregistry/*",))], OK),
        (
            [Grant(("Microsoft.ContainerRegistry/registries/*/read",)), Grant(("*/write", "*/delete"))],
            FAILURE,
        ),
        ([Grant(("*",), ("Microsoft.ContainerRegistry/registries/tokens/*",))], FAILURE),
        ([Grant(("*",), ("*/tokens/write",)), Grant((f"{PROVIDER}/tokens/write",))], OK),
        ([], FAILURE),
    ],
)
def test_grants_are_read_as_azure_reads_them(grants: list[Grant], level: object) -> None:
    """Patterns in any case; what one assignment leaves out another may give."""
    assert azure.judge_role(REGISTRY, grants).level is level


def test_hostile_permissions_are_no_permissions() -> None:
    """Entries of another shape give nothing."""
    page = {"value": [7, {"actions": "x"}, {"actions": [1, "*"], "notActions": None}]}

    assert azure_probe.parse_grants(page) == [Grant(()), Grant(("*",))]


def test_a_page_too_deep_to_read_is_unreadable() -> None:
    """It ends in an error of ours."""
    what = azure_errors.Call("say", "read", "on")

    with pytest.raises(Exception, match="readable") as caught:
        azure_probe.parse_page(what, b"[" * 100_000)

    assert type(caught.value).__module__ == "bot.errors"


@pytest.mark.parametrize(("used", "level"), [(80, OK), (81, WARNING), (100, FAILURE), (120, FAILURE)])
def test_room_is_judged_by_its_share(used: int, level: object) -> None:
    """The edges of four fifths and of the limit."""
    assert azure.judge_room(REGISTRY, Room(used, 100)).level is level


def test_the_sandbox_has_every_mode() -> None:
    """The registries under test are of both kinds."""
    assert {one.abac for one in acme.registries()} == {True, False}
