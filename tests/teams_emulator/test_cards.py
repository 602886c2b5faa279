"""The double's own judgement of cards, beside Microsoft's schema."""

from __future__ import annotations

import pytest

from bot.sandbox.teams import cards
from tests.teams import reading
from tests.teams_emulator import apps

GOOD = [
    apps.card(apps.TEXT, actions=(apps.press(style="positive"),)),
    apps.card(
        {"type": "Container", "style": "emphasis", "items": [apps.TEXT]},
        {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": "a", "weight": "Bolder"}]},
        {"type": "FactSet", "facts": [{"title": "a", "value": "b"}]},
    ),
    apps.card({"type": "ColumnSet", "columns": [{"type": "Column", "width": "auto", "items": [apps.TEXT]}]}),
    apps.card(actions=({"type": "Action.ShowCard", "title": "More", "card": {"type": "AdaptiveCard"}},)),
    apps.card({"type": "Input.Number", "id": "n", "label": "N", "min": 1, "value": 3}),
]
BAD = [
    ({"type": "Marquee", "text": "x"}, "Marquee is no element"),
    ({"type": "TextBlock"}, "TextBlock has no text"),
    ({**apps.TEXT, "colour": "red"}, "TextBlock has no property colour"),
    ({**apps.TEXT, "color": "red"}, "color cannot be 'red'"),
    ({**apps.TEXT, "weight": "boldest"}, "weight cannot be 'boldest'"),
    ({"type": "Container"}, "Container has no items"),
    ({"type": "Container", "items": [], "style": "loud"}, "style cannot be 'loud'"),
    ({"type": "Input.Text"}, "Input.Text has no id"),
    ({"type": "Input.ChoiceSet", "id": "a", "choices": [{"name": "b"}]}, "a choice has a title"),
]


@pytest.mark.parametrize("card", GOOD)
def test_a_good_card_is_taken(card: apps.Json) -> None:
    """What the schema allows, the double allows."""
    assert (cards.problems(card, dialog=False), reading.problems(card)) == ([], [])


@pytest.mark.parametrize(("element", "problem"), BAD)
def test_a_bad_card_is_complained_about(element: apps.Json, problem: str) -> None:
    """What the schema refuses, the double refuses, and says what."""
    card = apps.card(element)

    found = cards.problems(card, dialog=False)

    assert problem in found[0]
    assert reading.problems(card)


@pytest.mark.parametrize(
    ("action", "dialog", "problem"),
    [
        ({**apps.press(), "verb": ""}, False, "needs a verb"),
        ({**apps.press(), "data": {}}, False, "needs a verb, and an action in its data"),
        (apps.press(), True, "a dialog's button is an Action.Submit"),
        (apps.SEND, False, "does nothing but open a dialog"),
        ({**apps.press(), "style": "loud"}, False, "style cannot be 'loud'"),
    ],
)
def test_buttons_that_do_nothing_in_teams(action: apps.Json, problem: str, *, dialog: bool) -> None:
    """What the schema allows and Teams does not react to is complained about as well."""
    assert problem in cards.problems(apps.card(actions=(action,)), dialog=dialog)[0]


@pytest.mark.parametrize(("action", "dialog"), [(apps.OPEN, False), (apps.SEND, True), (apps.press(), False)])
def test_buttons_that_work(action: apps.Json, *, dialog: bool) -> None:
    """A dialog opens and sends by a Submit, and a message's buttons are Executes."""
    assert cards.problems(apps.card(actions=(action,)), dialog=dialog) == []


@pytest.mark.parametrize(
    ("card", "problem"),
    [
        (apps.card({**apps.TEXT, "text": "ü" * 13_000}), "bytes are too many"),
        (apps.card(apps.NAME, apps.NAME), "the id name stands twice"),
        ({**apps.card(), "version": "1.6"}, "version 1.5"),
        ({"type": "HeroCard"}, "version 1.5"),
        (apps.card(actions=(apps.press(),) * 7), "more than 6 actions"),
    ],
)
def test_cards_that_are_wrong_as_a_whole(card: apps.Json, problem: str) -> None:
    """A card's size, version, ids and number of buttons are looked at too."""
    assert any(problem in one for one in cards.problems(card, dialog=False))
