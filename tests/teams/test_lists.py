"""Lists in Teams: pages that are turned on the same card, and all of one entry with its buttons."""

from __future__ import annotations

import pytest

from bot import errors, forms, model
from bot.errors import Reason
from bot.forms import View
from bot.model import Kind
from bot.sandbox.teams.entities import Message
from handlers import kinds, paging, replies, rows, text
from handlers.teams import ids, pages
from tests.handlers import samples
from tests.handlers.service_double import ServiceDouble
from tests.teams import reading, scenery
from tests.teams.house import House


async def listed(house: House, words: str = "list") -> Message:
    """Ask for a list in the personal chat, and return what is answered."""
    await house.says(house.personal(), words)
    return house.written(house.personal().where)[-1]


async def pressed(house: House, card: object, title: str, **typed: str) -> dict[str, object]:
    """Press a button of a card in Ana's personal chat, and return the card that takes its place."""
    action = dict(reading.action(card, title))
    sent = {**action, "data": {**typed, **action["data"]}}  # type: ignore[dict-item]  # our cards' data are objects
    value = {"action": sent, "trigger": "manual"}
    answer = await house.invokes(house.personal(), "adaptiveCard/action", value)
    return reading.shown(answer.body)


async def test_an_empty_list_says_so(house: House, service: ServiceDouble) -> None:
    """A headline, and that there is nothing."""
    service.page = samples.listing(View.WAITING, rows=())

    shown = await listed(house, "list waiting")

    assert reading.text(shown.card) == "Waiting for you:\nNothing waits for you."
    assert reading.buttons(shown.card) == []


async def test_pages_are_turned_on_the_same_card(house: House, service: ServiceDouble) -> None:
    """Next and Previous answer with the other page, and find their way back."""
    service.page = samples.listing(after="two")
    first = await listed(house, "list credentials")
    service.page = samples.listing(after=None)

    second = await pressed(house, first.card, rows.NEXT)
    await pressed(house, second, rows.PREVIOUS)

    assert [after for _, _, _, after in service.listed] == [None, "two", None]
    assert {view for _, view, _, _ in service.listed} == {View.OWNED}
    assert reading.buttons(first.card) == [rows.DETAILS, rows.NEXT]
    assert reading.buttons(second) == [rows.DETAILS, rows.PREVIOUS]


async def test_a_page_is_shown_to_who_turns_it(house: House, service: ServiceDouble) -> None:
    """A card says where to look, never for whom."""
    service.page = samples.listing(after="two")
    first = await listed(house)

    action = {"action": reading.action(first.card, rows.NEXT), "trigger": "manual"}
    await house.invokes(house.personal(scenery.BEN), "adaptiveCard/action", action)

    assert [by for by, *_ in service.listed] == [
        scenery.principal(scenery.ANA),
        scenery.principal(scenery.BEN),
    ]


async def test_details_lead_back_to_their_list(house: House, service: ServiceDouble) -> None:
    """All of one entry takes the place of the list, and a button brings the list back."""
    first = await listed(house, "list workspace acme/research")

    details = await pressed(house, first.card, rows.DETAILS)
    again = await pressed(house, details, paging.BACK)

    assert service.looked_up == [(scenery.principal(scenery.ANA), samples.CREDENTIAL_ID)]
    assert [(view, where) for _, view, where, _ in service.listed] == [(View.WORKSPACE, "acme/research")] * 2
    assert reading.problems(details) == []
    assert rows.DETAILS in reading.buttons(again)


async def test_details_have_the_buttons_that_somebody_may_use(house: House, service: ServiceDouble) -> None:
    """What may be done is the service's word."""
    service.rows = (samples.row(may=frozenset({Kind.REVOKE})),)

    shown = await listed(house, "status 1a2b3c")

    assert reading.buttons(shown.card) == [kinds.REVOKE, replies.FORM_HERE, kinds.REVOKE]


