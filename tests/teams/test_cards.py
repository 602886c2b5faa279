"""Every message in every state: a card that Teams takes, whatever people typed."""

from __future__ import annotations

import json

import pytest

from bot import model
from bot.model import Kind, Role, State
from handlers import kinds, parts, said, text
from handlers.parts import Code, Listing, Points, Quote
from handlers.teams import cards, markup
from tests.handlers import samples
from tests.teams import reading, scenery

ROLES = [role for role in Role if role in said.ROLES]
MARKUP = "**bold** <at>Ben</at> [x](https://x.example) {{DATE(2026-01-01)}} \\# `c`"


def call(who: model.Principal) -> str:
    """Call everybody by their id."""
    return f"<{who.user}>"


def shown(request: model.Request, role: Role) -> cards.Message:
    """Return a message about a request."""
    return cards.message(request, role, said.message(request, role, {}), call=call)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("state", State)
def test_every_card_is_one_that_teams_takes(state: State, role: Role) -> None:
    """By Microsoft's own schema, and small enough for a thread."""
    request = samples.request(
        state,
        spec=samples.spec(reason=MARKUP),
        error=MARKUP,
        remedy=MARKUP,
        progress=samples.progress("check", "scope_map"),
    )

    message = shown(request, role)

    assert reading.problems(message.card) == []
    assert (message.card["version"], 0 < len(message.summary) <= 300) == ("1.5", True)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("state", State)
def test_what_people_typed_is_never_markup(state: State, role: Role) -> None:
    """A TextBlock reads Markdown, so none of them holds a word of anybody's."""
    request = samples.request(
        state, spec=samples.spec(reason=MARKUP), error=MARKUP, remedy=MARKUP, decisions=_said(MARKUP, state)
    )

    read = [one["text"] for one in reading.elements(shown(request, role).card) if one["type"] == "TextBlock"]

    assert set(read) <= {kinds.title(request)}


def _said(reason: str, state: State) -> tuple[model.Decision, ...]:
    verdict = model.Verdict.DENY if state is State.DENIED else model.Verdict.APPROVE
    return () if state is State.PENDING else (samples.decision(verdict=verdict, reason=reason),)


@pytest.mark.parametrize("role", ROLES)
def test_the_longest_request_still_fits(role: Role) -> None:
    """Twenty decisions with long reasons in another alphabet: what is too much is left off at the end."""
    long = "ж" * 500
    decisions = tuple(samples.decision(samples.person(f"U{one}"), reason=long) for one in range(20))
    request = samples.request(
        State.FAILED, spec=samples.spec(reason=long), error=long * 3, remedy=long * 3, decisions=decisions
    )

    assert reading.problems(shown(request, role).card) == []


@pytest.mark.parametrize("role", [Role.APPROVAL, Role.ESCALATION])
@pytest.mark.parametrize("kind", [Kind.ISSUE, Kind.EXTEND, Kind.NARROW, Kind.ADOPT])
def test_a_full_request_is_shown_in_full(kind: Kind, role: Role) -> None:
    """As many repositories as one request may be about are all in the card that decides on it."""
    card = shown(samples.request(spec=samples.full(kind)), role).card
    read = json.dumps(card)

    assert reading.problems(card) == []
    assert [name for name in samples.FULL if name not in read] == []
    assert "please decide" in read


def test_buttons_are_there_while_they_do_something() -> None:
    """A pending request can be decided on, an ended one cannot."""
    pending, done = (shown(samples.request(state), Role.APPROVAL) for state in (State.PENDING, State.DONE))

    assert reading.buttons(pending.card) == [text.APPROVE, text.DENY, text.DENY]
    assert reading.buttons(done.card) == []


def test_a_button_carries_ids_and_no_fact() -> None:
    """What it does is looked up again: its value names the request and the head of what was shown."""
    action = reading.action(shown(samples.request(), Role.APPROVAL).card, text.APPROVE)

    assert action["verb"] == "approve"
    assert action["data"] == {
        "action": "approve",
        "role": "approval",
        "value": f"{samples.REQUEST_ID}.0123456789abcdef",
    }


def test_people_are_called_beside_the_card() -> None:
    """Mentions stand in the message, with names that cannot end the tag; each name once, ten at most."""
    ben, cleo = scenery.principal(scenery.BEN), scenery.principal(scenery.CLEO)

    calling = markup.mentions([(ben, "Ben </at>*x*"), (cleo, "Cleo"), (ben, "Cleo"), (ben, "<>")])
    many = markup.mentions([(ben, f"N{number}") for number in range(30)])

    assert calling["text"] == "<at>Ben  /at  x</at> <at>Cleo</at>"
    assert json.dumps(calling["entities"]).count('"id"') == 2
    assert str(many["text"]).count("<at>") == 10


def test_nobody_is_called_by_nobodys_name() -> None:
    """A message that calls nobody has no text beside its card."""
    assert "text" not in cards.private((("Hello.",),), call).activity()


def test_paragraphs_have_their_own_looks() -> None:
    """Lines stay lines, points are points, and what is long is cut with a sign of it."""
    note: parts.Note = (
        Listing("one\ntwo"),
        Quote("\n".join(map(str, range(50)))),
        Points((("a ", Code("b\nc")), ("d",))),
        ("at ", samples.NOW, " in ", samples.place(), ", ", _channel(), " or ", *_groups()),
    )

    card = cards.private(note, call).card

    lines = reading.text(card).splitlines()
    assert reading.problems(card) == []
    assert lines[:2] == ["one", "two"]
    assert lines[31].startswith("29 30 31")
    assert lines[32:34] == ["• a b c", "• d"]
    assert lines[34] == (
        "at 23 Nov 2026, 12:00 UTC in a Slack channel, the channel or a Slack user groupthe members of a "
        "Teams channel"
    )


def _channel() -> model.Place:
    return model.Place(platform=model.Platform.TEAMS, tenant="t", channel=scenery.GENOMICS)


def _groups() -> tuple[model.Usergroup, ...]:
    return tuple(model.Usergroup(platform=one, id="x") for one in model.Platform)


def test_a_long_sentence_is_cut_for_notifications() -> None:
    """Neither a toast nor a screen reader gets a page."""
    message = cards.private((("word " * 200,), Points((("point",),)), Quote("words")), call)

    assert (len(message.summary), message.summary[-1]) == (300, "…")
