"""Whatever happened verifies; and of whatever happened, whatever was edited is found."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import tempfile
import time
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import audit, clock, machine, model, ports
from bot import store as stores
from bot.ledger import auditor, entries, seals
from bot.ledger.cover import Cover
from bot.ledger.findings import Findings
from bot.ledger.walk import Walk
from bot.sandbox import valkey
from bot.store import connection, keys
from tests import builders
from tests.audit.scene import ISSUED, TRAIL, Planted, Scene, whole
from tests.audit.test_export import ALL, JSONL, desk

LIVES = st.sampled_from(
    [
        (),
        (machine.Event.DENY,),
        (machine.Event.CANCEL,),
        (machine.Event.EXPIRE,),
        (machine.Event.VOTE, machine.Event.VOTE, machine.Event.DENY),
        (machine.Event.APPROVE,),
        ISSUED,
        (machine.Event.APPROVE, machine.Event.START, machine.Event.STEP, machine.Event.FAIL),
    ]
)
# Each step: a request that lives so far, a refusal at an earlier one or at none, a checkpoint, a trim.
STEPS = st.one_of(LIVES, st.integers(0, 9), st.sampled_from(["refused", "checkpoint", "trim"]))
HISTORIES = st.lists(STEPS, min_size=1, max_size=8)
AT = builders.now()
CALM = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
Visit = Callable[[Scene], Awaitable[None]]


async def play(scene: Scene, history: Sequence[object], folder: Path) -> None:
    """Let a history happen, and be sealed to its end."""
    requests: list[str] = []
    for number, step in enumerate(history):
        match step:
            case tuple():
                requests.append((await scene.request(*step)).id)
            case int():
                await scene.refuse(requests[step % len(requests)] if requests else model.new_id())
            case "refused":
                await scene.refuse(None)
            case "checkpoint":
                await scene.checkpoint()
            case _:
                await desk(scene).save(ALL, JSONL, folder / f"{number}.jsonl", trim=True)
    await scene.checkpoint()


def visit(server: valkey.Valkey, there: Visit) -> None:
    """Visit an empty deployment: each of Hypothesis' examples has its own."""

    async def go() -> None:
        prefix, raw = f"h{secrets.token_hex(6)}", connection.connect(server.url)
        time = clock.SystemClock()
        async with (
            contextlib.aclosing(raw),
            stores.open_store(server.url, prefix=prefix, clock=time, keep_days=9) as opened,
        ):
            await there(Scene(opened, raw, keys.Keys(prefix)))

    asyncio.run(go())


@CALM
@given(history=HISTORIES)
def test_every_history_verifies(embedded: valkey.Valkey, history: list[object]) -> None:
    """Through the real Recorder, with checkpoints and trims anywhere; and so do all its files."""

    async def there(scene: Scene) -> None:
        with tempfile.TemporaryDirectory() as folder:
            await play(scene, history, Path(folder))

            assert whole(await scene.verify()) == (True, [])
            assert whole(await scene.verify(checkpoints=False)) == (True, [])
            assert [one for one in _verified(Path(folder), scene.printed) if one != (True, [])] == []

    visit(embedded, there)


def _verified(folder: Path, printed: Sequence[str]) -> Iterator[object]:
    for file in folder.iterdir():
        lines = file.read_text().splitlines(keepends=True)
        yield whole(auditor.verify_file(TRAIL, lines, printed))


def _text(data: st.DataObject, one: Planted) -> Planted:
    """Change a letter of an entry."""
    text = one.fields["entry"]
    at = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from('aZ09 {}:,"\\\x00\u00e9').filter(lambda letter: letter != text[at]))
    return one.but(entry=text[:at] + letter + text[at + 1 :])


def _field(data: st.DataObject, one: Planted) -> Planted:
    """Change a number, a time or a head."""
    name = data.draw(st.sampled_from(["seq", "at", "head"]))
    if name == "head":
        other = "" if one.fields["head"] else "0" * 64
        return one.but(head=data.draw(st.sampled_from([other, "f" * 64])))
    by = data.draw(st.integers(-9, 9).filter(bool))
    return one.but(**{name: str(int(one.fields[name]) + by)})


