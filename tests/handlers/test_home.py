"""The App Home: a place to work, drawn when it is opened."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.context.async_context import AsyncBoltContext
from slack_sdk.web.async_client import AsyncWebClient

from bot import errors, forms, model
from bot.errors import Reason
from bot.forms import View
from bot.sandbox.slack import blockkit, people
from handlers import kinds, rows, text
from handlers.slack import background, parse, tab, visits
from handlers.slack import home as homes
from handlers.slack import people as people_of
from tests.handlers import kit, samples
from tests.handlers.house import House
from tests.handlers.service_double import ServiceDouble
from tests.handlers.test_lists import many
from tests.waiting import wait_until


async def test_a_home_is_drawn_when_it_is_opened(ana: people.Person, service: ServiceDouble) -> None:
    """It shows what waits, what was asked for and what there is, with a button for all of it."""
    home = await ana.open_home()

    assert home is not None
    assert [rows.TITLES[view] in home.text for view in (View.WAITING, View.MINE, View.OWNED)] == [True] * 3
    assert home.buttons[0] == rows.NEW
    assert {text.APPROVE, text.DENY, rows.DETAILS, *kinds.LABELS.values()} <= set(home.buttons)
    assert "🟢 Active: acr-1a2b3c in acme/research" in home.text
    assert service.visitors == [samples.ANA]


async def test_the_form_opens_from_home(ana: people.Person, service: ServiceDouble) -> None:
    """The first button opens the form, which then knows no channel."""
    home = await ana.open_home()
    assert home is not None

    await ana.click(home, rows.NEW)
    await ana.awaits_modal("Will ask")

    assert service.asked[-1] == (samples.ANA, None)


async def test_a_request_is_decided_at_home(ana: people.Person, service: ServiceDouble) -> None:
    """Approve carries what was shown, as on every message; no message is said to be a copy."""
    home = await ana.open_home()
    assert home is not None

    reaction = await ana.click(home, text.APPROVE)

    ((name, click),) = service.clicks
    assert (reaction.ok, name) == (True, "approve")
    assert (click.request_id, click.digest, click.seen_at) == (samples.REQUEST_ID, "0123456789abcdef", None)


async def test_a_denial_at_home_asks_for_its_reason(ana: people.Person, service: ServiceDouble) -> None:
    """Deny opens its window from home, too."""
    home = await ana.open_home()
    assert home is not None
    await ana.click(home, text.DENY)
    await ana.awaits_modal("will read your reason")
    await ana.type("Why do you deny it?", "No need.")

    await ana.submit()

    assert service.reasons == ["No need."]


async def test_what_is_refused_at_home_is_told_in_a_window(
    ana: people.Person, service: ServiceDouble
) -> None:
    """A home has no channel to answer in, and still nobody clicks in vain."""
    service.failing["approve"] = errors.Refused(Reason.NOT_APPROVER, "You are no approver of this.")
    home = await ana.open_home()
    assert home is not None

    await ana.click(home, text.APPROVE)
    screen = await ana.awaits_modal("You are no approver of this.")

    assert not screen.view.body.get("submit")


@pytest.mark.parametrize("label", kinds.LABELS.values())
async def test_a_credential_is_changed_from_home(
    ana: people.Person, service: ServiceDouble, label: str
) -> None:
    """Each button of a credential opens its window."""
    home = await ana.open_home()
    assert home is not None

    await ana.click(home, label)
    await ana.awaits_modal("acr-1a2b3c")
    await wait_until(lambda: bool(service.planned), "the plan is looked up")

    assert kinds.LABELS[service.planned[0][0]] == label


async def test_a_home_that_cannot_be_looked_up_says_why(ana: people.Person, service: ServiceDouble) -> None:
    """It still has its first button."""
    service.failing["home"] = errors.Refused(Reason.OUTSIDER, "Only people of this organization.")

    home = await ana.open_home()

    assert home is not None
    assert "Only people of this organization." in home.text
    assert home.buttons == (rows.NEW,)


async def test_with_the_store_away_a_home_says_so(ana: people.Person, service: ServiceDouble) -> None:
    """Who opens their home for the first time finds one, though the visit could not be marked."""
    for one in ("first_time", "home"):
        service.failing[one] = errors.NotAccepted("away")

    home = await ana.open_home()

    assert home is not None
    assert "This cannot be shown now: the bot cannot reach its store." in home.text


async def test_nobody_decides_at_home_on_what_is_not_shown_there(
    ana: people.Person, service: ServiceDouble
) -> None:
    """Where a line names only some of the repositories, the decision is behind Details, which has all."""
    names = tuple(f"team/r{number}" for number in range(8))
    wide = samples.row(
        request=samples.request(requester=samples.DAN, spec=samples.spec(repositories=names)), credential=None
    )
    service.at_home = samples.home(waiting=samples.listing(View.WAITING, rows=(wide,)))

    home = await ana.open_home()

    assert home is not None
    assert rows.DETAILS in home.buttons
    assert not {text.APPROVE, text.DENY} & set(home.buttons)


async def test_a_visit_is_remembered_before_it_is_drawn(
    service: ServiceDouble, everything_logged: Callable[[], str]
) -> None:
    """With the store away nobody is remembered, and the home is drawn all the same."""
    drawn: list[model.Principal] = []

    class Drawing(tab.Tab):
        async def publish(self, by: model.Principal) -> None:
            drawn.append(by)

    async def away(_: model.Principal) -> None:
        raise errors.NotAccepted("away")

    async with background.Background() as later:
        web = AsyncWebClient(base_url="http://127.0.0.1:1/")
        visiting = visits.Visits(Colleagues(web), Drawing(service, web), later, away)
        event = {"team_id": samples.TEAM, "event": {"user": "U0ANA", "tab": "home"}}
        ack = AsyncAck()  # type: ignore[no-untyped-call]  # bolt has no types there
        await visiting.visit(ack, event, AsyncBoltContext())

    assert drawn == [samples.ANA]
    assert "slack.visit.forgotten" in everything_logged()


class Colleagues(people_of.People):
    """Everybody is who the payload says."""

    async def who(self, payload: parse.Payload, context: AsyncBoltContext) -> model.Principal:
        """Return who sent a payload."""
        del context
        return parse.principal(payload)


async def test_the_other_tab_draws_nothing(house: House, ana: people.Person) -> None:
    """Slack tells of the tab with messages by the same event."""
    await ana.open_messages()

    assert "views.publish" not in house.web_calls


def test_a_full_home_is_one_that_slack_takes() -> None:
    """With every list full and every name as long as can be, a home keeps to its hundred blocks."""
    full = forms.Home(
        waiting=samples.listing(
            View.WAITING,
            rows=tuple(
                samples.row(request=samples.request(id=f"{number:022}"), credential=None)
                for number in range(20)
            ),
            after="x",
        ),
        requests=samples.listing(rows=many(View.MINE, 20), after="x"),
        credentials=samples.listing(View.OWNED, rows=many(View.OWNED, 20), after="x"),
    )

    view = homes.home(full)

    assert [str(problem) for problem in blockkit.check_view(view)] == []
    assert len(parse.at(view, "blocks")) <= 100  # type: ignore[arg-type]  # a list
    assert len(json.dumps(view)) < kit.LARGEST_VIEW
