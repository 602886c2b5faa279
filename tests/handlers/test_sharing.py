"""What every platform shares: reading payloads, forms, buttons, and where copies go."""

from __future__ import annotations

import pytest

from bot import errors, model
from bot.forms import Field
from bot.model import Platform, Role
from handlers import buttons, parts, payload, said, spots
from handlers.entry import Entry
from handlers.slack import blocks
from tests.handlers import samples

PLACE = model.Place(platform=Platform.TEAMS, tenant="t", channel="19:x", thread="7")


def copy(role: Role, **changes: object) -> model.Copy:
    """Return a copy that was posted."""
    fields = {"role": role, "platform": Platform.SLACK, "channel": "C1", "message": "1.1"}
    return model.Copy.model_validate({**fields, **changes})


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (("a", "b"), "x"),
        (("list", 1), "second"),
        (("list", -1), "second"),
        (("list", 2), ""),
        (("list", "a"), ""),
        (("number",), ""),
        (("none", "of", "these"), ""),
        (("half",), "�"),
    ],
)
def test_a_payload_is_read_without_errors(path: tuple[str | int, ...], found: str) -> None:
    """What is not there, or of another kind, is an empty text; half a character is replaced."""
    sent = {"a": {"b": "x"}, "list": ["first", "second"], "number": 7, "half": "\ud800"}

    assert payload.text_at(sent, *path) == found


def test_what_has_to_be_there_is_named() -> None:
    """The error tells the path, and nothing of the payload."""
    with pytest.raises(payload.Malformed, match=r"The payload has no a\.b\."):
        payload.needed({"a": {"c": "secret"}}, "a", "b")


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("101", 101), (" 101 ", 101), ("", None), ("x", None), ("²", None), ("9" * 20, None)],
)
def test_a_workspace_is_a_number_of_towers(typed: str, wanted: int | None) -> None:
    """Anything else was not chosen from the list."""
    assert Entry("w", {Field.WORKSPACE: typed}).workspace_id == wanted


@pytest.mark.parametrize("days", ["x", "1.5", "-1", "100000", "٣"])
def test_a_validity_is_a_whole_number(days: str) -> None:
    """What is not is told at its field."""
    entry = Entry("w", {Field.VALIDITY: days})

    with pytest.raises(errors.BadInput) as raised:
        entry.submission(samples.ANA, None, ())

    assert set(raised.value.problems) == {Field.VALIDITY}


def test_a_form_has_one_name_for_one_sending() -> None:
    """The same form with the same values, by the same person, is the same operation; all else is not."""
    typed = {Field.NAME: "acr-main", Field.WORKSPACE: "101"}
    first = Entry("w", typed).submission(samples.ANA, None, (samples.ALIGNER,))

    others = {
        Entry("w", {**typed, Field.NAME: "acr-other"}).submission(samples.ANA, None, (samples.ALIGNER,)).op,
        Entry("w2", typed).submission(samples.ANA, None, (samples.ALIGNER,)).op,
        Entry("w", typed).submission(samples.BEN, None, (samples.ALIGNER,)).op,
        Entry("w", typed).submission(samples.ANA, None, ()).op,
    }

    assert Entry("w", typed).submission(samples.ANA, None, (samples.ALIGNER,)).op == first.op
    assert (len(others), first.op in others) == (4, False)


def test_a_button_is_read_as_it_was_written() -> None:
    """Which request, and the head of what was shown; what is no value of ours is refused."""
    request = samples.request()

    click = buttons.click(buttons.value(request), samples.BEN, op="o", seen_at=None)

    assert (click.request_id, click.digest) == (request.id, request.digest[:16])
    with pytest.raises(errors.Refused):
        buttons.click(f"{request.id}.", samples.BEN, op="o", seen_at=None)


@pytest.mark.parametrize("role", said.ROLES)
@pytest.mark.parametrize("state", model.State)
def test_people_of_another_platform_are_named(state: model.State, role: Role) -> None:
    """Slack cannot mention them: the policy's name stands there, wherever they are spoken of."""
    ana = model.Principal(platform=Platform.TEAMS, tenant="t", user="a")
    request = samples.request(state, requester=ana, approvers=(ana,), decisions=(samples.decision(ana),))

    named = blocks.message(request, role, {}, person=lambda _: "Ana")
    plain = blocks.message(request, role, {})

    assert ("somebody on Teams" in str(plain)) == ("Ana on Teams" in str(named))
    assert "somebody on Teams" not in str(named)


def test_quoted_words_stay_as_they_are() -> None:
    """What somebody wrote, and lines to copy, have no parts to be changed."""
    note: parts.Note = (("a",), parts.Points((("a",),)), parts.Quote("a"), parts.Listing("a"))

    changed = parts.changed(note, lambda _: "b")

    assert changed == (("b",), parts.Points((("b",),)), parts.Quote("a"), parts.Listing("a"))


@pytest.mark.parametrize(
    ("role", "copies", "wanted"),
    [
        (Role.APPROVAL, (), spots.Spot(samples.APPROVALS.channel)),
        (Role.ORIGIN, (), spots.Spot("19:x", "7")),
        (Role.DIRECT, (), None),
        (Role.TOLD, (), None),
        (Role.RESULT, (), None),
        (Role.RESULT, (copy(Role.ORIGIN),), spots.Spot("C1", "1.1")),
        (Role.RESULT, (copy(Role.ORIGIN, thread="0.9"),), spots.Spot("C1", "0.9")),
        (
            Role.PROGRESS,
            (copy(Role.ORIGIN, error="x"), copy(Role.DIRECT, channel="D1")),
            spots.Spot("D1", "1.1"),
        ),
        (Role.REMINDER, (copy(Role.APPROVAL, message=None),), spots.Spot(samples.APPROVALS.channel)),
    ],
)
def test_each_copy_has_its_place(
    role: Role, copies: tuple[model.Copy, ...], wanted: spots.Spot | None
) -> None:
    """A place of the request's own, or the thread below another copy that is there; else personally."""
    request = samples.request(place=PLACE)

    assert spots.spot(request, role, {one.role: one for one in copies}) == wanted
