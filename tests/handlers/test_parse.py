"""Slack's payloads to our types: nothing is taken for granted, and nothing odd gets through."""

from __future__ import annotations

import json
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import errors, forms, model
from bot.forms import Field
from handlers.slack import ids, parse
from tests.handlers import samples

FORM = "application/x-www-form-urlencoded"
VALUE = f"{samples.REQUEST_ID}.0123456789abcdef"


def click(**changes: object) -> dict[str, object]:
    """Return a pressed button."""
    return {
        "type": "block_actions",
        "user": {"id": "U0BEN", "team_id": samples.TEAM},
        "container": {"type": "message", "message_ts": "1.2", "channel_id": "C0APPROVALS"},
        "actions": [
            {
                "action_id": ids.APPROVE,
                "block_id": "buttons_approval",
                "value": VALUE,
                "action_ts": "9.9",
            }
        ],
        **changes,
    }


def sent(values: dict[Field, dict[str, object]], **view: object) -> dict[str, object]:
    """Return a form as it was sent."""
    state = {field.value: {ids.action(field): value} for field, value in values.items()}
    return {
        "type": "view_submission",
        "user": {"id": "U0ANA", "team_id": samples.TEAM},
        "view": {"id": "V1", "hash": "h", "state": {"values": state}, **view},
    }


def chosen(value: str, words: str = "words") -> dict[str, object]:
    """Return the state of a menu."""
    return {"selected_option": {"text": {"type": "plain_text", "text": words}, "value": value}}


@pytest.mark.parametrize(
    ("raw", "content_type", "wanted"),
    [
        (b"command=%2Fregistry&text=", FORM, {"command": "/registry", "text": ""}),
        (b"command=%2Fregistry&text=payload", FORM, {"command": "/registry", "text": "payload"}),
        (b"payload=%7B%22type%22%3A%22shortcut%22%7D", FORM, {"type": "shortcut"}),
        (b'{"type":"event_callback"}', "application/json; charset=utf-8", {"type": "event_callback"}),
        (b'{"type":"event_callback"}', "", {"type": "event_callback"}),
        (b"ssl_check=1&token=x", FORM, {"ssl_check": "1", "token": "x"}),
    ],
)
def test_a_body_is_read(raw: bytes, content_type: str, wanted: object) -> None:
    """Commands, interactions, events and Slack's own checks are read, whatever a user typed into them."""
    assert parse.body(raw, content_type) == wanted


@pytest.mark.parametrize(
    ("raw", "content_type"),
    [
        (b"", FORM),
        (b"hello", FORM),
        (b"hello", "text/plain"),
        (b"\xff\xfe", FORM),
        (b"text=%ff&command=x", FORM),
        (b"payload=notjson", FORM),
        (b"payload=[1]", FORM),
        (b"payload=%7B%22type%22%3A5%7D", FORM),
        (b"payload=" + quote("[" * 100_000).encode(), FORM),
        (b"[1, 2]", "application/json"),
        (b"null", "application/json"),
        (b"{", "application/json"),
        (b'{"type": ' + b"9" * 5000 + b"}", "application/json"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "application/json"),
        (urlencode({f"k{number}": "v" for number in range(200)}).encode() + b"&command=x", FORM),
    ],
)
def test_what_slack_never_sends_is_malformed(raw: bytes, content_type: str) -> None:
    """Anything else is refused in one way, and the refusal holds nothing of it."""
    with pytest.raises(parse.Malformed) as refused:
        parse.body(raw, content_type)

    assert str(refused.value).startswith("The body is ")
    assert refused.value.__cause__ is None


@given(st.binary(max_size=200), st.sampled_from([FORM, "application/json", ""]))
def test_no_body_breaks_the_parser(raw: bytes, content_type: str) -> None:
    """Whatever bytes arrive, they are an object or malformed."""
    try:
        found = parse.body(raw, content_type)
    except parse.Malformed:
        return
    assert isinstance(found, dict)


KEYS = (
    *(
        "user",
        "id",
        "team_id",
        "team",
        "user_id",
        "container",
        "channel_id",
        "message_ts",
        "actions",
        "value",
    ),
    *("view", "state", "values", "private_metadata", "blocks", "type", "selected_option", *Field),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(KEYS), JSON))
def test_no_payload_breaks_the_parsers(payload: dict[str, object]) -> None:
    """Whatever shape a payload has, parsers return a value or raise one of two errors."""
    for read in (
        lambda: parse.principal(payload),
        lambda: parse.click(payload, samples.BEN),
        lambda: parse.denial(payload, samples.BEN),
        lambda: parse.submission(payload, samples.ANA, None, ()),
        lambda: (parse.typed(payload), parse.inputs(payload), parse.first_input(payload)),
    ):
        try:
            read()
        except (parse.Malformed, errors.BotError):
            continue


