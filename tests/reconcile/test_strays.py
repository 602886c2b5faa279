"""Leftovers of our own ended requests are removed; whatever else is there is left alone, and said."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot import audit, model
from bot.model import CredentialState, Kind, State
from bot.provision import names
from bot.reconcile import Kind as Found
from bot.sandbox import emulator
from tests import builders
from tests.reconcile.scene import PRODUCTION, RESEARCH, Scene


async def test_what_a_failed_request_left_is_removed(scene: Scene) -> None:
    """Credential, token and scope map of a request that failed go, in this order, and it is recorded."""
    request = await scene.failed()
    name = names.token(request)

    report = await scene.fix()

    entries = await scene.record.verified(request.id)
    swept = [one.data["removed"] for one in entries if one.event is audit.Event.SWEPT]
    assert swept == ["credential", "token", "scope_map"]
    assert (name in scene.outside.registry.tokens, scene.held()) == (False, [])
    assert [(one.kind, one.removed) for one in report.findings] == [(Found.LEFTOVER, True)]
    assert report.exit_code == 0


async def test_a_leftover_is_told_before_it_is_removed(scene: Scene) -> None:
    """Without --fix a leftover is said once, whatever it consists of, with what removes it."""
    request = await scene.failed()

    report = await scene.look()

    (found,) = report.findings
    assert (found.kind, found.request, report.exit_code) == (Found.LEFTOVER, request.id, 1)
    assert "registry-bot reconcile --fix" in found.do


async def test_a_second_look_finds_nothing(scene: Scene) -> None:
    """What was removed is gone, and is not recorded again."""
    request = await scene.failed()
    await scene.fix()

    report = await scene.fix()

    assert report.findings == ()
    assert (await scene.events(request)).count(audit.Event.SWEPT) == 3


async def test_what_a_revocation_left_is_removed(scene: Scene) -> None:
    """A credential that was revoked while Azure was away leaves nothing in the end."""
    request = await scene.issued()
    await scene.changed(request, state=CredentialState.REVOKED)

    report = await scene.fix()

    assert [one.removed for one in report.findings] == [True]
    assert names.token(request) not in scene.outside.registry.tokens


async def test_what_a_revocation_left_in_tower_is_known_by_its_id(scene: Scene) -> None:
    """A revoked credential that somebody renamed in Tower, or that was adopted, is still what was revoked."""
    request = await scene.issued()
    credential = await scene.credential(request)
    scene.change_in_tower(credential.tower_id, name="renamed")
    await scene.changed(request, state=CredentialState.REVOKED)

    report = await scene.fix()

    assert ([one.removed for one in report.findings], scene.held()) == ([True], [])


@pytest.mark.parametrize("part", ["tokens", "scope_maps"])
async def test_a_single_leftover_is_found(scene: Scene, part: str) -> None:
    """What is left may be a token, or a scope map alone."""
    request = await scene.failed()
    name, registry = names.token(request), scene.outside.registry
    scene.outside.tower.state.credentials.clear()
    for other in ("tokens", "scope_maps"):
        if other != part and part == "scope_maps":
            del getattr(registry, other)[name]

    await scene.fix()

    assert name not in registry.tokens
    assert name not in registry.scope_maps


async def test_foreign_tokens_are_left_alone(scene: Scene) -> None:
    """A token with our prefix that no request made is said, and stays."""
    scene.plant_token("registry-bot-somebody-abc123")
    scene.plant_token("registry-bot-no-id-of-ours")
    scene.plant_token("ci-pipeline")

    report = await scene.fix()

    assert {one.kind for one in report.findings} == {Found.FOREIGN}
    assert {"registry-bot-somebody-abc123", "ci-pipeline"} <= set(scene.outside.registry.tokens)
    assert scene.outside.written() == []
    assert all("left alone" in one.do for one in report.findings)


async def test_foreign_credentials_in_tower_are_left_alone(scene: Scene) -> None:
    """A credential of Tower that looks like ours, and that nobody can explain, is said and stays."""
    scene.plant_credential("odd", user="registry-bot-odd-abc123")

    report = await scene.fix()

    assert [one.kind for one in report.findings] == [Found.FOREIGN]
    assert scene.held() == ["odd"]


@pytest.mark.parametrize("state", [State.RUNNING, State.DONE, State.PENDING])
async def test_what_belongs_to_a_living_request_stays(scene: Scene, state: State) -> None:
    """A request that is at work, one that is done, and one that only waits have no leftovers."""
    if state is State.DONE:
        request = await scene.issued()
    elif state is State.RUNNING:
        request = await scene.asked()
        scene.plant(request)
    else:
        request = builders.a_request()
        await scene.record.create(request, op=request.id)
        scene.plant_token(names.token(request))

    report = await scene.fix()

    assert report.findings == ()
    assert names.token(request) in scene.outside.registry.tokens


async def test_a_token_that_somebody_took_into_use_stays(scene: Scene) -> None:
    """A password that was made after the request had failed may be somebody's: nothing is removed."""
    request = await scene.failed()
    azure = scene.outside.azure
    azure.shift += dt.timedelta(hours=2)
    azure.generate(scene.outside.registry.tokens[names.token(request)], "password2", None)

    report = await scene.fix()

    assert "whoever made a password" in report.findings[0].do
    assert scene.outside.written() == []


