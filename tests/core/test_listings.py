"""Lists of requests and credentials: what they hold, page by page, and who may see it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot import audit, errors, forms, model, ports, rules
from bot.forms import View
from bot.model import CredentialState, Kind
from tests import builders, fakes
from tests.core.conftest import Desk

ANA, BEN, CLEO, DAN = (builders.a_principal(f"U0{name}") for name in ("ANA", "BEN", "CLEO", "DAN"))
ANA2 = builders.a_principal("U0ANA2")
STRANGER = builders.a_principal("U0STRANGER", tenant="T0OTHER")
ANAS = rules.Person(name="Ana", members=frozenset({"slack:U0ANA", "slack:U0ANA2"}), tower="ana")
DANS = rules.Person(name="Dan", members=frozenset({"slack:U0DAN"}), tower="dan")
WEBBED = {"approvers": rules.Group(name="approvers", slack_usergroups=frozenset({"S0OPS"}))}


async def keep(desk: Desk, number: int = 1, **fields: Any) -> list[model.Request]:
    """Keep pending requests, a second apart; return them newest first."""
    made = []
    for count in range(number):
        name = f"acr-{model.new_id()}".replace("_", "x")
        spec = builders.a_spec(name=name, login_server=f"{model.short_id(name)}.azurecr.io")
        at = builders.now() + dt.timedelta(seconds=count - 1000)
        request = builders.a_request(**{"spec": spec, "created": at, **fields})
        written = await desk.record.create(request, op=request.id)
        assert written.outcome is ports.Outcome.OK
        made.append(request)
    return made[::-1]


async def pages(desk: Desk, by: model.Principal, view: View, **fields: Any) -> list[list[forms.Row]]:
    """Return all pages of a view."""
    found, after = [], None
    while True:
        page = await desk.service.listing(by, view, after=after, **fields)
        found.append(list(page.rows))
        after = page.after
        if after is None:
            return found


async def seen(desk: Desk, by: model.Principal, view: View, **fields: Any) -> list[str]:
    """Return the ids of what somebody sees in all pages of a view."""
    rows = [row for page in await pages(desk, by, view, **fields) for row in page]
    return [row.request.id for row in rows if row.request]


async def test_mine_is_what_i_asked_for(desk: Desk) -> None:
    """Newest first, twenty at a time, nothing twice and nothing of anybody else's."""
    mine = await keep(desk, 45)
    await keep(desk, 3, requester=DAN)

    found = await pages(desk, ANA, View.MINE)

    assert [len(page) for page in found] == [20, 20, 5]
    assert [row.request for page in found for row in page] == mine


async def test_mine_is_a_persons_and_not_an_accounts(desk: Desk) -> None:
    """What somebody asked for from either of their accounts is one list, all in one moment or not."""
    desk.source.policy = builders.a_policy(people=(ANAS,))
    at = builders.now()
    mine = [
        (await keep(desk, requester=ANA if number % 3 else ANA2, created=at))[0].id for number in range(50)
    ]

    found = await pages(desk, ANA2, View.MINE)

    assert [len(page) for page in found] == [20, 20, 10]
    assert sorted(row.request.id for page in found for row in page if row.request) == sorted(mine)


async def test_two_accounts_are_read_in_one_order(desk: Desk) -> None:
    """Wherever the pages end, the newest of both comes next."""
    desk.source.policy = builders.a_policy(people=(ANAS,))
    start = builders.now() - dt.timedelta(hours=1)
    made = []
    for number in range(30):
        at = start + dt.timedelta(seconds=number)
        made += await keep(desk, requester=ANA2 if number in {0, 1, 2, 11, 28} else ANA, created=at)

    assert await seen(desk, ANA, View.MINE) == [request.id for request in made[::-1]]


async def test_a_request_stands_with_its_credential(desk: Desk) -> None:
    """The row says what may be done to it."""
    credential = await desk.issued()

    row = (await desk.service.listing(ANA, View.MINE)).rows[0]

    assert (row.credential, row.may) == (credential, frozenset({Kind.ROTATE, Kind.REVOKE}))


async def test_owned_is_what_lives(desk: Desk) -> None:
    """Credentials of the person, until they are revoked."""
    credential = await desk.issued()
    before = await desk.service.listing(ANA, View.OWNED)
    await desk.changed(credential, state=CredentialState.REVOKED)

    after = await desk.service.listing(ANA, View.OWNED)

    assert [row.credential for row in before.rows] == [credential]
    assert after.rows == ()


@pytest.mark.parametrize(
    ("fields", "may"),
    [
        ({"repositories": ("a", "b")}, {Kind.ROTATE, Kind.REVOKE, Kind.NARROW}),
        ({"busy": model.new_id(), "state": CredentialState.ROTATING}, {Kind.REVOKE}),
        ({"state": CredentialState.REVOKING}, set()),
        ({"state": CredentialState.DRIFTED, "drift": "x"}, {Kind.ROTATE, Kind.REVOKE}),
    ],
)
async def test_what_may_be_done_depends_on_how_it_stands(
    desk: Desk, fields: dict[str, Any], may: set[Kind]
) -> None:
    """A button that could only be refused is not shown."""
    credential = await desk.issued()
    await desk.changed(credential, **fields)

    assert (await desk.service.listing(ANA, View.OWNED)).rows[0].may == may