@pytest.mark.parametrize(
    ("payload", "tenant"),
    [
        ({"user": {"id": "U1", "team_id": "T2"}, "team": {"id": "T1"}}, "T2"),
        ({"user": {"id": "U1"}, "team": {"id": "T1"}}, "T1"),
        ({"user_id": "U1", "team_id": "T3"}, "T3"),
        ({"user": {"id": "U1"}, "team": None}, ""),
    ],
)
def test_a_person_belongs_to_their_own_workspace(payload: dict[str, object], tenant: str) -> None:
    """A stranger in a shared channel keeps their own tenant, and no workspace is no tenant."""
    assert parse.principal(payload) == samples.person("U1", tenant=tenant)


def test_nobody_is_malformed() -> None:
    """A payload without a person is none of Slack's."""
    with pytest.raises(parse.Malformed, match="user_id"):
        parse.principal({"type": "block_actions"})


@pytest.mark.parametrize(
    ("channel", "known"),
    [
        ("C0GENOMICS", True),
        ("G0PRIVATE", True),
        ("D0ANA", False),
        ("", False),
        ("C0; DROP", False),
        ("c0", False),
    ],
)
def test_only_a_channel_is_a_place(channel: str, *, known: bool) -> None:
    """A direct message, or anything that is no channel's id, is no place to post to."""
    assert parse.place(channel, samples.TEAM) == (samples.place(channel) if known else None)


def test_a_click_carries_ids_and_where_it_was_seen() -> None:
    """A click names the request, the head of what was shown, and the message that showed it."""
    made = parse.click(click(), samples.BEN)

    assert (made.request_id, made.digest, made.by) == (samples.REQUEST_ID, "0123456789abcdef", samples.BEN)
    assert made.seen_at == model.Copy(
        role=model.Role.APPROVAL, platform=model.Platform.SLACK, channel="C0APPROVALS", message="1.2"
    )


def test_the_same_click_has_the_same_token_and_another_one_another() -> None:
    """The operation token follows from person, message, moment and button alone."""
    first = parse.click(click(), samples.BEN).op
    acted = {**dict(click()["actions"][0]), "action_ts": "9.8"}  # type: ignore[index]  # a list of one

    others = {
        parse.click(click(), samples.CLEO).op,
        parse.click(click(actions=[acted]), samples.BEN).op,
        parse.click(click(container={"message_ts": "1.3", "channel_id": "C0APPROVALS"}), samples.BEN).op,
    }
    assert parse.click(click(), samples.BEN).op == first
    assert len(others - {first}) == 3


@pytest.mark.parametrize(
    "value", ["", "latest", f"{samples.REQUEST_ID}.xyz", "../../etc", f"{VALUE}0", "a" * 2000]
)
def test_a_value_that_is_not_ours_belongs_to_no_request(value: str) -> None:
    """A button of another version gets an honest answer, and never the latest request."""
    acted = [{"action_id": ids.APPROVE, "value": value or None}]

    with pytest.raises((errors.Refused, parse.Malformed)):
        parse.click(click(actions=acted), samples.BEN)


@pytest.mark.parametrize("missing", ["container", "actions"])
def test_a_click_from_nowhere_adopts_no_message(missing: str) -> None:
    """Without a message or a known block there is no copy to keep up to date."""
    acted = [{"action_id": ids.APPROVE, "block_id": "other", "value": VALUE}]
    payload = click(container={}, trigger_id="t") if missing == "container" else click(actions=acted)

    assert parse.click(payload, samples.BEN).seen_at is None


def test_a_window_brings_its_button_back() -> None:
    """What a denial's window carries is what the button said."""
    where = parse.spot(click(container={"message_ts": "1.2", "channel_id": "C1", "thread_ts": "1.0"}))

    assert parse.spot_of(where.meta()) == where
    assert where.thread == "1.0"


@pytest.mark.parametrize("meta", ["", "{}", "[]", "[1,2,3,4,5]", '["a","b","c",5,"d"]', "null", "[" * 9999])
def test_foreign_metadata_is_malformed(meta: str) -> None:
    """Metadata that we did not write is refused."""
    with pytest.raises(parse.Malformed):
        parse.spot_of(meta)


def test_a_denial_has_its_reason_and_its_request() -> None:
    """The window's submission says what was denied, why, and where the button was."""
    meta = parse.spot(click()).meta()
    payload = sent({Field.REASON: {"value": "No.\ud800"}}, private_metadata=meta)

    made, reason = parse.denial(payload, samples.BEN)

    assert (made.request_id, reason) == (samples.REQUEST_ID, "No.\ufffd")
    assert made.seen_at is not None
    assert made.seen_at.role is model.Role.APPROVAL


