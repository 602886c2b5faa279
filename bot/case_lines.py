"""Requests as lines for a terminal. Pure; what people typed cannot steer the terminal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence

from bot import audit, casebook, model

_HEADS = ("ID", "STATE", "KIND", "WORKSPACE", "NAME", "REGISTRY", "REQUESTER", "ASKED")
_WIDEST = 36


def table(requests: Sequence[model.Request]) -> Iterator[str]:
    """Yield requests in columns, under their heads."""
    rows = [_HEADS, *(_cells(request) for request in requests)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    for row in rows:
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()


def _cells(request: model.Request) -> tuple[str, ...]:
    spec = request.spec
    cells = (
        model.short_id(request.id),
        request.state.value,
        spec.kind.value,
        spec.workspace.full_name,
        spec.name,
        spec.login_server,
        request.requester.key,
        moment(request.created),
    )
    return tuple(_cut(plain(cell)) for cell in cells)


def case(found: casebook.Case) -> Iterator[str]:
    """Yield all that is known of a request."""
    request = found.request
    yield f"Request {model.short_id(request.id)} ({request.id})"
    yield from _fields(_asked(request))
    yield from _section("Decisions", _decisions(request))
    yield from _section("Progress", _progress(request.progress))
    if found.credential:
        yield from _section("Credential", _credential(found.credential, genuine=found.genuine))
    yield from _section("Messages", (_message(copy, request) for copy in found.copies))
    sound = "unbroken, and fits the record" if found.sound else "BROKEN: run registry-bot audit verify"
    yield from _section(f"Trail of {len(found.entries)} entries, {sound}", map(_entry, found.entries))


def _asked(request: model.Request) -> Iterator[tuple[str, object]]:
    spec = request.spec
    yield "kind", spec.kind
    yield "state", f"{request.state}, version {request.version}, since {moment(request.changed)}"
    yield "name", spec.name
    yield "workspace", f"{spec.workspace.full_name} ({spec.workspace.id})"
    yield "registry", spec.login_server
    yield "repositories", ", ".join(spec.repositories)
    yield "before", ", ".join(spec.before)
    yield "of credential", spec.credential
    yield "made by hand as", spec.tower_id
    yield "at once", "yes" if spec.at_once else None
    yield "valid for", f"{spec.validity_days} days" if spec.validity_days else None
    yield "reason", spec.reason
    yield "requester", request.requester.key
    yield "asked in", request.place.channel if request.place else "a direct conversation"
    yield "asked at", moment(request.created)
    yield "rule", f"{request.rule} ({request.rule_version}), policy {request.policy_version}"
    yield "approvals", f"{request.needed} needed until {moment(request.deadline)}"
    yield "error", request.error
    yield "remedy", request.remedy


def _decisions(request: model.Request) -> Iterator[str]:
    if request.automatic:
        yield "approved by its rule"
    if request.emergency:
        yield "approved by its requester, an approver, to revoke at once"
    for one in request.decisions:
        reason = f": {one.reason}" if one.reason else ""
        yield f"{moment(one.at)}  {one.verdict} by {one.by.key}{reason}"


def _progress(progress: model.Progress) -> Iterator[str]:
    for name, value in progress:
        if not value:
            continue
        match value:
            case tuple():
                shown = ", ".join(value)
            case dict():
                shown = ", ".join(f"{mark} {moment(at)}" for mark, at in value.items())
            case dt.datetime():
                shown = moment(value)
            case _:
                shown = str(value)
        yield f"{name}: {shown}"


def _credential(credential: model.Credential, *, genuine: bool) -> Iterator[str]:
    if not genuine:
        yield "FORGED: the bot did not write this record (registry-bot audit verify)"
    yield f"{credential.name} ({credential.id}), {credential.state}, version {credential.version}"
    yield f"Tower {credential.tower_id}; token {credential.token}; {credential.slot}"
    yield f"reads {', '.join(credential.repositories)}"
    if credential.expires:
        yield f"expires {moment(credential.expires)}"
    if credential.busy:
        yield f"being changed by request {model.short_id(credential.busy)}"
    if credential.drift:
        yield f"differs: {credential.drift}"


def _message(copy: model.Copy, request: model.Request) -> str:
    where = f"{copy.role} in {copy.channel}"
    if copy.error:
        return f"{where}: {copy.error}"
    if copy.message is None:
        return f"{where}: not posted yet"
    behind = "" if copy.shown >= request.version else f", behind: shows version {copy.shown}"
    return f"{where}, message {copy.message}{behind}"


def _entry(entry: audit.Entry) -> str:
    moved = f"  {entry.before or 'new'} → {entry.after}" if entry.after else ""
    reason = f"  {entry.data['reason']}" if entry.data.get("reason") else ""
    return f"{moment(entry.at)}  {entry.event}  {entry.actor or 'the bot'}{moved}{reason}"


def _fields(fields: Iterator[tuple[str, object]]) -> Iterator[str]:
    for name, value in fields:
        if value not in {None, ""}:
            yield f"  {name:<16}{plain(str(value))}"


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    found = list(lines)
    if found:
        yield f"{title}:"
        yield from (f"  {plain(line)}" for line in found)


def moment(at: dt.datetime) -> str:
    """Return a moment in UTC, to the second."""
    return f"{at.astimezone(dt.UTC):%Y-%m-%d %H:%M:%S}Z"


def plain(text: str) -> str:
    """Return a text without what a terminal would act upon."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _cut(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"
