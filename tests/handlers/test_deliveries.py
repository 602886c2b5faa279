"""What comes through Slack's door with a right signature: once, and answered whatever it is."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import httpx
import pytest

from bot import errors
from bot.sandbox import acme
from bot.sandbox.emulator import Fault
from handlers import replies
from handlers.slack import ids
from tests.handlers import samples
from tests.handlers.house import House
from tests.handlers.mail import FORM, MARKER, command, interaction, post, signed
from tests.handlers.service_double import ServiceDouble
from tests.waiting import wait_until


@pytest.mark.parametrize(
    "raw",
    [
        command(),
        interaction(
            type="block_actions",
            container={"type": "view"},
            actions=[{"type": "button", "action_id": "x", "block_id": "y"}],
            user={"id": "U0ANA", "team_id": samples.TEAM},
        ),
    ],
)
async def test_a_replay_is_refused(house: House, browser: httpx.AsyncClient, raw: bytes) -> None:
    """Slack never sends a command or an interaction twice: the same signature again is a replay."""
    headers = signed(raw)
    first = await post(browser, house, raw, headers)

    second = await post(browser, house, raw, headers)

    assert (first.status_code, second.status_code) == (200, 401)


async def test_equal_searches_are_no_replay(house: House, browser: httpx.AsyncClient) -> None:
    """Two equal searches within a second are the same bytes, and change nothing."""
    raw = interaction(
        type="block_suggestion",
        action_id="form_repository",
        block_id="repository",
        value="a",
        user={"id": "U0ANA", "team_id": samples.TEAM},
    )
    headers = signed(raw)

    answers = [await post(browser, house, raw, headers) for _ in range(2)]

    assert [len(answer.json()["options"]) for answer in answers] == [1, 1]


async def test_an_event_that_comes_again_is_done_already(house: House, browser: httpx.AsyncClient) -> None:
    """A redelivered event has a new signature and the old id; it is acknowledged and acts once."""
    raw = json.dumps(
        {"type": "event_callback", "event_id": "Ev1", "event": {"type": "app_home_opened"}}
    ).encode()
    stamps = [time.time(), time.time() - 5]

    answers = [
        await post(browser, house, raw, signed(raw, content_type="application/json", at=stamp))
        for stamp in stamps
    ]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert house.service.marks == {"slack:event:Ev1"}


async def test_with_the_store_away_an_event_comes_again(
    house: House, browser: httpx.AsyncClient, service: ServiceDouble
) -> None:
    """An event that could not be marked is not acknowledged: Slack delivers it once more."""
    service.failing["first_time"] = errors.NotAccepted("redis is down")
    raw = json.dumps({"type": "event_callback", "event_id": "Ev1", "event": {"type": "message"}}).encode()

    answer = await post(browser, house, raw, signed(raw, content_type="application/json"))

    assert answer.status_code == 503


async def test_a_store_that_hangs_is_not_waited_for(
    house: House, browser: httpx.AsyncClient, service: ServiceDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slack waits for three seconds in all, so one limit holds for everything before the answer."""
    monkeypatch.setattr(ids, "ACK_S", 0.05)
    service.hanging.add("first_time")
    raw = command()

    answer = await post(browser, house, raw, signed(raw))

    assert answer.json()["text"].startswith("That took too long.")


async def test_with_the_store_away_nothing_is_half_accepted(
    house: House, browser: httpx.AsyncClient, service: ServiceDouble
) -> None:
    """When a delivery cannot be marked, the person is told that it was not accepted."""
    service.failing["first_time"] = errors.NotAccepted("redis is down")
    raw = command(text="")

    answer = await post(browser, house, raw, signed(raw))

    assert answer.json()["text"].startswith("Not accepted, please try again")
    assert service.calls == ["first_time"]


MALFORMED = [
    (b"hello " + MARKER.encode(), "text/plain"),
    (b"payload=" + MARKER.encode(), FORM),
    (b"payload=" + b"%5B" * 100_000 + MARKER.encode(), FORM),
    (b'["' + MARKER.encode() + b'"]', "application/json"),
    (b"\xff\xfe" + MARKER.encode(), FORM),
    (b"", FORM),
    (interaction(type="block_actions", team=5, user=MARKER), FORM),
    (interaction(type="block_actions", authorizations=[5], user=MARKER), FORM),
    (interaction(type="block_actions", actions=[], user={"id": MARKER}), FORM),
    (interaction(type="block_actions", actions={"a": MARKER}), FORM),
    (interaction(type="block_actions", actions=MARKER, user={"id": "U0BEN"}), FORM),
    (interaction(type="block_actions", actions=[MARKER], user={"id": "U0BEN"}), FORM),
    (interaction(type="block_actions", actions=[{"value": MARKER}], user={"id": "U0BEN"}), FORM),
    (interaction(type="block_actions", actions=[{"action_id": [MARKER]}], user={"id": "U0BEN"}), FORM),
    (interaction(type="block_actions", actions=[{"action_id": MARKER}], user=[MARKER]), FORM),
    (interaction(type="view_submission", view=[MARKER], user={"id": "U0BEN"}), FORM),
    (interaction(type="shortcut", event=[MARKER], user={"id": "U0BEN"}), FORM),
    (interaction(type="shortcut", authorizations=[5], user={"id": MARKER}), FORM),
    (interaction(type="shortcut", team=5, user={"id": MARKER}), FORM),
    (interaction(type="view_submission", view={"callback_id": MARKER}), FORM),
    (interaction(type="event_callback", event=5, x=MARKER), FORM),
    (
        interaction(
            type="block_actions", actions=[{"action_id": ids.APPROVE, "type": "button", "value": MARKER}]
        ),
        FORM,
    ),
]