@pytest.mark.parametrize(
    ("requester", "buttons"),
    [
        (samples.DAN, [text.APPROVE, text.DENY, text.DENY]),
        (scenery.principal(scenery.ANA), [text.CANCEL, text.CANCEL_YES]),
    ],
)
async def test_an_open_request_is_decided_or_taken_back_where_it_is_shown(
    house: House, service: ServiceDouble, requester: model.Principal, buttons: list[str]
) -> None:
    """Others decide; who asked can cancel. Who really may is said after the click."""
    service.rows = (samples.row(request=samples.request(requester=requester), credential=None),)

    shown = await listed(house, "status 1a2b3c")

    assert reading.buttons(shown.card) == buttons
    assert reading.problems(shown.card) == []


async def test_a_decision_on_details_shows_them_anew(house: House, service: ServiceDouble) -> None:
    """No copy of the request is there, so the click names none, and the same place is drawn again."""
    service.rows = (samples.row(request=samples.request(requester=samples.DAN), credential=None),)
    shown = await listed(house, "status 1a2b3c")

    answer = await pressed(house, shown.card, text.APPROVE)

    ((name, click),) = service.clicks
    assert (name, click.seen_at) == ("approve", None)
    assert len(service.looked_up) == 2
    assert reading.text(answer) == reading.text(shown.card)


async def test_a_committed_decision_is_told_even_where_nothing_can_be_read(
    house: House, service: ServiceDouble
) -> None:
    """The deed is done by then: a failure of the look that follows is not one of the deed."""
    service.rows = (samples.row(request=samples.request(requester=samples.DAN), credential=None),)
    shown = await listed(house, "status 1a2b3c")
    service.failing["status"] = errors.NotAccepted("away")

    answer = await pressed(house, shown.card, text.APPROVE)

    assert "request" in reading.text(answer)


async def test_a_list_that_cannot_be_read_says_why(house: House, service: ServiceDouble) -> None:
    """The card stays as it is, and who clicked is told."""
    first = await listed(house)
    service.failing["status"] = errors.Refused(Reason.UNKNOWN_REQUEST, "There is no such request.")
    action = {"action": reading.action(first.card, rows.DETAILS), "trigger": "manual"}

    answer = await house.invokes(house.personal(), "adaptiveCard/action", action)

    assert answer.body["value"] == "There is no such request."


@pytest.mark.parametrize("value", ["", "x", "[]", '["dance", null, null, []]', '["mine", 1, null, []]'])
@pytest.mark.parametrize("action", [ids.LIST, ids.DETAILS])
async def test_a_made_up_place_is_no_place(
    house: House, service: ServiceDouble, action: str, value: str
) -> None:
    """What a card carries was sent by a client: it is a place in a list or nothing."""
    data = {"action": action, "value": value if action == ids.LIST else ""}
    sent = {"type": "Action.Execute", "verb": action, "data": data}

    answer = await house.invokes(house.personal(), "adaptiveCard/action", {"action": sent})

    assert (answer.status, service.listed, service.looked_up) == (400, [], [])


def call(who: model.Principal) -> str:
    """Call everybody by their id."""
    return who.user


@pytest.mark.parametrize("length", [12, 90, 250])
def test_a_full_page_fits_whatever_its_rows_are(length: int) -> None:
    """Twenty rows with long names, deep in a list: each keeps its line and its button."""
    name = "n" * length
    workspace = model.Workspace(id=7, org="o" * 60, name="w" * 60)
    one = samples.credential(name=name[:99], workspace=workspace, repositories=(name, f"{name}x", "third"))
    listing = forms.Listing(View.OWNED, (samples.row(credential=one),) * 20, "c" * 64, workspace)
    deep = paging.Spot(View.OWNED, "o/w", "d" * 64, tuple("e" * 64 for _ in range(40)))

    shown = pages.page(listing, deep, call)

    assert reading.problems(shown.card) == []
    assert reading.buttons(shown.card) == [rows.DETAILS] * 20 + [rows.PREVIOUS, rows.NEXT]
    assert reading.text(shown.card).count("Active") == 20


def test_a_workspaces_name_is_no_markup() -> None:
    """It was typed by somebody in Tower, and a TextBlock would read it as Markdown."""
    workspace = model.Workspace(id=7, org="acme", name="[x](https://x.example)")

    shown = pages.page(forms.Listing(View.WORKSPACE, (), None, workspace), paging.Spot(View.WORKSPACE), call)

    assert {one["type"] for one in reading.elements(shown.card["body"])} == {"RichTextBlock", "TextRun"}
