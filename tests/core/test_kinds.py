"""One form, three kinds: who holds the host decides whether it issues, extends or adopts."""

from __future__ import annotations

from typing import Any

import pytest

from bot import audit, errors, forms, model, ports
from bot.model import Kind
from tests import builders
from tests.core.conftest import Desk

TOOL, OTHER = (ports.Repository(builders.HOST, name) for name in ("team/tool", "team/other"))
ADOPTING = builders.a_policy(
    builders.a_rule("care", match={"kinds": (Kind.ADOPT,)}, longest_validity_days=90), builders.a_rule()
)


async def more(desk: Desk, *repositories: ports.Repository, **fields: Any) -> model.Request:
    """Ask for repositories, as Ana does."""
    return await desk.service.submit(builders.a_submission(repositories=repositories, **fields))


async def previewed(desk: Desk, *repositories: ports.Repository) -> forms.Preview:
    """Return what Ana is told before she sends the form."""
    return await desk.service.preview(builders.ANA, None, workspace_id=101, repositories=repositories)


async def problem(desk: Desk, *repositories: ports.Repository, **fields: Any) -> str:
    """Return what the form says of the repositories that were chosen."""
    with pytest.raises(errors.BadInput) as bad:
        await more(desk, *repositories, **fields)
    return bad.value.problems["repository"]


async def test_a_repository_of_a_known_host_extends(desk: Desk) -> None:
    """All that the credential will read is approved, together with what it read before."""
    credential = await desk.issued()

    request = await more(desk, OTHER, name="acr-main", validity_days=30)

    spec = request.spec
    assert (spec.kind, spec.credential, spec.name) == (Kind.EXTEND, credential.id, credential.name)
    assert (spec.repositories, spec.before) == (("team/tool", "team/other"), ("team/tool",))
    assert (spec.added, spec.validity_days) == (("team/other",), None)


async def test_an_extension_is_told_before_it_is_sent(desk: Desk) -> None:
    """The form says what it would extend, who will be asked, and how much would be readable."""
    credential = await desk.issued()

    seen = await previewed(desk, OTHER)

    assert (seen.kind, seen.credential, seen.readable) == (Kind.EXTEND, credential, 2)
    assert (seen.refusal, seen.warnings, seen.needed) == (None, (), 1)


async def test_anybody_whom_a_rule_lets_may_extend(desk: Desk) -> None:
    """A colleague adds what the credential does not read yet, and need not own it."""
    await desk.issued()

    request = await more(desk, OTHER, by=builders.CLEO)

    assert (request.requester, request.state) == (builders.CLEO, model.State.PENDING)


async def test_the_name_of_an_extension_does_not_matter(desk: Desk) -> None:
    """The credential has its name; what stands in the field, and its validity, is not looked at."""
    await desk.issued()

    request = await more(desk, OTHER, name="!", validity_days=0)

    assert request.spec.name == "acr-main"


async def test_an_extension_needs_no_room(desk: Desk) -> None:
    """It makes no token, so a registry that is full can still be extended."""
    await desk.issued()
    desk.registries.limit = 0

    assert (await more(desk, OTHER)).spec.kind is Kind.EXTEND


@pytest.mark.parametrize(
    ("repositories", "words"),
    [
        ((TOOL,), "reads this already"),
        ((OTHER, TOOL), "reads team/tool already: choose only what is missing"),
    ],
)
async def test_what_is_read_already_is_not_asked_for(
    desk: Desk, repositories: tuple[ports.Repository, ...], words: str
) -> None:
    """The field and the form's preview name it."""
    await desk.issued()

    told, seen = await problem(desk, *repositories), await previewed(desk, *repositories)

    assert words in told
    assert seen.warnings == (told,)


async def test_a_wildcard_reads_all_below_it(desk: Desk) -> None:
    """What a star takes in needs no extension."""
    await desk.issued(repositories=("team/*", "shared"))

    assert "reads all of these already" in await problem(desk, TOOL, OTHER)


async def test_a_credential_reads_at_most_five_hundred(desk: Desk) -> None:
    """What it reads already counts, and the form says so with the number."""
    await desk.issued(repositories=tuple(f"team/r{number}" for number in range(500)))

    seen = await previewed(desk, OTHER)

    assert "at most 500 repositories, and this would make 501" in await problem(desk, OTHER)
    assert seen.readable == 501


async def test_a_preview_of_two_registries_says_that_it_is_for_one(desk: Desk) -> None:
    """Nothing is counted that could not be asked for together."""
    seen = await previewed(desk, TOOL, ports.Repository("other.azurecr.io", "team/tool"))

    assert seen.refusal == await problem(desk, TOOL, ports.Repository("other.azurecr.io", "team/tool"))
    assert "Choose repositories of one registry" in (seen.refusal or "")
    assert seen.readable == 0


async def test_the_same_extension_is_pointed_to(desk: Desk) -> None:
    """Whoever asks for what is asked for already is told of the open request."""
    await desk.issued()
    first = await more(desk, OTHER)

    with pytest.raises(errors.Refused) as refused:
        await more(desk, OTHER, by=builders.CLEO)

    assert (refused.value.reason, refused.value.request) == (errors.Reason.DUPLICATE, first)