async def test_a_rule_that_is_gone_leaves_nothing_to_be_done(desk: Desk) -> None:
    """Nobody could decide on it."""
    await desk.issued()
    desk.source.policy = builders.a_policy(builders.a_rule(match={"kinds": (Kind.ISSUE,)}))

    assert (await desk.service.listing(ANA, View.OWNED)).rows[0].may == set()


async def test_waiting_is_what_i_may_decide_on_now(desk: Desk) -> None:
    """Neither what I asked for, nor what I have approved, nor what others decide on."""
    two = builders.a_rule("two", quorum=2)
    leads = builders.a_rule("leads", approvers=("leads",))
    groups = {
        **builders.a_policy().groups,
        "leads": rules.Group(name="leads", members=frozenset({"slack:U0LEA"})),
    }
    desk.source.policy = builders.a_policy(builders.a_rule(), two, leads, groups=groups)
    mine = await keep(desk, requester=BEN)
    voted = await keep(desk, rule="two", rule_version=two.version, needed=2)
    await keep(desk, rule="leads", rule_version=leads.version)
    stale = await keep(desk, rule_version="older")
    await desk.service.approve(builders.a_click(voted[0], BEN))
    open_one = await keep(desk)

    assert await seen(desk, BEN, View.WAITING) == [open_one[0].id]
    assert set(await seen(desk, CLEO, View.WAITING)) == {open_one[0].id, mine[0].id, voted[0].id}
    assert stale[0].id not in await seen(desk, CLEO, View.WAITING)


async def test_waiting_takes_in_the_fallback_in_time(desk: Desk) -> None:
    """Who may decide later sees nothing before, and then it is there."""
    rule = builders.a_rule(fallback=("leads",), fallback_after=dt.timedelta(hours=8))
    groups = {
        **builders.a_policy().groups,
        "leads": rules.Group(name="leads", members=frozenset({"slack:U0DAN"})),
    }
    desk.source.policy = builders.a_policy(rule, groups=groups)
    request = await keep(desk, rule_version=rule.version, created=builders.now())

    early = await seen(desk, DAN, View.WAITING)
    await desk.clock.sleep(8 * 3600)

    assert (early, await seen(desk, DAN, View.WAITING)) == ([], [request[0].id])


async def test_waiting_asks_slack_only_where_something_waits(desk: Desk) -> None:
    """A user group costs a call, which a home that is drawn often could not afford."""
    desk.source.policy = builders.a_policy(groups=WEBBED)
    desk.people.usergroups["S0OPS"] = frozenset({"U0BEN"})

    nothing = await seen(desk, BEN, View.WAITING)
    asked = desk.journal.count("usergroup")
    requests = await keep(desk, 2)

    assert (nothing, asked) == ([], 0)
    assert await seen(desk, BEN, View.WAITING) == [request.id for request in requests]
    assert desk.journal.count("usergroup") == 1


async def test_a_group_that_is_not_known_hides_what_depends_on_it(desk: Desk) -> None:
    """The list says so, instead of looking empty."""
    desk.source.policy = builders.a_policy(groups=WEBBED)
    await keep(desk)

    found = await desk.service.listing(BEN, View.WAITING)

    assert (found.rows, len(found.troubles)) == ((), 1)
    assert "who is in the group approvers" in found.troubles[0]


async def test_pages_stay_cheap_where_nearly_all_is_hidden(desk: Desk) -> None:
    """An approver's own two hundred requests are passed over in bounded steps, and none is shown twice."""
    open_one = await keep(desk, created=builders.now() - dt.timedelta(days=1))
    await keep(desk, 130, requester=BEN)
    reads = 0
    page = desk.store.page

    async def counted(*given: Any, **more: Any) -> ports.Page:
        nonlocal reads
        reads += 1
        return await page(*given, **more)

    desk.store.page = counted  # type: ignore[method-assign]  # counts

    first = await desk.service.listing(BEN, View.WAITING)
    read = reads
    rest = await desk.service.listing(BEN, View.WAITING, after=first.after)

    assert (first.rows, read) == ((), 5)
    assert [row.request for row in rest.rows] == open_one


async def test_a_workspace_is_for_its_participants(desk: Desk) -> None:
    """Tower says who they are; what somebody owns or decides on they see anyway."""
    desk.source.policy = builders.a_policy(people=(DANS,))
    credential = await desk.issued()
    place = "acme/research"

    hidden = await seen(desk, DAN, View.WORKSPACE, workspace=place)
    desk.tower.participants.add((101, "dan"))

    assert hidden == []
    for who in (DAN, ANA, BEN):
        assert await seen(desk, who, View.WORKSPACE, workspace=place) == [credential.id]


