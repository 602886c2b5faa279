"""The plan of an extension and of its reverse: another list of repositories, the same password."""

from __future__ import annotations

import asyncio

from bot import errors, model
from bot.provision import delivery, holding, names, steps, verification
from bot.provision.step import Plan, Step
from bot.provision.work import Done, Failed, Outcome, Work


async def check(work: Work) -> Outcome:
    """Check that the rule still says so and, before more is granted, that what is extended is sound."""
    problem = steps.ruled_out(work)
    if problem:
        return problem
    await work.registry(fresh=True)
    if work.spec.kind is model.Kind.NARROW:  # taking away has to work on what is broken, too
        return await _changed(work) or Done()
    async with asyncio.TaskGroup() as ask:
        token = ask.create_task(delivery.sound_token(work))
        changed = ask.create_task(_changed(work))
        ask.create_task(delivery.own(work, alone=True))
    found = token.result()
    return found if isinstance(found, Failed) else changed.result() or Done()


async def _changed(work: Work) -> Failed | None:
    """Return the failure of a request that fits the record and not the scope map.

    Only what is added on purpose may be granted: a record put back from an older time must grant nothing.
    """
    spec = work.spec
    arm, registry = work.desk.services.registries, await work.registry()
    found = await work.outside(arm.scope_map, registry, work.scope_map)
    actions = set(found.actions) if found else set()
    after = set(names.reading(spec.repositories))
    narrows = spec.kind is model.Kind.NARROW
    # What is exactly as approved is ours: a store that lost its last second forgets that we did it.
    if (after <= actions) if narrows else actions in (set(names.reading(spec.before)), after):
        return None
    return Failed(
        f"The scope map {work.scope_map} in {registry.name} does not allow what the bot's record says.",
        "Run `registry-bot reconcile`: it tells what differs.",
    )


async def scope_map(work: Work) -> Outcome:
    """Let the scope map have exactly what was approved."""
    arm, registry = work.desk.services.registries, await work.registry()
    await work.outside(arm.patch_scope_map, registry, work.scope_map, work.spec.repositories)
    begun = {**work.request.progress.marks, verification.SINCE: work.now()}
    return Done({"scope_map": work.scope_map, "marks": begun})


async def undo_scope_map(work: Work) -> Outcome:
    """Let the scope map have again what it had when this was asked for; one that is gone stays gone."""
    arm, registry, before = work.desk.services.registries, await work.registry(), work.spec.before
    found = await work.outside(arm.scope_map, registry, work.scope_map)
    if found is None or tuple(sorted(found.actions)) == names.reading(before):
        return Done(changed=False)
    try:
        await work.outside(arm.patch_scope_map, registry, work.scope_map, before)
    except errors.NotFound:  # the credential is being revoked
        return Done(changed=False)
    return Done()


def _left(work: Work) -> str:
    return f"what this request changed in the scope map {work.scope_map} in {work.spec.login_server}"


PLAN = Plan(
    (
        Step("check", check),
        Step("scope_map", scope_map, undo_scope_map, _left),
        Step("verify", verification.verify, otherwise=steps.UNSEEN),
    ),
    finish=holding.changed,
)
