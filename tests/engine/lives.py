"""Requests about credentials that are there: ways to make them, and what has to be so afterwards."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from bot import audit, machine, model, ports, recorder
from bot.model import CredentialState, Kind
from bot.provision import names
from tests import builders, fakes
from tests.engine import parts

FIRST, SECOND = "team/tool", "team/other"
BY_HAND = "typed-by-somebody"
WAVE_S = 60.0  # for how long Wave may use a password that Tower does not have any more


@dataclass(frozen=True)
class Case:
    """A kind of request, whether it is to be done at once, and its calls to services."""

    kind: Kind
    at_once: bool = False

    def __str__(self) -> str:
        """Return a test's id."""
        return f"{self.kind}-at-once" if self.at_once else str(self.kind)


EXTEND, NARROW, ROTATE = Case(Kind.EXTEND), Case(Kind.NARROW), Case(Kind.ROTATE)
REVOKE, AT_ONCE, ADOPT = Case(Kind.REVOKE), Case(Kind.REVOKE, at_once=True), Case(Kind.ADOPT)
CASES = (EXTEND, NARROW, ROTATE, REVOKE, AT_ONCE, ADOPT)
CHANGES = (EXTEND, NARROW, ROTATE)


@dataclass
class Puller:
    """Pipelines that pull all the time through Wave, which keeps what Tower had for a minute.

    Of all moments at which it may have asked Tower, each is tried: what Tower has now, and what it
    had within the last minute, has to open the repository.
    """

    engine: parts.Engine
    repository: str = FIRST
    seen: dict[tuple[str, str], dt.datetime] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def __call__(self) -> None:
        """Pull with every password that may be in use."""
        now = self.engine.clock.now()
        for one in self.engine.tower.held[101]:
            self.seen[(one.shown.user or "", one.password.get_secret_value())] = now
        for (user, password), last in self.seen.items():
            used = (now - last).total_seconds() < WAVE_S
            if used and not self.engine.registries.opens(user, password, self.repository):
                self.failures.append(f"after {self.engine.journal.calls[-1]}")


async def live(engine: parts.Engine, *repositories: str, **fields: Any) -> model.Credential:
    """Return a credential that was issued, with two repositories in the catalog."""
    engine.catalog.tags[f"{builders.HOST}/{SECOND}"] = parts.TAG
    wanted = tuple(ports.Repository(builders.HOST, one) for one in repositories or (FIRST,))
    request = await engine.approved(repositories=wanted, **fields)
    await engine.drive(request)
    return await stored(engine, request.id)


async def stored(engine: parts.Engine, credential_id: str) -> model.Credential:
    """Return a credential as the record has it, sealed."""
    found = await engine.healthy.credential(credential_id)
    assert found is not None
    assert engine.record.genuine(found)
    return found


def spec_of(case: Case, credential: model.Credential) -> model.Spec:
    """Return what somebody asks for about a credential."""
    before = credential.repositories
    wanted = {Kind.EXTEND: (*before, SECOND), Kind.NARROW: before[:1]}.get(case.kind, before)
    return model.Spec(
        kind=case.kind,
        name=credential.name,
        workspace=credential.workspace,
        login_server=credential.login_server,
        repositories=wanted,
        validity_days=credential.validity_days,
        credential=credential.id,
        before=before if case.kind in {Kind.EXTEND, Kind.NARROW} else (),
        at_once=case.at_once,
    )


async def submitted(engine: parts.Engine, spec: model.Spec, **fields: Any) -> model.Request:
    """Return a request that waits for approval."""
    now = engine.clock.now()
    times = {"created": now, "changed": now, "deadline": now + dt.timedelta(hours=72)}
    request = builders.a_request(spec=spec, **(times | fields))
    written = await engine.record.create(request, op=request.id)
    assert written.outcome is ports.Outcome.OK, written
    return request


async def approved(engine: parts.Engine, spec: model.Spec) -> model.Request:
    """Return a request that Ben approved, with a journal that begins here."""
    request = await submitted(engine, spec)
    done = await engine.service.approve(builders.a_click(request))
    engine.journal.calls.clear()
    return done


async def begun(engine: parts.Engine, case: Case) -> model.Request:
    """Return an approved request of a kind, with what it is about."""
    if case is ADOPT:
        engine.registries.held_tokens[BY_HAND] = fakes.HeldToken("_repositories_pull")
        engine.tower.add(101, name="by-hand", registry=builders.HOST, user=BY_HAND)
        spec = builders.a_spec(kind=Kind.ADOPT, name="by-hand", tower_id=engine.tower.held[101][0].shown.id)
        return await approved(engine, spec)
    credential = await live(engine, *((FIRST, SECOND) if case is NARROW else ()))
    return await approved(engine, spec_of(case, credential))


