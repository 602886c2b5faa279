"""The steps of an issue, in order. Each looks before it writes, so that it can run again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import structlog

from bot import errors, model, ports
from bot.model import Verification
from bot.provision import delivery, names, verification
from bot.provision.work import Done, Failed, Outcome, Work

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `leaves` names what stays behind when `undo` cannot finish.

    What `held_by` names has to be taken back first: Azure keeps a scope map that a token uses.
    `otherwise` is for a step that must not fail a request: its outcome when tries are used up.
    """

    name: str
    run: Callable[[Work], Awaitable[Outcome]]
    undo: Callable[[Work], Awaitable[Outcome]] | None = None
    leaves: Callable[[model.Request], str] | None = None
    otherwise: Done | None = None
    held_by: str | None = None


async def check(work: Work) -> Outcome:
    """Check again what the form checked; from here on, what has this request's names is its own."""
    problem = _ruled_out(work)
    if problem:
        return problem
    await work.registry(fresh=True)
    async with asyncio.TaskGroup() as ask:
        answers = [ask.create_task(_azure(work)), ask.create_task(_tower(work))]
        image = ask.create_task(_image(work))
    problems = [one for one in (answer.result() for answer in answers) if one]
    return problems[0] if problems else Done({"image": image.result()})


def _ruled_out(work: Work) -> Failed | None:
    rule = work.desk.policy().rule(work.request.rule)
    if rule is None or rule.version != work.request.rule_version:
        return Failed("The rules for this request have changed since it was made. Please ask again.")
    return None


async def _azure(work: Work) -> Failed | None:
    arm, name = work.desk.services.registries, names.token(work.request)
    registry = await work.registry()
    async with asyncio.TaskGroup() as ask:
        room = ask.create_task(work.outside(arm.room, registry))
        token = ask.create_task(work.outside(arm.token, registry, name))
        scope_map = ask.create_task(work.outside(arm.scope_map, registry, name))
    taken = _taken(work.request, token.result(), scope_map.result())
    if taken:
        return Failed(
            f"{registry.name} already has a {taken} named {name} that this request did not make.",
            f"Remove the {taken} {name} from {registry.name} if nothing uses it.",
        )
    if token.result() is None and room.result().used >= room.result().limit:
        return Failed(
            f"The registry {registry.name} has no room for another token.",
            f"Remove tokens that are not used, or choose a higher tier than {registry.sku}: "
            f"{room.result().used} of {room.result().limit} are there.",
        )
    return None


def _taken(request: model.Request, token: ports.Token | None, scope_map: ports.ScopeMap | None) -> str | None:
    """Return what stands under our name and is not as we make it.

    What is exactly so is ours: a store that lost its last second forgets that we made it.
    """
    if scope_map and tuple(sorted(scope_map.actions)) != names.actions(request):
        return "scope map"
    if token and token.scope_map != names.token(request):
        return "token"
    return None


async def _tower(work: Work) -> Failed | None:
    tower, spec = work.desk.services.tower, work.spec
    async with asyncio.TaskGroup() as ask:
        own = ask.create_task(delivery.ours(work))
        name = ask.create_task(work.outside(tower.check_name, spec.workspace.id, spec.name))
    if own.result() is None and name.result() is ports.NameCheck.TAKEN:
        return Failed(
            f"{spec.workspace.full_name} got another credential named {spec.name} in the meantime. "
            "Please ask again with another name."
        )
    if name.result() is ports.NameCheck.BAD:
        return Failed(f"Tower does not take the name {spec.name}. Please ask again with another one.")
    return None


async def _image(work: Work) -> str | None:
    """Find what Wave can read later, while others are asked anyway."""
    registry = await work.registry()
    if registry.anonymous_pull or not registry.public:
        return None
    try:
        return await verification.newest_image(work, work.spec.repositories[0])
    except errors.ServiceError:
        return None  # asked again when it is needed


