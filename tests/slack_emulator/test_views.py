"""Modals and App Homes: triggers, the stack, hashes, App Homes."""

from __future__ import annotations

import datetime as dt

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from tests.slack_emulator import apps, calling, conftest, corpus, forms
from tests.slack_emulator.apps import RawApp


async def test_open(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """An opened view comes back with its id, hash, root and empty values."""
    view = await forms.opened(slack, client)

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
    first = await forms.opened(slack, client, forms.TITLED["First"])
    await forms.opened(slack, client, forms.TITLED["Second"])

    assert forms.shown(ana).title == "Second"
    call = client.views_update(view_id=first["id"], view=apps.FORM)
    assert await calling.error(call) == "not_found"


async def test_stack(slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person) -> None:
    """Two views may be pushed on the first; the lower ones come back when the top one is closed."""
    view = await forms.opened(slack, client, forms.TITLED["First"])
    words = []
    for title in ("Second", "Third", "Fourth"):
        trigger = slack.state.passes.trigger("U0ANA", view=view["id"])
        words.append(await calling.error(client.views_push(trigger_id=trigger, view=forms.TITLED[title])))

    assert words == [None, None, "push_limit_reached"]
    assert forms.shown(ana).title == "Third"
    assert forms.shown(ana).view.root_id == view["id"]
    await ana.close()
    assert forms.shown(ana).title == "Second"


async def test_push_needs_a_modal(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """A trigger from outside a modal pushes nothing."""
    call = client.views_push(trigger_id=slack.state.passes.trigger("U0ANA"), view=apps.FORM)

    assert await calling.error(call) == "not_found"


async def test_update_keeps_what_was_typed(
    slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person
) -> None:
    """Typed text survives an update where block and action ids stay, and is gone where they change."""
    view = await forms.opened(slack, client)
    await ana.type("Name", "genomics")

    await client.views_update(view_id=view["id"], hash=view["hash"], view=forms.TITLED["Second"])
    kept = forms.shown(ana).fields["Name"]
    other = {**apps.FORM, "blocks": [{**apps.FORM["blocks"][0], "block_id": "name-2"}]}
    await client.views_update(view_id=view["id"], view=other)

    assert kept == "genomics"
    assert forms.shown(ana).fields == {"Name": ""}


async def test_hash_conflict(slack: slack.SlackEmulator, client: AsyncWebClient) -> None:
    """An update that was made from an older view is refused."""
    view = await forms.opened(slack, client)
    await client.views_update(view_id=view["id"], hash=view["hash"], view=forms.TITLED["Second"])

    call = client.views_update(view_id=view["id"], hash=view["hash"], view=forms.TITLED["Third"])

    assert await calling.error(call) == "hash_conflict"


async def test_external_id(slack: slack.SlackEmulator, client: AsyncWebClient, ana: slack.Person) -> None:
    """A view can be found by the app's own id, which must be unique."""
    named = {**apps.FORM, "external_id": "request-1"}
    await forms.opened(slack, client, named)

    await client.views_update(
        external_id="request-1", view={**forms.TITLED["Second"], "external_id": "request-1"}
    )
    call = client.views_open(trigger_id=slack.state.passes.trigger("U0BEN"), view=named)

    assert await calling.error(call) == "duplicate_external_id"
    assert forms.shown(ana).title == "Second"
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
