"""What a credential's record says while a request changes it, and afterwards: pure."""

from __future__ import annotations

import datetime as dt

from bot import model
from bot.model import CredentialState, Kind
from bot.provision import names
from bot.provision.delivery import DELIVERED
from bot.provision.work import Failed, Retry, Work, taken_over

_WHILE = {Kind.ROTATE: CredentialState.ROTATING, Kind.REVOKE: CredentialState.REVOKING}
CHANGED = "What was approved does not fit any more, because it was changed meanwhile. Please ask again."


def hindrance(credential: model.Credential, request: model.Request) -> Failed | Retry | None:
    """Return why a request cannot take a credential in hand now, or None if it can.

    A revocation takes it from whoever has it; everybody else waits for each other.
    """
    spec = request.spec
    revoking = spec.kind is Kind.REVOKE
    gone = {CredentialState.REVOKED} if revoking else {CredentialState.REVOKED, CredentialState.REVOKING}
    if credential.state in gone:
        return Failed(taken_over(credential))
    # One that waits for jobs must not take it from one at once, which goes before everything.
    first = revoking and (spec.at_once or credential.state is not CredentialState.REVOKING)
    if credential.busy not in {None, request.id} and not first:
        return Retry(taken_over(credential))
    here = (credential.name, credential.workspace.id, credential.login_server)
    same = here == (spec.name, spec.workspace.id, spec.login_server)
    if spec.kind in {Kind.EXTEND, Kind.NARROW}:
        same = same and set(credential.repositories) == set(spec.before)
    return None if same else Failed(CHANGED)


def taken(credential: model.Credential, request: model.Request) -> model.Credential:
    """Return a credential that a request has in hand."""
    return _next(credential, busy=request.id, state=_WHILE.get(request.spec.kind, credential.state))


def given_back(
    credential: model.Credential, request: model.Request, *, behind: str | None
) -> model.Credential:
    """Return a credential whose change failed: as it was, unless something stayed `behind`."""
    if behind is None:
        return _next(credential, busy=None, state=_settled(credential))
    short = model.short_id(request.id)
    drift = f"Request {short} failed, and not everything is as it was. What stayed: {behind}."
    return _next(credential, busy=None, by=request.id, state=CredentialState.DRIFTED, drift=drift)


def _settled(credential: model.Credential) -> CredentialState:
    return CredentialState.DRIFTED if credential.drift else CredentialState.ACTIVE


def made(work: Work, progress: model.Progress) -> model.Credential:
    """Return the credential that a request made, which bears the request's id."""
    request, spec = work.request, work.spec
    now = work.now()
    return model.Credential(
        id=request.id,
        name=spec.name,
        workspace=spec.workspace,
        login_server=spec.login_server,
        repositories=spec.repositories,
        token=names.token(request),
        scope_map=names.token(request),
        slot=progress.slot or model.PASSWORD1,
        tower_id=progress.tower_id or "",
        owner=request.requester,
        by=request.id,
        created=now,
        minted=progress.marks.get(DELIVERED, now),
        validity_days=spec.validity_days,
        expires=progress.expires,
        verified=_verified(work, progress),
        adopted=spec.kind is Kind.ADOPT,
    )


def changed(work: Work, progress: model.Progress) -> model.Credential:
    """Return the credential that reads other repositories from now on."""
    return _finished(work, progress, repositories=work.spec.repositories)


def rotated(work: Work, progress: model.Progress) -> model.Credential:
    """Return the credential whose password is another one from now on."""
    two = f"Two passwords of its token {work.token} work, where one should."
    update = _password(work, progress)
    if progress.left:
        update |= {"state": CredentialState.DRIFTED, "drift": work.held.drift or two}
    elif work.held.drift == two:
        update |= {"state": CredentialState.ACTIVE, "drift": None}
    return _finished(work, progress, **update)


def repointed(work: Work, progress: model.Progress) -> model.Credential:
    """Return the credential, whoever has it in hand, with the password that Tower has now.

    A revocation that comes between and gives up must not leave the old one on the record: the next
    rotation would remove the one that Tower uses.
    """
    return _next(work.held, **_password(work, progress))


def revoked(work: Work, _: model.Progress) -> model.Credential:
    """Return the credential that is no more."""
    request = work.request
    return _next(work.held, busy=None, by=request.id, state=CredentialState.REVOKED, drift=None)


def _password(work: Work, progress: model.Progress) -> dict[str, object]:
    return {
        "validity_days": work.spec.validity_days,
        "slot": progress.slot,
        "expires": progress.expires,
        "minted": progress.marks.get(DELIVERED),
    }


def _finished(work: Work, progress: model.Progress, **update: object) -> model.Credential:
    held = work.held
    verified = _verified(work, progress) or held.verified
    kept = {"busy": None, "by": work.request.id, "state": _settled(held), "verified": verified}
    return _next(held, **(kept | update))


def _verified(work: Work, progress: model.Progress) -> dt.datetime | None:
    return work.now() if progress.verification is model.Verification.VERIFIED else None


def _next(credential: model.Credential, **update: object) -> model.Credential:
    return credential.model_copy(update={"version": credential.version + 1, **update})
