"""Asking through the real door: for a credential, and for changes of one that is there."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from bot import audit, model
from bot.sandbox import acme, care, play, process
from bot.sandbox.slack import people
from tests.e2e import inside
from tests.waiting import wait_until

MORE = "genomics/variant-caller"
MORE_TAG = "1.6.1"
DECISIONS = {audit.Event.APPROVED, audit.Event.DENIED, audit.Event.VOTED}
CHANGES: Mapping[str, care.Change] = {"extend": care.EXTEND, "rotate": care.ROTATE, "revoke": care.REVOKE}


async def issue(on: play.Play, who: people.Person, wish: play.Wish, few: asyncio.Semaphore) -> play.Asked:
    """Ask for a new credential in a workspace that is called like it; return the approvers' message."""
    on.world.slack.state.board.join(acme.GENOMICS, who.id)
    async with few:
        await on.open_form(who)
        await who.type(play.NAME, wish.name)
        await _choose_and_send(on, who, wish, _nothing)
    approval = await on.person(acme.BEN).awaits(play.APPROVERS, wish.name, within_s=20)
    return play.Asked(wish, approval, approval)


Moment = Callable[[people.Person], Awaitable[None]]


async def _nothing(_: people.Person) -> None:
    """Do nothing."""


async def change(
    on: play.Play,
    who: people.Person,
    kind: str,
    wish: play.Wish,
    *,
    few: asyncio.Semaphore | None = None,
    last: Moment = _nothing,
) -> play.Asked:
    """Ask for a change of the credential that such a wish made; return the approvers' message.

    `last` is done with the filled window, right before it is sent.
    """
    async with few or asyncio.Semaphore(1):
        if kind == "extend":
            await on.open_form(who)
            await _choose_and_send(on, who, replace(wish, repository=MORE), last)
        else:
            await care.ask(on, CHANGES[kind], wish.name, by=who.id, fill=last)
    approval = await on.open_message(on.person(acme.BEN), play.APPROVERS, wish.name)
    return play.Asked(wish, approval, approval)


async def _choose_and_send(on: play.Play, who: people.Person, wish: play.Wish, last: Moment) -> None:
    workspace = on.world.tower.state.workspaces[wish.workspace].name
    await who.choose(play.WORKSPACE, f"{acme.ORG}/{workspace}")
    await who.pick(play.REPOSITORY, wish.repository.rpartition("/")[2], on.path(wish))
    await last(who)
    on.taken(await who.submit(), wish.name)


async def decided(
    bot: process.BotProcess, asked: play.Asked, *, within_s: float = 20
) -> tuple[model.Request, list[audit.Entry]]:
    """Return a request and its decisions, once it has ended."""
    assert isinstance(bot, inside.InsideBot)
    store, button = bot.runtime.store, asked.approval.message.blocks
    value = next(block for block in button if block["type"] == "actions")["elements"][0]["value"]
    request_id = value.partition(".")[0]

    async def ended() -> bool:
        snapshot = await store.load(request_id)
        return snapshot is not None and snapshot.request.ended

    await wait_until(ended, "the request ended", within_s=within_s)
    snapshot = await store.load(request_id)
    assert snapshot
    trail = await store.trail(request_id)
    return snapshot.request, [entry for entry in trail if entry.event in DECISIONS]
