"""Whether a request's record proves that it was approved: pure, over entries whose chain was checked.

Redis holds record and trail, and who can write there can write anything into them but a MAC. So
what the record claims counts only where a sealed entry of this very request says the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot import audit, model, policy, rules

_VOTES = frozenset({audit.Event.APPROVED, audit.Event.VOTED})


def doubt(request: model.Request, entries: Sequence[audit.Entry], now: rules.Policy) -> str | None:
    """Return what does not fit between a record and its sealed entries, or None if all does."""
    if not entries or any(entry.request != request.id for entry in entries):
        return "the trail belongs to another request"
    if any(entry.event is audit.Event.FORGED for entry in entries):
        return "the record was found to be forged before"
    if request.digest != request.spec.digest(request.policy_version):
        return "the request is not what was shown"
    return _submission(request, entries[0]) or _moves(request, entries) or _votes(request, entries, now)


def _submission(request: model.Request, first: audit.Entry) -> str | None:
    if first.event is not audit.Event.SUBMITTED or first.actor != request.requester.key:
        return "somebody else submitted it"
    if first.data.get("digest") != request.digest:
        return "something else was submitted"
    return None


def _moves(request: model.Request, entries: Iterable[audit.Entry]) -> str | None:
    """Follow the sealed states, so that an ended request cannot be wound back to run again."""
    state = None
    for entry in entries:
        if entry.after is None:  # a refused attempt, which moves nothing
            continue
        if entry.before != state:
            return "its states do not follow each other"
        state = entry.after
    return None if state is request.state else "its state was never recorded"


def _votes(request: model.Request, entries: Iterable[audit.Entry], now: rules.Policy) -> str | None:
    sealed = [
        entry for entry in entries if entry.event in _VOTES and entry.data.get("digest") == request.digest
    ]
    voters = {entry.actor for entry in sealed}
    claimed = {one.by.key for one in request.decisions if one.verdict is model.Verdict.APPROVE}
    if not claimed <= voters:
        return "an approval was never recorded"
    if request.requester.key in voters:
        return "the requester approved it"
    # `needed` stands in the record alone; that the last vote was enough is sealed.
    if request.automatic:
        return _automatic(request, entries)
    if not any(entry.event is audit.Event.APPROVED for entry in sealed):
        return "it was never approved"
    if len(policy.approvals(request, now)) < max(1, request.needed):
        return "too few people approved it"
    return None


def _automatic(request: model.Request, entries: Iterable[audit.Entry]) -> str | None:
    """Look for the sealed word of the rule that approved it by itself."""
    said = (request.digest, request.rule)
    for entry in entries:
        sealed = (entry.data.get("digest"), entry.data.get("rule"))
        if entry.event is audit.Event.AUTOMATIC and sealed == said:
            return None
    return "no rule ever approved it"
