"""Payloads have the keys of real ones: those that Slack's own SDKs keep as samples."""

from __future__ import annotations

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from bot.sandbox.slack import inputs
from tests.slack_emulator import apps, conftest, corpus
from tests.slack_emulator.apps import RawApp

# Keys alone, from slackapi/java-slack-sdk json-logs/samples and slackapi/bolt-python scenario tests.
COMMAND = {
    "token",
    "team_id",
    "team_domain",
    "channel_id",
    "channel_name",
    "user_id",
    "user_name",
    "command",
    "text",
    "api_app_id",
    "is_enterprise_install",
    "response_url",
    "trigger_id",
}
INTERACTIVE = {"type", "user", "api_app_id", "token", "team", "enterprise", "is_enterprise_install"}
USER = {"id", "username", "name", "team_id"}
VIEW = {
    "id",
    "team_id",
    "type",
    "blocks",
    "private_metadata",
    "callback_id",
    "state",
    "hash",
    "title",
    "clear_on_close",
    "notify_on_close",
    "close",
    "submit",
    "previous_view_id",
    "root_view_id",
    "app_id",
    "external_id",
    "app_installed_team_id",
    "bot_id",
}
IN_MESSAGE = {"container", "trigger_id", "channel", "message", "state", "response_url", "actions"}
BUTTON = {"action_id", "block_id", "text", "value", "type", "style", "action_ts"}
EVENT = {
    "token",
    "team_id",
    "api_app_id",
    "event",
    "type",
    "event_id",
    "event_time",
    "authorizations",
    "is_ext_shared_channel",
    "event_context",
}
GRID = slack.Team("T0SANDBOX", "Acme", enterprise_id="E0ACME", enterprise_name="Acme Corp")


@pytest.mark.parametrize(
    ("channel", "name"), [("C0GENOMICS", "genomics"), ("C0SECRET", "privategroup"), ("", "directmessage")]
)
async def test_command(raw: RawApp, ana: slack.Person, channel: str, name: str) -> None:
    """A command is a form with these fields; private places do not tell their names."""
    await ana.command("/registry", "status x", channel)

    form = raw.last.form

    assert set(form) == COMMAND
    assert (form["text"], form["channel_name"], form["user_name"]) == ("status x", name, "ana")


async def test_shortcut(raw: RawApp, ana: slack.Person) -> None:
    """A global shortcut has neither channel nor response URL."""
    await ana.shortcut("new")

    assert set(raw.last.payload) == INTERACTIVE | {"callback_id", "trigger_id", "action_ts"}


async def test_message_button(client: AsyncWebClient, raw: RawApp, ana: slack.Person) -> None:
    """A click carries container, message, state and response URL."""
    blocks = [corpus.actions(corpus.button(value="v", style="primary"), corpus.select())]
    root = (await client.chat_postMessage(channel="C0GENOMICS", text="x"))["ts"]
    await client.chat_postMessage(channel="C0GENOMICS", text="x", blocks=blocks, thread_ts=root)

    await ana.click(ana.thread("C0GENOMICS", root)[-1], "b")

    payload = raw.last.payload
    assert set(payload) == INTERACTIVE | IN_MESSAGE
    assert set(payload["user"]) == USER
    assert set(payload["actions"][0]) == BUTTON
    assert payload["container"]["thread_ts"] == root


