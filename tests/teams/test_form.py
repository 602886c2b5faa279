"""The form through the front door: as a dialog, in the chat, and beside the compose box."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bot import errors, forms, model, ports
from bot.forms import Field
from bot.sandbox.teams import activities
from handlers import replies
from handlers.teams import ids
from tests.handlers import samples
from tests.handlers.service_double import ServiceDouble
from tests.teams import reading, scenery
from tests.teams.house import House

TYPED = {
    "name": "acr-main",
    "workspace": "101",
    "repository": samples.ALIGNER.path,
    "validity": "30",
    "reason": "For *us*",
}
OPENED = {"data": {"action": ids.OPEN, "msteams": {"type": "task/fetch"}}, "context": {"theme": "dark"}}


async def dialog(house: House, scene: activities.Scene | None = None) -> dict[str, Any]:
    """Open the form in a dialog and return its card."""
    answer = await house.invokes(scene or house.scene(), "task/fetch", OPENED)
    assert answer.body["task"]["type"] == "continue"  # type: ignore[index]  # the answer's shape is what is tested
    return reading.shown(answer.body)


def sending(card: Mapping[str, Any], **typed: object) -> dict[str, object]:
    """Return the value that sending a dialog's form has."""
    return activities.submitted(reading.action(card, replies.FORM_SUBMIT), {**TYPED, **typed})


async def test_the_dialog_has_every_field(house: House) -> None:
    """A name is suggested, the workspaces are listed, and the longest validity is filled in."""
    house.service.seen = samples.preview(longest_validity_days=90)
    house.service.fresh = samples.form(preview=house.service.seen)

    card = await dialog(house)

    assert reading.problems(card) == []
    assert [one["id"] for one in reading.elements(card) if "id" in one] == [field.value for field in Field]
    assert (reading.field(card, "name")["value"], reading.field(card, "validity")["value"]) == (
        "acr-1a2b3c",
        90,
    )
    assert "Will ask:" in reading.text(card)
    assert reading.action(card, replies.FORM_SUBMIT)["type"] == "Action.Submit"


async def test_repositories_are_searched_and_listed(house: House) -> None:
    """The list stands in where a client does not search; the first ones are in it."""
    card = await dialog(house)

    field = reading.field(card, "repository")
    assert field["choices.data"] == {"type": "Data.Query", "dataset": ids.REPOSITORIES}
    assert field["choices"] == [{"title": samples.ALIGNER.path, "value": samples.ALIGNER.path}]


async def test_a_silent_registry_does_not_hold_the_form_up(house: House, service: ServiceDouble) -> None:
    """Without the list there is still the search."""
    service.failing["search"] = errors.Temporary("Azure does not answer.", service="Azure")

    card = await dialog(house)

    assert reading.field(card, "repository")["choices"] == []


async def test_a_sent_dialog_is_a_submission(house: House, service: ServiceDouble) -> None:
    """Who and where is Teams' word; the rest is what was typed."""
    scene = house.scene(root="1700000000000")
    card = await dialog(house, scene)

    answer = await house.invokes(scene, "task/submit", sending(card))

    (made,) = service.submissions
    assert made.by == scenery.principal(scenery.ANA)
    assert made.place == model.Place(
        platform=model.Platform.TEAMS,
        tenant=scenery.TENANT,
        channel=scenery.GENOMICS,
        thread="1700000000000",
    )
    assert (made.name, made.workspace_id, made.repositories) == ("acr-main", 101, (samples.ALIGNER,))
    assert (made.validity_days, made.reason) == (30, "For *us*")
    assert answer.body["task"]["type"] == "message"  # type: ignore[index]  # the same


async def test_a_form_that_is_sent_twice_is_one_request(house: House, service: ServiceDouble) -> None:
    """Teams sends an invoke again when an answer is late; a form opened later is another."""
    card, later = await dialog(house), await dialog(house)

    for one in (card, card, later):
        await house.invokes(house.scene(), "task/submit", sending(one))

    first, again, other = (one.op for one in service.submissions)
    assert first == again
    assert first != other


async def test_a_personal_chat_is_no_place(house: House, service: ServiceDouble) -> None:
    """What is asked there is shown to nobody else."""
    card = await dialog(house, house.personal())

    await house.invokes(house.personal(), "task/submit", sending(card))

    assert service.submissions[0].place is None


