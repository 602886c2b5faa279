"""The plan of a rotation: a password in the other slot, and never a moment without one that works."""

from __future__ import annotations

import asyncio
import datetime as dt

from bot import errors, model, ports
from bot.model import Verification
from bot.provision import delivery, holding, names, step, steps, verification
from bot.provision.step import Plan, Step
from bot.provision.work import Done, Failed, Forged, Outcome, Wait, Work

# Wave could not read with the new password, or could not be asked: the old one stays as well.
DOUBTFUL = frozenset({Verification.REFUSED, Verification.UNAVAILABLE})
KEPT = Done({"left": ("old_slot",)})  # both passwords work
_REFUSED = "refused"  # a mark: since when Azure has refused to remove the old password
_JUST_TAKEN = 2  # the version of a credential that was issued, and then taken in hand for the first time


async def check(work: Work) -> Outcome:
    """Check rule, token and Tower, and remember when Tower's credential had changed last.

    After a crash that tells whether Tower may have the new password.
    """
    problem = steps.ruled_out(work)
    if problem:
        return problem
    await work.registry(fresh=True)
    token, found = await _both(work)
    return token if isinstance(token, Failed) else Done({"seen": found.updated})


async def clear(work: Work) -> Outcome:
    """Empty the other slot: from here on, what is in it comes from this request."""
    token, found = await _both(work)
    if isinstance(token, Failed):
        return token
    if _ours_in(work, token, found) is not None:  # done before by a try that the store forgot
        return Done()
    if _newer(work, token, found):
        return _unknown(work)
    await _keep_old(work, token, found)
    return Done()


async def deliver(work: Work) -> Outcome:
    """Mint into the other slot and give that to Tower, unless an earlier try did."""
    why = await work.doubt()
    if why:
        return Forged(why)
    token, found = await _both(work)
    if isinstance(token, Failed):
        return token
    slot = _other(_used(work, token, found))
    before = _delivered_before(work, token, found)
    if before:
        return before
    waits = not _first(work, token)
    # The password of a try that was cut off is known to nobody.
    await _keep_old(work, token, found)
    target = delivery.Target(slot, work.spec.validity_days, delivery.own, lasting=True, waits=waits)
    return delivery.delivered(work, await delivery.hand_over(work, target))


async def undo_deliver(work: Work) -> Outcome:
    """Remove the new password, unless Tower has it: then it stays, and is what the record names.

    Where nobody knows whether Tower has it, both stay.
    """
    slot = work.request.progress.slot
    if slot is not None:
        return Done({"slot": slot}, changed=False)
    registry, read = await work.registry(), work.desk.services.registries.token
    token = await work.outside(read, registry, work.token)
    if token is None:  # revoked meanwhile
        return Done(changed=False)
    try:
        found = await delivery.own(work)
    except errors.Permanent:  # Tower's credential is gone, or names another token: it has neither password
        found = None
    before = _delivered_before(work, token, found) if found else None
    if isinstance(before, Failed):
        return before
    if before:
        return Done(before.update, changed=False)
    try:
        return Done(changed=await _keep_old(work, token, found))
    except errors.NotFound:
        return Done(changed=False)


async def verify(work: Work) -> Outcome:
    """Let Wave read with the new password; while Wave cannot be asked, try again later, for a day.

    A refusal is an answer: it ends the wait, so that another rotation can be asked for.
    """
    seen = await verification.verify(work)
    timing, marks = work.desk.timing, work.request.progress.marks
    last = marks[delivery.DELIVERED] + dt.timedelta(seconds=timing.verify_give_up_s)
    if seen.update["verification"] is not Verification.UNAVAILABLE or work.now() >= last:
        return seen
    return Wait(work.now() + dt.timedelta(seconds=timing.verify_later_s), seen.update)


async def old_slot(work: Work) -> Outcome:
    """Remove the old password, unless nobody knows whether the new one works; what stays is recorded."""
    made, timing, now = work.request.progress, work.desk.timing, work.now()
    if made.verification in DOUBTFUL:
        return KEPT
    if await steps.only_newest(work):
        return Done()
    since = made.marks.get(_REFUSED, now)
    if (now - since).total_seconds() >= timing.remove_give_up_s:
        return KEPT
    return Wait(now + dt.timedelta(seconds=timing.remove_later_s), {"marks": {**made.marks, _REFUSED: since}})


