"""Jobs that keep a credential: what Tower says of them, and what the bot makes of it."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from bot import errors
from bot.clients import http, tower_jobs
from bot.clients import tower as tower_client
from bot.sandbox import tower, tower_state
from tests.tower.conftest import RESEARCH, create


def refusal(document: object) -> http.Answer:
    """Return Tower's 409 with a body."""
    return http.Answer(409, json.dumps(document).encode())


@pytest.mark.parametrize(
    ("conflict", "name"),
    [
        ({"id": "4Bi5", "name": "rnaseq-nightly", "type": "workflow", "url": "https://t"}, "rnaseq-nightly"),
        ({"id": "4Bi5", "name": None}, "4Bi5"),
        ({"runName": "happy_euler"}, "happy_euler"),
        ({"workflowId": 4177}, "4177"),
        ("happy_euler", "happy_euler"),
        ("line\r\none\x00\u202etwo\x1b[31m", "line one two [31m"),
        ("  ", None),
        (None, None),
        (True, None),
        ({}, None),
        (["a"], None),
        ("x" * 5000, "x" * 80),
    ],
)
def test_a_job_is_named_as_well_as_tower_does(conflict: object, name: str | None) -> None:
    """Objects and texts are understood, and nothing of a name can move the text around it."""
    found = tower_jobs.parse(refusal({"conflicts": [conflict], "credentialsId": "2ba2"}))

    assert found == tower_jobs.Jobs((name,) if name else (), 1)


@pytest.mark.parametrize(
    "document", [{}, {"conflicts": None}, {"conflicts": {}}, {"message": "in use"}, [], 7]
)
def test_a_refusal_without_jobs_is_one_all_the_same(document: object) -> None:
    """The names explain; they are not what refuses."""
    assert tower_jobs.parse(refusal(document)) == tower_jobs.Jobs()


def test_a_body_that_is_none_names_nobody() -> None:
    """A page of some proxy says nothing about jobs."""
    assert tower_jobs.parse(http.Answer(409, b"<html>")) == tower_jobs.Jobs()


def test_many_jobs_are_counted_and_twenty_named() -> None:
    """A message has room for some of them."""
    found = tower_jobs.parse(refusal({"jobs": [f"run-{number}" for number in range(57)]}))

    assert (len(found.names), found.names[0], found.count) == (20, "run-0", 57)


async def test_a_credential_in_use_is_kept(
    client: tower_client.TowerClient, tower: tower.TowerEmulator, password: SecretStr
) -> None:
    """Checked, Tower refuses and names the jobs; the credential stays."""
    made = await create(client, password)
    tower.state.run(made, "rnaseq-nightly", "sarek")

    with pytest.raises(errors.InUse) as refused:
        await client.delete(RESEARCH, made, checked=True)

    assert (refused.value.jobs, refused.value.count) == (("rnaseq-nightly", "sarek"), 2)
    assert (refused.value.retryable, len(await client.credentials(RESEARCH))) == (True, 1)


@pytest.mark.parametrize(
    ("era", "busy", "checked"),
    [
        (tower_state.Era.TODAY, True, False),  # whoever insists
        (tower_state.Era.TODAY, False, True),  # nothing runs
        (tower_state.Era.V22_4, True, True),  # an old Tower ignores the word
    ],
)
async def test_a_credential_is_deleted_where_nothing_speaks_against_it(
    client: tower_client.TowerClient,
    tower: tower.TowerEmulator,
    password: SecretStr,
    *,
    era: tower_state.Era,
    busy: bool,
    checked: bool,
) -> None:
    """The check is asked for, and only of a Tower that knows it."""
    made = await create(client, password)
    tower.state.run(made, *["rnaseq-nightly"] * busy)
    tower.switches.era = era

    await client.delete(RESEARCH, made, checked=checked)

    assert await client.credentials(RESEARCH) == ()
    assert [one.path.count("checked=true") for one in tower.journal.exchanges if one.method == "DELETE"] == [
        int(checked)
    ]
