"""Windows in Block Kit: within Slack's limits, with stable ids, keeping what was typed."""

from __future__ import annotations

import pytest

from bot import forms, model, ports
from bot.forms import Field
from bot.model import Kind
from handlers.slack import ids, modals
from handlers.slack.markup import Json
from tests.handlers import kit, samples
from tests.handlers.samples import form

MANY = tuple(model.Workspace(id=number, org="o" * 60, name=f"w{number:03}" * 10) for number in range(1, 151))


def block(view: Json, block_id: str) -> dict[str, object]:
    """Return a block of a window."""
    blocks = view["blocks"]
    assert isinstance(blocks, list)
    found = next(one for one in blocks if one.get("block_id") == block_id)
    assert isinstance(found, dict)
    return found


def element(view: Json, field: Field) -> dict[str, object]:
    """Return the element of a field."""
    found = block(view, field.value)["element"]
    assert isinstance(found, dict)
    return found


def typed(**held: object) -> dict[Field, object]:
    """Return what a form holds."""
    return {Field(name): value for name, value in held.items()}


@pytest.mark.parametrize(
    "view",
    [
        modals.loading("C0GENOMICS"),
        modals.notice((("Nothing to see.",),)),
        modals.denial("x" * 3000),
        modals.form(form(), meta="C0GENOMICS"),
        modals.form(form(workspaces=()), meta=""),
        modals.form(form(workspaces=MANY[:100]), meta=""),
        modals.form(form(workspaces=MANY), meta=""),
        modals.form(form(preview=samples.preview(longest_validity_days=90)), meta=""),
        modals.form(
            form(),
            meta="",
            typed=typed(
                name="n" * 99,
                workspace={"value": "101"},
                repository=[
                    {"text": {"type": "plain_text", "text": f"{number:075}"}, "value": f"{number:0150}"}
                    for number in range(ids.MOST_CHOSEN)
                ],
                validity="30",
                reason="&<>" * 160,
            ),
            preview=samples.preview(
                approvers=tuple(samples.person(f"U{number}") for number in range(300)),
                needed=2,
                holder=forms.Holder.MANUAL,
                held_by="x" * 99,
                warnings=tuple(f"Warning {number}" for number in range(30)),
            ),
        ),
    ],
)
def test_every_window_is_one_that_slack_takes(view: Json) -> None:
    """Each window keeps to Block Kit, however long what it shows is."""
    assert kit.check_view(view) == []


def test_a_fresh_form_suggests_a_name_and_nothing_else() -> None:
    """There is nothing to think about: a name is suggested, the rest is chosen."""
    view = modals.form(form(), meta="C0GENOMICS")

    assert element(view, Field.NAME)["initial_value"] == "acr-1a2b3c"
    assert kit.find(view, "initial_option") == []
    assert view["private_metadata"] == "C0GENOMICS"


def test_ids_stay_the_same_when_the_form_is_drawn_again() -> None:
    """What is typed stays in Slack only where block and action ids stay the same."""
    fresh = modals.form(form(), meta="")
    again = modals.form(form(), meta="", typed=typed(name="mine"), preview=samples.preview(approvers=()))

    assert kit.find(fresh, "block_id") == kit.find(again, "block_id")
    assert kit.find(fresh, "action_id") == kit.find(again, "action_id")


def test_what_was_typed_is_drawn_again() -> None:
    """A form that is drawn again holds what it held, for clients that forget."""
    chosen: Json = {"text": {"type": "plain_text", "text": "a/b", "emoji": False}, "value": "a/b"}
    held = typed(name="mine", workspace={"value": "102"}, repository=[chosen], validity="30", reason="why")

    view = modals.form(form(), meta="", typed=held)

    initial = {field: element(view, field).get("initial_value") for field in Field}
    assert initial == {**dict.fromkeys(Field), Field.NAME: "mine", Field.VALIDITY: "30", Field.REASON: "why"}
    assert element(view, Field.REPOSITORY)["initial_options"] == [chosen]
    option = element(view, Field.WORKSPACE)["initial_option"]
    assert isinstance(option, dict)
    assert option["value"] == "102"


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (Kind.ISSUE, ["name", "workspace", "repository", "validity", "reason"]),
        (Kind.EXTEND, ["workspace", "repository", "reason"]),
        (Kind.ADOPT, ["workspace", "repository", "validity", "reason"]),
    ],
)
def test_the_form_asks_only_for_what_is_used(kind: Kind, fields: list[str]) -> None:
    """A credential that is there has its name, and one that is extended keeps its password."""
    view = modals.form(form(), meta="", typed={}, preview=samples.preview(kind=kind))

    assert [one for one in kit.find(view, "block_id") if one != ids.PREVIEW] == fields
    assert kit.check_view(view) == []