@pytest.mark.parametrize(("raw", "content_type"), MALFORMED)
async def test_what_is_malformed_is_refused_quietly(
    house: House,
    browser: httpx.AsyncClient,
    raw: bytes,
    content_type: str,
    everything_logged: Callable[[], str],
) -> None:
    """Behind a right signature, what cannot be read is 400: no traceback, nothing of it in the log."""
    answer = await post(browser, house, raw, signed(raw, content_type=content_type))

    assert (answer.status_code, answer.content) == (400, b"")
    assert MARKER not in everything_logged()
    assert "Traceback" not in everything_logged()


@pytest.mark.parametrize(
    "raw",
    [
        interaction(type="view_submission", view=MARKER, user={"id": "U0ANA"}),
        interaction(type="event_callback", event=MARKER),
        interaction(type="something_new", user=[MARKER]),
        interaction(
            type="block_actions", user=MARKER, actions=[{"type": "button", "action_id": ids.APPROVE}]
        ),
    ],
)
async def test_what_is_unknown_is_acknowledged_quietly(
    house: House, browser: httpx.AsyncClient, raw: bytes, everything_logged: Callable[[], str]
) -> None:
    """What Slack may send tomorrow is no error of ours, and none of it gets into the log."""
    answer = await post(browser, house, raw, signed(raw))

    assert answer.status_code in {200, 400}
    assert MARKER not in everything_logged()
    assert "Traceback" not in everything_logged()


async def test_a_shortcut_of_another_version_is_explained(house: House, browser: httpx.AsyncClient) -> None:
    """A shortcut knows no channel: its answer is a window."""
    trigger = house.slack.state.passes.trigger(acme.ANA)
    raw = interaction(
        type="shortcut",
        callback_id="long_gone",
        trigger_id=trigger,
        user={"id": acme.ANA, "team_id": samples.TEAM},
    )

    answer = await post(browser, house, raw, signed(raw))
    screen = await house.person(acme.ANA).awaits_modal("from another version of the bot")

    assert answer.status_code == 200
    assert screen.title == replies.FORM_TITLE


async def test_an_answer_without_any_way_is_logged(
    house: House, browser: httpx.AsyncClient, everything_logged: Callable[[], str]
) -> None:
    """A click from nowhere, without an address to answer to, is acknowledged; the log tells."""
    button = {
        "type": "button",
        "action_id": ids.APPROVE,
        "block_id": "b",
        "value": "latest",
        "action_ts": "1",
    }
    raw = interaction(type="block_actions", user={"id": acme.ANA, "team_id": samples.TEAM}, actions=[button])

    answer = await post(browser, house, raw, signed(raw))
    await wait_until(lambda: "slack.answer.lost" in everything_logged(), "the log says so")

    assert answer.status_code == 200


async def test_with_slack_away_a_click_is_answered(house: House, browser: httpx.AsyncClient) -> None:
    """Bolt asks Slack once whose token it has; a Slack that does not answer is said, not a 500."""
    house.slack.faults.append(Fault("/api/auth.test", None, cut=True))
    raw = command()

    answer = await post(browser, house, raw, signed(raw))

    assert answer.json()["text"] == "Slack did not answer."


@pytest.mark.parametrize(
    ("raw", "content_type", "wanted"),
    [
        (b'{"type":"url_verification","challenge":"c1"}', "application/json", '{"challenge": "c1"}'),
        (b"ssl_check=1&token=x", FORM, ""),
    ],
)
async def test_slacks_own_checks_are_answered(
    house: House, browser: httpx.AsyncClient, raw: bytes, content_type: str, wanted: str
) -> None:
    """Slack verifies the address and its certificate with requests of their own."""
    answer = await post(browser, house, raw, signed(raw, content_type=content_type))

    assert (answer.status_code, answer.text) == (200, wanted)
