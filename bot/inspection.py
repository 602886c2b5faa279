"""What a form says, held against Tower, the registry and the store. Looks; never changes anything."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from bot import errors, forms, hosts, model, ports
from bot.forms import Field

T = TypeVar("T")
PING_TIMEOUT_S = 2.0
AT_ONCE = 16  # questions to one registry
NEEDED_ROLE = "The bot's Tower account needs the role Admin or Owner there."


@dataclass(frozen=True, slots=True)
class Checked:
    """What a form named, as the services describe it, and who holds that host."""

    workspace: model.Workspace
    registry: model.Registry
    held: hosts.Held


@dataclass(frozen=True, slots=True)
class Inspector:
    """Asks every side what a form needs to know before anybody is bothered with a request."""

    store: ports.Store
    registries: ports.Registries
    catalog: ports.Catalog
    tower: ports.Tower
    wildcards: bool = False  # whether `team/*` may be asked for

    async def workspaces(self) -> tuple[model.Workspace, ...]:
        """Return where the bot may write; the repositories' cache fills meanwhile."""
        await self.catalog.warm()
        return await self.tower.workspaces()

    async def search(self, text: str, *, limit: int) -> ports.Found:
        """Find repositories; where allowed, a typed `team/*` is offered on every host that has `team/`."""
        plain = text.strip().lower()
        if not (self.wildcards and plain.endswith("/*")):
            return await self.catalog.search(plain, limit=limit)
        prefix = plain.removesuffix("*").rpartition("://")[2]
        found = await self.catalog.search(prefix, limit=10 * limit)
        folders = dict.fromkeys(
            (one.login_server, prefix.removeprefix(one.login_server + "/"))
            for one in found.matches
            if one.name.startswith(prefix) or one.path.startswith(prefix)
        )
        stars = tuple(ports.Repository(host, folder + "*") for host, folder in folders)
        return ports.Found(stars[:limit], more=len(stars[limit:]), silent=found.silent)

    async def workspace(self, workspace_id: int) -> model.Workspace:
        """Return a workspace where the bot may write; raise BadInput for any other."""
        for fresh in (False, True):
            for workspace in await self.tower.workspaces(fresh=fresh):
                if workspace.id == workspace_id:
                    return workspace
        raise errors.BadInput({Field.WORKSPACE: f"The bot may not write to this workspace. {NEEDED_ROLE}"})

    async def by_key(self, key: str) -> ports.Repository | None:
        """Return the repository whose option value is `key`."""
        host, slash, name = key.partition("/")
        if slash:
            return ports.Repository(host, name)
        known = await self.catalog.search("", limit=10**6)
        return next((one for one in known.matches if forms.option_key(one) == key), None)

    async def holder(self, workspace_id: int, login_server: str) -> hosts.Held:
        """Return who holds a registry's host in a workspace."""
        holder_id = await self.store.holder(model.host_claim(workspace_id, login_server))
        if holder_id is not None:
            return await self._ours(holder_id)
        listed = await self.tower.credentials(workspace_id)
        manual = [one for one in listed if one.registry == login_server]
        if not manual:
            return hosts.Held()
        several = len(manual) > 1
        return hosts.Held(forms.Holder.MANUAL, manual[0].name, tower_id=manual[0].id, several=several)

    async def _ours(self, holder_id: str) -> hosts.Held:
        snapshot, credential = await asyncio.gather(
            self.store.load(holder_id), self.store.credential(holder_id)
        )
        request = snapshot.request if snapshot else None
        name = credential.name if credential else request.spec.name if request else None
        if request is not None and not request.ended:
            return hosts.Held(forms.Holder.OPEN, name, request)
        change = await self.changing(holder_id)
        return hosts.Held(forms.Holder.OURS, name, request, credential, change)

    async def changing(self, credential_id: str, *, word: str = "change") -> model.Request | None:
        """Return the open request that changes (or revokes) a credential."""
        holder = await self.store.holder(f"{word}:{credential_id}")
        snapshot = await self.store.load(holder) if holder else None
        return snapshot.request if snapshot else None

    async def check(self, submission: forms.Submission, found: Mapping[str, str]) -> Checked:
        """Check a form as a whole; `found` holds the problems that its looks alone showed.

        Raises BadInput with every problem together, Refused for what is asked for already, or what
        a silent service raises.
        """
        try:
            return await self._checked(submission, dict(found))
        except ExceptionGroup as several:
            raise several.exceptions[0] from None

    async def ready(self) -> dict[str, str | None]:
        """Ping every part; return None for one that answers, else a sentence."""
        parts: dict[str, _Part] = {"redis": self.store, "azure": self.registries, "tower": self.tower}
        async with asyncio.TaskGroup() as ask:
            pings = {name: ask.create_task(_ping(part)) for name, part in parts.items()}
        return {name: ping.result() for name, ping in pings.items()}

    async def _checked(self, submission: forms.Submission, problems: dict[str, str]) -> Checked:
        chosen = tuple(dict.fromkeys(submission.repositories))
        async with asyncio.TaskGroup() as ask:
            one = ask.create_task(
                _answer(problems, Field.WORKSPACE, self._named_workspace(submission.workspace_id))
            )
            two = ask.create_task(_answer(problems, Field.REPOSITORY, self._registry(chosen)))
        workspace, registry = one.result(), two.result()
        # What matters only if a credential is made, which is known once it is known who holds the host.
        fresh = (Field.NAME.value, Field.VALIDITY.value)
        made = {field: problems.pop(field) for field in fresh if field in problems}
        room: dict[str, str] = {}
        held = None
        async with asyncio.TaskGroup() as ask:
            if workspace and Field.NAME not in made:
                ask.create_task(_answer(made, Field.NAME, self._name(workspace, submission.name)))
            if workspace and registry and Field.REPOSITORY not in problems:
                host = self._host(workspace, chosen)
                held = ask.create_task(_answer(problems, Field.REPOSITORY, host))
                ask.create_task(_answer(room, Field.REPOSITORY, self._room(registry)))
                ask.create_task(_answer(problems, Field.REPOSITORY, self._there(chosen)))
        found = held.result() if held else None
        problems = _together(problems, made, room, kind=found.kind if found else model.Kind.ISSUE)
        if problems or workspace is None or registry is None or found is None:
            raise errors.BadInput(problems)
        return Checked(workspace, registry, found)

    async def _named_workspace(self, workspace_id: int | None) -> model.Workspace | None:
        return None if workspace_id is None else await self.workspace(workspace_id)

    async def _registry(self, chosen: Sequence[ports.Repository]) -> model.Registry | None:
        return await self.registries.registry(chosen[0].login_server) if chosen else None

    async def _name(self, workspace: model.Workspace, name: str) -> None:
        holder = await self.store.holder(model.name_claim(workspace.id, name))
        answer = ports.NameCheck.TAKEN if holder else await self.tower.check_name(workspace.id, name)
        if answer is ports.NameCheck.TAKEN:
            raise errors.BadInput(
                {Field.NAME: f"{workspace.full_name} already has this name. Choose another."}
            )
        if answer is ports.NameCheck.BAD:
            raise errors.BadInput({Field.NAME: "Tower does not take this name. Choose another."})

    async def _host(self, workspace: model.Workspace, chosen: Sequence[ports.Repository]) -> hosts.Held:
        login_server = chosen[0].login_server
        found = await self.holder(workspace.id, login_server)
        if same := found.same(chosen):
            raise hosts.repeated(same)
        if found.credential:
            problem = hosts.unextendable(found, chosen)
        else:
            # One that was made by hand may be adopted, if a rule allows it.
            free = found.holder is forms.Holder.NOBODY or (found.tower_id and not found.several)
            problem = None if free else hosts.told(found, workspace, login_server)
        if problem:
            raise errors.BadInput({Field.REPOSITORY: problem})
        return found

    async def _room(self, registry: model.Registry) -> None:
        room = await self.registries.room(registry)
        if room.used >= room.limit:
            raise errors.BadInput(
                {
                    Field.REPOSITORY: f"The registry {registry.name} has no room for another token: "
                    f"{room.used} of {room.limit} ({registry.sku}). An administrator has to remove some."
                }
            )

    async def _there(self, chosen: Sequence[ports.Repository]) -> None:
        """Raise BadInput unless the registry has each repository; a wildcard may stand for none yet."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def there(one: ports.Repository) -> bool:
            async with turns:
                return one.name.endswith("*") or await self.catalog.exists(one)

        found = await asyncio.gather(*(there(one) for one in chosen))
        missing = [one.path for one, known in zip(chosen, found, strict=True) if not known]
        if missing:
            verb = "is" if len(missing) == 1 else "are"
            raise errors.BadInput({Field.REPOSITORY: f"{hosts.few(missing)} {verb} not in the registry."})


def _together(
    problems: dict[str, str], made: dict[str, str], room: dict[str, str], *, kind: model.Kind
) -> dict[str, str]:
    """Return the problems that matter for a kind, the first one of each field.

    An extension makes no token and no password, and only a new credential gets the name that was typed.
    """
    if kind is model.Kind.EXTEND:
        return problems
    if kind is model.Kind.ADOPT:
        made = {field: problem for field, problem in made.items() if field != Field.NAME}
    return {**room, **problems, **made}


class _Part(Protocol):
    async def ping(self) -> None:
        """Raise unless the part answers."""


async def _ping(part: _Part) -> str | None:
    try:
        async with asyncio.timeout(PING_TIMEOUT_S):
            await part.ping()
    except TimeoutError:
        return "did not answer in time"
    except errors.BotError as error:
        return str(error)
    return None


async def _answer(problems: dict[str, str], field: Field, question: Coroutine[Any, Any, T]) -> T | None:
    """Return the answer; a refusal becomes the problem of its field, the first one of a field stays."""
    try:
        return await question
    except errors.BadInput as error:
        for name, problem in error.problems.items():
            problems.setdefault(name, problem)
    except errors.Permanent as error:
        problems.setdefault(field, f"{error} {error.remedy}" if error.remedy else str(error))
    return None
