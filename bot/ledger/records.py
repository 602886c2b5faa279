"""Holds a request's record against its sealed trail, and the trail against the stream. Pure.

The saga believes a record only where its trail says the same (`bot.provision.decisions`); an
auditor wants to know of every difference, of requests of every state, before anybody acts on it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

from pydantic import ValidationError

from bot import audit, model, ports
from bot.ledger import entries
from bot.ledger.findings import Finding, What

_DECIDED = {
    model.Verdict.APPROVE: frozenset({audit.Event.APPROVED, audit.Event.VOTED}),
    model.Verdict.DENY: frozenset({audit.Event.DENIED}),
}


def check(trail: audit.Trail, kept: ports.Evidence) -> Iterator[Finding]:
    """Yield what is wrong with a request that is kept, by itself."""
    chain = tuple(_chain(trail, kept))
    broken = next((index for index, one in enumerate(chain) if one is None), None)
    if broken is not None or not chain:
        place = f"at its entry {broken + 1}" if broken is not None else "and empty"
        yield _finding(What.TRAIL, kept, f"Its own trail is broken {place}.")
    elif chain[-1] is not None and chain[-1].mac != kept.head:
        yield _finding(What.TRAIL, kept, "Its record names another newest entry than its trail.")
    elif kept.record is not None:
        sound = [one for one in chain if one is not None]
        yield from (_finding(What.RECORD, kept, said) for said in _record(kept, kept.record, sound))


def _chain(trail: audit.Trail, kept: ports.Evidence) -> Iterator[entries.Opened | None]:
    """Yield the entries of a trail, up to None for the first that is not genuine or of another request."""
    head = ""
    for text in kept.trail:
        one = entries.opened(trail, ports.Logged("", None, None, head, text))
        if one is None or not one.genuine or one.request != kept.request_id:
            yield None
            return
        yield one
        head = one.mac


def _record(kept: ports.Evidence, text: str, chain: Sequence[entries.Opened]) -> Iterator[str]:
    """Yield what a record says that its entries do not, in sentences."""
    try:
        request = model.Request.model_validate_json(text)
    except ValidationError:
        yield "Its record is none that this version can read."
        return
    said = [*_decisions(request, chain), *_rest(kept, request, chain)]
    written = [one for one in chain if one.after is not None]
    seal = written[-1].body.get("record") if written else None
    if not said and seal is not None and seal != hashlib.sha256(text.encode()).hexdigest():
        said.append(f"Its record was changed after version {len(written)} was written.")
    yield from said


def _decisions(request: model.Request, chain: Sequence[entries.Opened]) -> Iterator[str]:
    sealed = {(one.body.get("event"), one.body.get("actor")) for one in chain}
    for decision in request.decisions:
        if not any((event, decision.by.key) in sealed for event in _DECIDED[decision.verdict]):
            who = decision.by.key
            yield f"Its record holds a decision ({decision.verdict}) by {who} that was never sealed."


def _rest(kept: ports.Evidence, request: model.Request, chain: Sequence[entries.Opened]) -> Iterator[str]:
    first, written = chain[0], [one for one in chain if one.after is not None]
    if request.id != kept.request_id or first.body.get("actor") != request.requester.key:
        yield "Its record belongs to another request, or names another requester."
    if not _as_shown(request, first):
        yield "Its record asks for something else than was submitted."
    after = written[-1].after if written else None
    if {request.state.value, kept.state} != {after}:
        yield f"Its record is {request.state}, and its trail says {after}."
    if {str(request.version), kept.version} != {str(len(written))}:
        yield f"Its record is version {kept.version}, and its trail has {len(written)}."


def _as_shown(request: model.Request, first: entries.Opened) -> bool:
    data = first.body.get("data")
    submitted = data.get("digest", request.digest) if isinstance(data, dict) else None
    return submitted == request.digest == request.spec.digest(request.policy_version)


def _finding(what: What, kept: ports.Evidence, sentence: str) -> Finding:
    # A record may be planted under any name.
    name = kept.request_id if len(kept.request_id) <= 40 else f"{kept.request_id[:40]}…"  # noqa: PLR2004  # an id has 22
    return Finding(what, f"Request {name}: {sentence}", request=name)
