"""One request by its id, credentials by their name, and somebody's home."""

from __future__ import annotations

from typing import Any

import pytest

from bot import audit, errors, model, rules
from bot.errors import Reason
from bot.model import CredentialState, Kind
from tests import builders, fakes
from tests.core.conftest import Desk

ANA, BEN, DAN = (builders.a_principal(f"U0{name}") for name in ("ANA", "BEN", "DAN"))
DANS = rules.Person(name="Dan", members=frozenset({"slack:U0DAN"}), tower="dan")
SECOND = builders.a_workspace(id=102, name="production")


@pytest.fixture(autouse=True)
def second_workspace(desk: Desk) -> None:
    """Let there be another workspace."""
    desk.tower.known = (*desk.tower.known, SECOND)
    desk.tower.held[SECOND.id] = []


async def refusal(desk: Desk, door: str, by: model.Principal, text: str) -> errors.Refused:
    """Return why nothing is shown, which is on the record."""
    with pytest.raises(errors.Refused) as refused:
        await getattr(desk.service, door)(by, text)
    assert desk.events[-1] is audit.Event.REFUSED
    return refused.value


@pytest.mark.parametrize("form", ["{short}", "#{short}", "{id}", " {SHORT} "])
async def test_a_request_is_found_by_its_id(desk: Desk, form: str) -> None:
    """As people see it in a message, or in full."""
    request = await desk.service.submit(builders.a_submission())
    short = model.short_id(request.id)

    row = await desk.service.status(ANA, form.format(short=short, SHORT=short.upper(), id=request.id))

    assert (row.request, row.credential, row.may) == (request, None, frozenset())
    assert desk.events[-1] is audit.Event.LISTED


async def test_a_done_request_shows_its_credential(desk: Desk) -> None:
    """With what may be done to it."""
    credential = await desk.issued()

    row = await desk.service.status(ANA, credential.id)

    assert (row.credential, row.may) == (credential, frozenset({Kind.ROTATE, Kind.REVOKE}))


async def test_a_change_shows_what_it_is_about(desk: Desk) -> None:
    """The owner sees what an approver asked of their credential."""
    credential = await desk.issued()
    change = builders.a_spec(kind=Kind.ROTATE, credential=credential.id)
    asked = builders.a_request(spec=change, requester=BEN)
    await desk.record.create(asked, op=asked.id)

    row = await desk.service.status(ANA, model.short_id(asked.id))

    assert (row.request, row.credential) == (asked, credential)