async def test_a_participant_may_look_and_no_more(desk: Desk) -> None:
    """Rotate and revoke are for the owner and the approvers."""
    desk.source.policy = builders.a_policy(people=(DANS,))
    desk.tower.participants.add((101, "dan"))
    await desk.issued()

    looks = [(await desk.service.listing(who, View.WORKSPACE)).rows[0].may for who in (DAN, BEN)]

    assert looks == [set(), {Kind.ROTATE, Kind.REVOKE}]


async def test_a_tower_that_is_away_hides_what_depends_on_it(desk: Desk) -> None:
    """Who may see it by something else still does, and the others read why not."""
    desk.source.policy = builders.a_policy(people=(DANS,))
    await desk.issued()
    away = errors.Temporary("Tower is away.", service="Tower")
    desk.journal.faults.append(fakes.Fault("participates", away, times=None))

    dans, bens = [await desk.service.listing(who, View.WORKSPACE) for who in (DAN, BEN)]

    assert (dans.rows, len(bens.rows), bens.troubles) == ((), 1, ())
    assert "whether you are a participant of acme/research" in dans.troubles[0]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("acme/nowhere", "There is no workspace “acme/nowhere”"),
        (None, "Say which workspace: acme/research, acme/two, other/research."),
        (
            "research",
            "2 workspaces are called “research”. Say which workspace: acme/research, other/research.",
        ),
    ],
)
async def test_a_workspace_has_to_be_named(desk: Desk, asked: str | None, words: str) -> None:
    """What can be asked for is listed."""
    more = (builders.a_workspace(id=102, name="two"), builders.a_workspace(id=103, org="other"))
    desk.tower.known = (*desk.tower.known, *more)

    with pytest.raises(errors.BadInput) as bad:
        await desk.service.listing(ANA, View.WORKSPACE, workspace=asked)

    assert words in bad.value.problems["workspace"]


@pytest.mark.parametrize("change", [{"name": "planted"}, {}])
async def test_a_record_that_was_forged_is_not_shown(
    desk: Desk, raw: Any, prefix: str, change: dict[str, str]
) -> None:
    """A list would else spread what somebody wrote, or put back; it says that one is missing."""
    credential = await desk.issued()
    await desk.changed(credential, name="newer")
    planted = credential.model_copy(update=change)
    await raw.execute_command("SET", f"{{{prefix}}}:cred:{credential.id}", planted.model_dump_json())

    owned, mine = [await desk.service.listing(ANA, view) for view in (View.OWNED, View.MINE)]

    assert (owned.rows, mine.rows[0].credential) == ((), None)
    assert "changed by something else than the bot" in owned.troubles[0]
    assert model.short_id(credential.id) in desk.told[0]


@pytest.mark.parametrize("after", ["nonsense", "[]", "7"])
async def test_a_cursor_that_is_none_is_told(desk: Desk, after: str) -> None:
    """An old button leads nowhere, and says so."""
    with pytest.raises(errors.BadInput, match="open it again"):
        await desk.service.listing(ANA, View.MINE, after=after)


async def test_a_cursor_of_a_rule_that_is_gone_ends_the_list(desk: Desk) -> None:
    """The policy may change between two pages."""
    await keep(desk, 25)
    first = await desk.service.listing(BEN, View.WAITING)
    desk.source.policy = builders.a_policy(builders.a_rule("renamed"))

    second = await desk.service.listing(BEN, View.WAITING, after=first.after)

    assert (len(first.rows), second.rows, second.after) == (20, (), None)


@pytest.mark.parametrize("view", list(View))
async def test_each_look_is_recorded(desk: Desk, view: View) -> None:
    """Access to what is kept is on the record, in one entry."""
    await desk.service.listing(ANA, view)

    assert desk.events == [audit.Event.LISTED]


@pytest.mark.parametrize(
    ("who", "standing"),
    [
        (STRANGER, None),
        (DAN, model.Standing.GUEST),
        (DAN, model.Standing.GONE),
        (DAN, model.Standing.UNKNOWN),
    ],
)
@pytest.mark.parametrize("door", ["listing", "home", "status", "find"])
async def test_nobody_from_outside_sees_anything(
    desk: Desk, who: model.Principal, standing: model.Standing | None, door: str
) -> None:
    """Guests, outsiders, and whoever cannot be looked up are refused at each door, on the record."""
    if standing:
        desk.people.standings[who.user] = standing
    given = {"listing": (View.MINE,), "home": (), "status": ("abcdef",), "find": ("acr-main",)}[door]

    with pytest.raises(errors.Refused) as refused:
        await getattr(desk.service, door)(who, *given)

    assert refused.value.reason in {errors.Reason.OUTSIDER, errors.Reason.DIRECTORY_DOWN}
    assert desk.events == [audit.Event.REFUSED]