def test_a_name_that_was_not_asked_for_is_suggested_again() -> None:
    """Who goes back to a workspace without a credential finds a name in the field."""
    view = modals.form(form(), meta="", typed=typed(workspace=None), preview=samples.preview())

    assert element(view, Field.NAME)["initial_value"] == "acr-1a2b3c"


def test_an_emptied_name_stays_empty() -> None:
    """A suggestion that somebody deleted does not come back."""
    view = modals.form(form(), meta="", typed=typed(name=""))

    assert "initial_value" not in element(view, Field.NAME)


@pytest.mark.parametrize("days", ["0", "-1", "91", "soon", "1.5", ""])
def test_a_validity_that_slack_would_refuse_is_not_drawn(days: str) -> None:
    """An initial value outside of its bounds would make Slack refuse the whole window."""
    view = modals.form(
        form(preview=samples.preview(longest_validity_days=90)), meta="", typed=typed(validity=days)
    )

    assert element(view, Field.VALIDITY).get("initial_value") == (None if days else "90")


@pytest.mark.parametrize(("longest", "optional"), [(None, True), (30, False)])
def test_a_longest_validity_makes_the_field_required(longest: int | None, *, optional: bool) -> None:
    """Where the rules set a limit, no end is no choice."""
    view = modals.form(form(preview=samples.preview(longest_validity_days=longest)), meta="")

    assert block(view, "validity").get("optional", False) is optional


def test_too_many_workspaces_are_searched() -> None:
    """A plain list holds a hundred; beyond that people type."""
    assert (
        element(modals.form(form(workspaces=MANY[:100]), meta=""), Field.WORKSPACE)["type"] == "static_select"
    )
    assert element(modals.form(form(workspaces=MANY), meta=""), Field.WORKSPACE)["type"] == "external_select"


@pytest.mark.parametrize(("words", "count"), [("", 100), ("W007", 1), ("nothing", 0)])
def test_workspaces_are_found_by_any_part_of_their_name(words: str, count: int) -> None:
    """A search offers what matches, a hundred at most."""
    offered = modals.workspaces(MANY, words)

    assert len(offered) == count
    assert kit.find(offered[100:], "value") == []


def test_a_cut_list_of_workspaces_says_so() -> None:
    """The last option of a cut list is a hint, and choosing it is choosing nothing."""
    last = modals.workspaces(MANY, "")[-1]

    assert last["value"] == ids.NOTHING
    assert kit.find(last, "text")[1] == "… and 51 more after these 99: keep typing"


def found(count: int, *, more: int = 0, silent: tuple[str, ...] = ()) -> ports.Found:
    """Return a search's result."""
    matches = tuple(ports.Repository(samples.HOST, f"team/tool-{number:03}") for number in range(count))
    return ports.Found(matches, more, silent)


@pytest.mark.parametrize(
    ("result", "count", "hints"),
    [
        (found(0), 0, []),
        (found(100), 100, []),
        (found(100, more=40), 100, ["… and 41 more after these 99: keep typing"]),
        (found(130), 100, ["… and 31 more after these 99: keep typing"]),
        (found(3, silent=("dead.azurecr.io",)), 4, ["No answer from dead.azurecr.io"]),
        (
            found(100, silent=("a", "b")),
            100,
            ["… and 2 more after these 98: keep typing", "No answer from 2 registries"],
        ),
    ],
)
def test_a_search_shows_a_hundred_and_says_what_is_missing(
    result: ports.Found, count: int, hints: list[str]
) -> None:
    """Slack shows nothing at all beyond a hundred options, so a cut list has a hint at its end."""
    offered = modals.repositories(result)

    assert len(offered) == count
    assert [kit.find(one, "text")[1] for one in offered if one["value"] == ids.NOTHING] == hints


def test_a_long_repository_keeps_its_telling_end() -> None:
    """An option reads `host/repository`, shortened in the middle; its value stays within the limit."""
    long = ports.Repository(samples.HOST, "team/" + "x" * 240 + "/aligner")

    option = modals.repositories(ports.Found((long, samples.ALIGNER)))

    text, value = kit.find(option[0], "text")[1], option[0]["value"]
    assert isinstance(text, str)
    assert text.startswith("acmegenomics.azurecr.io/team/")
    assert text.endswith("x/aligner")
    assert (len(text), value) == (75, forms.option_key(long))
    assert option[1]["value"] == samples.ALIGNER.path
