"""People can do what Slack lets them do, and are told what is there when they cannot."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from bot.sandbox.slack import changes, filling
from tests.slack_emulator import apps, corpus
from tests.slack_emulator.apps import RawApp
from tests.slack_emulator.corpus import Json


async def see(slack: slack.SlackEmulator, client: AsyncWebClient, *blocks: Json) -> None:
    """Open a modal of some blocks for Ana."""
    view = corpus.modal(*blocks)
    await client.views_open(trigger_id=slack.state.passes.trigger("U0ANA"), view=view)


@pytest.mark.parametrize("user", ["U0ANA", "U0STRANGER"])
async def test_command_that_is_not_there(raw: RawApp, slack: slack.SlackEmulator, user: str) -> None:
    """An unknown command, and any command for a stranger, is not valid and is not sent."""
    command = "/nothing" if user == "U0ANA" else "/registry"

    reaction = await slack.person(user).command(command, "", "C0GENOMICS")

    assert reaction.notice == f"{command} is not a valid command."
    assert raw.got == []


async def test_guest_may_use_commands(raw: RawApp, slack: slack.SlackEmulator) -> None:
    """A guest can use a command in their channel."""
    assert (await slack.person("U0GUS").command("/registry", "", "C0GENOMICS")).ok
    assert len(raw.got) == 1


@pytest.mark.parametrize("channel", ["C0APPROVALS", "C0NOWHERE", "approvals"])
async def test_channel_without_them(ana: slack.Person, channel: str) -> None:
    """Nobody types into, or reads, a channel that they are not in."""
    with pytest.raises(slack.NotOnScreen, match=f"Ana is not in {channel}"):
        await ana.command("/registry", "", channel)

    with pytest.raises(slack.NotOnScreen):
        ana.sees(channel)


async def test_unknown_person(slack: slack.SlackEmulator) -> None:
    """There is nobody under an unknown id."""
    with pytest.raises(KeyError):
        slack.person("U0NOBODY")


async def test_things_that_are_not_there(
    slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person
) -> None:
    """The message names what was looked for and what there is."""
    await client.views_open(trigger_id=slack.state.passes.trigger("U0ANA"), view=apps.REASON)

    assert await refused(ana.type("Name", "x")) == "There is no 'Name': there is 'Why'."


async def refused(call: Any) -> str:
    """Return why a person cannot do something."""
    with pytest.raises(filling.NotOnScreen) as error:
        await call
    return str(error.value)


async def test_wrong_kinds(slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person) -> None:
    """A menu is not typed into, a text not searched, an option chosen only from what is offered."""
    await see(slack, client, corpus.field(), corpus.field(corpus.select(), label=corpus.plain("Menu")))

    assert await refused(ana.type("Menu", "x")) == "'Menu' is a static_select: nothing can be typed there."
    assert await refused(ana.search("Label", "x")) == "'Label' is a plain_text_input: it is not searched."
    assert (
        await refused(ana.choose("Menu", "Nine"))
        == "'Menu' does not offer 'Nine': it offers 'Option 0', 'Option 1'."
    )


async def test_nothing_found(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """A search without a result cannot be picked from."""
    raw.body = {"options": []}
    await client.views_open(trigger_id=slack.state.passes.trigger("U0ANA"), view=apps.FORM)

    assert await refused(ana.pick("Repository", "zzz")) == "'Repository' shows no result for 'zzz'."
    assert slack.complaints == []


async def test_no_modal(ana: slack.Person) -> None:
    """Without a modal nothing is submitted."""
    assert await refused(ana.submit()) == "Ana has no modal open."


async def test_modal_without_a_button(
    slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person
) -> None:
    """A modal without a submit button cannot be sent."""
    view = corpus.without(corpus.modal(corpus.section()), "submit")
    await client.views_open(trigger_id=slack.state.passes.trigger("U0ANA"), view=view)

    assert await refused(ana.submit()) == "This modal has no button to send it with."


async def test_unknown_shortcut_and_channel(ana: slack.Person) -> None:
    """A shortcut that the app does not have, and a private channel, are out of reach."""
    assert await refused(ana.shortcut("old")) == "There is no shortcut 'old'."
    assert await refused(ana.join("C0SECRET")) == "There is no public channel 'C0SECRET' to join."


async def test_menu_is_no_button(client: AsyncWebClient, ana: slack.Person) -> None:
    """A menu is not clicked."""
    await client.chat_postMessage(channel="C0GENOMICS", text="x", blocks=[corpus.actions(corpus.select())])

    assert await refused(ana.click(ana.sees("C0GENOMICS")[0], "s")) == "'s' is no button but a static_select."


async def test_click_on_what_was_there(client: AsyncWebClient, raw: RawApp, ana: slack.Person) -> None:
    """A client that is behind still sends the click; the message in it is the present one."""
    blocks = [corpus.actions(corpus.button())]
    ts = (await client.chat_postMessage(channel="C0GENOMICS", text="old", blocks=blocks))["ts"]
    seen = ana.sees("C0GENOMICS")[0]
    await client.chat_update(channel="C0GENOMICS", ts=ts, text="new")

    await ana.click(seen, "Press")

    assert raw.last.payload["message"]["text"] == "new"


async def test_click_on_a_deleted_message(client: AsyncWebClient, raw: RawApp, ana: slack.Person) -> None:
    """A click that crosses the deletion of its message is sent with the message as it was."""
    blocks = [corpus.actions(corpus.button())]
    ts = (await client.chat_postMessage(channel="C0GENOMICS", text="old", blocks=blocks))["ts"]
    seen = ana.sees("C0GENOMICS")[0]
    await client.chat_delete(channel="C0GENOMICS", ts=ts)

    await ana.click(seen, "Press")

    assert raw.last.payload["message"]["text"] == "old"


async def test_click_in_a_view_that_is_gone(
    slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person
) -> None:
    """A closed modal takes no clicks."""
    await see(slack, client, corpus.section(accessory=corpus.button()))
    screen = ana.modal()
    assert screen is not None
    await ana.close()

    assert await refused(ana.click(screen, "Press")) == "'Title' is not open any more."


async def test_menu_in_a_message(client: AsyncWebClient, raw: RawApp, ana: slack.Person) -> None:
    """A choice in a message is sent at once."""
    await client.chat_postMessage(channel="C0GENOMICS", text="x", blocks=[corpus.actions(corpus.select())])

    await ana.select(ana.sees("C0GENOMICS")[0], "s", "1")

    assert raw.last.payload["actions"][0]["selected_option"]["value"] == "1"


@pytest.mark.parametrize(
    ("element", "wanted", "expected"),
    [
        ({"type": "users_select", "action_id": "x"}, ["U0BEN"], {"selected_user": "U0BEN"}),
        ({"type": "multi_users_select", "action_id": "x"}, ["U1", "U2"], {"selected_users": ["U1", "U2"]}),
        ({"type": "datepicker", "action_id": "x"}, ["2026-11-23"], {"selected_date": "2026-11-23"}),
        ({"type": "datetimepicker", "action_id": "x"}, ["1795435200"], {"selected_date_time": 1795435200}),
        (
            {"type": "checkboxes", "action_id": "x", "options": corpus.options(3)},
            ["0", "Option 2"],
            {"selected_options": [corpus.options(3)[0], corpus.options(3)[2]]},
        ),
        (corpus.select(action_id="x"), [], {"selected_option": None}),
    ],
)
async def test_choices(
    slack: slack.SlackEmulator,
    client: AsyncWebClient,
    ana: slack.Person,
    element: Json,
    wanted: list[str],
    expected: Json,
) -> None:
    """Every kind of picker takes its kind of value."""
    await see(slack, client, corpus.field(element, block_id="b"))

    await ana.choose("b/x", *wanted)

    modal = ana.modal()
    assert modal is not None
    assert modal.view.values["b"]["x"] == {"type": element["type"], **expected}


@pytest.mark.parametrize(
    ("element", "text", "expected"),
    [
        (corpus.written(min_length=3), "ab", "Enter at least 3 characters."),
        (corpus.written(max_length=3), "abcd", "Enter at most 3 characters."),
        ({"type": "email_text_input", "action_id": "t"}, "ana", "Please enter a valid email address."),
        ({"type": "url_text_input", "action_id": "t"}, "acme", "Please enter a valid URL."),
        (
            {"type": "number_input", "action_id": "t", "is_decimal_allowed": True},
            "x",
            "Please enter a valid number.",
        ),
        ({"type": "email_text_input", "action_id": "t"}, "ana@acme.example", None),
        (corpus.written(), "", "Please complete this required field."),
    ],
)
async def test_checks_of_the_client(
    client: AsyncWebClient, raw: RawApp, ana: slack.Person, element: Json, text: str, expected: str | None
) -> None:
    """Slack's client checks lengths and forms before it sends anything."""
    await see(raw.emulator, client, corpus.field(element))
    await ana.type("Label", text)

    reaction = await ana.submit()

    assert reaction.errors == ({"Label": expected} if expected else {})
    assert len(raw.got) == (0 if expected else 1)


