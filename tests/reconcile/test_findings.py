"""Each thing that somebody can do by hand is found, and told with what to do."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot import audit, model, ports
from bot.ledger import auditor
from bot.model import CredentialState
from bot.provision import names
from bot.reconcile import Kind, marks, pace
from bot.store import connection, keys
from tests import builders
from tests.reconcile import planted
from tests.reconcile.scene import HOST, PRODUCTION, TRAIL, Scene


async def test_what_is_as_it_should_be_is_no_finding(scene: Scene) -> None:
    """Credentials that nobody touched are looked at, and nothing is found or changed."""
    await scene.issued()
    await scene.issued("acr-other", workspace=builders.a_workspace(id=PRODUCTION, name="production"))

    report = await scene.fix()

    assert (report.findings, report.looked_at, report.exit_code) == ((), 2, 0)
    assert scene.outside.written() == []


@pytest.mark.parametrize("kind", planted.PLANTED)
async def test_each_difference_is_found(scene: Scene, kind: Kind) -> None:
    """What was changed by hand is found as what it is, beside a credential that is as it should be."""
    request = await scene.issued()
    other = builders.a_workspace(id=PRODUCTION, name="production")
    if kind not in {Kind.PASSWORD_EXPIRED, Kind.TOWER_GONE}:  # these change everything
        await scene.issued("acr-other", workspace=other)
    planted.PLANTED[kind](scene, request)

    report = await scene.look()

    (found,) = report.findings
    assert (found.kind, found.credential, report.exit_code) == (kind, request.id, 1)
    assert found.do != ""
    assert found.where == f"acr-main (acme/research, {HOST})"
    assert scene.outside.written() == []


@pytest.mark.parametrize("kind", planted.PLANTED)
async def test_a_credential_that_differs_is_marked(scene: Scene, kind: Kind) -> None:
    """With --fix the credential is drifted, says why, and the request that made it knows."""
    request = await scene.issued()
    planted.PLANTED[kind](scene, request)

    report = await scene.fix()

    credential, snapshot = await scene.credential(request), await scene.store.load(request.id)
    assert snapshot is not None
    assert snapshot.request.life is not None
    assert credential.state is snapshot.request.life.state is CredentialState.DRIFTED
    assert credential.drift == report.findings[0].what[:1].upper() + report.findings[0].what[1:]
    assert (await scene.events(request))[-1] is audit.Event.DRIFTED
    assert scene.outside.written() == []


async def test_another_host_in_tower_is_no_credential_of_ours(scene: Scene) -> None:
    """A credential that was pointed at another registry is found too."""
    request = await scene.issued()
    planted.point_to_another_host(scene, request)

    (found,) = (await scene.look()).findings

    assert found.kind is Kind.TOWER_REPOINTED
    assert "other.azurecr.io" in found.what


async def test_without_fix_nothing_is_changed(scene: Scene) -> None:
    """A look alone marks nothing and removes nothing."""
    request, left = await scene.issued(), await scene.failed(workspace=builders.a_workspace(id=PRODUCTION))
    planted.disable(scene, request)

    report = await scene.look()

    assert {one.kind for one in report.findings} == {Kind.TOKEN_DISABLED, Kind.LEFTOVER}
    assert (await scene.credential(request)).state is CredentialState.ACTIVE
    assert names.token(left) in scene.outside.registry.tokens
    assert scene.outside.written() == []


async def test_what_was_mended_by_hand_is_active_again(scene: Scene) -> None:
    """A token that somebody enabled again is no finding any more, and the record says that it was mended."""
    request = await scene.issued()
    planted.disable(scene, request)
    await scene.fix()
    scene.outside.registry.tokens[names.token(request)].status = "enabled"

    report = await scene.fix()

    credential = await scene.credential(request)
    assert (report.findings, credential.state, credential.drift) == ((), CredentialState.ACTIVE, None)
    assert (await scene.events(request))[-2:] == [audit.Event.DRIFTED, audit.Event.MENDED]


async def test_what_stays_so_is_marked_once(scene: Scene) -> None:
    """A second look at the same difference writes nothing, and another difference is written."""
    request = await scene.issued()
    planted.disable(scene, request)
    await scene.fix()
    await scene.fix()
    once = (await scene.events(request)).count(audit.Event.DRIFTED)

    planted.widen(scene, request)
    await scene.fix()

    assert once == 1
    assert (await scene.events(request)).count(audit.Event.DRIFTED) == 2
    assert "content/write" in ((await scene.credential(request)).drift or "")


async def test_a_second_password_that_has_expired_is_nothing(scene: Scene) -> None:
    """Nobody can pull with it."""
    request = await scene.issued()
    token = scene.outside.registry.tokens[names.token(request)]
    scene.outside.azure.generate(token, "password2", scene.clock.now() - dt.timedelta(minutes=1))

    assert (await scene.look()).findings == ()


async def test_what_a_revocation_could_not_finish_is_nobody_elses_doing(scene: Scene) -> None:
    """It is to be revoked again, and what the revocation itself said of it stays on the record."""
    request = await scene.issued()
    spec = request.spec.model_copy(update={"kind": model.Kind.REVOKE, "credential": request.id})
    revocation = builders.a_request(spec=spec, id=model.new_id())
    await scene.record.create(revocation, op=revocation.id)
    drift = "Request abc123 failed, and not everything is as it was."
    await scene.changed(request, by=revocation.id, state=CredentialState.DRIFTED, drift=drift)
    planted.disable(scene, request)

    (found,) = (await scene.fix()).findings

    short = model.short_id(revocation.id)
    assert found.do == (
        f"Request {short} could not finish revoking it: revoke it again with `/registry revoke acr-main`."
    )
    assert (await scene.credential(request)).drift == drift


async def test_an_older_record_put_back_is_forged(scene: Scene, raw: connection.Client, prefix: str) -> None:
    """It is genuine, but the request that made it knows of a newer one."""
    request = await scene.issued()
    before = await scene.credential(request)
    planted.disable(scene, request)
    await scene.fix()
    await raw.execute_command("SET", keys.Keys(prefix).credential(request.id), before.model_dump_json())

    (found,) = (await scene.look()).findings

    assert (found.kind, found.credential) == (Kind.FORGED, request.id)


async def test_a_busy_credential_is_left_alone(scene: Scene) -> None:
    """What a request is changing just now looks odd, and is nobody's business."""
    request = await scene.issued()
    await scene.changed(request, busy=model.new_id(), state=CredentialState.ROTATING)
    planted.disable(scene, request)

    report = await scene.fix()

    assert (report.findings, report.looked_at) == ((), 0)


