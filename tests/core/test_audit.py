"""The audit chain: every edit, removal, swap and insertion breaks it."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import audit, model

AT = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
WHO = model.Principal(platform=model.Platform.SLACK, tenant="T1", user="U1")


def chain(trail: audit.Trail, *events: audit.Event) -> list[audit.Entry]:
    """Return sealed entries that follow one another."""
    entries: list[audit.Entry] = []
    for event in events:
        entry = audit.draft(event, request="r" * 22, actor=WHO, at=AT, data={"digest": "d"})
        entries.append(trail.seal(entry, entries[-1].mac if entries else ""))
    return entries


@pytest.fixture
def trail() -> audit.Trail:
    """Return a trail with a key of its own."""
    return audit.Trail(b"k" * 32)


@pytest.fixture
def entries(trail: audit.Trail) -> list[audit.Entry]:
    """Return an unbroken chain of three."""
    return chain(trail, audit.Event.SUBMITTED, audit.Event.APPROVED, audit.Event.DONE)


def test_an_untouched_chain_holds(trail: audit.Trail, entries: list[audit.Entry]) -> None:
    """What was sealed verifies."""
    assert trail.broken_at(entries) is None


def test_a_changed_field_shows(trail: audit.Trail, entries: list[audit.Entry]) -> None:
    """An edit breaks the chain at the edited entry."""
    entries[1] = entries[1].model_copy(update={"actor": "slack:T1:U9"})

    assert trail.broken_at(entries) == 1


def test_a_removed_entry_shows(trail: audit.Trail, entries: list[audit.Entry]) -> None:
    """What follows a gap does not follow."""
    del entries[0]

    assert trail.broken_at(entries) == 0


def test_swapped_entries_show(trail: audit.Trail, entries: list[audit.Entry]) -> None:
    """Order is part of what is sealed."""
    entries[1], entries[2] = entries[2], entries[1]

    assert trail.broken_at(entries) == 1


def test_another_key_cannot_forge(trail: audit.Trail, entries: list[audit.Entry]) -> None:
    """Who can write to Redis but has no key cannot continue a chain."""
    forged = audit.draft(audit.Event.APPROVED, request="r" * 22, actor=WHO, at=AT)
    entries.append(audit.Trail(b"x" * 32).seal(forged, entries[-1].mac))

    assert trail.broken_at(entries) == 3


def test_entries_survive_the_wire(trail: audit.Trail, entries: list[audit.Entry]) -> None:
    """An entry read back from JSON verifies as the one that was written."""
    read = [audit.Entry.model_validate_json(entry.model_dump_json()) for entry in entries]

    assert trail.broken_at(read) is None


def test_ids_are_derived_but_not_guessable(trail: audit.Trail) -> None:
    """The same sending gives the same id; another key gives another."""
    assert trail.derive("view:V1") == trail.derive("view:V1")
    assert trail.derive("view:V1") != audit.Trail(b"x" * 32).derive("view:V1")
    assert len(trail.derive("view:V1")) == 22
