"""Whatever somebody does to the log in Redis is found, and said where it is."""

from __future__ import annotations

import json
from typing import cast

from bot import model, ports
from bot.ledger import verify
from bot.ledger.findings import What
from bot.store import log
from tests.audit.scene import OTHER, TRAIL, Planted, Scene, found, whole


def renumbered(entries: list[Planted]) -> list[Planted]:
    """Return entries numbered without a gap, as somebody careful would."""
    return [one.but(seq=str(number)) for number, one in enumerate(entries, start=1)]


async def test_an_untouched_log_is_sound(past: Scene) -> None:
    """With checkpoints and without, and they vouch for everything."""
    await past.checkpoint()

    report = await past.verify()

    assert whole(report) == (True, [])
    assert (report.entries, report.first, report.last, report.covered) == (12, 1, 12, 12)
    assert (report.requests, report.checkpoints) == (3, 1)


async def test_a_changed_field_is_found_at_its_entry(past: Scene) -> None:
    """Another actor in an approval; what follows it is still genuine."""
    await past.rewrite(lambda all_: [*all_[:1], all_[1].saying("U0BEN", "U0CLEO"), *all_[2:]])

    report = await past.verify()

    assert found(report) == [(What.CHANGED, 2)]
    assert report.findings.said[0].request is not None
    assert report.findings.said[0].time is not None


async def test_a_removed_entry_is_found_where_it_was(past: Scene) -> None:
    """The number is missing, and its request's next entry follows nothing."""
    await past.rewrite(lambda all_: [*all_[:2], *all_[3:]])

    report = await past.verify()

    assert found(report) == [(What.UNLINKED, 4), (What.MISSING, 3)]


async def test_a_removed_entry_is_found_under_new_numbers_too(past: Scene) -> None:
    """Its request's chain has a gap, and the counter had come further."""
    await past.rewrite(lambda all_: renumbered([*all_[:2], *all_[3:]]))

    report = await past.verify()

    assert found(report) == [(What.UNLINKED, 3), (What.CUT, 12)]


async def test_swapped_numbers_are_found(past: Scene) -> None:
    """One comes too late, and its chain is not in order."""
    await past.rewrite(lambda all_: [*all_[:2], all_[3], all_[2], *all_[4:]])

    report = await past.verify()

    assert (What.MOVED, 3) in found(report)
    assert (What.UNLINKED, 4) in found(report)


async def test_entries_swapped_between_two_requests_are_found_by_a_checkpoint(past: Scene) -> None:
    """Each chain is whole, and the numbers are in order: only the seal over both knows better."""
    await past.checkpoint()
    await past.rewrite(lambda all_: renumbered([*all_[:4], all_[5], all_[4], *all_[6:]]))

    report = await past.verify(checkpoints=False)

    assert found(report) == [(What.UNLIKE, 1)]
    assert report.findings.said[0].last == 12


async def test_an_inserted_entry_is_found(past: Scene) -> None:
    """An approval with a MAC by another key, numbered as if it had been there."""
    third = json.loads((await past.stream())[7].fields["entry"])["request"]

    def forge(entries: list[Planted]) -> list[Planted]:
        approval = json.loads(entries[1].fields["entry"]) | {"request": third}
        del approval["mac"]
        head = entries[10].fields["head"]
        approval["mac"] = OTHER.sealed(model.canonical(approval), head)
        forged = entries[10].but(entry=json.dumps(approval, separators=(",", ":")), seq="12")
        return [*entries[:11], forged, entries[11].but(seq="13")]

    await past.rewrite(forge)
    await past.raw.execute_command("INCR", past.keys.sequence)

    report = await past.verify()

    assert found(report) == [(What.CHANGED, 12)]
    assert report.findings.said[0].request == third


async def test_a_genuine_entry_put_in_a_second_time_is_found(past: Scene) -> None:
    """It does not follow where it stands now."""
    await past.rewrite(lambda all_: renumbered([*all_, all_[1]]))
    await past.raw.execute_command("INCR", past.keys.sequence)

    report = await past.verify()

    assert (What.UNLINKED, 13) in found(report)


async def test_a_cut_tail_is_found_by_a_kept_checkpoint(past: Scene) -> None:
    """Everything in Redis was made to fit; the line that was printed was not."""
    await past.checkpoint()
    await past.rewrite(lambda all_: all_[:10])
    await past.raw.execute_command("SET", past.keys.sequence, "10")
    await past.raw.execute_command("DEL", past.keys.mark(ports.Mark.CHECKPOINT))
    # Of the last two entries one is the third request's, and one the deployment's: both chains go back.
    stream = await past.stream()
    third = json.loads(stream[8].fields["entry"])
    await past.raw.execute_command("RPOP", past.keys.trail(third["request"]))
    await past.raw.execute_command("HSET", past.keys.request(third["request"]), "head", third["mac"])
    await past.raw.execute_command("SET", past.keys.chain, json.loads(stream[9].fields["entry"])["mac"])

    alone, kept = await past.verify(checkpoints=False), await past.verify()

    assert whole(alone) == (True, [])
    assert found(kept) == [(What.CHECKPOINT, None), (What.CUT, 11)]
    assert kept.findings.said[1].last == 12


