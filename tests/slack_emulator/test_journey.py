"""A real bolt app and people, end to end, over HTTP and over Socket Mode."""

from __future__ import annotations

import pytest

from bot.sandbox import slack
from bot.sandbox.slack import filling
from tests.slack_emulator.apps import BoltApp

pytestmark = pytest.mark.usefixtures("app")  # every test runs over HTTP and over Socket Mode

MODAL = """\
== Title ==
Name *:\x20
Workspace *:\x20
Repository *:\x20
Reason:\x20
[Send]"""


async def filled(ana: slack.Person) -> None:
    """Open the form and fill it in."""
    await ana.command("/registry", "", "C0GENOMICS")
    await ana.awaits_modal("Repository")
    await ana.type("Name", "genomics-wave")
    await ana.choose("Workspace", "Option 1")
    await ana.pick("Repository", "aligner", "host/aligner-1")


async def test_command_opens_a_modal(app: BoltApp, ana: slack.Person) -> None:
    """A slash command brings the form onto the person's screen."""
    reaction = await ana.command("/registry", "", "C0GENOMICS")

    modal = await ana.awaits_modal()

    assert reaction.sent
    assert modal.text == MODAL
    assert len(app.of("/registry")) == 1


async def test_shortcut_opens_a_modal(app: BoltApp, ana: slack.Person) -> None:
    """A global shortcut brings the form too, without a channel."""
    await ana.shortcut("new")

    await ana.awaits_modal("Repository")

    assert "channel" not in app.of("shortcut")[0]


async def test_search_offers_options(app: BoltApp, ana: slack.Person) -> None:
    """Typing into an external select asks the app, with the text and the view."""
    await ana.command("/registry", "", "C0GENOMICS")
    await ana.awaits_modal()

    found = await ana.search("Repository", "aligner")

    assert [option.text for option in found] == ["host/aligner-0", "host/aligner-1", "host/aligner-2"]
    assert app.of("block_suggestion")[0]["value"] == "aligner"


async def test_short_search_is_not_sent(app: BoltApp, ana: slack.Person) -> None:
    """Below min_query_length (three, unless set) the client stays silent."""
    await ana.command("/registry", "", "C0GENOMICS")
    await ana.awaits_modal()

    found = await ana.search("Repository", "al")

    assert found == []
    assert app.of("block_suggestion") == []


async def test_dispatch_action_is_sent_at_once(app: BoltApp, ana: slack.Person) -> None:
    """Choosing in a field with dispatch_action tells the app, with what is typed elsewhere."""
    await filled(ana)

    (action,) = app.of("block_actions")

    assert action["actions"][0]["selected_option"]["value"] == "host/aligner-1"
    assert action["view"]["state"]["values"]["name"]["name"]["value"] == "genomics-wave"


async def test_missing_field_is_not_sent(app: BoltApp, ana: slack.Person) -> None:
    """The client itself asks for a required field, in Slack's words."""
    await ana.command("/registry", "", "C0GENOMICS")
    await ana.awaits_modal()
    await ana.type("Name", "genomics-wave")

    reaction = await ana.submit()

    assert reaction.errors == {"Workspace": filling.REQUIRED, "Repository": filling.REQUIRED}
    assert app.of("view_submission") == []


async def test_error_keeps_what_was_typed(ana: slack.Person) -> None:
    """An error from the app stands at its field, and everything typed is still there."""
    await filled(ana)
    await ana.type("Name", "ab")

    reaction = await ana.submit()

    assert reaction.errors == {"Name": "Too short."}
    assert reaction.screen is not None
    assert reaction.screen.fields == {
        "Name": "ab",
        "Workspace": "Option 1",
        "Repository": "host/aligner-1",
        "Reason": "",
    }


async def test_error_goes_away_on_edit(ana: slack.Person) -> None:
    """Typing into a field takes its error away."""
    await filled(ana)
    await ana.type("Name", "ab")
    await ana.submit()

    reaction = await ana.type("Name", "abc")

    assert reaction.errors == {}


