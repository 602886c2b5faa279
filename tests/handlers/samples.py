"""Requests in every state, and how a sentence sounds when it is read aloud."""

from __future__ import annotations

import datetime as dt

from bot import forms, model, ports
from bot.model import Platform, State, Verdict
from handlers import parts, work

TEAM = "T0SANDBOX"
NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)
HOST = "acmegenomics.azurecr.io"
REQUEST_ID = "a" * 22
CREDENTIAL_ID = "c" * 22

RESEARCH = model.Workspace(id=101, org="acme", name="research")
PERSONAL = model.Workspace(id=7, org=None, name="registry-bot")
ALIGNER = ports.Repository(HOST, "genomics/aligner")


def person(user: str, *, tenant: str = TEAM) -> model.Principal:
    """Return somebody on Slack."""
    return model.Principal(platform=Platform.SLACK, tenant=tenant, user=user)


ANA, BEN, CLEO, DAN = person("U0ANA"), person("U0BEN"), person("U0CLEO"), person("U0DAN")


def place(channel: str = "C0GENOMICS") -> model.Place:
    """Return a channel on Slack."""
    return model.Place(platform=Platform.SLACK, tenant=TEAM, channel=channel)


APPROVALS = place("C0APPROVALS")


def spec(**changes: object) -> model.Spec:
    """Return what is asked for."""
    fields: dict[str, object] = {
        "kind": model.Kind.ISSUE,
        "name": "acr-1a2b3c",
        "workspace": RESEARCH,
        "login_server": HOST,
        "repositories": (ALIGNER.name,),
        **changes,
    }
    return model.Spec.model_validate(fields)


def decision(
    by: model.Principal = BEN, verdict: Verdict = Verdict.APPROVE, reason: str = ""
) -> model.Decision:
    """Return a decision taken just now."""
    return model.Decision(by=by, verdict=verdict, digest="d" * 64, at=NOW, reason=reason)


def request(state: State = State.PENDING, **changes: object) -> model.Request:
    """Return a request in a state, with the decisions that such a one has."""
    decisions = {
        State.DENIED: (decision(verdict=Verdict.DENY, reason="Use the shared one."),),
        State.PENDING: (),
        State.CANCELLED: (),
        State.EXPIRED: (),
    }.get(state, (decision(),))
    fields: dict[str, object] = {
        "id": REQUEST_ID,
        "spec": spec(),
        "requester": ANA,
        "place": place(),
        "approval": APPROVALS,
        "approvers": (BEN, CLEO),
        "policy_version": "1",
        "digest": "0123456789abcdef" * 4,
        "state": state,
        "created": NOW,
        "deadline": NOW + dt.timedelta(hours=72),
        "decisions": decisions,
        "changed": NOW,
        **changes,
    }
    return model.Request.model_validate(fields)


def progress(*steps: str, **changes: object) -> model.Progress:
    """Return the work's progress after these steps."""
    return model.Progress.model_validate({"steps": steps, **changes})


ALL_STEPS = work.steps(spec())


def kind_of_request(kind: model.Kind, **changes: object) -> model.Spec:
    """Return what a request of this kind asks for, with what belongs to it."""
    more: dict[model.Kind, dict[str, object]] = {
        model.Kind.EXTEND: {"repositories": (ALIGNER.name, "genomics/fdr"), "before": (ALIGNER.name,)},
        model.Kind.NARROW: {"before": (ALIGNER.name, "genomics/fdr")},
        model.Kind.ADOPT: {"tower_id": "tower-1", "name": "by-hand"},
    }
    about = {} if kind in model.FRESH else {"credential": CREDENTIAL_ID}
    return spec(kind=kind, **about, **{**more.get(kind, {}), **changes})


# As many repositories, and as long, as one request may be about.
_EACH = forms.LONGEST_AT_ONCE // forms.MOST_AT_ONCE - len(HOST) - len("/")
FULL = tuple(f"r{number:03}/".ljust(_EACH, "x") for number in range(forms.MOST_AT_ONCE))


def full(kind: model.Kind) -> model.Spec:
    """Return what the largest request of a kind asks for."""
    changes: dict[model.Kind, dict[str, object]] = {
        model.Kind.EXTEND: {"repositories": (*OLD, *FULL), "before": OLD},
        model.Kind.NARROW: {"repositories": OLD, "before": (*OLD, *FULL)},
    }
    return kind_of_request(kind, reason="ж" * 500, **changes.get(kind, {"repositories": FULL}))


OLD = tuple(f"old/{number}".ljust(256, "x") for number in range(300))


