"""Modals and App Homes: triggers, the stack, hashes, answers to a submission."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from bot.sandbox.slack import filling, replies
from tests.slack_emulator import apps, calling, conftest, corpus
from tests.slack_emulator.apps import RawApp
from tests.slack_emulator.corpus import Json

TITLED = {
    title: {**apps.FORM, "title": corpus.plain(title)} for title in ("First", "Second", "Third", "Fourth")
}


async def opened(
    slack: slack.SlackEmulator, client: AsyncWebClient, view: Json = apps.FORM, user: str = "U0ANA"
) -> Json:
    """Open a modal for somebody, as after a command, and return it as the API shows it."""
    answer = await client.views_open(trigger_id=slack.state.passes.trigger(user), view=view)
    return dict(answer["view"])


async def fill(ana: slack.Person) -> None:
    """Fill in what the form requires; the search needs an app and is left to others."""
    await ana.type("Name", "genomics")
    await ana.choose("Workspace", "1")
    view = ana.modal()
    assert view is not None
    spot = filling.find(view.view.blocks, "Repository")
    await ana.client.fill(view.view, spot, {"type": "external_select", "selected_option": corpus.option()})


async def test_open(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """An opened view comes back with its id, hash, root and empty values."""
    view = await opened(slack, client)

    assert view["id"] == view["root_view_id"]
    assert view["previous_view_id"] is None
    assert view["state"]["values"]["name"]["name"] == {"type": "plain_text_input", "value": None}


async def test_trigger_expires(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """A trigger lives for three seconds."""
    trigger = slack.state.passes.trigger("U0ANA")

    slack.shift += dt.timedelta(seconds=3.1)

    call = client.views_open(trigger_id=trigger, view=apps.FORM)
    assert await calling.error(call) == "expired_trigger_id"


async def test_trigger_is_used_once(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """A trigger opens one modal."""
    trigger = slack.state.passes.trigger("U0ANA")
    await client.views_open(trigger_id=trigger, view=apps.FORM)

    call = client.views_open(trigger_id=trigger, view=apps.FORM)

    assert await calling.error(call) == "exchanged_trigger_id"
    assert slack.complaints == ["views: exchanged_trigger_id"]


async def test_trigger_of_nobody(client: AsyncWebClient) -> None:
    """A made-up trigger is invalid."""
    call = client.views_open(trigger_id="1.2.3", view=apps.FORM)

    assert await calling.error(call) == "invalid_trigger_id"


async def test_refused_view_leaves_the_trigger(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """An invalid view is explained, and the trigger can still be used."""
    trigger = slack.state.passes.trigger("U0ANA")

    answer = await calling.answer(
        client.api_call(
            "views.open", json={"trigger_id": trigger, "view": {**apps.FORM, "title": corpus.plain("x" * 25)}}
        )
    )

    assert answer["error"] == "invalid_arguments"
    assert answer["response_metadata"]["messages"] == [
        "[ERROR] must be less than 25 characters [json-pointer:/view/title/text]"
    ]
    assert await calling.error(client.views_open(trigger_id=trigger, view=apps.FORM)) is None


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        (None, "invalid_arguments"),
        ("{", "invalid_arguments"),
        ("7", "invalid_arguments"),
        ({"type": "home", "blocks": [corpus.section()]}, "invalid_arguments"),
        ({**apps.FORM, "private_metadata": "x" * 250_000}, "view_too_large"),
    ],
)
async def test_view_that_is_refused(
    slack: slack.SlackEmulator, client: AsyncWebClient, view: object, expected: str
) -> None:
    """views.open takes a modal, of a certain size."""
    body = {"trigger_id": slack.state.passes.trigger("U0ANA"), "view": view}

    assert await calling.error(client.api_call("views.open", json=body)) == expected


async def test_open_replaces_what_was_open(
    slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person
) -> None:
    """A person has one stack: opening starts it anew."""
    first = await opened(slack, client, TITLED["First"])
    await opened(slack, client, TITLED["Second"])

    assert shown(ana).title == "Second"
    call = client.views_update(view_id=first["id"], view=apps.FORM)
    assert await calling.error(call) == "not_found"


def shown(person: slack.Person) -> slack.Screen:
    """Return the modal on top, which must be there."""
    modal = person.modal()
    assert modal is not None
    return modal


async def test_stack(slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person) -> None:
    """Two views may be pushed on the first; the lower ones come back when the top one is closed."""
    view = await opened(slack, client, TITLED["First"])
    words = []
    for title in ("Second", "Third", "Fourth"):
        trigger = slack.state.passes.trigger("U0ANA", view=view["id"])
        words.append(await calling.error(client.views_push(trigger_id=trigger, view=TITLED[title])))

    assert words == [None, None, "push_limit_reached"]
    assert shown(ana).title == "Third"
    assert shown(ana).view.root_id == view["id"]
    await ana.close()
    assert shown(ana).title == "Second"


async def test_push_needs_a_modal(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """A trigger from outside a modal pushes nothing."""
    call = client.views_push(trigger_id=slack.state.passes.trigger("U0ANA"), view=apps.FORM)

    assert await calling.error(call) == "not_found"


async def test_update_keeps_what_was_typed(
    slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person
) -> None:
    """Typed text survives an update where block and action ids stay, and is gone where they change."""
    view = await opened(slack, client)
    await ana.type("Name", "genomics")

    await client.views_update(view_id=view["id"], hash=view["hash"], view=TITLED["Second"])
    kept = shown(ana).fields["Name"]
    other = {**apps.FORM, "blocks": [{**apps.FORM["blocks"][0], "block_id": "name-2"}]}
    await client.views_update(view_id=view["id"], view=other)

    assert kept == "genomics"
    assert shown(ana).fields == {"Name": ""}


async def test_hash_conflict(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """An update that was made from an older view is refused."""
    view = await opened(slack, client)
    await client.views_update(view_id=view["id"], hash=view["hash"], view=TITLED["Second"])

    call = client.views_update(view_id=view["id"], hash=view["hash"], view=TITLED["Third"])

    assert await calling.error(call) == "hash_conflict"


async def test_external_id(slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person) -> None:
    """A view can be found by the app's own id, which must be unique."""
    named = {**apps.FORM, "external_id": "request-1"}
    await opened(slack, client, named)

    await client.views_update(external_id="request-1", view={**TITLED["Second"], "external_id": "request-1"})
    call = client.views_open(trigger_id=slack.state.passes.trigger("U0BEN"), view=named)

    assert await calling.error(call) == "duplicate_external_id"
    assert shown(ana).title == "Second"
    assert await calling.error(client.views_update(external_id="other", view=named)) == "not_found"