def _edited(data: st.DataObject, entries: list[Planted]) -> list[Planted]:
    """Make one edit somewhere."""
    at = data.draw(st.integers(0, len(entries) - 1), label="at")
    before, one, after = entries[:at], entries[at], entries[at + 1 :]
    edits: dict[str, Callable[[], list[Planted]]] = {
        "text": lambda: [*before, _text(data, one), *after],
        "field": lambda: [*before, _field(data, one), *after],
        "repeat": lambda: [*before, one, one, *after],
        "remove": lambda: [*before, *after],
        "cut": lambda: before,
        "cut the head": lambda: after,
        "swap": lambda: [*before, *after[:1], one, *after[1:]] if after else before,
    }
    return edits[data.draw(st.sampled_from(sorted(edits)), label="edit")]()


@CALM
@given(history=HISTORIES, data=st.data())
def test_any_single_edit_of_the_stream_is_found(
    embedded: valkey.Valkey, history: list[object], data: st.DataObject
) -> None:
    """Wherever it is and whatever it changes, given the checkpoints that were printed."""

    async def there(scene: Scene) -> None:
        with tempfile.TemporaryDirectory() as folder:
            await play(scene, history, Path(folder))
        if before := await scene.stream():
            edited = _edited(data, before)
            await scene.rewrite(lambda _: edited)

            assert not (await scene.verify()).sound

    visit(embedded, there)


def some(count: int) -> Iterator[ports.Logged]:
    """Yield the log of many requests, one after the other, ten entries each."""
    sample = audit.draft(audit.Event.STEP_DONE, request="", actor=builders.BEN, at=AT, data={"step": "check"})
    body, head = sample.model_dump(mode="json", exclude={"mac"}), ""
    for number in range(count):
        if number % 10 == 0:
            body, head = body | {"request": model.new_id()}, ""
        text = model.canonical(body)
        mac = TRAIL.sealed(text, head)
        whole_text = f'{text[:-1].decode()},"mac":"{mac}"}}'
        yield ports.Logged(f"{1000 + number}-0", number + 1, 1000 + number, head, whole_text)
        head = mac


def test_memory_does_not_grow_with_the_entries() -> None:
    """Of two hundred thousand the last ten thousand cost what their requests cost: under 500 bytes each."""
    count, last = 200_000, 10_000
    findings = Findings()
    walk = Walk(TRAIL, findings, watchers=(Cover((), findings),))
    log = some(count)
    pages = iter(lambda: list(itertools.islice(log, ports.PAGE)), [])

    for page in itertools.islice(pages, (count - last) // ports.PAGE):
        walk.take(page)
    tracemalloc.start()  # from here on alone: it makes everything eight times slower
    for page in pages:
        walk.take(page)
    grown, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert (walk.count, findings.count) == (count, 0)
    assert grown < last / 10 * 500 + len(walk.heads) * 60 + 1_000_000  # the last page, a table that doubled
    assert peak < grown + 5_000_000


@pytest.mark.bench
def test_fifty_thousand_entries_a_second_are_verified() -> None:
    """In one process, with a checkpoint for each thousand."""
    log, findings = list(some(50_000)), Findings()
    made, previous = [], None
    for start in range(0, len(log), ports.PAGE):
        run = seals.Run()
        for one in log[start : start + ports.PAGE]:
            opened = entries.opened(TRAIL, one)
            assert opened
            run.add(one, entries.line(one, opened.mac))
        previous = seals.over(TRAIL, run, kind=seals.Kind.CHECKPOINT, before=previous, at=builders.now())
        made.append(previous)
    cover = Cover(made, findings)
    walk = Walk(TRAIL, findings, watchers=(cover,))

    begun = time.perf_counter()
    walk.take(log)
    walk.finish()
    took = time.perf_counter() - begun

    assert (findings.count, cover.tally.fit) == (0, 50)
    assert len(log) / took > 50_000
