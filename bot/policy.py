"""Who may do what: pure, and every answer carries its reason and its evidence."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
from dataclasses import dataclass

from bot import model
from bot.errors import Reason


class Action(enum.StrEnum):
    """What somebody wants to do; every door asks about one of these."""

    SUBMIT = "submit"
    APPROVE = "approve"
    DENY = "deny"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Rules:
    """Who approves, where, how many, until when.

    `tenant` is the one workspace or organization whose people count; `longest_validity_days` None
    leaves the validity to the requester.
    """

    approvers: tuple[model.Principal, ...]
    approval: model.Place
    deadline: dt.timedelta
    needed: int = 1
    longest_validity_days: int | None = None
    wildcards: bool = False

    @property
    def version(self) -> str:
        """Return a digest of the rules; it becomes part of what is approved."""
        parts = (*(who.key for who in self.approvers), str(self.needed), str(self.deadline.total_seconds()))
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether an action is allowed; if not, why, in a word for the record and a sentence for people."""

    allowed: bool
    reason: Reason | None = None
    evidence: str = ""


ALLOWED = Ruling(allowed=True)


def decide(
    action: Action,
    actor: model.Principal,
    rules: Rules,
    *,
    now: dt.datetime,
    request: model.Request | None = None,
    digest: str | None = None,
) -> Ruling:
    """Return whether `actor` may do `action`, to `request` where there is one.

    `digest` is (the head of) what the actor was shown. The first rule that refuses decides.
    """
    if actor.tenant != rules.approval.tenant or actor.platform is not rules.approval.platform:
        return _refused(Reason.OUTSIDER, "Only people of this organization can use this bot.")
    if request is None:
        return ALLOWED
    if request.state is not model.State.PENDING:
        return _refused(
            Reason.ALREADY_DECIDED, f"This request is already {request.state}. Nothing was changed."
        )
    if now >= request.deadline:
        return _refused(Reason.EXPIRED, "The deadline has passed. The request can be made again.")
    if action is Action.CANCEL:
        return _may_cancel(actor, request)
    return _may_judge(actor, request, rules, digest)


def _may_cancel(actor: model.Principal, request: model.Request) -> Ruling:
    if actor != request.requester:
        return _refused(Reason.NOT_REQUESTER, "Only the person who made this request can cancel it.")
    return ALLOWED


def _may_judge(actor: model.Principal, request: model.Request, rules: Rules, digest: str | None) -> Ruling:
    if actor == request.requester:
        return _refused(Reason.OWN_REQUEST, "Nobody decides on their own request: another approver has to.")
    if actor not in rules.approvers:
        return _refused(
            Reason.NOT_APPROVER,
            "You are not one of the approvers (REGISTRY_BOT_APPROVERS), so nothing was changed.",
        )
    if digest is not None and not (digest and request.digest.startswith(digest)):
        return _refused(Reason.CHANGED, "This message does not show the request as it is. Please look again.")
    return ALLOWED


def _refused(reason: Reason, evidence: str) -> Ruling:
    return Ruling(allowed=False, reason=reason, evidence=evidence)


def approvals(request: model.Request) -> frozenset[model.Principal]:
    """Return the distinct people whose approval counts: never the requester, only this digest."""
    return frozenset(
        decision.by
        for decision in request.decisions
        if decision.verdict is model.Verdict.APPROVE
        and decision.digest == request.digest
        and decision.by != request.requester
    )
