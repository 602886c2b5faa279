"""Which lists a request or credential stands in. All lists are one sorted set, ordered by its text.

An entry is `kind:key/moment:id`: entries with one beginning are one list, in the order of creation,
and of ids where two were created in one millisecond. A cursor is what follows the slash. It stays
exact when its own entry is gone, and whatever somebody sends as one is a place in the same list.
"""

from __future__ import annotations

from urllib.parse import quote

from bot import model, ports
from bot.store import codec

SHORT = "short"  # requests by what people see of their ids
KEEPS = "keeps"  # credentials that are not revoked, by the requests whose audit entries prove them


def name(kind: str, key: str) -> str:
    """Return what every entry of a list begins with; no key can reach into another one's list."""
    return f"{kind}:{cursor(key)}/"


def cursor(text: str) -> str:
    """Return a text without what tells the parts of an entry apart; a cursor of ours as it is."""
    return quote(text, safe=":", errors="replace")


def id_in(entry: str) -> str:
    """Return the id in an entry, or in its end."""
    return entry.rpartition("/")[2].partition(":")[2]


def of_request(request: model.Request) -> str:
    """Return a request's end of its entries, and the lists that it stands in."""
    places = [
        (ports.Index.ALL, ""),
        (ports.Index.STATE, request.state.value),
        (ports.Index.REQUESTER, request.requester.key),
        (ports.Index.WORKSPACE, str(request.spec.workspace.id)),
        (SHORT, model.short_id(request.id)),
    ]
    if request.state is model.State.PENDING:
        places.append((ports.Index.WAITING, request.rule))
    return _text(request, places)


def of_credential(credential: model.Credential, writer: str) -> str:
    """Return the same for a credential that the request `writer` writes; "" for a revoked one."""
    if credential.state is model.CredentialState.REVOKED:
        return ""
    places = [
        (ports.Index.LIVE, ""),
        (ports.Index.OWNED, credential.owner.key),
        (ports.Index.HELD, str(credential.workspace.id)),
        *((KEEPS, request_id) for request_id in {writer, credential.by or writer}),
    ]
    return _text(credential, places)


def _text(one: model.Request | model.Credential, places: list[tuple[str, str]]) -> str:
    end = f"{codec.milliseconds(one.created):013}:{one.id}"
    return " ".join((end, *sorted(name(kind, key) for kind, key in places)))
