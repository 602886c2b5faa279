"""Azure: the identity, the registries that are served, and each one's role, room and doors."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

from bot import errors, model, ports
from bot.doctor import patient, reading, report

AREA = "azure"
PROVIDER = "Microsoft.ContainerRegistry/registries"
# What docs/azure-role.json gives, and the bot uses.
ACTIONS = tuple(
    f"{PROVIDER}/{action}"
    for action in (
        "read",
        "operationStatuses/read",
        "generateCredentials/action",
        "scopeMaps/read",
        "scopeMaps/write",
        "scopeMaps/delete",
        "scopeMaps/operationStatuses/read",
        "tokens/read",
        "tokens/write",
        "tokens/delete",
        "tokens/operationStatuses/read",
    )
)
CROWDED = 0.8  # share of a tier's limit from which there is a warning

CONTENT = "content"

Line = report.Line
_Ask = Callable[[ports.AzureProbe, model.Registry], Awaitable[Line]]


async def check_identity(of: patient.Patient) -> Iterable[Line]:
    """Does the bot's identity obtain a token?"""
    await reading.bounded(of.probes.azure.token(), of=patient.AZURE)
    return [report.ok(AREA, "identity", f"obtains tokens ({of.setup.identity})")]


async def check_registries(of: patient.Patient) -> Iterable[Line]:
    """Which registries are served, and is each in order?"""
    found = sorted(await of.registries.get(), key=lambda one: one.name)
    asked = await asyncio.gather(*(_registry(of.probes.azure, one) for one in found))
    return [*judge_registries(found, of.setup.registries), *(line for lines in asked for line in lines)]


def judge_registries(found: Sequence[model.Registry], named: Sequence[str]) -> list[Line]:
    """Hold the registries that are visible against those that the settings name."""
    there = {one.login_server for one in found}
    missing = [
        report.failure(
            AREA,
            f"registry {host}",
            "named in REGISTRY_BOT_REGISTRIES, and not there, or not visible to the bot's identity",
            "Correct it to the login server that the portal shows, or assign the bot's role on it; "
            "check AZURE_SUBSCRIPTION_ID and AZURE_RESOURCE_GROUP.",
        )
        for host in named
        if host not in there
    ]
    if not found and not missing:
        change = "Assign the bot's role (docs/azure-role.json) on each registry: Access control (IAM)."
        return [report.failure(AREA, "registries", "The bot's identity sees no registry.", change)]
    return [report.ok(AREA, "registries", f"{len(found)} visible"), *missing] if found else missing


async def _registry(probe: ports.AzureProbe, one: model.Registry) -> list[Line]:
    """Ask everything about one registry at once; what one question meets is its own line."""
    lines = await asyncio.gather(*(_asked(name, ask, probe, one) for name, ask in _QUESTIONS.items()))
    return [*lines, judge_anonymous(one), judge_network(one)]


async def _asked(name: str, ask: _Ask, probe: ports.AzureProbe, one: model.Registry) -> Line:
    try:
        return await reading.bounded(ask(probe, one), of=_of(name, one))
    except errors.ServiceError as error:
        return report.trouble(AREA, f"{one.name} {name}", error)


def _of(name: str, one: model.Registry) -> str:
    """Return who is asked: the registry itself for its content, else Resource Manager."""
    return one.login_server if name == CONTENT else patient.AZURE


async def _role(probe: ports.AzureProbe, one: model.Registry) -> Line:
    try:
        return judge_role(one, await probe.grants(one))
    except (errors.Forbidden, errors.NotFound) as error:
        return report.warning(
            AREA,
            f"{one.name} role",
            f"What the bot may write could not be checked without writing: {error}",
            "Compare the identity's role on the registry with docs/azure-role.json: Access control (IAM). "
            f"{error.remedy or ''}".strip(),
        )


def judge_role(one: model.Registry, grants: Sequence[ports.Grant]) -> Line:
    """Hold what the identity may do against what the bot does."""
    missing = [action for action in ACTIONS if not any(_gives(grant, action) for grant in grants)]
    if not missing:
        return report.ok(AREA, f"{one.name} role", f"has the {len(ACTIONS)} actions that the bot uses")
    short = ", ".join(action.removeprefix(f"{PROVIDER}/") for action in missing)
    change = f"Assign the role of docs/azure-role.json on {one.name}: Access control (IAM)."
    return report.failure(AREA, f"{one.name} role", f"missing of {PROVIDER}: {short}", change)


def _gives(grant: ports.Grant, action: str) -> bool:
    """Tell whether a grant has an action: patterns in any case, with * for anything."""
    given = any(_takes(pattern, action) for pattern in grant.actions)
    return given and not any(_takes(pattern, action) for pattern in grant.not_actions)


def _takes(pattern: str, action: str) -> bool:
    wanted = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(wanted, action, re.IGNORECASE) is not None


async def _content(probe: ports.AzureProbe, one: model.Registry) -> Line:
    return judge_content(one, await probe.content(one))


def judge_content(one: model.Registry, listed: int) -> Line:
    """Tell what can be listed, and in which mode the registry is."""
    mode = "ABAC mode" if one.abac else "legacy mode"
    what = "repositories and tags can be listed" if listed else "can be listed, and is empty"
    return report.ok(AREA, f"{one.name} {CONTENT}", f"{what} ({mode})")


async def _room(probe: ports.AzureProbe, one: model.Registry) -> Line:
    return judge_room(one, await probe.room(one))


def judge_room(one: model.Registry, room: ports.Room) -> Line:
    """Hold the tokens and scope maps against the tier's limit."""
    name, seen = f"{one.name} room", f"{room.used} of {room.limit} tokens or scope maps ({one.sku})"
    change = "Remove tokens and scope maps that nobody uses, or move the registry to a higher tier."
    if room.used >= room.limit:
        return report.failure(AREA, name, f"full: {seen}", change)
    if room.used > CROWDED * room.limit:
        return report.warning(AREA, name, f"nearly full: {seen}", change)
    return report.ok(AREA, name, seen)


def judge_anonymous(one: model.Registry) -> Line:
    """Judge anonymous pull."""
    if not one.anonymous_pull:
        return report.ok(AREA, f"{one.name} anonymous pull", "off")
    return report.warning(
        AREA,
        f"{one.name} anonymous pull",
        "on: everybody can read it, so that Wave's reading proves nothing and results say “not verified”",
        "If that is not meant: az acr update --anonymous-pull-enabled false.",
    )


def judge_network(one: model.Registry) -> Line:
    """Judge whether a Wave on the internet can reach the registry."""
    if one.public:
        return report.ok(AREA, f"{one.name} network", "reachable from everywhere")
    return report.warning(
        AREA,
        f"{one.name} network",
        "public access is off or limited to some networks: the hosted Wave cannot read it",
        "Open it for Wave in the portal (Networking), or use a Wave of your own that reaches it.",
    )


_QUESTIONS: Mapping[str, _Ask] = {"role": _role, CONTENT: _content, "room": _room}