async def test_a_token_with_another_scope_map_stays(scene: Scene) -> None:
    """A token that was given another scope map serves something else by now."""
    request = await scene.failed()
    scene.outside.registry.tokens[names.token(request)].scope_map = "_repositories_pull"

    report = await scene.fix()

    assert "another scope map" in report.findings[0].do
    assert scene.outside.written() == []


async def test_a_token_that_tower_uses_elsewhere_stays(scene: Scene) -> None:
    """If another workspace has a credential with the token, pipelines may depend on it."""
    request = await scene.failed()
    scene.plant_credential("copied", user=names.token(request), workspace=PRODUCTION)

    report = await scene.fix()

    assert "the credential copied in acme/production" in report.findings[0].do
    assert scene.outside.written() == []
    assert report.exit_code == 1


async def test_an_adopted_credential_stays(scene: Scene) -> None:
    """What was made by hand in Tower is nobody's leftover, although a failed adoption changed it."""
    request = await scene.failed(kind=Kind.ADOPT, tower_id="by-hand")
    name = names.token(request)
    scene.plant_token(name)
    scene.plant_credential("acr-failed", user=name)

    report = await scene.fix()

    assert [one.removed for one in report.findings] == [False]
    assert scene.outside.written() == []


async def test_what_jobs_use_stays(scene: Scene) -> None:
    """Tower keeps a credential that jobs use, and the token behind it stays with it."""
    request = await scene.failed()
    (held,) = scene.outside.tower.state.credentials[RESEARCH]
    scene.outside.tower.faults.append(emulator.Fault(f"DELETE .*{held.id}", status=409, body="{}"))

    report = await scene.fix()

    assert "could not be removed" in report.findings[0].do
    assert names.token(request) in scene.outside.registry.tokens


async def test_a_missing_role_is_named(scene: Scene) -> None:
    """What the bot may not remove is said with the permission that it lacks."""
    await scene.failed()
    scene.outside.azure.denied.add("Microsoft.ContainerRegistry/registries/tokens/delete")

    report = await scene.fix()

    assert "tokens/delete" in report.findings[0].do
    assert report.exit_code == 1


async def test_an_end_that_is_not_sealed_is_not_believed(scene: Scene) -> None:
    """Whoever turns a request into a failed one in Redis does not get its token removed."""
    request = await scene.issued()
    snapshot = await scene.store.load(request.id)
    assert snapshot is not None
    forged = snapshot.request.model_copy(update={"state": State.FAILED})
    await written(scene, request, forged)
    report = await scene.fix()

    (found,) = [one for one in report.findings if one.kind is Found.LEFTOVER]
    assert "not genuine" in found.do
    assert names.token(request) in scene.outside.registry.tokens


async def test_a_broken_trail_proves_no_end(scene: Scene) -> None:
    """A request whose trail was edited has no leftovers that anybody would remove."""
    request = await scene.failed()
    store: Any = scene.store
    await store._client.execute_command("RPOP", store._keys.trail(request.id))

    report = await scene.fix()

    assert "not genuine" in report.findings[0].do
    assert scene.outside.written() == []


async def test_a_feigned_revocation_is_not_believed(scene: Scene) -> None:
    """A credential that somebody called revoked in Redis keeps its token."""
    request = await scene.issued()
    store: Any = scene.store
    forged = (await scene.credential(request)).model_copy(update={"state": CredentialState.REVOKED})
    key = store._keys.credential(request.id)
    await store._client.execute_command("SET", key, forged.model_dump_json(), "EX", 60)

    report = await scene.fix()

    assert any("not genuine" in one.do for one in report.findings)
    assert names.token(request) in scene.outside.registry.tokens