async def test_publish(client: AsyncWebClient, ana: slack.Person) -> None:
    """An App Home is published for one person, and again with the right hash only."""
    home = {"type": "home", "blocks": [corpus.section()]}
    first = (await client.views_publish(user_id="U0ANA", view=home))["view"]

    second = (await client.views_publish(user_id="U0ANA", view=home, hash=first["hash"]))["view"]
    call = client.views_publish(user_id="U0ANA", view=home, hash=first["hash"])

    assert second["id"] == first["id"]
    assert await calling.error(call) == "hash_conflict"
    assert await calling.error(client.views_publish(user_id="U0NOBODY", view=home)) == "user_not_found"
    assert ana.home() is not None


async def test_home_tab_disabled() -> None:
    """An app without a home tab publishes nothing."""
    async with conftest.a_slack(home_tab=False) as emulator:
        client = AsyncWebClient(token="xoxb-test", base_url=f"{emulator.api_url}/")
        call = client.views_publish(user_id="U0ANA", view={"type": "home", "blocks": [corpus.section()]})

        assert await calling.error(call) == "not_enabled"


async def test_click_in_the_home(raw: RawApp, client: AsyncWebClient, ana: slack.Person) -> None:
    """A button in the App Home sends the view and no channel."""
    home = {"type": "home", "blocks": [corpus.actions(corpus.button(), corpus.select())]}
    await client.views_publish(user_id="U0ANA", view=home)
    screen = ana.home()
    assert screen is not None

    await ana.click(screen, "Press")
    await ana.select(screen, "s", "Option 1")

    pressed, chosen = (got.payload for got in raw.got)
    assert pressed["container"] == {"type": "view", "view_id": screen.view.id}
    assert "channel" not in pressed
    assert chosen["actions"][0]["selected_option"] == corpus.options(2)[1]


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        (None, None),
        ("", None),
        ({"response_action": "clear"}, None),
        ({"response_action": "update", "view": TITLED["Second"]}, "Second"),
        ({"response_action": "push", "view": TITLED["Second"]}, "Second"),
        ({"response_action": "errors", "errors": {"name": "No."}}, "Title"),
    ],
)
async def test_answer_to_a_submission(
    slack: slack.SlackEmulator,
    client: AsyncWebClient,
    raw: RawApp,
    ana: slack.Person,
    answer: Any,
    title: str | None,
) -> None:
    """A submission is answered by closing, clearing, replacing, pushing or errors."""
    await opened(slack, client)
    await fill(ana)
    raw.body = answer

    reaction = await ana.submit()

    assert (reaction.screen.title if reaction.screen else None) == title
    assert reaction.notice is None
    assert slack.complaints == []


