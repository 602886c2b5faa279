"""What time does to a credential: pure, from its record, what was told of it, its rule and the moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bot import audit, model, rules
from bot.model import CredentialState

# Days before a password expires at which its owner is warned: time to plan, to act, and to hurry.
# The last one says that it has expired.
WARN_DAYS = (14, 3, 1, 0)
AGAIN = dt.timedelta(days=7)  # where no warning is near, a rotation that failed is tried again after this
_ENDING = frozenset({CredentialState.REVOKING, CredentialState.REVOKED})
_UNWARNED = _ENDING | {CredentialState.ROTATING}


@dataclass(frozen=True, slots=True)
class Turns:
    """A scheduled rotation: the time for it that has come (None: not yet), and the next one."""

    now: dt.datetime | None = None
    later: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """What has to be told: the new Life, and why."""

    life: model.Life
    event: audit.Event
    data: Mapping[str, str | int | None]


def news(
    credential: model.Credential, request: model.Request, now: dt.datetime, *, quiet: bool = False
) -> News | None:
    """Return what the messages of the request that made a credential do not tell yet, if there is anything.

    Of several warnings whose time has come only the newest is told. While `quiet`, none is: the
    password is about to be replaced.
    """
    life, seen = told(credential, request), request.life.version if request.life else 1
    due = None if quiet or credential.state in _UNWARNED else warning(credential, now)
    if due is not None and (life.warned is None or due < life.warned):
        life = life.model_copy(update={"warned": due, "said": request.version + 1})
        return News(life, audit.Event.WARNED, {"credential": credential.id, "days": due})
    if seen == credential.version:
        return None
    data = {"credential": credential.id, "state": credential.state.value, "by": credential.by}
    return News(life, audit.Event.FOLLOWED, data)


def told(credential: model.Credential, request: model.Request) -> model.Life:
    """Return the Life that tells a credential as it is; warnings of an older password are over."""
    before = request.life
    same = before is None or before.expires == credential.expires
    return model.Life(
        version=credential.version,
        state=credential.state,
        repositories=credential.repositories,
        expires=credential.expires,
        by=credential.by,
        warned=before.warned if before and same else None,
        said=before.said if before else 0,
    )


def warning(credential: model.Credential, now: dt.datetime) -> int | None:
    """Return the newest warning whose time has come, in days before the end; None for none."""
    return min((days for days, at in _warnings(credential) if at <= now), default=None)


def next_warning(credential: model.Credential, now: dt.datetime) -> dt.datetime | None:
    """Return when the next warning is due, if there is one."""
    if credential.state in _ENDING:
        return None
    return min((at for _, at in _warnings(credential) if at > now), default=None)


def _warnings(credential: model.Credential) -> Iterator[tuple[int, dt.datetime]]:
    """Yield days and moments; one from before the password was made would be no news to its owner."""
    for days, at in zip(WARN_DAYS, _moments(credential.expires), strict=False):
        if at > _made(credential):
            yield days, at


def _moments(expires: dt.datetime | None) -> tuple[dt.datetime, ...]:
    return tuple(expires - dt.timedelta(days=days) for days in WARN_DAYS) if expires else ()


def _made(credential: model.Credential) -> dt.datetime:
    return credential.minted or credential.created


def turns(credential: model.Credential, terms: rules.Terms, now: dt.datetime) -> Turns:
    """Return when a rule has the password replaced: in time, and when that fails at each warning.

    Where no warning is near, it is tried again every week. A bot that was away tries once.
    """
    first = _first(credential, terms)
    if first is None or credential.state in _ENDING:
        return Turns()
    tries = _tries(first, _moments(credential.expires))
    come, at = None, next(tries)
    while at <= now:
        come, at = at, next(tries)
    return Turns(come, at)


def _first(credential: model.Credential, terms: rules.Terms) -> dt.datetime | None:
    made, expires = _made(credential), credential.expires
    found = []
    if terms.rotate_every_days is not None:
        found.append(made + dt.timedelta(days=terms.rotate_every_days))
    if terms.rotate_before_days is not None and expires is not None:
        # One that is not even valid for so long would be replaced all the time.
        found.append(max(expires - dt.timedelta(days=terms.rotate_before_days), made + (expires - made) / 2))
    return min(found, default=None)


def _tries(first: dt.datetime, warnings: Iterable[dt.datetime]) -> Iterator[dt.datetime]:
    moments = tuple(warnings)
    near = moments[0] if moments else None
    later = [at for at in moments if at > first]
    at = first
    while True:
        yield at
        week = at + AGAIN
        at = later.pop(0) if later and near and (at >= near or week >= later[0]) else week


def rotation(
    credential: model.Credential,
    issued: model.Request,
    rule: rules.Rule,
    *,
    request_id: str,
    policy_version: str,
    now: dt.datetime,
) -> model.Request:
    """Return a scheduled rotation as its owner would have asked for it, in the same place."""
    spec = model.Spec(
        kind=model.Kind.ROTATE,
        name=credential.name,
        workspace=credential.workspace,
        login_server=credential.login_server,
        repositories=credential.repositories,
        validity_days=credential.validity_days,
        reason=f"{model.SCHEDULED} “{rule.name}”.",
        credential=credential.id,
    )
    terms = rule.terms
    return model.Request(
        id=request_id,
        spec=spec,
        requester=credential.owner,
        place=issued.place,
        approval=_channel(issued.approval, terms.approval_channel),
        needed=terms.quorum,
        rule=rule.name,
        rule_version=rule.version,
        policy_version=policy_version,
        digest=spec.digest(policy_version),
        told=_channel(issued.approval, terms.told) if terms.told else None,
        created=now,
        deadline=now + terms.deadline,
        changed=now,
    )


def _channel(place: model.Place, channel: str) -> model.Place:
    return place.model_copy(update={"channel": channel, "thread": None})
