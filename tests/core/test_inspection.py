"""What the form checks with the outside, and how each problem is worded."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import Any

import pytest

from bot import audit, errors, forms, hosts, machine, model, ports, recorder
from tests import builders, fakes
from tests.core.conftest import Desk


class Instead:
    """A part as it is, but for what a subclass answers instead."""

    def __init__(self, part: object) -> None:
        self._part = part

    def __getattr__(self, name: str) -> object:
        return getattr(self._part, name)


class Unaware(Instead):
    """A store as it was a moment ago: nobody holds anything yet, for so many looks."""

    def __init__(self, part: object, *, looks: int = 100) -> None:
        super().__init__(part)
        self._looks = looks

    async def holder(self, claim: str) -> str | None:
        """Say that nobody holds a claim."""
        self._looks -= 1
        return None if self._looks >= 0 else await self._part.holder(claim)  # type: ignore[attr-defined]  # the store's own


class Picky(Instead):
    """A Tower with rules of its own about names."""

    async def check_name(self, *_: object) -> ports.NameCheck:
        """Refuse the name."""
        return ports.NameCheck.BAD


class Away(Instead):
    """A service that answers a ping with an error, or never."""

    def __init__(self, part: object, *, hangs: bool = False) -> None:
        super().__init__(part)
        self._hangs = hangs

    async def ping(self) -> None:
        """Fail."""
        if self._hangs:
            await asyncio.Event().wait()
        raise errors.Temporary("Azure is away.", service="Azure")


def replace(desk: Desk, **parts: Any) -> None:
    """Give the inspector other parts to ask."""
    service = desk.service
    service._inspector = dataclasses.replace(service._inspector, **parts)
    service._submissions = dataclasses.replace(service._submissions, inspector=service._inspector)


async def problems(desk: Desk, **fields: Any) -> dict[str, str]:
    """Send a form and return its problems."""
    with pytest.raises(errors.BadInput) as bad:
        await desk.service.submit(builders.a_submission(**fields))
    assert desk.events == []
    return bad.value.problems


async def test_a_taken_name(desk: Desk) -> None:
    """Tower knows the name: the field says so."""
    desk.tower.add(101, name="acr-main", registry="docker.io")

    assert "already has this name" in (await problems(desk))["name"]


async def test_a_name_that_tower_refuses(desk: Desk) -> None:
    """Tower's word on a name is final, whatever our own pattern thinks."""
    replace(desk, tower=Picky(desk.tower))

    assert "does not take this name" in (await problems(desk))["name"]


async def test_an_unknown_repository(desk: Desk) -> None:
    """The registry is asked itself."""
    found = await problems(desk, repositories=(ports.Repository(builders.HOST, "team/missing"),))

    assert found == {"repository": f"{builders.HOST}/team/missing is not in the registry."}


async def test_the_unknown_ones_of_several_repositories(desk: Desk) -> None:
    """Each that is missing is named, up to a handful; those that are there are not."""
    chosen = [ports.Repository(builders.HOST, f"team/missing{number}") for number in range(7)]

    found = await problems(desk, repositories=(ports.Repository(builders.HOST, "team/tool"), *chosen))

    told = ", ".join(one.path for one in chosen[:5])
    assert found == {"repository": f"{told} and 2 more are not in the registry."}


async def test_several_repositories_are_one_request(desk: Desk) -> None:
    """They are asked for, and approved, together."""
    chosen = tuple(ports.Repository(builders.HOST, name) for name in ("team/tool", "team/other"))

    request = await desk.service.submit(builders.a_submission(repositories=(*chosen, chosen[0])))

    assert request.spec.repositories == ("team/tool", "team/other")


async def test_a_registry_that_is_not_served(desk: Desk) -> None:
    """A host that somebody made up is never spoken to."""
    found = await problems(desk, repositories=(ports.Repository("evil.example.org", "team/tool"),))

    assert "evil.example.org" in found["repository"]
    assert desk.journal.count("exists") == 0


