"""Who may do what: one sentence a case."""

from __future__ import annotations

import datetime as dt

import pytest

from bot import model, policy
from bot.errors import Reason
from tests import builders

NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
LATER = NOW + dt.timedelta(days=3)


def who(user: str, *, tenant: str = "T0SANDBOX", platform: str = "slack") -> model.Principal:
    """Return a principal."""
    return model.Principal(platform=model.Platform(platform), tenant=tenant, user=user)


ANA, BEN, CLEO, DAN = (who(user) for user in ("U0ANA", "U0BEN", "U0CLEO", "U0DAN"))
RULES = policy.Rules(
    approvers=(BEN, CLEO, ANA),
    approval=model.Place(platform=model.Platform.SLACK, tenant="T0SANDBOX", channel="C0APPROVALS"),
    deadline=dt.timedelta(hours=72),
)


def asked(state: model.State = model.State.PENDING, **changes: object) -> model.Request:
    """Return Ana's request."""
    fields = {"requester": ANA, "created": NOW, "deadline": LATER, **changes}
    return builders.a_request(state=state).model_copy(update=fields)


def ruled(
    action: policy.Action,
    actor: model.Principal,
    *,
    request: model.Request | None = None,
    now: dt.datetime = NOW,
    digest: str | None = None,
) -> Reason | None:
    """Return why an action is refused, or None."""
    ruling = policy.decide(action, actor, RULES, now=now, request=request or asked(), digest=digest)
    return ruling.reason


@pytest.mark.parametrize(
    ("case", "action", "actor", "reason"),
    [
        ("an approver approves", policy.Action.APPROVE, BEN, None),
        ("an approver denies", policy.Action.DENY, CLEO, None),
        ("the requester cancels", policy.Action.CANCEL, ANA, None),
        ("anybody else approves", policy.Action.APPROVE, DAN, Reason.NOT_APPROVER),
        ("anybody else denies", policy.Action.DENY, DAN, Reason.NOT_APPROVER),
        ("an approver approves what they asked for", policy.Action.APPROVE, ANA, Reason.OWN_REQUEST),
        ("an approver denies what they asked for", policy.Action.DENY, ANA, Reason.OWN_REQUEST),
        ("an approver cancels for the requester", policy.Action.CANCEL, BEN, Reason.NOT_REQUESTER),
        (
            "an approver's id in another team",
            policy.Action.APPROVE,
            who("U0BEN", tenant="T9"),
            Reason.OUTSIDER,
        ),
        ("the same id on Teams", policy.Action.APPROVE, who("U0BEN", platform="teams"), Reason.OUTSIDER),
        ("a stranger asks", policy.Action.SUBMIT, who("U9", tenant="T9"), Reason.OUTSIDER),
    ],
)
def test_who_may(case: str, action: policy.Action, actor: model.Principal, reason: Reason | None) -> None:
    """Each case is a sentence; its refusal is a word of the closed list."""
    assert ruled(action, actor) == reason, case


@pytest.mark.parametrize("action", [policy.Action.APPROVE, policy.Action.DENY, policy.Action.CANCEL])
@pytest.mark.parametrize("state", [state for state in model.State if state is not model.State.PENDING])
def test_only_a_pending_request_is_open(action: policy.Action, state: model.State) -> None:
    """Whoever comes second is told so, whatever they wanted."""
    assert ruled(action, BEN, request=asked(state)) == Reason.ALREADY_DECIDED


@pytest.mark.parametrize("action", [policy.Action.APPROVE, policy.Action.DENY, policy.Action.CANCEL])
def test_the_deadline_holds_without_the_sweep(action: policy.Action) -> None:
    """A click at the deadline is too late, although the state still says pending."""
    assert ruled(action, BEN, now=LATER) == Reason.EXPIRED


@pytest.mark.parametrize("digest", ["", "0" * 16, "x"])
def test_a_message_that_shows_something_else_decides_nothing(digest: str) -> None:
    """An approval counts for what was shown, and only for that."""
    assert ruled(policy.Action.APPROVE, BEN, digest=digest) == Reason.CHANGED


def test_the_head_of_the_digest_is_enough() -> None:
    """Buttons carry the first sixteen characters."""
    request = asked()

    assert ruled(policy.Action.APPROVE, BEN, request=request, digest=request.digest[:16]) is None


def test_refusals_name_the_setting() -> None:
    """Who is refused learns which setting would change it."""
    ruling = policy.decide(policy.Action.APPROVE, DAN, RULES, now=NOW, request=asked())

    assert "REGISTRY_BOT_APPROVERS" in ruling.evidence
    assert not ruling.allowed


def test_approvals_count_people_once_and_never_the_requester() -> None:
    """Two clicks of one person are one approval; another digest is none."""
    request = asked()
    said = [
        model.Decision(by=by, verdict=verdict, digest=digest, at=NOW)
        for by, verdict, digest in [
            (BEN, model.Verdict.APPROVE, request.digest),
            (BEN, model.Verdict.APPROVE, request.digest),
            (ANA, model.Verdict.APPROVE, request.digest),
            (CLEO, model.Verdict.APPROVE, "another"),
            (DAN, model.Verdict.DENY, request.digest),
        ]
    ]

    counted = policy.approvals(request.model_copy(update={"decisions": tuple(said)}))

    assert counted == {BEN}


def test_the_version_changes_with_the_rules() -> None:
    """A request remembers the rules it was shown under."""
    other = policy.Rules(approvers=(BEN,), approval=RULES.approval, deadline=RULES.deadline)

    assert RULES.version == policy.Rules(RULES.approvers, RULES.approval, RULES.deadline).version
    assert other.version != RULES.version
