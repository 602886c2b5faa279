"""Lists of requests and credentials, a line each, and all that is known of one of them."""

from __future__ import annotations

import datetime as dt

from bot import forms, model
from bot.forms import View
from bot.model import CredentialState, State
from handlers import fate, kinds, parts, text, work
from handlers.parts import Code, Note, Paragraph, Quote, Sentence

WORDS = {  # what is typed after `list`, and what it shows
    "": View.MINE,
    "mine": View.MINE,
    "credentials": View.OWNED,
    "workspace": View.WORKSPACE,
    "waiting": View.WAITING,
}
TITLES = {
    View.MINE: "Your requests",
    View.OWNED: "Your credentials",
    View.WORKSPACE: "Credentials of a workspace",
    View.WAITING: "Waiting for you",
}
_EMPTY = {
    View.MINE: "You have not asked for anything yet.",
    View.OWNED: "You have no credential here.",
    View.WORKSPACE: "This workspace has no credential that you may see.",
    View.WAITING: "Nothing waits for you.",
}
DETAILS, NEXT, PREVIOUS, MORE, CLOSE = "Details", "Next", "Previous", "Show all", "Close"
LIST_TITLE, DETAILS_TITLE = "List", "Request"  # of windows
NEW, HOME_ABOUT = "New credential", "Registry credentials for pipelines in Seqera Tower"
_STATES = {
    State.PENDING: "⏳",
    State.APPROVED: "👍",
    State.RUNNING: "⚙️",
    State.DONE: "✅",
    State.DENIED: "⛔",
    State.CANCELLED: "🚫",
    State.EXPIRED: "⌛",
    State.FAILED: "❌",
}
_CREDENTIALS = {
    CredentialState.ACTIVE: ("🟢", "active"),
    CredentialState.ROTATING: ("🔄", "getting a new password"),
    CredentialState.REVOKING: ("🗑️", "being revoked"),
    CredentialState.REVOKED: ("🗑️", "revoked"),
    CredentialState.DRIFTED: ("⚠️", "needs a look"),
}
_WANTED = {
    model.Kind.ISSUE: "New credential",
    model.Kind.EXTEND: "More repositories",
    model.Kind.NARROW: "Fewer repositories",
    model.Kind.ROTATE: "New password",
    model.Kind.REVOKE: "Revocation",
    model.Kind.ADOPT: "Taking over",
}


def title(listing: forms.Listing) -> str:
    """Return a list's headline."""
    if listing.workspace is not None:
        return f"Credentials of {listing.workspace.full_name}"
    return TITLES[listing.view]


def above(listing: forms.Listing) -> Note:
    """Return what is said before the rows: that there are none, and what may be missing."""
    troubles = tuple((f"⚠️ {trouble}",) for trouble in listing.troubles)
    # A page may be empty where what its reader may not see was left out, and more may follow.
    nothing = "There is nothing here that you may see." if listing.after else _EMPTY[listing.view]
    return troubles if listing.rows else ((nothing,), *troubles)


def line(row: forms.Row, view: View) -> Sentence:
    """Return a row of a list."""
    if view in {View.OWNED, View.WORKSPACE} and row.credential is not None:
        return credential(row.credential)
    if view is View.WAITING and row.request is not None:
        return waiting(row.request)
    return request(row.request) if row.request else credential(row.credential) if row.credential else ()


def waiting(shown: model.Request) -> Sentence:
    """Return a request for somebody who decides on it there and then: in full words."""
    valid = dict(kinds.facts(shown)).get("Password valid", ())
    lasts: Sentence = (" Password valid: ", *valid, ".") if valid else ()
    ends: Sentence = (" Decide by ", shown.deadline, f". · {model.short_id(shown.id)}")
    return (f"{_STATES[shown.state]} ", *kinds.ask(shown), *lasts, *text.votes_so_far(shown), *ends)


def request(shown: model.Request) -> Sentence:
    """Return a request as one line: its state in picture and words first."""
    spec = shown.spec
    word = fate.word(shown) or kinds.word(shown.state)
    picture = fate.picture(shown) or _STATES[shown.state]
    head: Sentence = (f"{picture} {_WANTED[spec.kind]}, {word}: ",)
    asked: Sentence = (" · asked by ", shown.requester, ", ", shown.created)
    ends: Sentence = (" · until ", shown.deadline) if shown.state is State.PENDING else ()
    return (
        *head,
        *_what(spec.name, spec.workspace, kinds.named(spec)),
        *asked,
        *ends,
        f" · {model.short_id(shown.id)}",
    )


def credential(shown: model.Credential) -> Sentence:
    """Return a credential as one line: its state, what it pulls, until when, and when Wave last used it."""
    picture, word = _CREDENTIALS[shown.state]
    known = _what(shown.name, shown.workspace, shown.repositories)
    return (
        f"{picture} {word.capitalize()}: ",
        *known,
        *_lasts(shown),
        *_verified(shown.verified),
        _short(shown),
    )


def _what(name: str, workspace: model.Workspace, names: tuple[str, ...]) -> Sentence:
    return (
        Code(name),
        " in ",
        Code(workspace.full_name),
        " · ",
        *parts.listed([Code(one) for one in names], most=2),
    )


def _lasts(shown: model.Credential) -> Sentence:
    if shown.state in {CredentialState.REVOKED, CredentialState.REVOKING}:
        return ()
    return (" · password until ", shown.expires) if shown.expires else (" · password without an end",)


def _verified(when: dt.datetime | None) -> Sentence:
    return (" · verified ", when) if when else (" · not verified",)


def _short(shown: model.Credential) -> str:
    return f" · {model.short_id(shown.id)}"


def status(row: forms.Row) -> Note:
    """Return all that is known of a request: how it stands, who decided, and what was done."""
    shown = row.request
    if shown is None:
        return (credential(row.credential),) if row.credential else ()
    told: list[Paragraph] = [text.status(shown), *kinds.everything(shown, most=forms.MOST_REPOSITORIES)]
    if shown.spec.reason:
        told += [("Reason given:",), Quote(shown.spec.reason)]
    told += text.decisions(shown)
    if shown.state not in {State.PENDING, State.DENIED, State.CANCELLED, State.EXPIRED}:
        told += work.progress(shown)
    if row.credential is not None:
        told.append(credential(row.credential))
        told += [(f"⚠️ {row.credential.drift}",)] if row.credential.drift else []
        told += _reads(row.credential, shown)
    return tuple(told)


def _reads(credential: model.Credential, shown: model.Request) -> Note:
    """Return all that a credential reads, where nothing above has said so."""
    names = credential.repositories
    if len(names) <= kinds.FEW or set(names) == set(kinds.named(shown.spec)):
        return ()
    _, *lists = kinds.points(names, most=len(names))
    return ((f"The {len(names)} repositories that the credential reads:",), *lists)


def misread(word: str) -> Note:
    """Return which lists there are, after one that there is not."""
    known = parts.listed([Code(f"list {one}") for one in WORDS if one])
    return (("There is no list ", Code(word), ": there are ", *known, "."),)


def unnamed() -> Note:
    """Return how a status is asked for."""
    return (
        ("Say which request: ", Code("/registry status ID"), ", with the six characters that messages show."),
        (Code("/registry list"), " shows yours."),
    )
