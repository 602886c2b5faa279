"""Waiting for ARM: ordinary reads at short, growing steps, never the SDK's poller.

The poller looks every 30 s, or as seldom as Retry-After says (azure-core 1.41). A resource's own
`provisioningState` is an ordinary read, for which nobody asked us to wait.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from bot import errors, ports
from bot.clients import azure_calls, azure_errors, azure_parse

T = TypeVar("T")
Look = Callable[[], Awaitable[azure_parse.Provisioned[T] | None]]
Send = Callable[[], Awaitable[object]]
FIRST_S, LONGEST_S = 0.05, 1.0
PART = 1 / 15  # of the time waited so far: the last step costs at most this much of the whole
LIMIT_S = 120.0


def step(waited_s: float) -> float:
    """Return how long to wait before the next look."""
    return min(max(FIRST_S, waited_s * PART), LONGEST_S)


async def until(
    look: Callable[[], Awaitable[T | None]], clock: ports.Clock, *, what: str, at_once: bool = False
) -> T:
    """Look until there is something to return; raise Temporary after two minutes.

    A Retry-After of a look that failed is obeyed; a look that fails otherwise is only one look.
    """
    begun, pause_s = clock.now(), 0.0 if at_once else FIRST_S
    while True:
        await clock.sleep(pause_s)
        wish_s = 0.0
        try:
            found = await look()
        except errors.Temporary as error:
            found, wish_s = None, error.retry_after_s or 0.0
        if found is not None:
            return found
        waited_s = (clock.now() - begun).total_seconds()
        pause_s = max(step(waited_s), wish_s)
        if waited_s + pause_s > LIMIT_S:
            raise errors.Temporary(
                f"Azure has not finished in two minutes: {what}.",
                service=azure_errors.SERVICE,
                retry_after_s=wish_s or None,
            )


async def provide(
    call: azure_errors.Call, clock: ports.Clock, *, look: Look[T], make: Send, fits: Callable[[T], bool]
) -> T:
    """Make a resource unless it is there as wanted, and return it once it is provisioned.

    What is there under this name and does not fit was not made by this request: AlreadyThere.
    """
    seen = await look()
    _refuse_other(seen, fits)
    if seen is None or seen.broken:
        try:
            await azure_calls.asked(call, make())
        except errors.NotYet:  # 409: another try of ours was faster, or ARM is busy with it
            seen = await look()
            _refuse_other(seen, fits)
            if seen is None:
                raise
    made = await settle(call, clock, look)
    _refuse_other(made, fits)
    return made.value


async def change(
    call: azure_errors.Call, clock: ports.Clock, *, look: Look[T], send: Send, fits: Callable[[T], bool]
) -> T:
    """Change a resource unless it is as wanted already, and return it once it is provisioned so.

    Never makes one: NotFound. After a lost answer, or a 409 for another operation in progress, what
    ARM shows decides whether the change has come about.
    """

    async def ended() -> azure_parse.Provisioned[T] | None:
        found = await _seen(call, look)
        return found if found.ended else None

    async def changed() -> azure_parse.Provisioned[T] | None:
        found = await ended()
        # an answer from before the change is done as well: only the wanted content ends the wait
        return found if found and (not found.done or fits(found.value)) else None

    now = await _seen(call, look)
    if not now.ended:  # ARM refuses a change during another one
        now = await until(ended, clock, what=call.words)
    if not (now.done and fits(now.value)):
        try:
            await azure_calls.asked(call, send())
        except (errors.NotYet, errors.Unknown):
            if not fits((await until(ended, clock, what=call.words, at_once=True)).value):
                raise
    return _sound(call, await until(changed, clock, what=call.words, at_once=True)).value


async def settle(call: azure_errors.Call, clock: ports.Clock, look: Look[T]) -> azure_parse.Provisioned[T]:
    """Return a resource once ARM is done with it; one that is not to be seen yet is waited for."""

    async def ended() -> azure_parse.Provisioned[T] | None:
        seen = await look()
        return seen if seen and seen.ended else None

    # the answer to a write is not looked at: the vendor's own example of a 201 says Succeeded
    return _sound(call, await until(ended, clock, what=call.words, at_once=True))


def _sound(call: azure_errors.Call, seen: azure_parse.Provisioned[T]) -> azure_parse.Provisioned[T]:
    if seen.broken:
        raise errors.Temporary(
            f"Azure did not {call.words}: it ended as {seen.state}.", service=azure_errors.SERVICE
        )
    if seen.going:
        raise errors.NotYet(
            f"Azure did not {call.words}: one of this name is being deleted.",
            service=azure_errors.SERVICE,
        )
    return seen


async def remove(call: azure_errors.Call, clock: ports.Clock, *, look: Look[T], drop: Send) -> None:
    """Delete a resource and return once it is gone."""

    async def gone() -> bool | None:
        return True if await look() is None else None

    try:
        await azure_calls.asked(call, drop())
    except errors.NotFound:
        return
    await until(gone, clock, what=call.words, at_once=True)


async def _seen(call: azure_errors.Call, look: Look[T]) -> azure_parse.Provisioned[T]:
    found = await look()
    if found is None:
        raise errors.NotFound(f"Azure did not {call.words}: it is not there.", service=azure_errors.SERVICE)
    return found


def _refuse_other(seen: azure_parse.Provisioned[T] | None, fits: Callable[[T], bool]) -> None:
    if seen is not None and not fits(seen.value):
        raise errors.AlreadyThere(
            "Azure has a token or scope map of this name already, and it is not what this request made.",
            service=azure_errors.SERVICE,
        )
