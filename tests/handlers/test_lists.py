"""Lists and their entries: private, page by page, with buttons that do what they say."""

from __future__ import annotations

import pytest

from bot import errors, model
from bot.errors import Reason
from bot.forms import View
from bot.model import Kind, State
from bot.sandbox import acme
from bot.sandbox.slack import people
from handlers import kinds, paging, rows, text
from handlers.slack import ids, pages, parse
from tests.handlers import kit, samples
from tests.handlers.house import House
from tests.handlers.service_double import ServiceDouble
from tests.waiting import wait_until


@pytest.mark.parametrize(
    ("words", "view", "workspace"),
    [
        ("list", View.MINE, None),
        ("LIST Mine", View.MINE, None),
        ("list credentials", View.OWNED, None),
        ("list waiting", View.WAITING, None),
        ("list workspace", View.WORKSPACE, None),
        ("list workspace acme/research", View.WORKSPACE, "acme/research"),
        ("list workspace registry-bot (personal)", View.WORKSPACE, "registry-bot (personal)"),
    ],
)
async def test_a_list_is_shown_privately(
    ana: people.Person,
    ben: people.Person,
    service: ServiceDouble,
    words: str,
    view: View,
    workspace: str | None,
) -> None:
    """Each list has its words, and only who asked for it reads it."""
    reaction = await ana.command(ids.COMMAND, words, channel=acme.GENOMICS)

    (answer,) = ana.ephemerals()
    assert reaction.ok
    assert service.listed == [(samples.ANA, view, workspace, None)]
    assert "acme/research" in answer.text
    assert ben.sees(acme.GENOMICS) == []


async def test_pages_are_turned_in_place(ana: people.Person, service: ServiceDouble) -> None:
    """Next and Previous replace the same message, and find their way back."""
    service.page = samples.listing(after="two")
    await ana.command(ids.COMMAND, "list", channel=acme.GENOMICS)
    (first,) = ana.ephemerals()
    service.page = samples.listing(rows=(), after=None)

    await ana.click(first, rows.NEXT)
    await wait_until(lambda: rows.PREVIOUS in ana.ephemerals()[0].buttons, "the second page is there")
    (second,) = ana.ephemerals()
    await ana.click(second, rows.PREVIOUS)
    await wait_until(lambda: len(service.listed) == 3, "the first page is read again")

    assert [after for _, _, _, after in service.listed] == [None, "two", None]
    assert (rows.NEXT in first.buttons, rows.NEXT in second.buttons) == (True, False)


async def test_an_entry_is_shown_with_all_that_is_known(ana: people.Person, service: ServiceDouble) -> None:
    """Details has state, decisions, work and credential, and a button for what may be done."""
    await ana.command(ids.COMMAND, "list", channel=acme.GENOMICS)
    (listed,) = ana.ephemerals()

    await ana.click(listed, rows.DETAILS)
    seen = await ana.awaits(acme.GENOMICS, "Approved by @Ben")

    assert service.looked_up == [(samples.ANA, samples.CREDENTIAL_ID)]
    assert seen.message.only_for == acme.ANA
    assert seen.buttons == tuple(kinds.LABELS.values())


@pytest.mark.parametrize(
    ("requester", "buttons"),
    [(samples.ANA, (text.CANCEL,)), (samples.DAN, (text.APPROVE, text.DENY))],
)
async def test_an_open_request_can_be_acted_on(
    ana: people.Person, service: ServiceDouble, requester: model.Principal, buttons: tuple[str, ...]
) -> None:
    """One's own can be taken back, and another one's decided; afterwards the answer shows what is so."""
    service.rows = (samples.row(request=samples.request(requester=requester), credential=None),)
    await ana.command(ids.COMMAND, "status aaaaaa", channel=acme.GENOMICS)
    (seen,) = ana.ephemerals()
    service.rows = (samples.row(request=samples.request(State.APPROVED), credential=None),)

    await ana.click(seen, buttons[0])
    await wait_until(lambda: "The work starts now" in ana.ephemerals()[0].text, "the answer is new")

    ((_, click),) = service.clicks
    assert seen.buttons == buttons
    assert (click.request_id, click.seen_at) == (samples.REQUEST_ID, None)


async def test_what_is_decided_in_a_window_is_shown_there(ana: people.Person, service: ServiceDouble) -> None:
    """From home an entry opens in a window, which shows what is so after a click in it."""
    pending = samples.request(requester=samples.DAN)
    service.at_home = samples.home(waiting=samples.listing(View.WAITING, rows=()))
    service.rows = (samples.row(request=pending, credential=None),)
    home = await ana.open_home()
    assert home is not None
    await ana.click(home, rows.DETAILS)
    screen = await ana.awaits_modal("waits for")
    service.rows = (samples.row(request=samples.request(State.APPROVED), credential=None),)

    await ana.click(screen, text.APPROVE)
    after = await ana.awaits_modal("The work starts now")

    assert text.APPROVE in screen.buttons
    assert after.buttons == ()