async def test_of_several_with_one_short_id_the_newest_that_may_be_seen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Six characters may be those of two; what is not to be seen does not stand in the way."""
    mine = await desk.service.submit(builders.a_submission())
    await desk.service.cancel(builders.a_click(mine, ANA))
    other = await desk.service.submit(builders.a_submission(by=builders.CLEO, name="other"))
    short = model.short_id(mine.id)

    async def both(_: str) -> tuple[str, ...]:
        return other.id, mine.id

    monkeypatch.setattr(desk.store, "by_short", both)

    rows = [await desk.service.status(who, short) for who in (ANA, BEN)]

    assert [row.request.id for row in rows if row.request] == [mine.id, other.id]


@pytest.mark.parametrize("ref", ["abcdef", "#abcdef", "nonsense", "", "A" * 22, "x" * 500])
async def test_a_request_that_is_not_there(desk: Desk, ref: str) -> None:
    """What somebody typed is said back, in a length that fits."""
    told = await refusal(desk, "status", ANA, ref)

    assert told.reason is Reason.UNKNOWN_REQUEST
    assert len(str(told)) < 120


async def test_what_may_not_be_seen_looks_like_nothing(desk: Desk) -> None:
    """Nobody learns that a request is there by asking for it."""
    request = await desk.service.submit(builders.a_submission())
    short = model.short_id(request.id)

    hidden = await refusal(desk, "status", DAN, short)

    assert (hidden.reason, hidden.request) == (Reason.UNKNOWN_REQUEST, None)
    assert str(hidden) == f"There is no request “{short}” that you may see."


async def test_who_cannot_be_looked_up_is_told_so(desk: Desk) -> None:
    """It may be theirs to see: the answer is to try again."""
    desk.source.policy = builders.a_policy(people=(DANS,))
    request = await desk.service.submit(builders.a_submission())
    away = errors.Temporary("Tower is away.", service="Tower")
    desk.journal.faults.append(fakes.Fault("participates", away))

    told = await refusal(desk, "status", DAN, request.id)

    assert told.reason is Reason.DIRECTORY_DOWN
    assert "whether you are a participant of acme/research in Tower" in str(told)


@pytest.mark.parametrize("name", ["acr-main", "acme/research/acr-main", "research/acr-main", "{short}"])
async def test_a_credential_is_found_by_its_name(desk: Desk, name: str) -> None:
    """Alone, with its workspace, or by the id that messages show."""
    credential = await desk.issued()

    rows = await desk.service.find(ANA, name.format(short=model.short_id(credential.id)))

    assert [row.credential for row in rows] == [credential]
    assert desk.events[-1] is audit.Event.LISTED


async def test_several_of_one_name_are_all_found(desk: Desk) -> None:
    """Each workspace may have one; which is meant can be said."""
    first = await desk.issued()
    second = await desk.issued(await desk.service.submit(builders.a_submission(workspace_id=102)))

    both, one = await desk.service.find(BEN, "acr-main"), await desk.service.find(BEN, "production/acr-main")

    assert {row.credential.id for row in both if row.credential} == {first.id, second.id}
    assert [row.credential for row in one] == [second]


@pytest.mark.parametrize("name", ["acr-other", "", "acme/production/acr-main", "///"])
async def test_an_unknown_name(desk: Desk, name: str) -> None:
    """It is said back."""
    await desk.issued()

    told = await refusal(desk, "find", ANA, name)

    assert (told.reason, f"no credential “{name}”" in str(told)) == (Reason.UNKNOWN_CREDENTIAL, True)


async def test_a_name_that_is_only_asked_for(desk: Desk) -> None:
    """An open request is no credential yet."""
    await desk.service.submit(builders.a_submission())

    assert (await refusal(desk, "find", ANA, "acr-main")).reason is Reason.UNKNOWN_CREDENTIAL


async def test_a_credential_is_found_without_tower(desk: Desk) -> None:
    """Who has to revoke one cannot wait for it."""
    credential = await desk.issued()
    away = errors.Temporary("Tower is away.", service="Tower")
    desk.journal.faults.append(fakes.Fault("workspaces", away, times=None))

    rows = await desk.service.find(ANA, "acme/research/acr-main")

    assert [row.credential for row in rows] == [credential]


async def test_a_credential_is_found_in_a_workspace_that_was_lost(desk: Desk) -> None:
    """The bot's account lost its role there, and the token still logs in."""
    credential = await desk.issued()
    desk.tower.known = (SECOND,)

    assert [row.credential for row in await desk.service.find(ANA, "acr-main")] == [credential]


async def test_a_revoked_one_is_found_by_its_id(desk: Desk) -> None:
    """So that what is asked of it gets the answer that it is revoked."""
    credential = await desk.issued()
    gone = await desk.changed(credential, state=CredentialState.REVOKED)

    rows = await desk.service.find(ANA, model.short_id(credential.id))

    assert [(row.credential, row.may) for row in rows] == [(gone, frozenset())]


async def test_somebodys_home(desk: Desk) -> None:
    """What waits for them, what they asked for, what they own: the newest of each."""
    desk.source.policy = builders.a_policy(people=(DANS,))
    credential = await desk.issued()
    waiting = await desk.service.submit(
        builders.a_submission(by=builders.CLEO, workspace_id=102, name="another")
    )

    anas, bens = await desk.service.home(ANA), await desk.service.home(BEN)

    assert [row.request for row in bens.waiting.rows] == [waiting]
    assert [row.credential for row in anas.credentials.rows] == [credential]
    assert [row.request.id for row in anas.requests.rows if row.request] == [credential.id]
    assert (anas.waiting.rows, bens.requests.rows, bens.credentials.rows) == ((), (), ())


async def test_a_home_that_is_drawn_again_is_one_look(desk: Desk) -> None:
    """It is drawn with each change; the record is not to drown in that, nor to miss another's look."""
    for who in (ANA, ANA, BEN):
        await desk.service.home(who)

    assert desk.events == [audit.Event.LISTED] * 2


async def test_a_look_says_what_was_looked_at(desk: Desk, raw: Any, prefix: str) -> None:
    """An auditor reads who looked at what."""
    request = await desk.service.submit(builders.a_submission())

    await desk.service.status(ANA, request.id)

    newest = (await raw.execute_command("XREVRANGE", f"{{{prefix}}}:audit", "+", "-", "COUNT", "1"))[0]
    assert f'"shown":"{model.short_id(request.id)}"' in str(newest)