async def test_submission(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """A submission carries the whole view with what was typed."""
    await client.views_open(trigger_id=slack.state.passes.trigger("U0ANA"), view=apps.REASON)
    await ana.type("Why", "because")

    await ana.submit()

    payload = raw.last.payload
    assert set(payload) == INTERACTIVE | {"trigger_id", "view", "response_urls"}
    assert set(payload["view"]) == VIEW
    assert payload["view"]["state"]["values"] == {
        "why": {"why": {"type": "plain_text_input", "value": "because"}}
    }


async def test_suggestion(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """The question for options names block, action and text."""
    await client.views_open(trigger_id=slack.state.passes.trigger("U0ANA"), view=apps.FORM)

    await ana.search("Repository", "aligner")

    assert set(raw.last.payload) == INTERACTIVE | {"container", "action_id", "block_id", "value", "view"}


async def test_view_action(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """An action in a modal has a trigger that can push."""
    blocks = [corpus.section(accessory=corpus.select()), corpus.section(accessory=corpus.button())]
    await client.views_open(trigger_id=slack.state.passes.trigger("U0ANA"), view={**corpus.modal(*blocks)})

    await ana.choose("s", "Option 1")

    payload = raw.last.payload
    assert set(payload) == INTERACTIVE | {"container", "trigger_id", "view", "actions"}
    pushed = await client.views_push(trigger_id=payload["trigger_id"], view=apps.REASON)
    assert pushed["view"]["previous_view_id"] == payload["view"]["id"]


async def test_event(raw: RawApp, ana: slack.Person) -> None:
    """An event is wrapped, with an id and who authorised it."""
    await ana.client.open_tab("home")

    payload = raw.last.payload

    assert set(payload) == EVENT
    assert set(payload["event"]) == {"type", "user", "channel", "tab", "event_ts"}
    assert payload["authorizations"][0]["user_id"] == "U0BOT"


async def test_stranger_keeps_their_team(
    client: AsyncWebClient, raw: RawApp, slack: slack.SlackEmulator
) -> None:
    """A click by somebody of another team names that team."""
    blocks = [corpus.actions(corpus.button())]
    await client.chat_postMessage(channel="C0GENOMICS", text="x", blocks=blocks)
    stranger = slack.person("U0STRANGER")

    await stranger.click(stranger.sees("C0GENOMICS")[-1], "b")

    payload = raw.last.payload
    assert (payload["user"]["team_id"], payload["team"]["id"]) == ("T0OTHER", "T0OTHER")


async def test_enterprise_grid() -> None:
    """On Enterprise Grid, commands, clicks and events name the enterprise."""
    async with conftest.a_slack(team=GRID) as emulator:
        raw = RawApp(emulator)
        await raw.start()
        ana = emulator.person("U0ANA")

        await ana.command("/registry", "", "C0GENOMICS")
        await ana.shortcut("new")
        await ana.client.open_tab("home")
        auth = await AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/").auth_test()
        await raw.stop()

    command, shortcut, event = (got.payload for got in raw.got)
    assert (command["enterprise_id"], command["enterprise_name"]) == ("E0ACME", "Acme Corp")
    assert shortcut["enterprise"] == {"id": "E0ACME", "name": "Acme Corp"}
    assert event["enterprise_id"] == auth["enterprise_id"] == "E0ACME"


async def test_member_joined() -> None:
    """An app that subscribed to it hears who joins a channel that it is in."""
    async with conftest.a_slack(events=frozenset({"member_joined_channel"})) as emulator:
        raw = RawApp(emulator)
        await raw.start()
        ben = emulator.person("U0BEN")

        await ben.join("genomics")
        await ben.join("C0OPEN")
        ben.leave("C0OPEN")
        await raw.stop()

    (event,) = [got.payload["event"] for got in raw.got]
    assert (event["type"], event["user"], event["channel"]) == (
        "member_joined_channel",
        "U0BEN",
        "C0GENOMICS",
    )


@pytest.mark.parametrize(
    ("subscribed", "count"),
    [("message.im", 1), ("message.channels", 1), ("message.groups", 1), ("app_home_opened", 0)],
)
async def test_message_events(subscribed: str, count: int) -> None:
    """An app hears messages of the kinds of channels that it subscribed to."""
    async with conftest.a_slack(events=frozenset({subscribed})) as emulator:
        raw = RawApp(emulator)
        await raw.start()
        ana = emulator.person("U0ANA")

        for channel in ("C0GENOMICS", "C0TEAM", emulator.state.direct("U0ANA").id):
            await ana.say(channel, "hello")
        await raw.stop()

    assert [got.payload["event"]["text"] for got in raw.got] == ["hello"] * count


ENTRIES = [
    ({"type": "plain_text_input"}, {"type": "plain_text_input", "value": None}),
    ({"type": "number_input", "initial_value": "7"}, {"type": "number_input", "value": "7"}),
    ({"type": "users_select"}, {"type": "users_select", "selected_user": None}),
    (
        {"type": "datepicker", "initial_date": "2026-11-23"},
        {"type": "datepicker", "selected_date": "2026-11-23"},
    ),
    ({"type": "multi_users_select"}, {"type": "multi_users_select", "selected_users": []}),
    ({"type": "checkboxes"}, {"type": "checkboxes", "selected_options": []}),
    ({"type": "file_input"}, {"type": "file_input", "files": []}),
    ({"type": "button"}, None),
    ({"type": "overflow"}, None),
]


@pytest.mark.parametrize(("element", "expected"), ENTRIES)
def test_value_before_anybody_touched_it(element: corpus.Json, expected: corpus.Json | None) -> None:
    """Each kind of element has its own key for its value, and its own nothing."""
    assert inputs.initial(element) == expected