def life(**changes: object) -> model.Life:
    """Return what has become of a credential: nothing but that it expires in two weeks."""
    return model.Life.model_validate(
        {"version": 2, "repositories": (ALIGNER.name,), "expires": NOW + dt.timedelta(days=14), **changes}
    )


def credential(**changes: object) -> model.Credential:
    """Return a credential of Ana's."""
    fields: dict[str, object] = {
        "id": CREDENTIAL_ID,
        "name": "acr-1a2b3c",
        "workspace": RESEARCH,
        "login_server": HOST,
        "repositories": (ALIGNER.name,),
        "token": "registry-bot-acr-1a2b3c",
        "scope_map": "registry-bot-acr-1a2b3c",
        "slot": model.PASSWORD1,
        "tower_id": "tower-1",
        "owner": ANA,
        "created": NOW,
        "expires": NOW + dt.timedelta(days=14),
        "verified": NOW,
        **changes,
    }
    return model.Credential.model_validate(fields)


EVERY_CHANGE = frozenset({model.Kind.ROTATE, model.Kind.NARROW, model.Kind.REVOKE})


def plan(kind: model.Kind, **changes: object) -> forms.Plan:
    """Return what a change of Ana's credential would do: Ben and Cleo would be asked."""
    seen = preview(kind=kind, holder=forms.Holder.OURS)
    return forms.Plan(**{"kind": kind, "credential": credential(), "preview": seen, **changes})  # type: ignore[arg-type]  # each is of its field's type


def row(**changes: object) -> forms.Row:
    """Return a line of a list: Ana's credential, with the request that made it."""
    fields: dict[str, object] = {
        "request": request(State.DONE, id=CREDENTIAL_ID),
        "credential": credential(),
        "may": EVERY_CHANGE,
        **changes,
    }
    return forms.Row(**fields)  # type: ignore[arg-type]  # each is of its field's type


def listing(view: forms.View = forms.View.MINE, **changes: object) -> forms.Listing:
    """Return a page of a list with one line."""
    fields: dict[str, object] = {"rows": (row(),), **changes}
    return forms.Listing(view, **fields)  # type: ignore[arg-type]  # each is of its field's type


def home(**changes: object) -> forms.Home:
    """Return what Ana's home shows."""
    fields: dict[str, object] = {
        "waiting": listing(forms.View.WAITING, rows=(row(request=request(requester=DAN), credential=None),)),
        "requests": listing(),
        "credentials": listing(forms.View.OWNED),
        **changes,
    }
    return forms.Home(**fields)  # type: ignore[arg-type]  # each is of its field's type


def form(**changes: object) -> forms.Form:
    """Return what a fresh form shows."""
    fields: dict[str, object] = {
        "name": "acr-1a2b3c",
        "workspaces": (RESEARCH, model.Workspace(id=102, org="acme", name="production")),
        "preview": preview(),
        **changes,
    }
    return forms.Form(**fields)  # type: ignore[arg-type]  # each is of its field's type


def preview(**changes: object) -> forms.Preview:
    """Return what is told before sending: Ben and Cleo would be asked."""
    fields: dict[str, object] = {
        "approvers": (BEN, CLEO),
        "approval": APPROVALS,
        "deadline_hours": 72.0,
        **changes,
    }
    return forms.Preview(**fields)  # type: ignore[arg-type]  # each is of its field's type


def whoami(**changes: object) -> forms.Whoami:
    """Return how the bot sees somebody: a member who may ask, and decides on nothing."""
    fields: dict[str, object] = {
        "who": ANA,
        "standing": model.Standing.MEMBER,
        "policy_version": "0123456789abcdef",
        "may_ask": (forms.Allowance("everything", "everything"),),
        **changes,
    }
    return forms.Whoami(**fields)  # type: ignore[arg-type]  # each is of its field's type


def aloud(sentence: parts.Sentence) -> str:
    """Return a sentence as it is read aloud."""
    return "".join(_aloud(part) for part in sentence)


def _aloud(part: parts.Part) -> str:
    match part:
        case str():
            return part
        case parts.Code():
            return part.text
        case model.Principal():
            return f"@{part.user}"
        case model.Usergroup():
            return f"@{part.id}"
        case model.Place():
            return f"#{part.channel}"
        case dt.datetime():
            return f"{part:%d %B at %H:%M}"


def told(note: parts.Note) -> str:
    """Return paragraphs as they are read aloud, a line each."""
    lines: list[str] = []
    for paragraph in note:
        match paragraph:
            case parts.Listing() | parts.Quote():
                lines.append(paragraph.text)
            case parts.Points():
                lines += [aloud(point) for point in paragraph.points]
            case _:
                lines.append(aloud(paragraph))
    return "\n".join(lines)