def test_a_form_is_read_field_by_field() -> None:
    """A submission has every field as its type, trimmed."""
    payload = sent(
        {
            Field.NAME: {"value": " mine "},
            Field.WORKSPACE: chosen("101"),
            Field.REPOSITORY: chosen(samples.ALIGNER.path),
            Field.VALIDITY: {"value": "90"},
            Field.REASON: {"value": " why\n"},
        }
    )

    made = parse.submission(payload, samples.ANA, samples.place(), (samples.ALIGNER,))

    assert made == forms.Submission(
        by=samples.ANA,
        place=samples.place(),
        name="mine",
        workspace_id=101,
        repositories=(samples.ALIGNER,),
        op=made.op,
        validity_days=90,
        reason="why",
    )
    assert parse.repository_keys(payload) == (samples.ALIGNER.path,)


def test_an_empty_form_is_read_as_well() -> None:
    """What was left empty is empty, and what is wrong with that is for the service to say."""
    made = parse.submission(sent({}), samples.ANA, None, ())

    assert (made.name, made.workspace_id, made.validity_days, made.reason) == ("", None, None, "")


def test_the_same_form_is_the_same_sending() -> None:
    """A form that is sent again is the same sending; a corrected one is another."""
    first = parse.submission(sent({Field.NAME: {"value": "one"}}), samples.ANA, None, ())
    again = parse.submission(sent({Field.NAME: {"value": "one"}}), samples.ANA, None, ())
    fixed = parse.submission(sent({Field.NAME: {"value": "two"}}), samples.ANA, None, ())

    assert first.op == again.op
    assert first.op != fixed.op


@pytest.mark.parametrize("days", ["soon", "1.5", "-3", "1e3", "٣", "9" * 50])
def test_a_validity_that_is_no_number_is_an_error_on_its_field(days: str) -> None:
    """Only a whole number of days is one."""
    with pytest.raises(errors.BadInput) as refused:
        parse.submission(sent({Field.VALIDITY: {"value": days}}), samples.ANA, None, ())

    assert refused.value.problems == {"validity": "Give a whole number of days."}


@pytest.mark.parametrize("value", [ids.NOTHING, "", "x", "-1", "1" * 30])
def test_a_workspace_that_is_no_number_is_none(value: str) -> None:
    """A hint, or anything that is not an id, is no choice."""
    assert parse.workspace_id(sent({Field.WORKSPACE: chosen(value)})) is None


def test_choosing_a_hint_is_choosing_nothing() -> None:
    """The last line of a cut list is no repository."""
    assert parse.repository_keys(sent({Field.REPOSITORY: chosen(ids.NOTHING)})) == ()
    assert parse.typed(sent({Field.REPOSITORY: chosen(ids.NOTHING)}))[Field.REPOSITORY] == []


def test_several_can_be_chosen() -> None:
    """A menu of several gives all of them, once each and without hints."""
    options = [chosen(value)["selected_option"] for value in ("a", ids.NOTHING, "b", "a")]

    payload = sent({Field.REPOSITORY: {"selected_options": options}})

    assert parse.repository_keys(payload) == ("a", "b")


def test_a_field_that_the_form_left_out_was_not_typed() -> None:
    """Only what a form has, empty or not, is drawn again as it was."""
    held = parse.typed(sent({Field.NAME: {"value": None}}))

    assert held[Field.NAME] == ""
    assert Field.VALIDITY not in held


def test_the_choice_just_made_counts() -> None:
    """The action itself says what was chosen, whether or not the state says it too."""
    acted = {"block_id": "workspace", "action_id": ids.action(Field.WORKSPACE), **chosen("102")}

    payload = {**sent({Field.WORKSPACE: chosen("101")}), "actions": [acted]}

    assert parse.workspace_id(payload) == 102


def test_the_inputs_of_a_window_are_known() -> None:
    """Errors go to input blocks, the first one for what concerns all."""
    blocks = [{"type": "context", "block_id": "preview"}, {"type": "input", "block_id": "name"}, "odd"]
    payload = sent({}, blocks=[*blocks, {"type": "input", "block_id": "reason"}])

    assert parse.inputs(payload) == {"name", "reason"}
    assert parse.first_input(payload) == "name"
    assert parse.first_input(sent({})) is None


def test_paths_are_looked_up_without_errors() -> None:
    """A missing step, an index out of range or a value of another kind is nothing."""
    payload = json.loads('{"a": [{"b": "c"}], "d": 5}')

    assert parse.at(payload, "a", 0, "b") == "c"
    assert [parse.at(payload, *path) for path in (("a", 1), ("a", "b"), ("d", "e"), ("x",))] == [None] * 4
