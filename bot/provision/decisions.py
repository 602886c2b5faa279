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
    return (
        _submission(request, entries[0])
        or _moves(request, entries)
        or _votes(request, entries, now)
        or _record(request, entries)
    )


def _submission(request: model.Request, first: audit.Entry) -> str | None:
    if first.event is not audit.Event.SUBMITTED or first.actor != request.requester.key:
        return "somebody else submitted it"
    if first.data.get("digest") != request.digest:
        return "something else was submitted"
    terms = audit.conditions(request)
    # Entries of older versions of the bot seal the digest alone.
    if any(first.data[name] != terms[name] for name in terms if name in first.data):
        return "it was submitted on other terms"
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
    if request.emergency or request.automatic:
        return _emergency(request, entries) if request.emergency else _automatic(request, entries)
    if not any(entry.event is audit.Event.APPROVED for entry in sealed):
        return "it was never approved"
    if len(policy.approvals(request, now)) < max(1, request.needed):
        return "too few people approved it"
    return None


def _automatic(request: model.Request, entries: Iterable[audit.Entry]) -> str | None:
    """Look for the sealed word of the rule that approved it by itself."""
    if _said(request, entries, audit.Event.AUTOMATIC, by=None):
        return None
    return "no rule ever approved it"


def _emergency(request: model.Request, entries: Iterable[audit.Entry]) -> str | None:
    """Look for the sealed word of an approver who decided alone, as is possible of one kind only."""
    spec = request.spec
    if spec.kind is not model.Kind.REVOKE or not spec.at_once:
        return "nobody may decide on this alone"
    if _said(request, entries, audit.Event.EMERGENCY, by=request.requester.key):
        return None
    return "no emergency was ever recorded"


def _said(
    request: model.Request, entries: Iterable[audit.Entry], event: audit.Event, *, by: str | None
) -> bool:
    said = (event, by, request.digest, request.rule)
    return any(
        said == (one.event, one.actor, one.data.get("digest"), one.data.get("rule")) for one in entries
    )


def _record(request: model.Request, entries: Sequence[audit.Entry]) -> str | None:
    """Compare the record with the digest in the newest entry that was written with one.

    So nothing else of it counts either that somebody wrote past the bot: its progress, say.
    """
    sealed = next((one.record for one in reversed(entries) if one.record), None)
    # As it is written now, and as it was read: without the fields that an older version did not know.
    written = audit.digest(request), audit.digest(request, as_read=True)
    return None if sealed is None or sealed in written else "its record is not what was written last"