@pytest.mark.parametrize(
    "answer",
    [
        {"response_action": "errors", "errors": {}},
        {"response_action": "errors", "errors": {"nobody": "x"}},
        {"response_action": "errors", "errors": {"name": ""}},
        {"response_action": "errors", "errors": ["x"]},
        {"response_action": "dance"},
        {"response_action": "update", "view": {"type": "modal"}},
        {"response_action": "push"},
        {"text": "hello"},
        "hello",
    ],
)
async def test_answer_that_slack_does_not_take(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person, answer: Any
) -> None:
    """A wrong answer shows Slack's banner, keeps the form, and is complained about."""
    await opened(slack, client)
    await fill(ana)
    raw.body = answer

    reaction = await ana.submit()

    assert reaction.notice == replies.TROUBLE
    assert shown(ana).trouble == replies.TROUBLE
    assert shown(ana).fields["Name"] == "genomics"
    assert len(slack.complaints) == 1


async def test_push_beyond_the_stack(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """A submission cannot push a fourth view."""
    raw.body = {"response_action": "push", "view": TITLED["Second"]}
    await opened(slack, client)
    for _ in range(2):
        await fill(ana)
        await ana.submit()
    await fill(ana)

    reaction = await ana.submit()

    assert reaction.notice == replies.TROUBLE


async def test_app_that_fails(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """A failing app leaves the form open with a banner; the next try takes the banner away."""
    await opened(slack, client)
    await fill(ana)
    raw.status = 500
    await ana.submit()
    assert shown(ana).text.splitlines()[1] == f"! {replies.TROUBLE}"

    raw.status = 200
    reaction = await ana.submit()

    assert reaction.ok
    assert ana.modal() is None


async def test_view_closed_meanwhile(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """An answer for a view that is gone by then changes nothing."""
    await opened(slack, client)
    await fill(ana)

    async def close(_: Json) -> None:
        slack.state.screens.clear("U0ANA")

    raw.before = close
    raw.body = {"response_action": "errors", "errors": {"name": "x"}}

    reaction = await ana.submit()

    assert reaction.notice is None
    assert ana.modal() is None


@pytest.mark.parametrize(
    "answer",
    [
        {"options": corpus.options(101)},
        {"options": [corpus.option("x" * 76)]},
        {"text": "x"},
        None,
    ],
)
async def test_search_that_shows_no_result(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person, answer: Any
) -> None:
    """More than a hundred options, or wrong ones, show nothing at all; the emulator says why."""
    await opened(slack, client)
    raw.body = answer

    found = await ana.search("Repository", "aligner")

    assert found == []
    assert len(slack.complaints) == 1


async def test_search_that_fails(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """An app that fails offers nothing."""
    await opened(slack, client)
    raw.status = 500

    assert await ana.search("Repository", "aligner") == []
    assert slack.complaints == ["block_suggestion: failed"]


async def test_grouped_options(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """Options may come in groups; state.values is empty in the question, as in Slack's own samples."""
    await opened(slack, client)
    raw.body = {"option_groups": [{"label": corpus.plain(), "options": corpus.options(2)}]}

    reaction = await ana.pick("Repository", "aligner")

    assert reaction.screen is not None
    assert reaction.screen.fields["Repository"] == "Option 0"
    assert raw.got[0].payload["view"]["state"] == {"values": {}}


async def test_everything_closed_at_once(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """The cross closes the whole stack and tells of each view that asked."""
    view = await opened(slack, client)
    trigger = slack.state.passes.trigger("U0ANA", view=view["id"])
    await client.views_push(trigger_id=trigger, view=TITLED["Second"])

    await ana.close(everything=True)

    assert ana.modal() is None
    assert [got.payload["is_cleared"] for got in raw.got] == [True, True]
