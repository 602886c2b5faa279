"""Modals of tests: opening one as an app does, filling it in, looking at it."""

from __future__ import annotations

from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from bot.sandbox.slack import filling
from tests.slack_emulator import apps, corpus
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


def shown(person: slack.Person) -> slack.Screen:
    """Return the modal on top, which must be there."""
    modal = person.modal()
    assert modal is not None
    return modal