async def test_a_form_is_not_held_up_by_its_own_delivery(desk: Desk) -> None:
    """Two deliveries at one moment: the slower one finds its own request in the way, and returns it."""
    await desk.issued()
    sent = builders.a_submission(repositories=(OTHER,))
    first = await desk.service.submit(sent)
    desk.events.clear()
    load, unseen = desk.store.load, [first.id]

    async def late(request_id: str) -> ports.Snapshot | None:
        return None if request_id in unseen and unseen.pop() else await load(request_id)

    desk.store.load = late  # type: ignore[method-assign]  # the other delivery is not kept yet

    assert (await desk.service.submit(sent), desk.events) == (first, [])


async def test_one_change_at_a_time(desk: Desk) -> None:
    """Another extension waits for the first one, which is named."""
    desk.catalog.tags[f"{builders.HOST}/team/third"] = None
    await desk.issued()
    first = await more(desk, OTHER)

    third = ports.Repository(builders.HOST, "team/third")
    told, seen = await problem(desk, third), await previewed(desk, third)

    assert f"{model.short_id(first.id)}, to add repositories. Wait until it is decided" in told
    assert seen.open_request == first


async def test_two_extensions_race(desk: Desk) -> None:
    """The slower one is a problem of the field, whatever it saw when it looked."""
    credential = await desk.issued()
    first = await more(desk, OTHER)
    await desk.service.cancel(builders.a_click(first, builders.ANA))
    spec = first.spec.model_copy(update={"credential": credential.id})
    faster = builders.a_request(id=model.new_id(), spec=spec)
    create = desk.record.create

    async def late(request: model.Request, **given: Any) -> ports.Written:
        if request.id != faster.id:
            await create(faster, op="faster")
        return await create(request, **given)

    desk.record.create = late  # type: ignore[method-assign]  # somebody is faster, right before the write

    with pytest.raises(errors.Refused) as refused:
        await more(desk, OTHER)

    assert refused.value.request == faster


async def test_what_is_being_revoked_cannot_be_extended(desk: Desk) -> None:
    """It would come back to life."""
    credential = await desk.issued()
    await desk.changed(credential, state=model.CredentialState.REVOKING)

    assert "is being revoked" in await problem(desk, OTHER)


async def test_a_drifted_credential_is_told(desk: Desk) -> None:
    """Who extends it should know that it is not as it should be."""
    credential = await desk.issued()
    await desk.changed(credential, state=model.CredentialState.DRIFTED, drift="Its token is disabled.")

    assert (await previewed(desk, OTHER)).warnings == (
        "The credential is not as it should be. Its token is disabled.",
    )


async def test_a_forged_credential_is_not_extended(desk: Desk, raw: Any, prefix: str) -> None:
    """Who can write to Redis cannot point an extension at another token."""
    credential = await desk.issued()
    planted = credential.model_copy(update={"scope_map": "somebody-elses"})
    await raw.execute_command("SET", f"{{{prefix}}}:cred:{credential.id}", planted.model_dump_json())

    with pytest.raises(errors.Refused) as refused:
        await more(desk, OTHER)

    assert refused.value.reason is errors.Reason.CHANGED
    assert desk.events[-1] is audit.Event.REFUSED
    assert "registry-bot audit verify" in desk.told[0]


async def test_a_revoked_credential_leaves_its_host_free(desk: Desk) -> None:
    """The next form issues anew."""
    credential = await desk.issued()
    await desk.changed(credential, state=model.CredentialState.REVOKED)

    assert (await more(desk, OTHER, name="again")).spec.kind is Kind.ISSUE


async def test_one_made_by_hand_is_adopted_where_a_rule_says_so(desk: Desk) -> None:
    """Its id and its name in Tower stay; what it shall read is what the form says."""
    desk.source.policy = ADOPTING
    desk.tower.add(101, name="by-hand", registry=builders.HOST)

    seen = await previewed(desk, TOOL)
    request = await more(desk, TOOL, name="ignored", validity_days=30)

    spec = request.spec
    assert (seen.kind, seen.held_by, seen.refusal) == (Kind.ADOPT, "by-hand", None)
    assert (spec.kind, spec.name, spec.tower_id) == (Kind.ADOPT, "by-hand", "hand1")
    assert (spec.repositories, spec.validity_days, request.rule) == (("team/tool",), 30, "care")


async def test_an_adopted_password_ends_too(desk: Desk) -> None:
    """It is a new one, so the rule's longest validity counts."""
    desk.source.policy = ADOPTING
    desk.tower.add(101, name="by-hand", registry=builders.HOST)

    with pytest.raises(errors.BadInput, match="at most 90 days"):
        await more(desk, TOOL)


async def test_one_made_by_hand_is_refused_without_a_rule(desk: Desk) -> None:
    """The form and its preview say what an administrator can do."""
    desk.tower.add(101, name="by-hand", registry=builders.HOST)

    told, seen = await problem(desk, TOOL), await previewed(desk, TOOL)

    assert "remove that one in Tower first, or ask an administrator" in told
    assert seen.refusal == told


async def test_two_made_by_hand_are_not_adopted(desk: Desk) -> None:
    """Wave would go on using one of them, and nobody could say which."""
    desk.source.policy = ADOPTING
    for name in ("one", "two"):
        desk.tower.add(101, name=name, registry=builders.HOST)

    assert "remove all but that one in Tower first" in await problem(desk, TOOL)