async def test_what_is_wrong_stands_at_its_field(house: House, service: ServiceDouble) -> None:
    """The form comes back with what was typed, and sending it again is the same form."""
    card = await dialog(house)
    service.failing["submit"] = errors.BadInput({"name": "This name is taken.", "reason": "Too long."})

    answer = await house.invokes(house.scene(), "task/submit", sending(card, name="taken", validity="400"))

    again = reading.shown(answer.body)
    assert reading.problems(again) == []
    assert {"This name is taken.", "Too long."} <= set(reading.text(again).splitlines())
    held = {name: reading.field(again, name).get("value") for name in TYPED}
    assert held == {**TYPED, "name": "taken", "validity": 400}
    before = reading.action(card, replies.FORM_SUBMIT)["data"]
    assert reading.action(again, replies.FORM_SUBMIT)["data"] == before


@pytest.mark.parametrize("validity", ["soon", "1.5", "-3", "99999999", 1e300, True, None, ["1"]])
async def test_a_validity_that_is_no_number_comes_back(house: House, validity: object) -> None:
    """A client may send anything for a number: it is told at its field, or taken for nothing typed."""
    card = await dialog(house)

    answer = await house.invokes(house.scene(), "task/submit", sending(card, validity=validity))

    empty = validity in (True, None) or isinstance(validity, list)
    assert answer.status == 200
    assert ("whole number of days" in str(answer.body)) == (not empty)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            errors.Refused(errors.Reason.NO_RULE, "No rule of the policy allows this."),
            "No rule of the policy",
        ),
        (errors.Temporary("Azure does not answer.", service="Azure"), "Azure does not answer."),
        (errors.NotAccepted("The store is away."), "nothing was kept"),
    ],
)
async def test_a_refused_form_keeps_what_was_typed(
    house: House, service: ServiceDouble, error: Exception, words: str
) -> None:
    """Why stands above the form; nothing has to be typed again."""
    card = await dialog(house)
    service.failing["submit"] = error

    answer = await house.invokes(house.scene(), "task/submit", sending(card))

    again = reading.shown(answer.body)
    assert words in reading.text(again)
    assert reading.field(again, "reason")["value"] == TYPED["reason"]


async def test_the_form_can_be_filled_in_the_chat(house: House, service: ServiceDouble) -> None:
    """Where there are no dialogs, a button puts the form in its place, and sending it says how it went."""
    await house.says(house.scene(), "")
    (launcher,) = house.written(scenery.GENOMICS)
    here = house.scene(root=launcher.root)

    opened = await house.presses(here, launcher, replies.FORM_HERE)
    card = reading.shown(opened.body)
    value = activities.pressed(reading.action(card, replies.FORM_SUBMIT), TYPED)
    service.failing["submit"] = errors.BadInput({"name": "This name is taken."})
    wrong = await house.invokes(here, "adaptiveCard/action", value)
    del service.failing["submit"]
    right = await house.invokes(here, "adaptiveCard/action", value)

    assert (reading.problems(card), reading.problems(reading.shown(wrong.body))) == ([], [])
    assert "This name is taken." in reading.text(reading.shown(wrong.body))
    assert "waits for" in reading.text(reading.shown(right.body))
    assert service.submissions[0].by == scenery.principal(scenery.ANA)


async def test_the_form_opens_beside_the_compose_box(house: House, service: ServiceDouble) -> None:
    """A message extension may be used where the bot is not: such a request has no place."""
    command = {"commandId": ids.ASK, "commandContext": "compose"}

    opened = await house.invokes(house.scene(), "composeExtension/fetchTask", command)
    card = reading.shown(opened.body)
    sent = await house.invokes(house.scene(), "composeExtension/submitAction", {**command, **sending(card)})

    assert (reading.problems(card), sent.body["task"]["type"]) == ([], "message")  # type: ignore[index]  # the same
    assert service.submissions[0].place is None


async def test_without_a_workspace_there_is_no_form(house: House, service: ServiceDouble) -> None:
    """It could only be refused: who can change that is said instead."""
    service.fresh = samples.form(workspaces=())
    await house.says(house.scene(), "")
    (launcher,) = house.written(scenery.GENOMICS)

    in_dialog = await house.invokes(house.scene(), "task/fetch", OPENED)
    in_chat = await house.presses(house.scene(), launcher, replies.FORM_HERE)

    assert "no Tower workspace" in str(in_dialog.body["task"])
    assert "no Tower workspace" in reading.text(reading.shown(in_chat.body))