async def scope_map(work: Work) -> Outcome:
    """Make the scope map with content/read on each repository."""
    arm, name = work.desk.services.registries, names.token(work.request)
    registry = await work.registry()
    found = await work.outside(arm.scope_map, registry, name)
    if found is None or tuple(sorted(found.actions)) != names.actions(work.request):
        await work.outside(arm.put_scope_map, registry, name, work.spec.repositories)
    return Done({"scope_map": name})


async def undo_scope_map(work: Work) -> Outcome:
    """Delete the scope map, if there is one."""
    arm, name = work.desk.services.registries, names.token(work.request)
    registry = await work.registry()
    if await work.outside(arm.scope_map, registry, name) is None:
        return Done(changed=False)
    await work.outside(arm.delete_scope_map, registry, name)
    return Done()


async def token(work: Work) -> Outcome:
    """Make the token, enabled and bound to the scope map."""
    name = names.token(work.request)
    if await _has_token(work):
        return Done({"token": name})
    try:
        await work.outside(work.desk.services.registries.put_token, await work.registry(), name, name)
    except errors.AlreadyThere:
        # A token that is being made answers 409 to another PUT (Azure/ARO-RP, pkg/util/acrtoken).
        if not await _has_token(work):
            raise
    return Done({"token": name})


async def _has_token(work: Work) -> bool:
    name = names.token(work.request)
    found = await work.outside(work.desk.services.registries.token, await work.registry(), name)
    return found is not None and found.enabled and found.scope_map == name


async def undo_token(work: Work) -> Outcome:
    """Delete the token, if there is one; its passwords die with it."""
    arm, name = work.desk.services.registries, names.token(work.request)
    registry = await work.registry()
    if await work.outside(arm.token, registry, name) is None:
        return Done(changed=False)
    await work.outside(arm.delete_token, registry, name)
    return Done()


async def settle(work: Work) -> Outcome:
    """Remove the password of a try that did not finish; what is written down comes from the saga."""
    made = work.request.progress
    if delivery.ORPHAN not in made.marks or made.slot is None:
        return Done()
    arm, name = work.desk.services.registries, names.token(work.request)
    try:
        await work.outside(arm.keep_only, await work.registry(), name, slot=made.slot)
    except errors.Permanent as error:
        # Nobody knows that password, so a credential that works is not given up for it.
        log.warning("unused password left", request_id=work.request.id, token=name, error=str(error))
    return Done()


def credential(work: Work) -> model.Credential:
    """Return what exists now that every step is done."""
    request, made, now = work.request, work.request.progress, work.now()
    return model.Credential(
        id=request.id,
        name=request.spec.name,
        workspace=request.spec.workspace,
        login_server=request.spec.login_server,
        repositories=request.spec.repositories,
        token=names.token(request),
        scope_map=names.token(request),
        slot=made.slot or model.PASSWORD1,
        tower_id=made.tower_id or "",
        owner=request.requester,
        created=now,
        expires=made.expires,
        verified=now if made.verification is Verification.VERIFIED else None,
    )


def _left_token(request: model.Request) -> str:
    return f"the token {names.token(request)} in {request.spec.login_server}"


def _left_scope_map(request: model.Request) -> str:
    return f"the scope map {names.token(request)} in {request.spec.login_server}"


def _left_credential(request: model.Request) -> str:
    return f"the credential {request.spec.name} in Tower's workspace {request.spec.workspace.full_name}"


UNSEEN = Done(
    {"verification": Verification.UNAVAILABLE, "detail": "The check was interrupted too often."},
)
ISSUE = (
    Step("check", check),
    Step("scope_map", scope_map, undo_scope_map, _left_scope_map, held_by="token"),
    Step("token", token, undo_token, _left_token),
    Step("deliver", delivery.deliver, delivery.undo_deliver, _left_credential),
    Step("verify", verification.verify, otherwise=UNSEEN),
    Step("settle", settle, otherwise=Done()),
)
