"""What windows and buttons carry about a change of a credential; whatever else comes is refused."""

from __future__ import annotations

import json

import pytest

from bot.model import Kind
from handlers.slack import ids, parse, wishes


@pytest.mark.parametrize(
    "meta", ["", "[]", "null", '["rotate","c"]', '["other","c",""]', '["rotate",5,""]', "[" * 9999]
)
def test_foreign_metadata_is_malformed(meta: str) -> None:
    """Metadata that we did not write is refused."""
    with pytest.raises(parse.Malformed):
        wishes.of_window({"view": {"private_metadata": meta}})


def test_a_window_carries_its_wish() -> None:
    """What is written into a window comes back."""
    wish = wishes.Wish(Kind.REVOKE, "c" * 22, "C0GENOMICS")

    assert wishes.of_window({"view": {"private_metadata": wish.meta()}}) == wish
    assert len(json.loads(wish.meta())) == 3


def test_another_button_changes_nothing() -> None:
    """Only the buttons for changes are read as one."""
    with pytest.raises(parse.Malformed):
        wishes.of_button({"actions": [{"action_id": ids.APPROVE, "value": "x"}]})
