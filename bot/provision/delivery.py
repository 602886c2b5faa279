"""The one step that knows a password: minted, handed to Tower, forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Sequence

from bot import errors, model, ports
from bot.provision import names
from bot.provision.work import Done, Failed, Forged, Outcome, Retry, Work

DELIVERED = "delivered"  # a mark: since when Tower has the credential
ORPHAN = "orphan"  # a mark: the other slot holds the password of a try that did not finish
_NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)


async def deliver(work: Work) -> Outcome:
    """Mint a password and hand it to Tower, after checking once more that somebody decided this."""
    why = await work.doubt()
    if why:
        return Forged(why)
    registry, name = await work.registry(), names.token(work.request)
    async with asyncio.TaskGroup() as look:
        look.create_task(ours(work))
        read = look.create_task(work.outside(work.desk.services.registries.token, registry, name))
    token = read.result()
    if token is None or token.scope_map != name or not token.enabled:
        return Failed(
            f"The token {name} in {registry.name} was changed by somebody else while the bot worked on it.",
            "The activity log of the registry in Azure tells who it was.",
        )
    slot = choose(token.passwords)
    outcome = await _mint_and_give(work, slot)
    if not isinstance(outcome, Done):
        return outcome
    orphan = any(one.slot != slot for one in token.passwords)
    begun = {mark: work.now() for mark in ((DELIVERED, ORPHAN) if orphan else (DELIVERED,))}
    return Done({**outcome.update, "marks": {**work.request.progress.marks, **begun}})


def choose(passwords: Sequence[ports.Password]) -> str:
    """Return the slot to mint into: an empty one, whose password works at once, else the older one."""
    filled = {one.slot: one.created or _NEVER for one in passwords}
    for slot in (model.PASSWORD1, model.PASSWORD2):
        if slot not in filled:
            return slot
    return min(filled, key=lambda slot: filled[slot])


async def _mint_and_give(work: Work, slot: str) -> Outcome:
    """Mint into `slot` and give it to Tower: to the credential of an earlier try, else to a new one.

    The password lives in this function. If Tower does not take it in time it dies here, and
    another try mints another one.
    """
    timing, days = work.desk.timing, work.spec.validity_days
    expires = work.now() + dt.timedelta(days=days) if days else None
    mint, name = work.desk.services.registries.mint, names.token(work.request)
    minted = await work.outside(mint, await work.registry(), name, slot=slot, expires=expires)
    until = work.now() + dt.timedelta(seconds=timing.deliver_window_s)
    puzzled = False
    while True:
        pause = 0.0
        try:
            # Right before each try: somebody may have added a credential while a password was made.
            given = await _give(work, minted, await ours(work))
            return Done({"slot": slot, "tower_id": given, "expires": minted.expires or expires})
        except errors.Temporary as error:
            pause = max(timing.deliver_step_s, error.retry_after_s or 0.0)
            if work.now() + dt.timedelta(seconds=pause) > until:
                return _late(work, error)
        except (errors.AlreadyThere, errors.NotFound):
            if puzzled:  # two looks were wrong: this is about somebody else's credential
                raise
            puzzled = True
        await work.desk.clock.sleep(pause)


async def _give(work: Work, minted: ports.Minted, known: str | None) -> str:
    """Create the credential, or update the one that an earlier try made; return its id."""
    tower, spec = work.desk.services.tower, work.spec
    if known is None:
        return await work.outside(
            tower.create,
            spec.workspace.id,
            name=spec.name,
            registry=spec.login_server,
            user=minted.user,
            password=minted.password,
        )
    await work.outside(
        tower.update,
        spec.workspace.id,
        known,
        name=spec.name,
        registry=spec.login_server,
        user=minted.user,
        password=minted.password,
    )
    return known


def _late(work: Work, error: errors.Temporary) -> Outcome:
    if not isinstance(error, errors.NotYet):
        return Retry(str(error), error.remedy, error.retry_after_s)
    return Failed(
        f"Tower could not log in to {work.spec.login_server} with the new password for two minutes.",
        error.remedy
        or f"Make sure that Tower and Wave can reach {work.spec.login_server}: look at its firewall rules.",
    )


async def ours(work: Work) -> str | None:
    """Return the id of this request's own credential in Tower, if it is there.

    Raises Permanent if the workspace has one for this host from anybody else: Wave picks by host
    alone (seqeralabs/wave, CredentialServiceImpl.findRegistryCreds), so two would fail silently.
    """
    listed = await work.outside(work.desk.services.tower.credentials, work.spec.workspace.id)
    if any(_is_for(one, work.spec.login_server) and not _is_own(one, work.request) for one in listed):
        raise errors.Permanent(
            f"{work.spec.workspace.full_name} already has a credential for {work.spec.login_server} that "
            "the bot did not make. Wave would use only one of the two.",
            service="Tower",
            remedy="Remove that credential in Tower if it is not needed.",
        )
    return next((one.id for one in listed if _is_own(one, work.request)), None)


async def rival(work: Work) -> str | None:
    """Return the name of somebody else's credential for this host, with which Wave may have logged in."""
    listed = await work.outside(work.desk.services.tower.credentials, work.spec.workspace.id)
    others = (
        one for one in listed if _is_for(one, work.spec.login_server) and not _is_own(one, work.request)
    )
    return next((one.name for one in others), None)


async def undo_deliver(work: Work) -> Outcome:
    """Take the credential out of Tower, if an attempt to deliver it got that far."""
    workspace = work.spec.workspace.id
    listed = await work.outside(work.desk.services.tower.credentials, workspace)
    own = [one.id for one in listed if _is_own(one, work.request)]
    for one in own:
        await work.outside(work.desk.services.tower.delete, workspace, one)
    return Done(changed=bool(own))


def _is_for(one: ports.TowerCredential, login_server: str) -> bool:
    return one.registry is not None and one.registry.lower() == login_server


def _is_own(one: ports.TowerCredential, request: model.Request) -> bool:
    """Tell whether a credential is what this request made: nobody else has its token's name."""
    spec = request.spec
    return _is_for(one, spec.login_server) and (one.name, one.user) == (spec.name, names.token(request))