async def test_a_workspace_without_the_role(desk: Desk) -> None:
    """The field names the role that is missing."""
    assert "Admin or Owner" in (await problems(desk, workspace_id=999))["workspace"]


async def test_a_full_registry(desk: Desk) -> None:
    """The field names the limit."""
    desk.registries.limit = 0

    assert "0 of 0 (Standard)" in (await problems(desk))["repository"]


async def test_a_host_registered_by_hand(desk: Desk) -> None:
    """A second credential for a host would be a silent failure, so it is refused with what to do."""
    desk.tower.add(101, name="by-hand", registry=builders.HOST)

    found = await problems(desk)

    assert "by hand (by-hand)" in found["repository"]
    assert "remove that one in Tower" in found["repository"]


async def test_a_host_with_an_open_request(desk: Desk) -> None:
    """Two open requests for one host would end in two credentials."""
    await desk.service.submit(builders.a_submission())
    desk.events.clear()

    other = ports.Repository(builders.HOST, "team/other")
    found = await problems(desk, name="another", repositories=(other,))

    assert "already has an open request" in found["repository"]


async def test_what_is_asked_for_already_is_pointed_to(desk: Desk) -> None:
    """An identical open request is not doubled: its id, who asked and where come back."""
    first = await desk.service.submit(builders.a_submission())

    with pytest.raises(errors.Refused) as refused:
        await desk.service.submit(builders.a_submission(name="another", by=builders.CLEO))

    assert (refused.value.reason, refused.value.request) == (errors.Reason.DUPLICATE, first)
    for words in (model.short_id(first.id), "U0ANA", "C0GENOMICS"):
        assert words in str(refused.value)
    assert desk.events[-1] is audit.Event.REFUSED


async def test_two_identical_forms_race(desk: Desk) -> None:
    """The slower one of two is pointed to the faster one, though it saw nothing of it when it looked."""
    first = await desk.service.submit(builders.a_submission())
    replace(desk, store=Unaware(desk.store, looks=2))

    with pytest.raises(errors.Refused) as refused:
        await desk.service.submit(builders.a_submission(name="another"))

    assert refused.value.request == first


async def test_several_problems_at_once(desk: Desk) -> None:
    """Looks and look-ups are told together."""
    found = await problems(desk, name="!", workspace_id=999, validity_days=0)

    assert set(found) == {"name", "workspace", "validity"}


async def test_a_missing_role_in_azure_is_a_field_error_with_its_remedy(desk: Desk) -> None:
    """What an administrator has to change is said where it shows."""
    missing = errors.Forbidden("Azure refused.", service="Azure", remedy="Give the bot the role X.")
    desk.journal.faults.append(fakes.Fault("room", missing))

    assert (await problems(desk))["repository"] == "Azure refused. Give the bot the role X."


async def test_a_service_that_is_down_is_not_a_field_error(desk: Desk) -> None:
    """Nobody typed anything wrong, so no field says so."""
    desk.journal.faults.append(fakes.Fault("room", errors.Temporary("Azure is away.", service="Azure")))

    with pytest.raises(errors.Temporary, match="Azure is away"):
        await desk.service.submit(builders.a_submission())


async def test_two_forms_for_one_name_race(desk: Desk) -> None:
    """What was free a moment ago and is not any more is told as such."""
    await desk.service.submit(builders.a_submission())
    desk.events.clear()
    replace(desk, store=Unaware(desk.store))

    found = await problems(desk)

    assert any("just" in problem for problem in found.values())


@pytest.mark.parametrize(
    ("holder", "words"),
    [
        (forms.Holder.OURS, "through this bot (main)"),
        (forms.Holder.OPEN, "an open request"),
        (forms.Holder.MANUAL, "by hand (main)"),
    ],
)
def test_a_held_host_is_told_with_what_to_do(holder: forms.Holder, words: str) -> None:
    """Ours, on its way, or made by hand: each has its own way out."""
    told = hosts.told(hosts.Held(holder, "main"), builders.a_workspace(), builders.HOST)

    assert words in told
    assert told.startswith("acme/research already has")


