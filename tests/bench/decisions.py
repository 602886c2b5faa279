"""The pure decision among two hundred rules, and what the audit entry costs a transition."""

from __future__ import annotations

import hashlib
import time

from bot import audit, clock, machine, model, policy, ports, rules, store
from bot.sandbox import valkey
from bot.store import scripts
from tests import builders
from tests.bench import figures

RULES, ROUNDS, TRANSITIONS = 200, 20_000, 1_500
BAR = 20_000


async def measure() -> list[figures.Figure]:
    """Measure decisions a second, and a transition with and without its audit entry."""
    rate = _rate()
    with_entry, without = await _transitions()
    added = with_entry / without - 1
    return [
        figures.Figure(f"decisions among {RULES} rules", f"≥ {BAR:,}/s", f"{rate:,.0f}/s", rate >= BAR),
        figures.Figure("what the audit append adds to a transition", "≤ 20 %", f"{added:.0%}", added <= 0.20),
    ]


def _rate() -> float:
    """Choose a rule and rule on a click by it, for requests that differ."""
    listed = tuple(
        builders.a_rule(f"rule {number}", match={"registries": (f"r{number}.azurecr.io",)})
        for number in range(RULES - 1)
    )
    known = builders.a_policy(*listed, builders.a_rule())
    members = known.groups["approvers"].members
    facts, now = policy.Facts(groups={"approvers": members}), builders.now()
    request = builders.a_request()
    subjects = [_subject(number) for number in range(100)]
    began = time.perf_counter()
    for number in range(ROUNDS):
        policy.select(known, subjects[number % 100], builders.ANA, facts)
        policy.decide(policy.Action.APPROVE, builders.BEN, request, policy=known, facts=facts, now=now)
    return ROUNDS / (time.perf_counter() - began)


def _subject(number: int) -> rules.Subject:
    return rules.Subject(
        kind=model.Kind.ISSUE,
        login_server=builders.HOST,
        repositories=(f"team/tool{number}",),
        workspace="acme/research",
        channel="C0GENOMICS",
    )


async def _transitions() -> tuple[float, float]:
    """Return seconds for transitions with and without the audit append, taken in turns."""
    took = {True: 0.0, False: 0.0}
    time_ = clock.SystemClock()
    async with (
        valkey.Valkey() as server,
        store.open_store(server.url, prefix="with", clock=time_, keep_days=1) as whole,
        store.open_store(server.url, prefix="without", clock=time_, keep_days=1) as bare,
    ):
        bare._scripts._scripts = _without_audit()
        kept = {True: await _pending(whole), False: await _pending(bare)}
        for number in range(TRANSITIONS):
            for entry, opened in ((True, whole), (False, bare)):
                change = _approved(*kept[entry][number])
                began = time.perf_counter()
                written = await opened.commit(change)
                took[entry] += time.perf_counter() - began
                assert written.outcome is ports.Outcome.OK
    return took[True], took[False]


def _without_audit() -> dict[str, scripts.Script]:
    """Return the scripts with the two lines gone that write the entry."""
    plain = dict(scripts.load())
    lines = [line for line in plain["commit"].source.splitlines() if "arg.entry" not in line]
    assert len(lines) == len(plain["commit"].source.splitlines()) - 2
    source = "\n".join(lines)
    sha = hashlib.sha1(source.encode(), usedforsecurity=False).hexdigest()
    return plain | {"commit": scripts.Script(source, sha)}


TRAIL = audit.Trail(b"k" * 32)


async def _pending(opened: store.RedisStore) -> list[tuple[model.Request, str]]:
    made = []
    for number in range(TRANSITIONS):
        request = builders.a_request(spec=builders.a_spec(workspace=builders.a_workspace(id=number + 1)))
        entry = TRAIL.seal(
            audit.draft(audit.Event.SUBMITTED, request=request.id, actor=None, at=request.created), ""
        )
        await opened.commit(ports.Change(request=request, entry=entry, head="", op=request.id))
        made.append((request, entry.mac))
    return made


def _approved(request: model.Request, head: str) -> ports.Change:
    after = machine.advance(request, machine.Event.APPROVE, at=request.created)
    drafted = audit.draft(audit.Event.APPROVED, request=request.id, actor=None, at=request.created)
    return ports.Change(request=after, entry=TRAIL.seal(drafted, head), head=head, op=f"{request.id}:approve")