@pytest.mark.parametrize("name", ["task/fetch", "composeExtension/fetchTask"])
async def test_who_may_not_ask_reads_why(house: House, service: ServiceDouble, name: str) -> None:
    """The dialog says it, and can only be closed."""
    service.failing["form"] = errors.Refused(errors.Reason.OUTSIDER, "Guests cannot use this bot.")

    answer = await house.invokes(
        house.scene(), name, {**OPENED, "commandId": ids.ASK, "commandContext": "compose"}
    )

    assert answer.body == {"task": {"type": "message", "value": "Guests cannot use this bot."}}


def repositories(number: int) -> tuple[ports.Repository, ...]:
    """Return many repositories."""
    return tuple(ports.Repository(samples.HOST, f"team/tool-{one:03d}") for one in range(number))


@pytest.mark.parametrize(
    ("matches", "more", "silent", "last"),
    [
        (3, 0, (), "team/tool-002"),
        (15, 0, (), "team/tool-014"),
        (16, 0, (), "2 more after these 14"),
        (15, 40, (), "41 more after these 14"),
        (15, 0, ("a.azurecr.io",), "No answer from a.azurecr.io"),
    ],
)
async def test_a_search_offers_what_teams_draws(
    house: House, service: ServiceDouble, matches: int, more: int, silent: tuple[str, ...], last: str
) -> None:
    """At most fifteen results, and what is missing is said in the last ones."""
    service.found = ports.Found(repositories(matches), more, silent)
    value = {"queryText": "team", "queryOptions": {"skip": 0, "top": 50}, "dataset": ids.REPOSITORIES}

    answer = await house.invokes(house.scene(), "application/search", value)

    results = answer.body["value"]["results"]  # type: ignore[index]  # the same
    assert len(results) <= 15
    assert last in results[-1]["title"]
    assert answer.body["type"] == "application/vnd.microsoft.search.searchResponse"


async def test_a_failed_search_is_a_hint(house: House, service: ServiceDouble) -> None:
    """The list says so; choosing that is choosing nothing."""
    service.failing["search"] = errors.Temporary("Azure does not answer.", service="Azure")

    answer = await house.invokes(house.scene(), "application/search", {"queryText": "x", "dataset": "r"})

    assert answer.body["value"] == {"results": [{"title": replies.SEARCH_FAILED, "value": ids.NOTHING}]}


async def test_several_repositories_are_asked_for_at_once(house: House, service: ServiceDouble) -> None:
    """They come as one text, with commas; what is not there any more is told at the field."""
    service.found = ports.Found(repositories(3))
    card = await dialog(house)
    two = f"{samples.HOST}/team/tool-000, {samples.HOST}/team/tool-002,{ids.NOTHING}"

    await house.invokes(house.scene(), "task/submit", sending(card, repository=two))
    gone = await house.invokes(house.scene(), "task/submit", sending(card, repository=f"{two},x/gone"))

    (made,) = service.submissions
    assert [one.name for one in made.repositories] == ["team/tool-000", "team/tool-002"]
    assert replies.SOME_GONE in reading.text(reading.shown(gone.body))
    assert str(reading.field(reading.shown(gone.body), "repository")["value"]).endswith(",x/gone")


async def test_a_hint_is_no_repository(house: House, service: ServiceDouble) -> None:
    """Whoever chooses it has chosen nothing."""
    card = await dialog(house)

    await house.invokes(house.scene(), "task/submit", sending(card, repository=ids.NOTHING))

    assert service.submissions[0].repositories == ()
    assert "repository" not in service.calls


async def test_many_workspaces_are_filtered_as_somebody_types(house: House, service: ServiceDouble) -> None:
    """A long list is searched by the client; the whole card stays within its size."""
    many = tuple(model.Workspace(id=one, org="acme", name=f"workspace-{one}") for one in range(60))
    service.fresh = forms.Form(name="acr-main", workspaces=many, preview=samples.preview())
    service.found = ports.Found(repositories(200))

    card = await dialog(house)

    assert reading.problems(card) == []
    assert reading.field(card, "workspace")["style"] == "filtered"
