"""Words to the bot through the front door: the same as on every platform, answered where they were said."""

from __future__ import annotations

from handlers import replies
from tests.teams import reading, scenery
from tests.teams.house import House


async def test_a_message_is_answered_with_the_forms_launcher(house: House) -> None:
    """Nothing but a mention brings a card whose buttons open the form, in the thread that was begun."""
    scene = house.scene()

    reaction = await house.says(scene, "")

    (card,) = house.written(scenery.GENOMICS)
    assert reaction.status == 200
    assert reading.buttons(card.card) == [replies.OPEN_FORM, replies.FORM_HERE]
    assert card.root != card.id
