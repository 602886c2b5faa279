"""A credential's record is what a sealed entry wrote; whatever else stands there is found."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import pytest

from bot import machine, model, ports
from bot.ledger import credentials, verify, walk
from bot.ledger.findings import Finding, What
from bot.store import log
from tests import builders
from tests.audit.scene import ISSUED, TRAIL, Scene, whole
from tests.audit.test_export import ALL, JSONL, desk

OTHER = "registry-bot-somebody-elses"


async def plant(scene: Scene, credential_id: str, text: str) -> None:
    """Write a credential's record straight into Redis."""
    await scene.raw.execute_command("SET", scene.keys.credential(credential_id), text, "EX", 100)


async def read(scene: Scene, credential_id: str) -> str:
    """Return a credential's record as it stands."""
    return str(await scene.raw.execute_command("GET", scene.keys.credential(credential_id)))


async def said(scene: Scene) -> list[Finding]:
    """Return what a verification says of credentials."""
    found = (await scene.verify()).findings.said
    assert {one.what for one in found} <= {What.CREDENTIAL}
    return found


async def test_a_credentials_life_is_sound(past: Scene, tmp_path: Path) -> None:
    """Changed three times, revoked and trimmed; before each and after."""
    request, reports = await past.request(*ISSUED), []
    for number in range(3):
        await past.change(request, repositories=("team/tool", f"team/more{number}"))
        reports.append(whole(await past.verify()))
    await past.revoke(request)
    reports.append(whole(await past.verify()))

    await desk(past).save(ALL, JSONL, tmp_path / "log.jsonl", trim=True)

    assert [*reports, whole(await past.verify())] == [(True, [])] * 5


@pytest.mark.parametrize(
    "change",
    [
        {"token": OTHER},
        {"tower_id": "another"},
        {"state": "revoked"},
        {"version": 7},
        {"owner": builders.CLEO.model_dump(mode="json")},
        {"repositories": ["team/tool", "secret/tool"]},
        {"seal": ""},
        {"seal": "0" * 64},
        {"surprise": 1},
    ],
)
async def test_a_rewritten_record_is_found(past: Scene, change: dict[str, Any]) -> None:
    """Whatever field it is; the request that it came from is named."""
    request = await past.request(*ISSUED)
    record = json.loads(await read(past, request.id))
    await plant(past, request.id, json.dumps(record | change))

    (finding,) = await said(past)

    assert finding.request == request.id
    assert "changed, or written without the key" in finding.sentence


async def test_an_earlier_record_put_back_is_found(past: Scene) -> None:
    """It is genuine, but the log knows a newer one, and where that was written."""
    request = await past.request(*ISSUED)
    before = await read(past, request.id)
    await past.change(request)
    newest = json.loads((await past.stream())[-1].fields["seq"])
    await plant(past, request.id, before)

    (finding,) = await said(past)

    assert (finding.sequence, finding.request) == (newest, request.id)
    assert f"is version 1; its newest entry, {newest}, wrote version 2." in finding.sentence


async def test_an_earlier_record_that_was_written_on_is_found(past: Scene) -> None:
    """Though the record is the newest entry's again: two entries wrote the same version."""
    request = await past.request(*ISSUED)
    before = await read(past, request.id)
    await past.change(request)
    first = json.loads((await past.stream())[-1].fields["seq"])
    await plant(past, request.id, before)
    await past.change(request)

    (finding,) = await said(past)

    assert f"version 2 of the credential of request {request.id}, though entry {first}" in finding.sentence


async def test_another_credentials_record_is_found(past: Scene) -> None:
    """Genuine as well, in the place of this one's."""
    one, other = await past.request(*ISSUED), await past.request(*ISSUED)
    await plant(past, one.id, await read(past, other.id))

    (finding,) = await said(past)

    assert finding.request == one.id


@pytest.mark.parametrize("number", [1, 2])
async def test_a_record_that_no_entry_wrote_is_found(past: Scene, number: int) -> None:
    """Sealed with the key, but past the log: of a request that made none, or over the one it made."""
    request = await past.request(*(ISSUED if number == 1 else ISSUED[:2]))
    made = model.Credential.model_validate_json(
        await read(past, request.id) if number == 1 else builders.a_credential(request).model_dump_json()
    ).model_copy(update={"token": OTHER})
    sealed = made.model_copy(update={"seal": TRAIL.seal_of(made)})
    await plant(past, request.id, sealed.model_dump_json())

    (finding,) = await said(past)

    assert ("not the one that entry" if number == 1 else "No entry of the log wrote") in finding.sentence