async def test_what_may_not_be_seen_is_refused(ana: people.Person, service: ServiceDouble) -> None:
    """An unknown id gets the service's sentence, privately."""
    service.failing["status"] = errors.Refused(Reason.UNKNOWN_REQUEST, "There is no request “x”.")

    await ana.command(ids.COMMAND, "status x", channel=acme.GENOMICS)

    (answer,) = ana.ephemerals()
    assert answer.text.startswith("There is no request “x”.")


async def test_a_page_that_cannot_be_turned_says_why(ana: people.Person, service: ServiceDouble) -> None:
    """The list's place is taken by what went wrong."""
    service.page = samples.listing(after="two")
    await ana.command(ids.COMMAND, "list", channel=acme.GENOMICS)
    service.failing["listing"] = errors.NotAccepted("away")

    await ana.click(ana.ephemerals()[0], rows.NEXT)

    await wait_until(lambda: "This cannot be shown now" in ana.ephemerals()[0].text, "the list says why")


async def test_a_list_is_not_said_to_be_lost(ana: people.Person, service: ServiceDouble) -> None:
    """With the store away, who wanted to see something reads that, and not that nothing was kept."""
    service.failing["first_time"] = errors.NotAccepted("away")

    await ana.command(ids.COMMAND, "list", channel=acme.GENOMICS)

    assert "This cannot be shown now: the bot cannot reach its store." in ana.ephemerals()[0].text


def many(view: View, count: int) -> tuple[object, ...]:
    """Return rows of all kinds and states, as long as they can be."""
    long = "/".join(["b" * 50] * 5)[:250]
    spec = samples.kind_of_request(Kind.ISSUE, name="n" * 99, repositories=(long, long + "c", long + "d"))
    states = [state for _ in range(count) for state in State][:count]
    return tuple(
        samples.row(
            request=samples.request(state, spec=spec, id=f"{number:022}"),
            credential=samples.credential(id=f"{number:022}")
            if view in {View.OWNED, View.WORKSPACE}
            else None,
        )
        for number, state in enumerate(states)
    )


@pytest.mark.parametrize("view", View)
@pytest.mark.parametrize("count", [0, 20])
def test_every_page_is_one_that_slack_takes(view: View, count: int) -> None:
    """A page of twenty keeps to Block Kit as a message and as a window."""
    listing = samples.listing(
        view,
        rows=many(view, count),
        after="x" * 300,
        troubles=("Tower is away.",),
        workspace=samples.RESEARCH,
    )

    made = pages.page(listing, paging.Spot(view, before=("a", None)))

    assert kit.check_message(made.blocks) == []
    assert kit.check_view(pages.window(rows.LIST_TITLE, made)) == []
    assert 0 < len(made.text) <= 4000


def test_a_long_way_back_is_shortened() -> None:
    """A button holds 2,000 characters: what is far back goes first, and nothing breaks."""
    far = paging.Spot(View.MINE, None, "a", tuple("x" * 150 for _ in range(40)))

    value = far.value()

    assert value is not None
    assert len(value) <= paging.LONGEST_VALUE
    assert len(paging.spot(value).before) == 12
    assert paging.Spot(View.MINE, None, "a" * 3000).value() is None


@pytest.mark.parametrize(
    "value", ["", "[]", "null", '["other",null,null,[]]', '["mine",5,null,[]]', "[" * 9999]
)
def test_a_place_that_is_none_is_malformed(value: str) -> None:
    """What no button of ours carries is refused."""
    with pytest.raises(parse.Malformed):
        paging.spot(value)


async def test_a_list_can_be_read_in_a_window(
    house: House, ana: people.Person, service: ServiceDouble
) -> None:
    """From home a list opens in a window; there its pages turn, and an entry opens on top."""
    service.at_home = samples.home(requests=samples.listing(after="two"))
    home = await ana.open_home()
    assert home is not None
    service.page = samples.listing(after="two")

    await ana.click(home, rows.MORE)
    first = await ana.awaits_modal("Your requests")
    await ana.click(first, rows.NEXT)
    await wait_until(lambda: [one[3] for one in service.listed] == [None, "two"], "the next page is read")
    second = await ana.awaits_modal(f"[{rows.PREVIOUS}]")
    await ana.click(second, rows.DETAILS)
    details = await ana.awaits_modal("Approved by @Ben")
    await ana.click(details, kinds.ROTATE)
    window = await ana.awaits_modal("gets a new password")

    assert (first.title, details.title) == (rows.LIST_TITLE, rows.DETAILS_TITLE)
    assert window.view.body["submit"]["text"] == "Ask for rotation"
    assert "views.push" in house.web_calls
