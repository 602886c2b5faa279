"""Who holds a registry's host in a workspace, and what that means for a form that asks for it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bot import errors, forms, model, ports
from bot.forms import Field

MOST_NAMED = 5  # repositories in one sentence


@dataclass(frozen=True, slots=True)
class Held:
    """Who holds a host, and what a form that asks for it comes to.

    `request` is the one that made it or will, `change` an open one that changes it.
    """

    holder: forms.Holder = forms.Holder.NOBODY
    name: str | None = None  # of the credential
    request: model.Request | None = None
    credential: model.Credential | None = None  # ours
    change: model.Request | None = None
    tower_id: str | None = None  # of the one that somebody made by hand
    several: bool = False  # by hand, and not the only one

    @property
    def kind(self) -> model.Kind:
        """Return what a form asks for here."""
        if self.credential:
            return model.Kind.EXTEND
        return model.Kind.ADOPT if self.tower_id else model.Kind.ISSUE

    @property
    def open(self) -> model.Request | None:
        """Return the request that has to end before another one can begin."""
        return self.request if self.holder is forms.Holder.OPEN else self.change

    def same(self, repositories: Sequence[ports.Repository]) -> model.Request | None:
        """Return the open request that asks for exactly this."""
        spec = self.open.spec if self.open else None
        if spec is None or spec.kind not in _ASKING:
            return None
        asked = {(spec.login_server, name) for name in spec.added}
        return self.open if asked == {(one.login_server, one.name) for one in repositories} else None


_WISH = {
    model.Kind.EXTEND: "to add repositories",
    model.Kind.NARROW: "to remove repositories",
    model.Kind.ROTATE: "to replace its password",
    model.Kind.REVOKE: "to revoke it",
}
_ASKING = frozenset({model.Kind.ISSUE, model.Kind.EXTEND, model.Kind.ADOPT})


def repeated(request: model.Request) -> errors.Refused:
    """Return the refusal of what is asked for already: it names the open request."""
    by, place = request.requester, request.place
    where = f"in the channel {place.channel}" if place else "in a direct message"
    return errors.Refused(
        errors.Reason.DUPLICATE,
        f"This is asked for already: request {model.short_id(request.id)} by {by.key}, {where}. "
        "Wait for that one.",
        request=request,
    )


def told(found: Held, workspace: model.Workspace, login_server: str) -> str:
    """Return why a host that is held cannot be asked for again, and what to do instead."""
    known = f" ({found.name})" if found.name else ""
    where = f"{workspace.full_name} already has"
    match found.holder:
        case forms.Holder.MANUAL if found.several:
            return (
                f"{where} several credentials for {login_server} that somebody made by hand. Wave uses only "
                "one of them: remove all but that one in Tower first, or all of them."
            )
        case forms.Holder.MANUAL:
            return (
                f"{where} a credential for {login_server} that somebody made by hand{known}. "
                "Wave would use only one of the two: remove that one in Tower first, or ask an administrator "
                "for a rule (kind “adopt”) by which this bot takes care of it."
            )
        case forms.Holder.OPEN:
            return f"{where} an open request for {login_server}{known}. Wait for it, or cancel it first."
        case _:
            return (
                f"{where} a credential for {login_server} through this bot{known}, but its record cannot be "
                "read. An operator has to look into it (registry-bot audit verify)."
            )


def unextendable(found: Held, chosen: Sequence[ports.Repository]) -> str | None:
    """Return why repositories cannot join a credential of ours now; pure."""
    credential = found.credential
    if credential is None:
        return None
    if credential.state is model.CredentialState.REVOKING:
        return f"The credential {credential.name} is being revoked. Ask again once that is done."
    if found.change:
        return busy(credential, found.change)
    known = [one.name for one in chosen if any(_covers(wide, one.name) for wide in credential.repositories)]
    if len(known) == len(chosen):
        return (
            f"The credential {credential.name} reads {'this' if len(known) == 1 else 'all of these'} already."
        )
    if known:
        return f"The credential {credential.name} reads {few(known)} already: choose only what is missing."
    return forms.too_many(len({*credential.repositories, *(one.name for one in chosen)}))


def busy(credential: model.Credential, change: model.Request) -> str:
    """Return which open request is about a credential, and what can be done about that."""
    short, wish = model.short_id(change.id), _WISH.get(change.spec.kind, "to change it")
    if change.state is model.State.PENDING:
        return (
            f"The credential {credential.name} has an open request already: {short}, {wish}. "
            "Wait until it is decided, or cancel it first."
        )
    return (
        f"Request {short} for the credential {credential.name}, {wish}, is being carried out. "
        "Wait until it is done."
    )


def drifted(credential: model.Credential) -> tuple[str, ...]:
    """Return what should be known of a credential before anything is done to it."""
    return (f"The credential is not as it should be. {credential.drift}",) if credential.drift else ()


def _covers(wide: str, name: str) -> bool:
    """Tell whether who may read `wide` may read `name`."""
    return wide == name or (wide.endswith("*") and name.startswith(wide[:-1]))


def few(names: Sequence[str]) -> str:
    """Return some names for a sentence, and how many more there are."""
    shown = ", ".join(names[:MOST_NAMED])
    more = len(names) - MOST_NAMED
    return f"{shown} and {more} more" if more > 0 else shown


def taken(claim: str) -> dict[str, str]:
    """Return the form's problem for a claim that somebody else took a moment ago."""
    if claim.startswith("name:"):
        return {Field.NAME: "Somebody has just taken this name. Choose another."}
    return {Field.REPOSITORY: "Somebody has just asked for this registry in this workspace."}