@pytest.mark.parametrize(
    ("on", "enter", "sent"),
    [
        ([], False, 0),
        ([], True, 1),
        (["on_character_entered"], False, 1),
        (["on_enter_pressed"], False, 0),
    ],
)
async def test_typing_dispatches(
    client: AsyncWebClient, raw: RawApp, ana: slack.Person, on: list[str], *, enter: bool, sent: int
) -> None:
    """A text field with dispatch_action is sent on Enter, or on each character if it says so."""
    config = {"dispatch_action_config": {"trigger_actions_on": on}} if on else {}
    await see(raw.emulator, client, corpus.field(corpus.written(**config), dispatch_action=True))

    await ana.type("Label", "x", enter=enter)

    assert [got.payload["actions"][0]["value"] for got in raw.got] == ["x"] * sent


async def test_changes_are_told(
    slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person
) -> None:
    """Whoever listens hears of each change in order, and can ask for what was missed."""
    heard: list[changes.Change] = []
    slack.state.feed.listeners.append(heard.append)

    ts = (await client.chat_postMessage(channel="C0GENOMICS", text="x"))["ts"]
    await client.chat_update(channel="C0GENOMICS", ts=ts, text="y")
    await client.views_open(trigger_id=slack.state.passes.trigger("U0ANA"), view=apps.REASON)
    await ana.close()

    assert [change.what.value for change in heard] == [
        "message_posted",
        "message_changed",
        "view_opened",
        "view_closed",
    ]
    assert slack.state.feed.since(heard[1].seq) == heard[2:]


async def test_waiting_in_vain(slack: slack.SlackEmulator, ana: slack.Person) -> None:
    """Waiting ends with a sentence about what did not come."""
    with pytest.raises(TimeoutError, match=r"not within 0\.01 s: Ana sees 'hello' in C0GENOMICS"):
        await ana.awaits("C0GENOMICS", "hello", within_s=0.01)

    assert slack.state.feed.listeners == []


async def test_secrets_are_not_in_the_repr(slack: slack.SlackEmulator) -> None:
    """The app's secrets do not show when it is printed."""
    assert "xoxb-test" not in repr(slack.state.app)
    assert "signing-secret" not in repr(slack.state.app)
