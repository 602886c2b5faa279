"""The one step that knows a password: minted, handed to Tower, forgotten."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from bot import errors, model, ports
from bot.provision import names
from bot.provision.work import Done, Failed, Forged, Outcome, Retry, Trouble, Work

DELIVERED = "delivered"  # a mark: since when Tower has the credential
ORPHAN = "orphan"  # a mark: the other slot holds the password of a try that did not finish
NEVER = dt.datetime.min.replace(tzinfo=dt.UTC)

Find = Callable[[Work], Awaitable[ports.TowerCredential | None]]


@dataclass(frozen=True, slots=True)
class Target:
    """Where a password goes: a slot, and what `find` finds in Tower; nothing found means a new one.

    `find` raises Permanent where Tower must not be given anything. `lasting`: what Tower has taken
    cannot be taken back, so that it is looked up even behind a refusal. `waits`: the slot was used
    before, so that the registry's replicas may know its old password for a while.
    """

    slot: str
    days: int | None
    find: Find
    lasting: bool = False
    waits: bool = False


async def deliver(work: Work) -> Outcome:
    """Mint a password and hand it to Tower, after checking once more that somebody decided this."""
    why = await work.doubt()
    if why:
        return Forged(why)
    async with asyncio.TaskGroup() as look:
        look.create_task(ours(work))
        read = look.create_task(sound_token(work))
    token = read.result()
    if isinstance(token, Failed):
        return token
    slot = choose(token.passwords)
    outcome = await hand_over(work, Target(slot, work.spec.validity_days, ours))
    orphan = any(one.slot != slot for one in token.passwords)
    return delivered(work, outcome, orphan=orphan)


def delivered(work: Work, outcome: Outcome, *, orphan: bool = False) -> Outcome:
    """Add to a delivery that went well since when Tower has the password."""
    if not isinstance(outcome, Done):
        return outcome
    begun = {mark: work.now() for mark in ((DELIVERED, ORPHAN) if orphan else (DELIVERED,))}
    return Done({**outcome.update, "marks": {**work.request.progress.marks, **begun}})


async def sound_token(work: Work) -> ports.Token | Failed:
    """Return the token, if it is as we made it: only then is it trusted with a password."""
    registry, read = await work.registry(), work.desk.services.registries.token
    token = await work.outside(read, registry, work.token)
    if token is not None and token.scope_map == work.scope_map and token.enabled:
        return token
    return Failed(
        f"The token {work.token} in {registry.name} was changed or removed by somebody else.",
        "The activity log of the registry in Azure tells who it was.",
    )


def choose(passwords: Sequence[ports.Password]) -> str:
    """Return the slot to mint into: an empty one, whose password works at once, else the older one."""
    filled = {one.slot: one.created or NEVER for one in passwords}
    for slot in (model.PASSWORD1, model.PASSWORD2):
        if slot not in filled:
            return slot
    return min(filled, key=lambda slot: filled[slot])


async def hand_over(work: Work, target: Target) -> Outcome:
    """Mint into a slot and give it to Tower.

    The password lives in this function. If Tower does not take it in time it dies here, and
    another try mints another one.
    """
    timing, mint = work.desk.timing, work.desk.services.registries.mint
    expires = work.now() + dt.timedelta(days=target.days) if target.days else None
    minted = await work.outside(mint, await work.registry(), work.token, slot=target.slot, expires=expires)
    if target.waits and (trouble := await _replicated(work)):
        return trouble
    until = work.now() + dt.timedelta(seconds=timing.deliver_window_s)
    made = {"slot": target.slot, "expires": minted.expires or expires}
    puzzled, first = False, None
    while True:
        pause = 0.0
        try:
            # Right before each try: somebody may have added a credential while a password was made.
            known = await target.find(work)
            first = first or known
            return Done({**made, "tower_id": await _give(work, minted, known)})
        except errors.Temporary as error:
            pause = max(timing.deliver_step_s, error.retry_after_s or 0.0)
            if work.now() + dt.timedelta(seconds=pause) > until:
                return _late(work, error)
        except errors.Permanent as error:
            if first and target.lasting and await _taken(work, target, first):
                return Done({**made, "tower_id": first.id})
            if puzzled or not isinstance(error, errors.AlreadyThere | errors.NotFound):
                raise
            puzzled = True  # where two looks were wrong, it is about somebody else's credential
        await work.desk.clock.sleep(pause)


async def _give(work: Work, minted: ports.Minted, known: ports.TowerCredential | None) -> str:
    """Create the credential, or update the one that is there; return its id."""
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
        known.id,
        name=known.name,  # as it is called there by now
        registry=spec.login_server,
        user=minted.user,
        password=minted.password,
        description=names.marked(known.description, work.request, minted.slot),
    )
    return known.id


async def _replicated(work: Work) -> Trouble | None:
    """Wait until every replica knows a regenerated password; return why it is not needed any more."""
    timing = work.desk.timing
    over = work.now() + dt.timedelta(seconds=timing.replicated_s)
    while (left := (over - work.now()).total_seconds()) > 0.0:
        await work.desk.clock.sleep(min(left, timing.deliver_step_s))
        await work.lease.confirm()
    return await work.ours()


def has_ours(work: Work, found: ports.TowerCredential, slot: str) -> bool:
    """Tell whether Tower has what this request minted into a slot: its word came with the password."""
    return names.mark(found.description) == (model.short_id(work.request.id), slot)


async def _taken(work: Work, target: Target, before: ports.TowerCredential) -> bool:
    """Tell whether Tower took what it was given, now or a moment ago, although it answered an error."""
    now = await target.find(work)
    if now is None or now.user != work.token:
        return False
    # When it changed is no evidence: an administrator may have edited it meanwhile.
    return before.user != now.user or has_ours(work, now, target.slot)


def _late(work: Work, error: errors.Temporary) -> Outcome:
    if not isinstance(error, errors.NotYet):
        return Retry(str(error), error.remedy, error.retry_after_s)
    return Failed(
        f"Tower could not log in to {work.spec.login_server} with the new password for two minutes.",
        error.remedy
        or f"Make sure that Tower and Wave can reach {work.spec.login_server}: look at its firewall rules.",
    )


async def ours(work: Work) -> ports.TowerCredential | None:
    """Return this work's own credential in Tower, if it is there.

    Raises Permanent if the workspace has one for this host from anybody else: Wave picks by host
    alone (seqeralabs/wave, CredentialServiceImpl.findRegistryCreds), so two would fail silently.
    """
    mine, others = await _listed(work)
    if others:
        raise _second(work)
    return mine


async def own(work: Work, *, alone: bool = False) -> ports.TowerCredential:
    """Return the credential that is changed; raise Permanent if it is gone or points elsewhere by now.

    What an administrator made of it is not ours to change. With `alone`, raises as `ours` does.
    """
    mine, others = await _listed(work)
    if alone and others:
        raise _second(work)
    if mine is not None and is_for(mine, work.spec.login_server) and mine.user == work.token:
        return mine
    raise errors.Permanent(
        f"The credential {work.spec.name} in {work.spec.workspace.full_name} was changed or removed in Tower "
        "by somebody else.",
        service="Tower",
        remedy="Revoke it with the bot and ask for a new one.",
    )


def _second(work: Work) -> errors.Permanent:
    return errors.Permanent(
        f"{work.spec.workspace.full_name} already has a credential for {work.spec.login_server} that "
        "the bot did not make. Wave would use only one of the two.",
        service="Tower",
        remedy="Remove that credential in Tower if it is not needed.",
    )


async def rival(work: Work) -> str | None:
    """Return the name of somebody else's credential for this host, with which Wave may have logged in."""
    _, others = await _listed(work)
    return others[0].name if others else None


