"""Messages in Block Kit: within Slack's limits in every state and role, and never a user's markup."""

from __future__ import annotations

import pytest

from bot import model
from bot.model import Kind, Role, State
from handlers.slack import blocks, ids
from tests.handlers import kit, samples
from tests.handlers.samples import progress, request

NASTY = "<!channel> *Approved by* <@U0BEN> `x` <http://evil.example|here> & ~_*\n> quote"
LONG_HOST = f"{'a' * 50}.azurecr.io"
LONG_REPOSITORY = "/".join(["b" * 50] * 5)[:256]


def blown_up(state: State) -> model.Request:
    """Return a request where everything is as long and as nasty as it can be."""
    reason = (NASTY * 20)[:500]
    verdict = model.Verdict.DENY if state is State.DENIED else model.Verdict.APPROVE
    workspace = model.Workspace(id=1, org=NASTY, name="w" * 100)
    return request(
        state,
        spec=samples.spec(
            name="n" * 99,
            login_server=LONG_HOST,
            repositories=(LONG_REPOSITORY,),
            workspace=workspace,
            reason=reason,
        ),
        approvers=tuple(samples.person(f"U{number}") for number in range(200)),
        decisions=(samples.decision(verdict=verdict, reason=reason),),
        progress=progress("check", "scope_map", undoing=NASTY * 50, scope_map="s" * 50, detail=NASTY * 50),
        error=NASTY * 100,
        remedy=NASTY * 100,
    )


def message(shown: model.Request, role: Role, **copies: model.Copy) -> blocks.Message:
    """Return what a copy shows."""
    return blocks.message(shown, role, {Role(name): copy for name, copy in copies.items()})


def broken(role: Role) -> model.Copy:
    """Return a copy that could not be shown."""
    return model.Copy(
        role=role, platform=model.Platform.SLACK, channel="C1", error=f"No {role}: <invite> me."
    )


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
def test_every_message_is_one_that_slack_takes(state: State, role: Role) -> None:
    """In each state each copy keeps to Block Kit, with a text for phones and screen readers."""
    for shown in (request(state), blown_up(state)):
        made = message(shown, role)

        assert kit.check_message(made.blocks) == []
        assert 0 < len(made.text) <= 4000


@pytest.mark.parametrize("role", [Role.APPROVAL, Role.ESCALATION])
@pytest.mark.parametrize("kind", [Kind.ISSUE, Kind.EXTEND, Kind.NARROW])
def test_a_full_request_is_shown_in_full(kind: Kind, role: Role) -> None:
    """As many repositories as one request may be about are all in the message that decides on it."""
    shown = request(spec=samples.full(kind))

    made = message(shown, role)

    assert kit.check_message(made.blocks) == []
    assert [name for name in samples.FULL if name not in kit.find(made.blocks, "text")] == []


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("state", State)
def test_user_text_is_never_markup(state: State, role: Role) -> None:
    """Nobody can mention, link or format through what they type."""
    made = message(blown_up(state), role)
    parsed = [made.text, *(str(found) for found in _mrkdwn(made.blocks))]

    assert not any("<!channel>" in text or "<http" in text for text in parsed)
    assert not any(f"*Approved by* <@{samples.BEN.user}>" in text for text in parsed)


def _mrkdwn(value: object) -> list[object]:
    if isinstance(value, dict):
        here = [value["text"]] if value.get("type") == "mrkdwn" else []
        return here + [found for one in value.values() for found in _mrkdwn(one)]
    return [found for one in value for found in _mrkdwn(one)] if isinstance(value, list) else []


@pytest.mark.parametrize(
    ("state", "role", "buttons"),
    [
        (State.PENDING, Role.APPROVAL, [ids.APPROVE, ids.DENY]),
        (State.PENDING, Role.ESCALATION, [ids.APPROVE, ids.DENY]),
        (State.PENDING, Role.REMINDER, []),
        (State.PENDING, Role.TOLD, []),
        (State.PENDING, Role.ORIGIN, [ids.CANCEL]),
        (State.PENDING, Role.DIRECT, [ids.CANCEL]),
        (State.DONE, Role.RESULT, [ids.CHANGES[Kind.ROTATE], ids.CHANGES[Kind.REVOKE]]),
        *(
            (state, role, [])
            for state in State
            for role in Role
            if state is not State.PENDING and (state, role) != (State.DONE, Role.RESULT)
        ),
    ],
)
def test_buttons_are_there_for_what_can_be_done(state: State, role: Role, buttons: list[str]) -> None:
    """Buttons go with the decision; once there is a credential, the result has its own."""
    made = message(request(state), role)

    assert kit.find(made.blocks, "action_id") == buttons


def test_buttons_carry_ids_and_no_facts() -> None:
    """A button says which request and what was shown; everything else is looked up at the click."""
    made = message(request(), Role.APPROVAL)

    assert set(kit.find(made.blocks, "value")) == {f"{samples.REQUEST_ID}.0123456789abcdef"}
    assert kit.find(made.blocks[-2], "style") == ["primary", "danger"]