async def _both(work: Work) -> tuple[ports.Token | Failed, ports.TowerCredential]:
    async with asyncio.TaskGroup() as look:
        token = look.create_task(delivery.sound_token(work))
        found = look.create_task(delivery.own(work))
    return token.result(), found.result()


def _used(work: Work, token: ports.Token, found: ports.TowerCredential | None) -> str:
    """Return the slot that Tower used before: the record's, but for a store that lost its last second."""
    filled = {one.slot for one in token.passwords}
    if len(filled) == 1:
        return filled.pop()
    said = names.mark(found.description) if found else None
    if said is None:
        return work.held.slot
    by, slot = said
    return _other(slot) if by == model.short_id(work.request.id) else slot


def _first(work: Work, token: ports.Token) -> bool:
    """Tell whether the other slot has surely never been filled, so that no replica knows it otherwise.

    Any change since the issue, done or failed, has made the record's version another one.
    """
    fresh = work.held.version == _JUST_TAKEN and work.held.slot == model.PASSWORD1
    return fresh and len(token.passwords) == 1 and work.lease.attempts == 1


def _newer(work: Work, token: ports.Token, found: ports.TowerCredential) -> bool:
    """Tell whether the other password may be what Tower has, although the record names this one.

    An older one was left by a rotation that went on; a newer one is of a try whose end is unknown, or
    was made by hand.
    """
    made = {one.slot: one.created or delivery.NEVER for one in token.passwords}
    slot = work.held.slot
    if len(made) < 2 or names.mark(found.description):  # noqa: PLR2004  # a token has two slots
        return False
    return made[slot] <= made[_other(slot)]


def _other(slot: str) -> str:
    return model.PASSWORD2 if slot == model.PASSWORD1 else model.PASSWORD1


async def _keep_old(work: Work, token: ports.Token, found: ports.TowerCredential | None) -> bool:
    """Empty the slot that Tower does not use, if there is anything in it."""
    if len(token.passwords) < 2:  # noqa: PLR2004  # a token has two slots
        return False
    arm = work.desk.services.registries
    await work.outside(arm.keep_only, await work.registry(), work.token, slot=_used(work, token, found))
    return True


def _ours_in(work: Work, token: ports.Token, found: ports.TowerCredential) -> ports.Password | None:
    """Return the password that Tower says it has from this request."""
    return next((one for one in token.passwords if delivery.has_ours(work, found, one.slot)), None)


def _delivered_before(work: Work, token: ports.Token, found: ports.TowerCredential) -> Done | Failed | None:
    """Return what an earlier try did, if Tower took its password although nobody wrote that down.

    None: Tower did not. Failed: nobody knows, so neither password may be touched.
    """
    mine = _ours_in(work, token, found)
    if mine:
        marks = {**work.request.progress.marks, delivery.DELIVERED: work.now()}
        return Done({"slot": mine.slot, "tower_id": found.id, "expires": mine.expires, "marks": marks})
    # That it has not changed is evidence; that it has is none: somebody else may have changed it.
    same = found.updated is not None and found.updated == work.request.progress.seen
    return None if same or len(token.passwords) < 2 else _unknown(work)  # noqa: PLR2004  # slots


def _unknown(work: Work) -> Failed:
    return Failed(
        f"The token {work.token} has two passwords, and nobody knows which of them Tower has. Both were "
        "kept, so pipelines can pull as before.",
        f"Make a new password of the token in Azure and type it into the credential {work.held.name} in "
        "Tower; or revoke the credential and ask for a new one.",
    )


def _left(work: Work) -> str:
    return f"of the two passwords of {step.left_token(work)}, the one that Tower does not use"


PLAN = Plan(
    (
        Step("check", check),
        Step("clear", clear),
        Step("deliver", deliver, undo_deliver, _left, repoints=True),
        Step("caches", steps.caches, otherwise=Done()),
        Step("verify", verify, otherwise=steps.UNSEEN),
        Step("old_slot", old_slot, otherwise=KEPT),
    ),
    finish=holding.rotated,
)