async def _listed(work: Work) -> tuple[ports.TowerCredential | None, list[ports.TowerCredential]]:
    """Return what is this work's own in Tower, and what others have there for the same host."""
    listed = await work.outside(work.desk.services.tower.credentials, work.spec.workspace.id)
    mine = next((one for one in listed if _is_own(one, work)), None)
    host = work.spec.login_server
    return mine, [one for one in listed if is_for(one, host) and not _is_own(one, work)]


async def undo_deliver(work: Work) -> Outcome:
    """Take the credential out of Tower, if an attempt to deliver it got that far."""
    workspace = work.spec.workspace.id
    listed = await work.outside(work.desk.services.tower.credentials, workspace)
    made = [one.id for one in listed if _is_own(one, work)]
    for one in made:
        await work.outside(work.desk.services.tower.delete, workspace, one)
    return Done(changed=bool(made))


def is_for(one: ports.TowerCredential, login_server: str) -> bool:
    """Tell whether a credential is for a registry."""
    return one.registry is not None and one.registry.lower() == login_server


def _is_own(one: ports.TowerCredential, work: Work) -> bool:
    """Tell whether a credential is this work's: by its id, or for a new one by its token's name."""
    spec = work.spec
    known = spec.tower_id if work.fresh else work.held.tower_id
    if known is not None:
        return one.id == known
    return is_for(one, spec.login_server) and (one.name, one.user) == (spec.name, work.token)