async def complaints(engine: parts.Engine, request: model.Request) -> list[str]:
    """Return what is not as it has to be once a request has ended, and nothing if all is."""
    credential = await engine.healthy.credential(request.about)
    done = request.state is model.State.DONE
    if request.spec.kind is Kind.ADOPT and not done:
        token = names.token(request)
        (held,) = engine.tower.held[101]
        found = [held.shown.user != BY_HAND and "Tower's credential changed", credential and "it is recorded"]
        return [*_leftovers(engine, token), *(str(one) for one in found if one)]
    assert credential is not None
    if request.spec.kind is Kind.REVOKE and done:
        listed = [one.shown.name for one in engine.tower.held[101] if one.shown.id == credential.tower_id]
        state = [] if credential.state is CredentialState.REVOKED else [f"it is {credential.state}"]
        return [*_leftovers(engine, credential.token), *listed, *state]
    return [*_troubles(engine, credential), *_wrong(request, credential)]


async def troubles(engine: parts.Engine, request: model.Request) -> list[str]:
    """Return where the credential that a request is about does not work as its record says."""
    return _troubles(engine, await stored(engine, request.about))


def _leftovers(engine: parts.Engine, token: str) -> list[str]:
    maps = [f"scope map {one}" for one in engine.registries.held_maps if one == token]
    return maps + [f"token {one}" for one in engine.registries.held_tokens if one == token]


def _wrong(request: model.Request, credential: model.Credential) -> list[str]:
    """Return what the record tells wrongly of a credential that lives on."""
    spec, done = request.spec, request.state is model.State.DONE
    changed = spec.kind in {Kind.EXTEND, Kind.NARROW} and not done
    reads = spec.before if changed else spec.repositories
    last = credential.by == request.id
    return [
        *(["its repositories"] if credential.repositories != reads else []),
        *(["its state"] if credential.state is not CredentialState.ACTIVE else []),
        *(["who has it in hand"] if credential.busy else []),
        *(["who changed it last"] if last is not done else []),
    ]


def _troubles(engine: parts.Engine, credential: model.Credential) -> list[str]:
    """Return where a credential does not work as its record says."""
    arm = engine.registries
    held = [one for one in engine.tower.held[101] if one.shown.id == credential.tower_id]
    token = arm.held_tokens.get(credential.token)
    if not held or token is None:
        return ["it is gone"]
    password = held[0].password.get_secret_value()
    slots = {slot: value.get_secret_value() for slot, (value, _) in token.passwords.items()}
    actions = arm.held_maps.get(credential.scope_map)
    return [
        *(["Tower names another token"] if held[0].shown.user != credential.token else []),
        *(["the slot"] if slots.get(credential.slot) != password else []),
        *([] if len(slots) == 1 else [f"{len(slots)} passwords"]),
        *(["the scope map"] if actions != names.reading(credential.repositories) else []),
    ]


def password_of(engine: parts.Engine, credential: model.Credential) -> str:
    """Return the password that Tower has."""
    (held,) = [one for one in engine.tower.held[101] if one.shown.id == credential.tower_id]
    return held.password.get_secret_value()


async def both(engine: parts.Engine, *requests: model.Request) -> list[model.Request]:
    """Work on requests side by side until each has ended."""
    return await asyncio.gather(*(engine.drive(request) for request in requests))


async def written(engine: parts.Engine, credential_id: str, **update: Any) -> None:
    """Write a credential as another request would, behind the back of whoever works on it."""
    credential = await stored(engine, credential_id)
    after = credential.model_copy(update={"version": credential.version + 1, **update})
    behind = recorder.Recorder(engine.healthy, parts.TRAIL, engine.clock)

    def propose(snapshot: ports.Snapshot) -> recorder.Proposal:
        request = machine.advance(snapshot.request, machine.Event.FOLLOW, at=engine.clock.now())
        return recorder.Proposal(request, audit.Event.FOLLOWED, credential=after)

    await behind.apply(credential_id, propose, op=model.new_id())


async def ahead(engine: parts.Engine, request: model.Request) -> None:
    """Attend to a request once, before whatever else is due."""
    while True:
        held = await engine.claimed()
        if held is None:
            continue
        if held.request_id == request.id:
            await engine.attend(held)
            return
        found = await engine.healthy.load(held.request_id)
        assert found is not None
        later = engine.clock.now() + dt.timedelta(seconds=30)
        seen = found.request.version
        await engine.healthy.settle(held.request_id, fence=held.fence, seen=seen, due=later)
