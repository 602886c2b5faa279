"""The table of states, and what it does not allow."""

from __future__ import annotations

import datetime as dt
import itertools

import pytest

from bot import errors, machine, model
from tests import builders

AT = dt.datetime(2026, 11, 24, tzinfo=dt.UTC)
MOVES = list(itertools.product(model.State, machine.Event))


@pytest.mark.parametrize(("state", "event"), [move for move in MOVES if move in machine.TABLE])
def test_listed_moves_move(state: model.State, event: machine.Event) -> None:
    """A listed move gives the next state, one version on, at the time it happened."""
    before = builders.a_request(state=state)

    after = machine.advance(before, event, at=AT)

    assert (after.state, after.version, after.changed) == (
        machine.TABLE[state, event],
        before.version + 1,
        AT,
    )


@pytest.mark.parametrize(("state", "event"), [move for move in MOVES if move not in machine.TABLE])
def test_unlisted_moves_are_refused(state: model.State, event: machine.Event) -> None:
    """Everything else is refused, and says where the request stands."""
    with pytest.raises(errors.Refused, match=state.value):
        machine.advance(builders.a_request(state=state), event, at=AT)


def test_ended_states_have_no_way_out() -> None:
    """What has ended stays ended."""
    assert not [
        move for move, after in machine.TABLE.items() if move[0] in model.ENDED and after is not move[0]
    ]
