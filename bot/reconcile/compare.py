"""Holds one credential's record against what Azure and Tower show of it: pure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from bot import model, ports
from bot.reconcile.findings import Finding, Kind

# The record's moment is when Tower had the password; Azure's is its own, by its own clock.
SLACK = dt.timedelta(minutes=15)
LONGEST = 100  # characters of what somebody typed elsewhere
ASK_AGAIN = "Revoke it with `/registry revoke {name}`, and ask for it again."
_WHO = "The registry's activity log in Azure tells who it was."
ROTATE = "Give it a new password with `/registry rotate {name}`."
_SECOND = (
    "If a rotation kept the other one, `/registry rotate {name}` replaces both. If not, remove it in Azure: "
    "the registry's activity log there tells who made it."
)


@dataclass(frozen=True, slots=True)
class Azure:
    """What a registry shows of a credential."""

    token: ports.Token | None
    scope_map: ports.ScopeMap | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """A credential's record, and what was seen of it; None for what could not be looked at."""

    credential: model.Credential
    azure: Azure | None
    tower: tuple[ports.TowerCredential, ...] | None  # of its workspace, as far as they concern it
    unfinished: model.RequestId | None = None  # the revocation that did not get to its end

    @property
    def whole(self) -> bool:
        """Tell whether everything could be looked at."""
        return self.azure is not None and self.tower is not None


@dataclass(frozen=True, slots=True)
class _Difference:
    kind: Kind
    what: str
    do: str


def findings(evidence: Evidence, now: dt.datetime) -> tuple[Finding, ...]:
    """Return how what was seen differs from the record."""
    credential = evidence.credential
    differences = [
        *(_azure(credential, evidence.azure, now) if evidence.azure else ()),
        *(_tower(credential, evidence.tower) if evidence.tower is not None else ()),
    ]
    place = where(credential)
    return tuple(
        Finding(
            one.kind,
            place,
            one.what,
            (_again(evidence.unfinished) if evidence.unfinished else one.do).replace(
                "{name}", credential.name
            ),
            credential=credential.id,
        )
        for one in differences
    )


def _again(request_id: model.RequestId) -> str:
    """Return what to do about what the bot itself began to take away."""
    short = model.short_id(request_id)
    return f"Request {short} could not finish revoking it: revoke it again with `/registry revoke {{name}}`."


def azure_differs(evidence: Evidence, now: dt.datetime) -> bool:
    """Tell whether anything in Azure differs."""
    return evidence.azure is not None and any(_azure(evidence.credential, evidence.azure, now))


def where(credential: model.Credential) -> str:
    """Return which credential it is, as people know it."""
    return f"{credential.name} ({credential.workspace.full_name}, {credential.login_server})"


def actions(credential: model.Credential) -> tuple[str, ...]:
    """Return the actions that the credential's scope map should have."""
    return tuple(sorted(f"repositories/{name}/content/read" for name in credential.repositories))


def _azure(credential: model.Credential, azure: Azure, now: dt.datetime) -> Iterator[_Difference]:
    if azure.token is None:
        yield _Difference(Kind.TOKEN_GONE, f"the token {credential.token} is gone.", ASK_AGAIN)
    else:
        yield from _token(credential, azure.token)
        yield from _password(credential, azure.token, now)
    if azure.scope_map is None:
        what = f"the scope map {credential.scope_map} is gone."
        yield _Difference(Kind.SCOPE_MAP_GONE, what, ASK_AGAIN)
    else:
        yield from _scope(credential, azure.scope_map)


def _token(credential: model.Credential, token: ports.Token) -> Iterator[_Difference]:
    if not token.enabled:
        do = f"Enable the token in Azure if it should work; else revoke it. {_WHO}"
        yield _Difference(Kind.TOKEN_DISABLED, f"the token {token.name} is disabled.", do)
    if token.scope_map.lower() != credential.scope_map.lower():
        what = f"the token {token.name} has the scope map {token.scope_map}, not {credential.scope_map}."
        do = f"Give the token its own scope map back in Azure. {_WHO}"
        yield _Difference(Kind.TOKEN_REBOUND, what, do)


def _password(credential: model.Credential, token: ports.Token, now: dt.datetime) -> Iterator[_Difference]:
    for other in token.passwords:
        # Tower has one password. Whoever made another one can pull with it, unseen.
        if other.slot != credential.slot and (other.expires is None or other.expires > now):
            what = f"{other.slot} of the token {token.name} works too, and Tower has {credential.slot}."
            yield _Difference(Kind.PASSWORD_SECOND, what, _SECOND)
    held = next((one for one in token.passwords if one.slot == credential.slot), None)
    if held is None:
        what = f"{credential.slot} of the token {token.name} is gone, and Tower has that one."
        yield _Difference(Kind.PASSWORD_GONE, what, ROTATE)
        return
    expires = held.expires or credential.expires
    if expires is not None and expires <= now:
        what = f"its password expired on {expires.astimezone(dt.UTC):%Y-%m-%d}."
        yield _Difference(Kind.PASSWORD_EXPIRED, what, ROTATE)
    made = credential.minted or credential.created
    if held.created is not None and held.created > made + SLACK:
        what = (
            f"{credential.slot} of the token {token.name} was made anew by hand, which Tower does not know."
        )
        yield _Difference(Kind.PASSWORD_REPLACED, what, ROTATE)


def _scope(credential: model.Credential, scope_map: ports.ScopeMap) -> Iterator[_Difference]:
    wanted, found = set(actions(credential)), set(scope_map.actions)
    if more := sorted(found - wanted):
        do = f"Take that out of the scope map in Azure, or ask for it with `/registry`. {_WHO}"
        yield _Difference(
            Kind.SCOPE_WIDER, f"its scope map allows more than was approved: {_some(more)}.", do
        )
    if less := sorted(wanted - found):
        do = f"Put that back into the scope map in Azure. {_WHO}"
        yield _Difference(
            Kind.SCOPE_NARROWER, f"its scope map allows less than was approved: {_some(less)} is missing.", do
        )


def _some(names: list[str], *, most: int = 5) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return f"{', '.join(names[:most])}{more}"


def _tower(credential: model.Credential, listed: tuple[ports.TowerCredential, ...]) -> Iterator[_Difference]:
    own = next((one for one in listed if one.id == credential.tower_id), None)
    if own is None:
        yield _Difference(Kind.TOWER_GONE, "Tower does not have it any more.", ASK_AGAIN)
    elif own.registry != credential.login_server or own.user not in {None, credential.token}:
        what = f"in Tower it is for {_shown(own.user)} at {_shown(own.registry)} now, not for its own token."
        yield _Difference(Kind.TOWER_REPOINTED, what, ROTATE)
    for other in listed:
        if other.id != credential.tower_id and other.registry == credential.login_server:
            what = f"the workspace has a second credential for this registry, {_shown(other.name)}."
            do = f"Wave uses only one of the two: remove {_shown(other.name)} in Tower if it is not needed."
            yield _Difference(Kind.SECOND, what, do)


def _shown(text: str | None) -> str:
    """Return a vendor's text, which anybody may have typed, as one short word."""
    kept = "".join(char if char.isprintable() else "�" for char in text or "nobody")
    return kept if len(kept) <= LONGEST else f"{kept[:LONGEST]}…"