async def test_approval(slack: slack.SlackEmulator, ana: slack.Person, ben: slack.Person) -> None:
    """Somebody else approves: the message changes, the thread tells, one person is thanked."""
    await filled(ana)
    await ana.submit()
    asked = await ben.awaits("C0APPROVALS", "Ana asks for genomics-wave")

    await ben.click(asked, "Approve")

    await ben.awaits("C0APPROVALS", "Approved by @Ben (edited)")
    await ben.awaits("C0APPROVALS", "in Tower", thread=asked.ts)
    await slack.until(lambda: bool(ben.ephemerals()), "the thanks")
    assert [str(seen) for seen in ben.ephemerals()] == ["Registry Bot (only visible to you): Thank you."]
    assert slack.complaints == []


async def test_submission_closes_the_modal(ana: slack.Person) -> None:
    """A plain acknowledgement closes the form."""
    await filled(ana)

    reaction = await ana.submit()

    assert reaction.ok
    assert ana.modal() is None


async def test_click_sends_what_slack_sends(app: BoltApp, ana: slack.Person, ben: slack.Person) -> None:
    """The app learns who clicked what, in which message."""
    await filled(ana)
    await ana.submit()
    asked = await ben.awaits("C0APPROVALS", "asks")

    await ben.click(asked, "Approve")

    body = app.of("block_actions")[-1]
    assert body["user"]["id"] == "U0BEN"
    assert body["container"]["message_ts"] == asked.ts
    assert body["actions"][0]["value"] == "r1"


async def test_confirmation_is_asked_first(ana: slack.Person, ben: slack.Person) -> None:
    """Who says no to the dialog of a button sends nothing."""
    await filled(ana)
    await ana.submit()
    asked = await ben.awaits("C0APPROVALS", "asks")

    reaction = await ben.click(asked, "Deny", confirm=False)

    assert not reaction.sent


async def test_button_opens_a_modal(app: BoltApp, ana: slack.Person, ben: slack.Person) -> None:
    """A click carries a trigger; `clear` then closes whatever was open."""
    await filled(ana)
    await ana.submit()
    await ben.click(await ben.awaits("C0APPROVALS", "asks"), "Deny")
    await ben.awaits_modal("Why")
    await ben.type("Why", "not now")

    await ben.submit()

    assert ben.modal() is None
    assert app.of("view_submission")[-1]["view"]["callback_id"] == "why"


async def test_close_is_told(app: BoltApp, ana: slack.Person) -> None:
    """Closing a modal that asked to hear of it is told to the app."""
    await ana.command("/registry", "", "C0GENOMICS")
    await ana.awaits_modal()

    await ana.close()

    assert ana.modal() is None
    assert [body["is_cleared"] for body in app.of("view_closed")] == [False]


async def test_home(app: BoltApp, ana: slack.Person) -> None:
    """Opening the App Home tells the app, which fills it."""
    home = await ana.open_home()

    assert home is not None
    assert home.text == "== Home ==\nMy requests"
    assert app.of("app_home_opened")[0]["tab"] == "home"


async def test_home_opened_again(app: BoltApp, ana: slack.Person) -> None:
    """A second visit shows at once what is there, and the event carries it."""
    await ana.open_home()

    await ana.open_home()

    assert app.of("app_home_opened")[1]["view"]["type"] == "home"


@pytest.mark.parametrize(("text", "expected"), [("hello", "Registry Bot: You said hello"), ("", None)])
async def test_command_answers_in_the_channel(
    slack: slack.SlackEmulator, text: str, expected: str | None
) -> None:
    """An in_channel answer is everybody's, an ephemeral one is the person's own."""
    await slack.person("U0ANA").command("/say", text, "C0GENOMICS")

    seen = slack.person("U0GUS").sees("C0GENOMICS")

    assert [str(one) for one in seen] == ([expected] if expected else [])