async def preview(desk: Desk) -> tuple[forms.Holder, str | None]:
    """Return what a requester is told of the host before sending."""
    repository = ports.Repository(builders.HOST, "team/tool")
    told = await desk.service.preview(builders.ANA, None, workspace_id=101, repositories=(repository,))
    return told.holder, told.held_by


async def test_a_preview_of_a_free_host(desk: Desk) -> None:
    """Nobody holds it."""
    assert await preview(desk) == (forms.Holder.NOBODY, None)


async def test_a_preview_of_a_host_made_by_hand(desk: Desk) -> None:
    """Tower's list tells."""
    desk.tower.add(101, name="main", registry=builders.HOST)

    assert await preview(desk) == (forms.Holder.MANUAL, "main")


async def test_a_preview_of_a_host_asked_for_and_then_ours(desk: Desk) -> None:
    """An open request holds the host, and the credential that it becomes holds it still."""
    request = await desk.service.submit(builders.a_submission(name="main"))
    asked = await preview(desk)
    await desk.service.approve(builders.a_click(request))
    for event in (machine.Event.START, machine.Event.FINISH):
        await desk.service._record.apply(request.id, moved(event), op=event.value)

    assert asked == (forms.Holder.OPEN, "main")
    assert await preview(desk) == (forms.Holder.OURS, "main")


def moved(event: machine.Event) -> recorder.Propose:
    """Return what moves a request on, as the saga does."""

    def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
        after = machine.advance(snapshot.request, event, at=builders.now())
        return recorder.Proposal(after, audit.Event.DONE)

    return propose


async def search(desk: Desk, text: str, *, wildcards: bool = False) -> list[str]:
    """Return what a search offers."""
    replace(desk, wildcards=wildcards)
    found = await desk.service._inspector.search(text, limit=10)
    return [one.path for one in found.matches]


async def test_search_is_over_host_and_name(desk: Desk) -> None:
    """Any part finds."""
    assert await search(desk, " TOOL ") == [f"{builders.HOST}/team/tool"]


@pytest.mark.parametrize("text", ["team/*", f"{builders.HOST}/team/*"])
async def test_a_typed_star_is_offered_where_allowed(desk: Desk, text: str) -> None:
    """One wildcard a host that has such repositories, not one a repository."""
    assert await search(desk, text, wildcards=True) == [f"{builders.HOST}/team/*"]
    assert await search(desk, text) == []


async def test_option_values_lead_back_to_repositories(desk: Desk) -> None:
    """Short values are paths; long ones are found by their digest; unknown ones are nothing."""
    long = ports.Repository("h" * 60, "team/" + "x" * 120)
    desk.catalog.tags[long.path] = "1"

    assert await desk.service.repository(f"{builders.HOST}/a/b") == ports.Repository(builders.HOST, "a/b")
    assert await desk.service.repository(forms.option_key(long)) == long
    assert await desk.service.repository("~0") is None


async def test_ready_names_what_does_not_answer(desk: Desk) -> None:
    """Each part is asked; what is wrong is said in a sentence."""
    replace(desk, registries=Away(desk.registries), tower=Away(desk.tower, hangs=True))

    parts = await desk.service.ready()

    assert parts == {"redis": None, "azure": "Azure is away.", "tower": "did not answer in time"}


async def test_the_search_of_the_form_is_bounded(desk: Desk) -> None:
    """A hundred matches is what a platform shows."""
    desk.catalog.tags |= {f"{builders.HOST}/many/r{number}": None for number in range(150)}

    found = await desk.service.search("many")

    assert (len(found.matches), found.more) == (100, 50)
