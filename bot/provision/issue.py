"""The plan of an issue: a scope map, a token, and a credential in Tower, verified through Wave."""

from __future__ import annotations

import asyncio

from bot import ports
from bot.provision import delivery, holding, step, steps, verification
from bot.provision.step import Plan, Step
from bot.provision.work import Done, Failed, Outcome, Work


async def check(work: Work) -> Outcome:
    """Check again what the form checked; from here on, what has this request's names is its own."""
    problem = steps.ruled_out(work)
    if problem:
        return problem
    await work.registry(fresh=True)
    async with asyncio.TaskGroup() as ask:
        answers = [ask.create_task(steps.free_azure(work)), ask.create_task(_tower(work))]
        image = ask.create_task(steps.image(work))
    problems = [one for one in (answer.result() for answer in answers) if one]
    return problems[0] if problems else Done({"image": image.result()})


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


PLAN = Plan(
    (
        Step("check", check),
        Step("scope_map", steps.scope_map, steps.delete_scope_map, step.left_scope_map, held_by="token"),
        Step("token", steps.token, steps.delete_token, step.left_token),
        Step("deliver", delivery.deliver, delivery.undo_deliver, step.left_credential),
        Step("verify", verification.verify, otherwise=steps.UNSEEN),
        Step("settle", steps.settle, otherwise=Done()),
    ),
    finish=holding.made,
)
