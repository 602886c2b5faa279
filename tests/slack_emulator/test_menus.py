"""Menus of several, and check boxes: what is kept, what is sent, and what the client refuses."""

from __future__ import annotations

import pytest
from aiohttp import web
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from bot.sandbox.slack import filling
from tests.slack_emulator import corpus, forms
from tests.slack_emulator.apps import RawApp
from tests.slack_emulator.corpus import Json

SEVERAL = {"type": "multi_external_select", "action_id": "m", "min_query_length": 0, "max_selected_items": 2}
BOXES = {"type": "checkboxes", "action_id": "c", "options": corpus.options(2)}


@pytest.fixture
async def searching(raw: RawApp, client: AsyncWebClient) -> RawApp:
    """Return an app whose window has a menu of several, sent at each change, and a box."""
    blocks = [
        corpus.field(SEVERAL, block_id="several", dispatch_action=True),
        corpus.field(BOXES, block_id="boxes", label=corpus.plain("Boxes"), optional=True),
    ]
    await forms.opened(raw.emulator, client, corpus.modal(*blocks))
    return raw


def offers(app: RawApp, *options: Json) -> None:
    """Let the app answer its next question with options, and whatever follows with nothing."""
    app.answers = [web.json_response({"options": list(options)})]


async def test_several_are_chosen_over_several_searches(searching: RawApp, ana: slack.Person) -> None:
    """What an earlier search found stays chosen while another one adds to it."""
    first, second = corpus.options(2)
    offers(searching, first)
    await ana.pick("several", "fir")
    offers(searching, second)
    await ana.search("several", "sec")

    await ana.choose("several", first["value"], second["value"])

    sent = searching.last.payload["actions"][0]
    assert (sent["type"], sent["selected_options"]) == ("multi_external_select", [first, second])
    assert forms.shown(ana).fields["Label"] == "Option 0, Option 1"


async def test_one_of_several_is_taken_out(searching: RawApp, ana: slack.Person) -> None:
    """Taking one out sends those that are left; taking out the last one, none."""
    first, second = corpus.options(2)
    offers(searching, first, second)
    await ana.search("several", "opt")
    await ana.choose("several", first["value"], second["value"])

    await ana.choose("several", second["value"])
    await ana.choose("several")

    kept = [got.payload["actions"][0]["selected_options"] for got in searching.got[-2:]]
    assert kept == [[second], []]


async def test_more_than_the_most(searching: RawApp, ana: slack.Person) -> None:
    """A client takes no more than `max_selected_items`, and sends nothing."""
    offers(searching, *corpus.options(3))
    await ana.search("several", "opt")
    before = len(searching.got)

    with pytest.raises(filling.NotOnScreen, match="takes at most 2: 3 are too many"):
        await ana.choose("several", "0", "1", "2")

    assert len(searching.got) == before


async def test_several_and_boxes_are_submitted(searching: RawApp, ana: slack.Person) -> None:
    """A submission holds the whole lists, with type and key as Slack has them."""
    offers(searching, *corpus.options(2))
    await ana.pick("several", "opt")
    await ana.choose("Boxes", "Option 1")

    await ana.submit()

    values = searching.last.payload["view"]["state"]["values"]
    assert values["several"]["m"] == {
        "type": "multi_external_select",
        "selected_options": [corpus.options(1)[0]],
    }
    assert values["boxes"]["c"] == {"type": "checkboxes", "selected_options": [corpus.options(2)[1]]}


async def test_an_empty_menu_of_several_is_required(searching: RawApp, ana: slack.Person) -> None:
    """Nothing chosen is an empty list, which a required field does not take."""
    reaction = await ana.submit()

    assert (reaction.errors, searching.got) == ({"Label": "Please complete this required field."}, [])
    assert forms.shown(ana).view.values["several"]["m"]["selected_options"] == []


async def test_boxes_read_as_ticked_or_not(searching: RawApp, ana: slack.Person) -> None:
    """A person reads all boxes, those that they did not tick too."""
    await ana.choose("Boxes", "0")

    assert "Boxes: [x] Option 0 [ ] Option 1" in forms.shown(ana).text
    assert searching.got == []  # a box that does not dispatch is sent with the form alone


@pytest.mark.parametrize("only_for", [True, False])
async def test_boxes_in_a_message_are_remembered(
    client: AsyncWebClient, raw: RawApp, ana: slack.Person, *, only_for: bool
) -> None:
    """A box in a message is sent at once, and a button beside it brings along what is ticked."""
    blocks = [
        corpus.section(block_id="s", accessory=BOXES),
        corpus.actions(corpus.button(), block_id="a"),
    ]
    if only_for:
        await client.chat_postEphemeral(channel="C0GENOMICS", user="U0ANA", text="x", blocks=blocks)
    else:
        await client.chat_postMessage(channel="C0GENOMICS", text="x", blocks=blocks)
    seen = ana.sees("C0GENOMICS")[-1]

    await ana.select(seen, "c", "1")
    await ana.click(seen, "Press")

    ticked = {"type": "checkboxes", "selected_options": [corpus.options(2)[1]]}
    assert [got.payload["state"]["values"] for got in raw.got] == [{"s": {"c": ticked}}] * 2
    assert "[ ] Option 0 [ ] Option 1" in seen.text


async def test_several_on_the_home(client: AsyncWebClient, raw: RawApp, ana: slack.Person) -> None:
    """A menu of several on the App Home is sent at once, with the view and its whole state."""
    menu = {
        "type": "multi_static_select",
        "action_id": "m",
        "options": corpus.options(3),
        "initial_options": corpus.options(1),
    }
    home = {"type": "home", "blocks": [corpus.section(block_id="s", accessory=menu)]}
    await client.views_publish(user_id="U0ANA", view=home)
    screen = ana.home()
    assert screen is not None

    await ana.select(screen, "m", "0", "2")

    payload, chosen = raw.last.payload, [corpus.options(3)[0], corpus.options(3)[2]]
    assert payload["container"] == {"type": "view", "view_id": screen.view.id}
    assert payload["actions"][0]["initial_options"] == corpus.options(1)
    assert payload["view"]["state"]["values"]["s"]["m"]["selected_options"] == chosen


async def test_the_messages_tab_is_told_too(client: AsyncWebClient, raw: RawApp, ana: slack.Person) -> None:
    """Slack tells of both tabs by one event; only that of the home carries a view."""
    await client.views_publish(user_id="U0ANA", view={"type": "home", "blocks": [corpus.section()]})

    await ana.open_home()
    await ana.open_messages()

    told = [got.payload["event"] for got in raw.got]
    assert [event["tab"] for event in told] == ["home", "messages"]
    assert ["view" in event for event in told] == [True, False]
