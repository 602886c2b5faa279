"""Steps that several plans share: what is checked once more, and what is made in Azure."""

from __future__ import annotations

import asyncio
import datetime as dt

import structlog

from bot import errors, model, ports
from bot.model import Verification
from bot.provision import delivery, names, verification
from bot.provision.work import Done, Failed, Outcome, Wait, Work

log = structlog.get_logger()


def ruled_out(work: Work) -> Failed | None:
    """Return the failure of a request whose rule has other terms than those that approved it."""
    rule = work.desk.policy().rule(work.request.rule)
    if rule is None or rule.version != work.request.rule_version:
        return Failed("The rules for this request have changed since it was made. Please ask again.")
    return None


async def free_azure(work: Work) -> Failed | None:
    """Return the failure of a request whose names or room in the registry are taken."""
    arm, name = work.desk.services.registries, work.token
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


async def image(work: Work) -> str | None:
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
    arm, name = work.desk.services.registries, work.scope_map
    registry = await work.registry()
    found = await work.outside(arm.scope_map, registry, name)
    if found is None or tuple(sorted(found.actions)) != names.actions(work.request):
        await work.outside(arm.put_scope_map, registry, name, work.spec.repositories)
    return Done({"scope_map": name})


async def delete_scope_map(work: Work) -> Outcome:
    """Delete the scope map, if there is one."""
    arm, name = work.desk.services.registries, work.scope_map
    registry = await work.registry()
    if await work.outside(arm.scope_map, registry, name) is None:
        return Done(changed=False)
    await work.outside(arm.delete_scope_map, registry, name)
    return Done()


async def token(work: Work) -> Outcome:
    """Make the token, enabled and bound to the scope map."""
    name = work.token
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
    return not isinstance(await delivery.sound_token(work), Failed)


async def delete_token(work: Work) -> Outcome:
    """Delete the token, if there is one; its passwords die with it."""
    arm, name = work.desk.services.registries, work.token
    registry = await work.registry()
    if await work.outside(arm.token, registry, name) is None:
        return Done(changed=False)
    await work.outside(arm.delete_token, registry, name)
    return Done()


async def caches(work: Work) -> Outcome:
    """Wait until whoever had an older password in a cache has asked Tower again."""
    marks = work.request.progress.marks
    over = marks[delivery.DELIVERED] + dt.timedelta(seconds=work.desk.timing.caches_s)
    if work.now() < over:
        return Wait(over)
    return Done({"marks": {**marks, verification.SINCE: work.now()}})


async def only_newest(work: Work) -> bool:
    """Remove every password but the one that Tower has; return False if Azure refuses."""
    slot = work.request.progress.slot
    if slot is None:
        return True
    arm = work.desk.services.registries
    try:
        await work.outside(arm.keep_only, await work.registry(), work.token, slot=slot)
    except errors.Permanent as error:
        # A credential that works is not given up for a password that is not needed any more.
        log.warning("unused password left", request_id=work.request.id, token=work.token, error=str(error))
        return isinstance(error, errors.NotFound)
    return True


async def settle(work: Work) -> Outcome:
    """Remove the password of a try that did not finish; what is written down comes from the saga."""
    if delivery.ORPHAN in work.request.progress.marks and not await only_newest(work):
        return Done({"left": ("settle",)})
    return Done()


UNSEEN = Done(
    {"verification": Verification.UNAVAILABLE, "detail": "The check was interrupted too often."},
)