async def test_a_credential_that_changes_during_the_look_is_left_to_the_next_one(scene: Scene) -> None:
    """What a request did between the reading of the record and of Azure is no difference."""
    request = await scene.issued()
    planted.disable(scene, request)
    survey_done = scene.registries.tokens

    async def meddle(registry: model.Registry) -> AsyncIterator[ports.Token]:
        async for one in survey_done(registry):
            yield one
        if (await scene.credential(request)).version == 1:
            await scene.changed(request)

    scene.registries.tokens = meddle  # type: ignore[method-assign]  # between two reads there is no other way

    report = await scene.fix()

    assert report.findings == ()
    assert (await scene.credential(request)).state is CredentialState.ACTIVE


async def test_a_forged_record_is_told_and_not_believed(scene: Scene) -> None:
    """A record that somebody edited in Redis is a finding of its own; nothing is done by it."""
    request = await scene.issued()
    forged = (await scene.credential(request)).model_copy(update={"token": "somebody-elses"})
    store = scene.store
    await store._client.execute_command(  # type: ignore[attr-defined]  # behind the port, as an intruder is
        "SET",
        store._keys.credential(request.id),  # type: ignore[attr-defined]  # likewise
        forged.model_dump_json(),
    )

    report = await scene.fix()

    assert [one.kind for one in report.findings] == [Kind.FORGED]
    assert scene.outside.written() == []


async def test_many_credentials_are_looked_at_in_pieces(scene: Scene) -> None:
    """Chunks and pages do not change what is found."""
    requests = [
        await scene.issued(
            f"acr-{number}", workspace=builders.a_workspace(id=200 + number, name=f"w{number}")
        )
        for number in range(7)
    ]
    for request in requests[:3]:
        planted.disable(scene, request)

    report = await scene.reconciler(chunk=2).run(fix=False)

    disabled = [one.credential for one in report.findings if one.kind is Kind.TOKEN_DISABLED]
    assert sorted(disabled, key=str) == sorted(request.id for request in requests[:3])
    assert report.looked_at == 7


