"""The plan of a rotation: a password in the other slot, and never a moment without one that works."""

from __future__ import annotations

import asyncio
import datetime as dt

from bot import errors, model, ports
from bot.model import Verification
from bot.provision import delivery, holding, step, steps, verification
from bot.provision.step import Plan, Step
from bot.provision.work import Done, Failed, Forged, Outcome, Wait, Work

# Wave could not read with the new password, or could not be asked: the old one stays as well.
DOUBTFUL = frozenset({Verification.REFUSED, Verification.UNAVAILABLE})


async def check(work: Work) -> Outcome:
    """Check rule, token and Tower, and remember when Tower's credential had changed last.

    After a crash that tells whether Tower has the new password.
    """
    problem = steps.ruled_out(work)
    if problem:
        return problem
    await work.registry(fresh=True)
    token, found = await _both(work)
    return token if isinstance(token, Failed) else Done({"seen": found.updated})


async def clear(work: Work) -> Outcome:
    """Empty the other slot: from here on, what is in it comes from this request."""
    token = await delivery.sound_token(work)
    if isinstance(token, Failed):
        return token
    await _keep_old(work, token)
    return Done()


async def deliver(work: Work) -> Outcome:
    """Mint into the other slot and give that to Tower, unless an earlier try did."""
    why = await work.doubt()
    if why:
        return Forged(why)
    token, found = await _both(work)
    if isinstance(token, Failed):
        return token
    slot = _other(_used(work, token))
    before = _delivered_before(work, token, found)
    if before:
        return before
    # The password of a try that was cut off is known to nobody, and a slot that is empty works at once.
    await _keep_old(work, token)
    target = delivery.Target(slot, work.spec.validity_days, delivery.own, lasting=True)
    return delivery.delivered(work, await delivery.hand_over(work, target))


async def undo_deliver(work: Work) -> Outcome:
    """Remove the new password, unless Tower has it: then it stays, and is what the record names."""
    slot = work.request.progress.slot
    if slot is not None:
        return Done({"slot": slot}, changed=False)
    registry, read = await work.registry(), work.desk.services.registries.token
    token = await work.outside(read, registry, work.token)
    if token is None:  # revoked meanwhile
        return Done(changed=False)
    before = await _kept(work, token)
    if before:
        return Done(before.update, changed=False)
    try:
        return Done(changed=await _keep_old(work, token))
    except errors.NotFound:
        return Done(changed=False)


async def _kept(work: Work, token: ports.Token) -> Done | None:
    try:
        found = await delivery.own(work)
    except errors.Permanent:  # Tower's credential is gone, or names another token: it has neither password
        return None
    return _delivered_before(work, token, found)


async def verify(work: Work) -> Outcome:
    """Let Wave read with the new password; while it cannot, try again later, for a day."""
    seen = await verification.verify(work)
    timing, marks = work.desk.timing, work.request.progress.marks
    last = marks[delivery.DELIVERED] + dt.timedelta(seconds=timing.verify_give_up_s)
    if seen.update["verification"] not in DOUBTFUL or work.now() >= last:
        return seen
    return Wait(work.now() + dt.timedelta(seconds=timing.verify_later_s), seen.update)


async def old_slot(work: Work) -> Outcome:
    """Remove the old password, unless nobody knows whether the new one works."""
    if work.request.progress.verification not in DOUBTFUL:
        await steps.only_newest(work)
    return Done()


async def _both(work: Work) -> tuple[ports.Token | Failed, ports.TowerCredential]:
    async with asyncio.TaskGroup() as look:
        token = look.create_task(delivery.sound_token(work))
        found = look.create_task(delivery.own(work))
    return token.result(), found.result()


def _used(work: Work, token: ports.Token) -> str:
    """Return the slot that Tower uses: the record's, but for a store that lost its last second."""
    filled = {one.slot for one in token.passwords}
    return filled.pop() if len(filled) == 1 else work.held.slot


def _other(slot: str) -> str:
    return model.PASSWORD2 if slot == model.PASSWORD1 else model.PASSWORD1


async def _keep_old(work: Work, token: ports.Token) -> bool:
    """Empty the slot that Tower does not use, if there is anything in it."""
    if len(token.passwords) < 2:  # noqa: PLR2004  # a token has two slots
        return False
    arm = work.desk.services.registries
    await work.outside(arm.keep_only, await work.registry(), work.token, slot=_used(work, token))
    return True


def _delivered_before(work: Work, token: ports.Token, found: ports.TowerCredential) -> Done | None:
    """Return what an earlier try did, if Tower took its password although nobody wrote that down."""
    slot = _other(_used(work, token))
    mine = next((one for one in token.passwords if one.slot == slot), None)
    if mine is None or found.updated == work.request.progress.seen:
        return None
    marks = {**work.request.progress.marks, delivery.DELIVERED: work.now()}
    return Done({"slot": slot, "tower_id": found.id, "expires": mine.expires, "marks": marks})


def _left(work: Work) -> str:
    return f"the password in {_other(work.held.slot)} of {step.left_token(work)}"


PLAN = Plan(
    (
        Step("check", check),
        Step("clear", clear),
        Step("deliver", deliver, undo_deliver, _left, repoints=True),
        Step("caches", steps.caches, otherwise=Done()),
        Step("verify", verify, otherwise=steps.UNSEEN),
        Step("old_slot", old_slot, otherwise=Done()),
    ),
    finish=holding.rotated,
)
