"""The plan of an adoption: a credential made by hand gets a token of ours; its id and name stay."""

from __future__ import annotations

import asyncio

from bot import errors, ports
from bot.provision import delivery, holding, step, steps, verification
from bot.provision.step import Plan, Step
from bot.provision.work import Done, Failed, Forged, Outcome, Work


async def check(work: Work) -> Outcome:
    """Check again what the form checked, and that what is adopted is still what was shown."""
    problem = steps.ruled_out(work)
    if problem:
        return problem
    await work.registry(fresh=True)
    async with asyncio.TaskGroup() as ask:
        azure = ask.create_task(steps.free_azure(work))
        tower = ask.create_task(theirs(work))
        image = ask.create_task(steps.image(work))
    if tower.result().name != work.spec.name:
        return Failed(holding.CHANGED)
    return azure.result() or Done({"image": image.result(), "seen": tower.result().updated})


async def theirs(work: Work) -> ports.TowerCredential:
    """Return the credential that is adopted; raise Permanent if it is gone or not the only one."""
    found = await delivery.ours(work)
    if found is None or not delivery.is_for(found, work.spec.login_server):
        raise errors.Permanent(
            f"The credential {work.spec.name} in {work.spec.workspace.full_name} was changed or removed in "
            "Tower meanwhile. Please ask again.",
            service="Tower",
        )
    return found


async def deliver(work: Work) -> Outcome:
    """Mint a password and put it into the credential in place of what somebody typed there."""
    why = await work.doubt()
    if why:
        return Forged(why)
    async with asyncio.TaskGroup() as look:
        found = look.create_task(theirs(work))
        read = look.create_task(delivery.sound_token(work))
    token = read.result()
    if isinstance(token, Failed):
        return token
    if found.result().user == work.token and token.passwords:
        return _delivered_before(work, token, found.result())
    slot = delivery.choose(token.passwords)
    used = any(one.slot == slot for one in token.passwords)
    target = delivery.Target(slot, work.spec.validity_days, theirs, lasting=True, waits=used)
    orphan = any(one.slot != slot for one in token.passwords)
    return delivery.delivered(work, await delivery.hand_over(work, target), orphan=orphan)


def _delivered_before(work: Work, token: ports.Token, found: ports.TowerCredential) -> Outcome:
    """Return what an earlier try did: Tower names our token, so it has one of its passwords."""
    named = [one for one in token.passwords if delivery.has_ours(work, found, one.slot)]
    mine = max(named or token.passwords, key=lambda one: one.created or delivery.NEVER)
    done = Done({"slot": mine.slot, "tower_id": work.spec.tower_id, "expires": mine.expires})
    # Of two, where Tower does not say which one it has, none is removed.
    return delivery.delivered(work, done, orphan=bool(named) and len(token.passwords) > 1)


async def undo_deliver(work: Work) -> Outcome:
    """Make sure that Tower does not name our token: what was typed there before is known to nobody."""
    try:
        found = await theirs(work)
    except errors.Permanent:
        return Done(changed=False)
    if found.user == work.token:
        return Failed("Tower uses the new token already, and what it had before cannot be put back.")
    return Done(changed=False)


def _left(work: Work) -> str:
    return f"{step.left_credential(work)}, which uses the token {work.token} now"


PLAN = Plan(
    (
        Step("check", check),
        Step("scope_map", steps.scope_map, steps.delete_scope_map, step.left_scope_map, held_by="token"),
        Step("token", steps.token, steps.delete_token, step.left_token, held_by="deliver"),
        Step("deliver", deliver, undo_deliver, _left),
        Step("caches", steps.caches, otherwise=Done()),
        Step("verify", verification.verify, otherwise=steps.UNSEEN),
        Step("settle", steps.settle, otherwise=Done()),
    ),
    finish=holding.made,
)