async def test_a_list_that_lags_is_no_finding(scene: Scene) -> None:
    """What a list leaves out is asked for by its name before anything is said."""
    request = await scene.issued()
    name = names.token(request)

    async def lagging(registry: model.Registry) -> AsyncIterator[ports.Token]:
        for one in [token async for token in listing(registry) if token.name != name]:
            yield one

    listing = scene.registries.tokens
    scene.registries.tokens = lagging  # type: ignore[method-assign]  # a lagging list, which no emulator has

    report = await scene.fix()

    assert report.findings == ()
    assert name in scene.outside.registry.tokens


async def test_a_list_that_tells_less_is_no_finding(scene: Scene) -> None:
    """A list without passwords does not make them gone: each token is asked for by itself then."""
    await scene.issued()
    listing = scene.registries.tokens

    async def terse(registry: model.Registry) -> AsyncIterator[ports.Token]:
        async for token in listing(registry):
            yield dataclasses.replace(token, passwords=())

    scene.registries.tokens = terse  # type: ignore[method-assign]  # a terse list, which no emulator has

    assert (await scene.fix()).findings == ()


async def test_a_tower_that_hides_user_names_is_believed(scene: Scene) -> None:
    """What Tower does not show of a credential is no difference."""
    await scene.issued()
    listing = scene.tower.credentials

    async def discreet(workspace_id: int) -> tuple[ports.TowerCredential, ...]:
        return tuple(dataclasses.replace(one, user=None) for one in await listing(workspace_id))

    scene.tower.credentials = discreet  # type: ignore[method-assign]  # likewise

    assert (await scene.fix()).findings == ()


async def test_azure_tells_when_a_password_expires(scene: Scene) -> None:
    """An expiry that somebody set in Azure counts, whatever the record says."""
    request = await scene.issued()
    token = scene.outside.registry.tokens[names.token(request)]
    token.slots[model.PASSWORD1].values[-1].expires = scene.clock.now() - dt.timedelta(days=1)

    (found,) = (await scene.look()).findings

    assert found.kind is Kind.PASSWORD_EXPIRED


async def test_long_lists_are_cut(scene: Scene) -> None:
    """A scope map with a thousand actions makes a sentence that can be read."""
    request = await scene.issued()
    found = scene.outside.registry.scope_maps[names.token(request)]
    found.actions = (*found.actions, *(f"repositories/r{number}/content/read" for number in range(1000)))

    await scene.fix()

    drift = (await scene.credential(request)).drift or ""
    assert "and 995 more" in drift
    assert len(drift) <= 501


async def test_what_tower_shows_is_shown_as_one_short_word(scene: Scene) -> None:
    """A name that somebody chose in Tower brings no line breaks into a message, and is cut."""
    await scene.issued()
    scene.plant_credential("by\nhand" + "x" * 500, user="admin")

    (found,) = (await scene.look()).findings

    assert "\n" not in found.line
    assert len(found.line) < 500


async def test_a_record_that_moved_on_is_not_marked(scene: Scene) -> None:
    """Whoever changed a credential since it was looked at is not overwritten, and nor is one that is gone."""
    request = await scene.issued()
    seen = await scene.credential(request)
    await scene.changed(request)
    unknown = seen.model_copy(update={"id": model.new_id()})
    marker = marks.Marks(scene.record, scene.clock)

    marked = [await marker.mark(one, "It differs.") for one in (seen, unknown)]

    assert marked == [False, False]
    assert (await scene.credential(request)).state is CredentialState.ACTIVE


async def test_lists_are_read_slowly(scene: Scene) -> None:
    """However fast Azure lists, its pages are asked for no faster than its limits allow."""

    async def listed() -> AsyncIterator[int]:
        for number in range(400):
            yield number

    began = scene.clock.now()

    read = [number async for number in pace.Pace(scene.clock).each(listed())]

    assert len(read) == 400
    assert (scene.clock.now() - began).total_seconds() >= 10 / pace.CALLS_PER_S


async def test_the_audit_log_proves_what_was_marked(scene: Scene) -> None:
    """What a look writes, and what it removes, leaves a log that verifies, credentials included."""
    request = await scene.issued()
    await scene.failed(workspace=builders.a_workspace(id=PRODUCTION, name="production"))
    planted.disable(scene, request)
    await scene.fix()
    scene.outside.registry.tokens[names.token(request)].status = "enabled"
    await scene.fix()
    kept: Any = scene.store

    report = await auditor.Auditor(kept, kept.log, TRAIL, scene.clock, print).verify(())

    assert report.sound
