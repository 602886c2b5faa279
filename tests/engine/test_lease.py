"""The right to work on a request, and how long to wait between tries."""

from __future__ import annotations

import pytest

from bot import errors, lease
from tests.engine import parts


@pytest.mark.parametrize(("attempts", "longest"), [(0, 0.5), (1, 1), (2, 2), (6, 32), (7, 60), (1000, 60)])
def test_waits_double_up_to_a_minute(attempts: int, longest: float) -> None:
    """A wait lies in the upper half of a span that doubles with each try, and is capped."""
    waits = [lease.backoff_s(attempts) for _ in range(200)]

    assert longest / 2 <= min(waits) < max(waits) <= longest


async def test_a_lease_is_confirmed_by_the_store(engine: parts.Engine) -> None:
    """A lease that is still ours is lengthened by asking."""
    await engine.submitted()
    held = await engine.claimed()
    assert held is not None
    before = held.until

    await held.confirm()

    assert held.until > before


async def test_a_lease_that_moved_on_is_not_confirmed(engine: parts.Engine) -> None:
    """Once somebody else claimed the request, asking raises."""
    request = await engine.submitted()
    held = await engine.claimed()
    assert held is not None
    await engine.healthy.settle(request.id, fence=held.fence, seen=0, due=engine.clock.now())
    await engine.claimed()

    with pytest.raises(errors.LeaseLost):
        await held.confirm()


@pytest.mark.parametrize(
    ("attempts", "last_try", "spent"),
    [(19, False, False), (20, True, False), (39, True, False), (40, True, True)],
)
async def test_tries_are_limited_twice(
    engine: parts.Engine, attempts: int, *, last_try: bool, spent: bool
) -> None:
    """Work is given up at the limit, and giving up is given up at twice the limit."""
    await engine.submitted()

    held = await engine.claimed(attempts=attempts)

    assert held is not None
    assert (held.last_try, held.spent) == (last_try, spent)
