"""What has become of the credential that a request made, from the request's own record of it."""

from __future__ import annotations

from bot import model
from bot.model import CredentialState, State
from handlers import parts
from handlers.parts import Code, Sentence

_WORDS = {
    CredentialState.REVOKED: "revoked",
    CredentialState.REVOKING: "being revoked",
    CredentialState.ROTATING: "getting a new password",
    CredentialState.DRIFTED: "needs a look",
}
_PICTURES = {
    CredentialState.REVOKED: "🗑️",
    CredentialState.REVOKING: "🗑️",
    CredentialState.DRIFTED: "⚠️",
}


def state(request: model.Request) -> CredentialState | None:
    """Return how the credential stands that a request made; None for one that made none."""
    if request.state is not State.DONE or request.spec.kind not in model.FRESH:
        return None
    return request.life.state if request.life else CredentialState.ACTIVE


def repositories(request: model.Request) -> tuple[str, ...]:
    """Return what the credential reads now."""
    return request.life.repositories if request.life else request.spec.repositories


def gone(request: model.Request) -> bool:
    """Tell whether what the request made is there no more, or soon will not be."""
    return state(request) in {CredentialState.REVOKED, CredentialState.REVOKING}


def expired(request: model.Request) -> bool:
    """Tell whether the password of what the request made has expired."""
    return state(request) is not None and request.life is not None and request.life.warned == 0


def wrong(request: model.Request) -> bool:
    """Tell whether what the request made is there and should not be relied on."""
    known = state(request)
    return known is CredentialState.DRIFTED or (expired(request) and not gone(request))


def word(request: model.Request) -> str | None:
    """Return in a word or two what has become of the credential; None if it is as it should be."""
    known = state(request)
    if known is None:
        return None
    return _WORDS.get(known) or ("expired" if expired(request) else None)


def picture(request: model.Request) -> str | None:
    """Return what goes with that word at the beginning of a line; None if all is as it should be."""
    known = state(request)
    if known is None:
        return None
    return _PICTURES.get(known) or ("⌛" if expired(request) else None)


def told(request: model.Request) -> Sentence:
    """Return what has changed about the credential since its request was done; empty if nothing has."""
    life = request.life
    if life is None or state(request) is None:
        return ()
    known = _known(request)
    by: Sentence = (f" (request {model.short_id(life.by)})",) if life.by and life.by != request.id else ()
    match life.state:
        case CredentialState.REVOKED:
            return ("The ", *known, " was revoked on ", request.changed, *by, ".")
        case CredentialState.REVOKING:
            return ("The ", *known, " is being revoked.")
        case CredentialState.ROTATING:
            # Whether it can pull meanwhile is what the rotation itself has still to find out.
            return ("The ", *known, " is getting a new password.")
        case _:
            return parts.sentences(_reads(request, life), _password(request, life), _drifted(request, life))


def _known(request: model.Request) -> Sentence:
    # Each sentence names it: what stands before may be about a request, or not be there.
    return ("credential ", Code(request.spec.name))


def _reads(request: model.Request, life: model.Life) -> Sentence:
    if set(life.repositories) == set(request.spec.repositories):
        return ()
    host = request.spec.login_server
    return (
        "By now the ",
        *_known(request),
        " pulls ",
        *parts.listed([Code(f"{host}/{name}") for name in life.repositories], most=5),
        ".",
    )


def _password(request: model.Request, life: model.Life) -> Sentence:
    if life.warned == 0 and life.expires:
        end = ". Nothing can be pulled with it until it gets a new one."
        return ("The password of the ", *_known(request), " has expired, on ", life.expires, end)
    if life.expires == request.progress.expires:
        return ()
    until: Sentence = (", valid until ", life.expires) if life.expires else (" without an end",)
    return ("By now the ", *_known(request), " has a newer password", *until, ".")


def _drifted(request: model.Request, life: model.Life) -> Sentence:
    if life.state is not CredentialState.DRIFTED:
        return ()
    look = Code(f"/registry status {model.short_id(request.id)}")
    return ("Something about the ", *_known(request), " is not as it should be; ", look, " says what.")


def near_end(request: model.Request) -> bool:
    """Tell whether somebody should see to the password: it expires soon, or has."""
    return request.life is not None and request.life.warned is not None and not gone(request)


def warning(request: model.Request) -> Sentence:
    """Return that the password expires soon, or has; once that is over, what is so instead."""
    life = request.life
    if life is None or life.expires is None or life.warned is None or gone(request):
        now = told(request) or ("The ", *_known(request), " has a password that does not expire soon.")
        if wrong(request):
            return ("⚠️ This warning is over. ", *now)
        return ("✅ There is nothing to do here any more. ", *now)
    where = Code(request.spec.workspace.full_name)
    which: Sentence = ("the password of the ", *_known(request), " in ", where)
    if life.warned == 0:
        ended = (
            " has expired, on ",
            life.expires,
            ". Nothing can be pulled with it until it gets a new one.",
        )
        return ("⌛ ", request.requester, ", ", *which, *ended)
    within = "a day" if life.warned == 1 else f"{life.warned} days"
    ends: Sentence = (f" expires within {within}, on ", life.expires, ".")
    after = " Pipelines can then pull no more. A new password can be made without a break."
    return ("⏰ ", request.requester, ", ", *which, *ends, after)
