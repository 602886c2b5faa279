"""Choices in the form: what they lead to is shown, and nothing typed is lost."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bot import errors, model, ports
from bot.forms import Holder
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from bot.sandbox.slack import people
from handlers import replies
from handlers.slack import ids
from tests.handlers import samples
from tests.handlers.house import House
from tests.handlers.screen import ASKED, NAME, REASON, REPOSITORY, WORKSPACE, filled, opened
from tests.handlers.service_double import ServiceDouble
from tests.waiting import wait_until


async def test_a_choice_shows_what_stands_in_the_way(ana: people.Person, service: ServiceDouble) -> None:
    """Once workspace and repository are chosen, a held host is told before sending."""
    service.seen = samples.preview(needed=2, holder=Holder.MANUAL, held_by="by-hand")

    await filled(ana)
    screen = await ana.awaits_modal("made by hand")

    assert (
        "Will ask: @Ben and @Cleo in #registry-approvals (2 approvals needed, within 72 hours)."
        in screen.text
    )
    assert service.previews[-1] == (101, (samples.ALIGNER,))


async def test_what_was_typed_survives_a_choice(ana: people.Person, service: ServiceDouble) -> None:
    """The form is drawn again at each choice, and keeps everything in it."""
    await opened(ana)
    await ana.type(NAME, "mine")
    await ana.type(REASON, "because")
    service.seen = samples.preview(needed=1, holder=Holder.OPEN)
    await ana.choose(WORKSPACE, "acme/research")
    await ana.awaits_modal("an open request")
    await ana.pick(REPOSITORY, "aligner")

    await ana.submit()

    assert [(sent.name, sent.reason, sent.workspace_id) for sent in service.submissions] == [
        ("mine", "because", 101)
    ]


async def test_a_preview_that_cannot_be_made_says_so(ana: people.Person, service: ServiceDouble) -> None:
    """With Tower silent the form stays usable, and says that it could not look."""
    service.failing["preview"] = errors.Temporary("Tower did not answer.", service="Tower")

    await filled(ana)
    screen = await ana.awaits_modal("could not be checked now")

    assert "Tower did not answer." in screen.text


async def test_a_form_that_cannot_be_drawn_again_stays(ana: people.Person, service: ServiceDouble) -> None:
    """When the whole look-up fails after a choice, the form stays as it was."""
    await opened(ana)
    service.failing["form"] = errors.NotAccepted("away")

    await ana.choose(WORKSPACE, "acme/research")
    await wait_until(lambda: service.calls.count("form") == 2, "the form was looked up again")

    assert ASKED in (await ana.awaits_modal()).text


async def test_only_the_newest_choice_is_shown(
    house: House, ana: people.Person, service: ServiceDouble
) -> None:
    """A slow look at an older choice does not overwrite what was chosen since."""
    await opened(ana)
    service.hanging.add("preview")
    await ana.choose(WORKSPACE, "acme/research")
    await wait_until(lambda: "preview" in service.calls, "the first choice is looked at")
    service.hanging.clear()
    service.seen = samples.preview(needed=1, holder=Holder.OURS)
    await ana.choose(WORKSPACE, "acme/production")
    await ana.awaits_modal("through this bot")
    service.seen = samples.preview(needed=1, holder=Holder.MANUAL)
    service.released.set()

    await wait_until(lambda: service.previews == [(102, ()), (101, ())], "the older look has ended")

    assert "through this bot" in (await ana.awaits_modal()).text
    assert house.web_calls.count("views.update") == 2


async def test_a_form_that_moved_on_is_drawn_all_the_same(
    house: House, ana: people.Person, service: ServiceDouble
) -> None:
    """Slack refuses an update of an older version of a window; the newest choice is shown anyway."""
    await opened(ana)
    service.seen = samples.preview(needed=1, holder=Holder.OURS)
    service.hanging.add("preview")
    await ana.choose(WORKSPACE, "acme/research")
    await wait_until(lambda: "preview" in service.calls, "the choice is looked at")
    view = house.slack.state.screens.top(acme.ANA)
    assert view is not None
    house.slack.state.screens.update(view, view.body)

    service.released.set()
    screen = await ana.awaits_modal("through this bot")

    assert screen.title == replies.FORM_TITLE


async def test_a_connection_lost_on_the_way_leaves_the_form(
    house: House, ana: people.Person, everything_logged: Callable[[], str]
) -> None:
    """When Slack cannot be reached for the update, the form stays as it was."""
    await opened(ana)
    house.slack.faults.append(Fault("/api/views.update", None, cut=True))

    await ana.choose(WORKSPACE, "acme/research")
    await wait_until(lambda: "slack.window.not_updated" in everything_logged(), "the log says so")

    assert ASKED in (await ana.awaits_modal()).text


async def test_a_search_finds_as_one_types(ana: people.Person, service: ServiceDouble) -> None:
    """Repositories of every registry are found by any part of their name."""
    service.found = ports.Found((samples.ALIGNER, ports.Repository(samples.HOST, "team/caller")))
    await opened(ana)

    everything = await ana.search(REPOSITORY, "")
    some = await ana.search(REPOSITORY, "CALL")

    assert [one.text for one in everything] == [samples.ALIGNER.path, f"{samples.HOST}/team/caller"]
    assert [one.value for one in some] == [f"{samples.HOST}/team/caller"]


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            errors.Temporary("The registries did not answer.", service="Azure"),
            "The registries did not answer.",
        ),
        (RuntimeError("secret detail"), "Something went wrong inside the bot."),
    ],
)
async def test_a_failed_search_says_so(
    ana: people.Person, service: ServiceDouble, error: Exception, words: str
) -> None:
    """An empty list would say that there is nothing; a hint says that nobody could look."""
    await opened(ana)
    service.failing["search"] = error

    (offered,) = await ana.search(REPOSITORY, "x")

    assert offered.text.startswith(words[:40])
    assert offered.value == ids.NOTHING


async def test_a_name_too_long_for_an_option_is_still_found(
    ana: people.Person, service: ServiceDouble
) -> None:
    """A repository whose path is longer than an option's value goes by a short key."""
    long = ports.Repository(samples.HOST, "team/" + "x" * 240)
    service.found = ports.Found((long,))
    await opened(ana)
    await ana.choose(WORKSPACE, "acme/research")
    await ana.pick(REPOSITORY, "")

    await ana.submit()

    assert [sent.repositories for sent in service.submissions] == [(long,)]


async def test_many_workspaces_are_searched(ana: people.Person, service: ServiceDouble) -> None:
    """With more workspaces than a list holds, people type."""
    many = tuple(model.Workspace(id=number, org="acme", name=f"team-{number}") for number in range(1, 140))
    service.fresh = samples.form(workspaces=many)
    await opened(ana)

    found = await ana.search(WORKSPACE, "team-13")

    assert [one.value for one in found] == ["13", *map(str, range(130, 140))]