@pytest.mark.parametrize("trimmed", [False, True])
async def test_a_record_that_vanished_is_found(past: Scene, tmp_path: Path, *, trimmed: bool) -> None:
    """Who made it, and that it was active."""
    request = await past.request(*ISSUED)
    if trimmed:
        await desk(past).save(ALL, JSONL, tmp_path / "log.jsonl", trim=True)
    await past.raw.execute_command("DEL", past.keys.credential(request.id))

    (finding,) = await said(past)

    assert finding.request == request.id
    assert finding.sentence.endswith("left it active.")


async def test_a_revoked_one_may_be_forgotten(past: Scene) -> None:
    """In time, before the request that made it is."""
    request = await past.request(*ISSUED)
    await past.revoke(request)

    await past.raw.execute_command("DEL", past.keys.credential(request.id))

    assert await said(past) == []


async def test_a_credential_whose_request_is_gone_is_looked_at(past: Scene) -> None:
    """It is still in the lists of those that live."""
    request = await past.request(*ISSUED)
    record = json.loads(await read(past, request.id))
    await past.raw.execute_command("DEL", past.keys.request(request.id), past.keys.trail(request.id))
    await plant(past, request.id, json.dumps(record | {"token": OTHER}))

    found = (await past.verify()).findings.said

    assert {(one.what, one.request) for one in found} == {
        (What.TRAIL, request.id),
        (What.CREDENTIAL, request.id),
    }


@pytest.mark.parametrize("life", [None, model.CredentialState.ACTIVE, model.CredentialState.REVOKED])
def test_of_a_trimmed_log_the_request_knows_what_became_of_it(life: model.CredentialState | None) -> None:
    """The entry that revoked it may have been exported and removed."""
    request = builders.a_request(state=model.State.DONE)
    if life:
        request = request.model_copy(update={"life": model.Life(version=2, state=life)})
    kept = ports.Evidence(request.id, request.model_dump_json(), "", "", "", trail=())
    newest = walk.Written(request.id, 1, "active", "", 4)

    lost = credentials.missing(kept, newest, trimmed=True)

    assert (lost is None) == (life is model.CredentialState.REVOKED)
    assert credentials.missing(dataclasses.replace(kept, record=None), newest, trimmed=True) is None


async def test_a_trim_leaves_what_proves_a_credential(past: Scene, tmp_path: Path) -> None:
    """What made it and what changed it last, even if that failed; not what came between."""
    request = await past.request(*ISSUED)
    between, last = await past.change(request), await past.change(request)
    failed = await past.change(request, by=last.id)

    await desk(past).save(ALL, JSONL, tmp_path / "log.jsonl", trim=True)

    kept = {json.loads(one.fields["entry"])["request"] for one in await past.stream()}
    assert {request.id, between.id, last.id, failed.id} & kept == {request.id, last.id, failed.id}
    assert await said(past) == []


class Lively(log.RedisAuditLog):
    """The audit log of a deployment where a credential is changed just after it was read."""

    def __init__(self, scene: Scene, request: model.Request) -> None:
        of = scene.store.log
        super().__init__(of._client, of._keys, of._calls, of._lua)
        self._scene = scene
        self._request = request
        self._times = 2

    async def evidence(self, request_ids: Collection[str]) -> Mapping[str, ports.Evidence]:
        """Read, and have it change; and somebody ask for the next one meanwhile."""
        found = await super().evidence(request_ids)
        if self._request.id in request_ids and self._times:
            self._times -= 1
            await self._scene.change(self._request)
            await self._scene.request(machine.Event.APPROVE)
            await self._scene.request(*ISSUED)
        return found


async def test_what_changes_meanwhile_is_no_finding(past: Scene) -> None:
    """The bot goes on while an auditor looks."""
    request = await past.request(*ISSUED)

    report = await verify.deployment(Lively(past, request), TRAIL)

    assert whole(report) == (True, [])
