"""Answers to a submission and to a search: what Slack does with each, and with wrong ones."""

from __future__ import annotations

from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from bot.sandbox import slack
from bot.sandbox.slack import replies
from tests.slack_emulator import corpus, forms
from tests.slack_emulator.apps import RawApp
from tests.slack_emulator.corpus import Json


@pytest.mark.parametrize(
    ("answer", "title"),
    [
        (None, None),
        ("", None),
        ({"response_action": "clear"}, None),
        ({"response_action": "update", "view": forms.TITLED["Second"]}, "Second"),
        ({"response_action": "push", "view": forms.TITLED["Second"]}, "Second"),
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
    await forms.opened(slack, client)
    await forms.fill(ana)
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
    await forms.opened(slack, client)
    await forms.fill(ana)
    raw.body = answer

    reaction = await ana.submit()

    assert reaction.notice == replies.TROUBLE
    assert forms.shown(ana).trouble == replies.TROUBLE
    assert forms.shown(ana).fields["Name"] == "genomics"
    assert len(slack.complaints) == 1


async def test_push_beyond_the_stack(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """A submission cannot push a fourth view."""
    raw.body = {"response_action": "push", "view": forms.TITLED["Second"]}
    await forms.opened(slack, client)
    for _ in range(2):
        await forms.fill(ana)
        await ana.submit()
    await forms.fill(ana)

    reaction = await ana.submit()

    assert reaction.notice == replies.TROUBLE


async def test_app_that_fails(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """A failing app leaves the form open with a banner; the next try takes the banner away."""
    await forms.opened(slack, client)
    await forms.fill(ana)
    raw.status = 500
    await ana.submit()
    assert forms.shown(ana).text.splitlines()[1] == f"! {replies.TROUBLE}"

    raw.status = 200
    reaction = await ana.submit()

    assert reaction.ok
    assert ana.modal() is None


async def test_view_closed_meanwhile(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """An answer for a view that is gone by then changes nothing."""
    await forms.opened(slack, client)
    await forms.fill(ana)

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
    await forms.opened(slack, client)
    raw.body = answer

    found = await ana.search("Repository", "aligner")

    assert found == []
    assert len(slack.complaints) == 1


async def test_search_that_fails(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """An app that fails offers nothing."""
    await forms.opened(slack, client)
    raw.status = 500

    assert await ana.search("Repository", "aligner") == []
    assert slack.complaints == ["block_suggestion: failed"]


async def test_grouped_options(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """Options may come in groups; state.values is empty in the question, as in Slack's own samples."""
    await forms.opened(slack, client)
    raw.body = {"option_groups": [{"label": corpus.plain(), "options": corpus.options(2)}]}

    reaction = await ana.pick("Repository", "aligner")

    assert reaction.screen is not None
    assert reaction.screen.fields["Repository"] == "Option 0"
    assert raw.got[0].payload["view"]["state"] == {"values": {}}


async def test_everything_closed_at_once(
    slack: slack.SlackEmulator, client: AsyncWebClient, raw: RawApp, ana: slack.Person
) -> None:
    """The cross closes the whole stack and tells of each view that asked."""
    view = await forms.opened(slack, client)
    trigger = slack.state.passes.trigger("U0ANA", view=view["id"])
    await client.views_push(trigger_id=trigger, view=forms.TITLED["Second"])

    await ana.close(everything=True)

    assert ana.modal() is None
    assert [got.payload["is_cleared"] for got in raw.got] == [True, True]