async def test_a_workspace_that_is_gone_holds_nothing_up(scene: Scene) -> None:
    """What a failed request left in Azure goes, although its workspace is not there any more."""
    request = await scene.failed()
    del scene.outside.tower.state.workspaces[RESEARCH]

    report = await scene.fix()

    assert names.token(request) not in scene.outside.registry.tokens
    assert [one.kind for one in report.findings if one.removed] == [Found.LEFTOVER]


async def test_an_adoption_in_a_workspace_that_is_gone_stays(scene: Scene) -> None:
    """Where it cannot be seen whether Tower uses a token that was adopted for, the token stays."""
    request = await scene.failed(kind=Kind.ADOPT, tower_id="by-hand")
    scene.plant_token(names.token(request))
    del scene.outside.tower.state.workspaces[RESEARCH]

    report = await scene.fix()

    assert names.token(request) in scene.outside.registry.tokens
    assert report.exit_code == 1


@pytest.mark.parametrize(
    ("match", "where"),
    [
        (r"GET .*/registries/acmegenomics/tokens\?", "acmegenomics.azurecr.io"),
        (r"GET .*/registries/acmegenomics/scopeMaps\?", "acmegenomics.azurecr.io"),
        (r"GET .*Microsoft.ContainerRegistry/registries\?", "Azure"),
    ],
)
async def test_an_azure_that_is_away_is_said(scene: Scene, match: str, where: str) -> None:
    """What Azure does not show is neither called gone nor mended."""
    request = await scene.issued()
    scene.outside.arm.faults.append(emulator.Fault(match, times=None, status=500))

    report = await scene.fix()

    assert where in {one.where for one in report.findings}
    assert {one.kind for one in report.findings} == {Found.UNSEEN}
    assert (await scene.credential(request)).state is CredentialState.ACTIVE


@pytest.mark.parametrize("match", ["GET /credentials", "GET /user/.*/workspaces"])
async def test_a_tower_that_is_away_is_said(scene: Scene, match: str) -> None:
    """What Tower does not show is neither called gone nor mended."""
    request = await scene.issued()
    scene.outside.tower.faults.append(emulator.Fault(match, times=None, status=503))

    report = await scene.fix()

    assert {one.kind for one in report.findings} == {Found.UNSEEN}
    assert (await scene.credential(request)).state is CredentialState.ACTIVE


async def test_nothing_is_mended_that_was_not_seen(scene: Scene) -> None:
    """A drifted credential stays so while Tower does not answer, even if Azure is fine again."""
    request = await scene.issued()
    token = scene.outside.registry.tokens[names.token(request)]
    token.status = "disabled"
    await scene.fix()
    token.status = "enabled"
    scene.outside.tower.faults.append(emulator.Fault("GET /credentials", times=None, status=503))

    await scene.fix()

    assert (await scene.credential(request)).state is CredentialState.DRIFTED


async def test_an_azure_that_goes_away_in_between_says_nothing_of_the_token(scene: Scene) -> None:
    """If the second look at a missing token fails, it is not called missing."""
    request = await scene.issued()
    del scene.outside.registry.tokens[names.token(request)]
    one = rf"GET .*/tokens/{names.token(request)}"
    scene.outside.arm.faults.append(emulator.Fault(one, times=None, status=500))

    report = await scene.fix()

    assert {found.kind for found in report.findings} == {Found.UNSEEN}
    assert (await scene.credential(request)).state is CredentialState.ACTIVE


async def test_ids_that_look_alike_are_told_apart(scene: Scene) -> None:
    """Six characters of an id are not proof: the whole name has to be what the request would have made."""
    request = await scene.failed()
    short = model.short_id(request.id)
    scene.plant_token(f"registry-bot-else-{short}")

    report = await scene.fix()

    assert f"registry-bot-else-{short}" in scene.outside.registry.tokens
    assert {one.kind for one in report.findings} == {Found.LEFTOVER, Found.FOREIGN}


async def written(scene: Scene, request: model.Request, forged: model.Request) -> None:
    """Write a record behind the bot's back."""
    store: Any = scene.store
    key = store._keys.request(request.id)
    await store._client.execute_command("HSET", key, "record", forged.model_dump_json())