async def test_a_cut_tail_is_found_by_the_counter(past: Scene) -> None:
    """Whoever only cuts forgets how many there were, and what the chains say."""
    await past.rewrite(lambda all_: all_[:10])

    report = await past.verify()

    assert (What.CUT, 11) in found(report)
    assert any(one.what is What.TRAIL for one in report.findings.said)


async def test_a_cut_head_is_found(past: Scene) -> None:
    """Nothing was trimmed, so the log begins with 1."""
    await past.rewrite(lambda all_: all_[5:])

    report = await past.verify()

    assert (What.CUT, 1) in found(report)
    assert report.findings.said[-1].last == 5


async def test_a_counter_that_was_set_back_is_found_at_once(past: Scene) -> None:
    """Before it has done any harm, and when the next entry has a number twice."""
    await past.raw.execute_command("SET", past.keys.sequence, "3")
    before = await past.verify()
    await past.refuse(None)

    after = await past.verify()

    assert found(before) == [(What.REPEATED, 12)]
    assert (What.REPEATED, 4) in found(after)


async def test_a_time_that_was_changed_is_found_by_a_checkpoint(past: Scene) -> None:
    """The server's time is in no MAC of its own."""
    await past.checkpoint()
    await past.rewrite(lambda all_: [all_[0].but(at=str(int(all_[0].fields["at"]) - 50)), *all_[1:]])

    report = await past.verify()

    assert found(report) == [(What.UNLIKE, 1)]


async def test_a_time_that_cannot_be_is_found_without(past: Scene) -> None:
    """Redis gives an entry its place by the same clock."""
    await past.rewrite(lambda all_: [all_[0].but(at="1000"), *all_[1:]])

    report = await past.verify()

    assert found(report) == [(What.MISTIMED, 1)]


async def test_a_replaced_log_is_found_by_a_kept_checkpoint(past: Scene) -> None:
    """All of it was replaced by another one that the bot itself wrote, checkpoints and all."""
    await past.checkpoint()
    await past.raw.execute_command("EVAL", _WIPE, "1", past.keys.audit, past.keys.audit.partition(":")[0])
    kept = list(past.printed)
    await past.request()
    await past.checkpoint()

    report = await past.verify()

    assert {What.CHECKPOINT, What.CUT} <= {what for what, _ in found(report)}
    assert len(past.printed) == len(kept) + 1


# Somebody at Redis's own prompt needs no declared keys.
_WIPE = "for _, key in ipairs(redis.call('KEYS', ARGV[1] .. ':*')) do redis.call('DEL', key) end"


async def test_what_is_no_entry_at_all_is_found(past: Scene) -> None:
    """Rubbish of every kind is reported, and stops nobody."""
    rubbish = [
        "",
        "no JSON",
        "[]",
        "[" * 100_000,
        '{"mac":7}',
        '{"mac":"","request":[]}',
        '{"mac":"","actor":"\\ud83d"}',
    ]

    def plant(entries: list[Planted]) -> list[Planted]:
        last = entries[-1]
        return [*entries, *(last.but(seq=str(13 + n), entry=text) for n, text in enumerate(rubbish))]

    await past.rewrite(plant)
    await past.raw.execute_command("SET", past.keys.sequence, str(12 + len(rubbish)))

    report = await past.verify()

    assert found(report) == [(What.UNREADABLE, 13 + n) for n in range(len(rubbish))]


async def test_what_has_no_number_is_found(past: Scene) -> None:
    """Neither has what is not text."""
    text = cast("str", b"\xff\xfe")
    await past.raw.execute_command("XADD", past.keys.audit, "*", "entry", text)

    report = await past.verify()

    assert [what for what, _ in found(report)] == [What.MISTIMED, What.UNREADABLE, What.UNREADABLE]


async def test_a_field_twice_is_found(past: Scene) -> None:
    """A reader of JSON may take the first or the last; the bot writes each once."""
    await past.rewrite(
        lambda all_: [*all_[:1], all_[1].saying('{"request"', '{"actor":"x","request"'), *all_[2:]]
    )

    report = await past.verify()

    assert found(report) == [(What.CHANGED, 2)]


async def test_a_stream_that_is_another_keys_is_told_briefly(past: Scene) -> None:
    """A hundred findings are said, the others counted."""
    forged = [one for one in await past.stream() for _ in range(20)]
    await past.rewrite(lambda _: renumbered([one.saying('"actor"', '"Actor"') for one in forged]))

    report = await past.verify()

    assert len(report.findings.said) == 100
    assert report.findings.count >= 240


async def test_the_bot_may_write_while_somebody_verifies(past: Scene) -> None:
    """What comes in between is no finding."""
    third = json.loads((await past.stream())[7].fields["entry"])["request"]

    report = await verify.deployment(Busy(past, third), TRAIL)

    assert whole(report) == (True, [])
    assert report.entries == 24


class Busy(log.RedisAuditLog):
    """The log, with somebody who is refused the first few times that it is read."""

    def __init__(self, scene: Scene, request_id: str) -> None:
        below = scene.store.log
        super().__init__(below._client, below._keys, below._calls, below._lua)
        self._scene = scene
        self._request_id = request_id
        self._left = 6

    async def page(self, *, after: str = "", limit: int = ports.PAGE) -> tuple[ports.Logged, ...]:
        """Read a page, and let it be old at once."""
        page = await super().page(after=after, limit=limit)
        if self._left:
            self._left -= 1
            await self._scene.refuse(None)
            await self._scene.refuse(self._request_id)
        return page