@pytest.mark.parametrize("role", [Role.APPROVAL, Role.ORIGIN, Role.DIRECT])
def test_the_buttons_block_tells_the_copy(role: Role) -> None:
    """Which copy was clicked is read from the block's id."""
    made = message(request(), role)

    assert ids.ROLES[str(made.blocks[-1 if role is not Role.APPROVAL else -2]["block_id"])] is role


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("state", State)
def test_every_kind_is_one_that_slack_takes(state: State, kind: Kind) -> None:
    """Whatever is asked for, with as many repositories as there can be, each message keeps to the limits."""
    names = tuple(f"{'r' * 240}/{number}" for number in range(500))
    before = {Kind.EXTEND: names[:1], Kind.NARROW: (*names, "one-more")}.get(kind, ())
    shown = request(
        state,
        spec=samples.kind_of_request(kind, repositories=names, before=before, login_server=LONG_HOST),
        progress=progress("check"),
    )

    for role in Role:
        made = message(shown, role)
        assert kit.check_message(made.blocks) == []
        assert 0 < len(made.text) <= 4000


def test_what_was_revoked_has_no_buttons() -> None:
    """Nothing more can be done to a credential that is gone."""
    shown = request(State.DONE, life=samples.life(state="revoked"))

    assert kit.find(message(shown, Role.RESULT).blocks, "action_id") == []


def test_a_warning_can_be_acted_on() -> None:
    """Who is warned can have the password replaced at once; once it is, the button goes."""
    near = request(State.DONE, life=samples.life(warned=3))
    over = request(State.DONE, life=samples.life(version=3))

    made = message(near, Role.WARNING)

    assert kit.find(made.blocks, "action_id") == [ids.CHANGES[Kind.ROTATE]]
    assert kit.find(made.blocks, "value") == [samples.REQUEST_ID]
    assert made.text.startswith("⏰ <@U0ANA>, the password of the credential")
    assert kit.find(message(over, Role.WARNING).blocks, "action_id") == []


def test_approvers_are_mentioned_while_they_are_asked() -> None:
    """An approval message notifies those who can decide, in its blocks and in its text."""
    made = message(request(), Role.APPROVAL)

    assert kit.find(made.blocks, "user_id")[-2:] == ["U0BEN", "U0CLEO"]
    assert made.text.startswith("<@U0ANA> asks for a credential")
    assert "<@U0BEN> and <@U0CLEO>: please decide." in made.text


def test_a_reason_stands_in_its_own_words() -> None:
    """The requester's reason is quoted as plain words."""
    made = message(request(spec=samples.spec(reason=NASTY)), Role.APPROVAL)

    quotes = [one for one in kit.find(made.blocks, "elements") if isinstance(one, list)]
    assert [{"type": "text", "text": NASTY}] in quotes


def test_a_decided_request_keeps_its_facts() -> None:
    """After the decision the same message says who decided, and still what."""
    made = message(request(State.DENIED), Role.APPROVAL)

    assert any("Name in Tower" in str(block) for block in made.blocks)
    assert "was denied by <@U0BEN>" in made.text


def test_missing_copies_are_told_to_those_who_can_mend_it() -> None:
    """The requester reads that approvers could not be asked, or that the channel is closed."""
    origin = message(request(), Role.ORIGIN, approval=broken(Role.APPROVAL), direct=broken(Role.DIRECT))
    direct = message(request(), Role.DIRECT, approval=broken(Role.APPROVAL), origin=broken(Role.ORIGIN))

    assert origin.text.splitlines()[1:] == ["⚠️ No approval: &lt;invite&gt; me."]
    assert direct.text.splitlines()[1:] == [
        "⚠️ No approval: &lt;invite&gt; me.",
        "⚠️ No origin: &lt;invite&gt; me.",
    ]


def test_those_who_are_not_told_are_missed_by_the_approvers() -> None:
    """Where the bot cannot write to the channel that is told, the approvers read it."""
    made = message(request(), Role.APPROVAL, told=broken(Role.TOLD))

    assert "No told: <invite> me." in str(made.blocks)


def test_a_user_group_is_mentioned() -> None:
    """A group notifies in blocks and in the text, each in its own form."""
    leads = model.Usergroup(platform=model.Platform.SLACK, id="S0LEADS")
    made = message(request(approver_groups=(leads,), approvers=()), Role.APPROVAL)

    assert kit.find(made.blocks, "usergroup_id") == ["S0LEADS"]
    assert "<!subteam^S0LEADS>: please decide." in made.text
    assert kit.check_message(made.blocks) == []


def test_the_result_mentions_the_requester() -> None:
    """Only a mention notifies: the thread's first message is the bot's own."""
    made = message(request(State.DONE), Role.RESULT)

    assert made.text.startswith("✅ <@U0ANA>, your request")
    assert "U0ANA" in kit.find(made.blocks, "user_id")


def test_a_fields_error_is_the_first_sentence() -> None:
    """An error at a field has no markup and no second paragraph."""
    note = (("No ", samples.ANA, "."), ("More.",))

    assert blocks.sentence(note) == "No somebody else."
    assert blocks.sentence(note, reader=samples.ANA.user) == "No you."
