"""What a form asks for and brings back: platform-neutral, and its checks that need nobody else."""

from __future__ import annotations

import enum
import hashlib
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bot import model, ports

# Tower: 2 to 99 of these (seqeralabs/terraform-provider-seqera, overlay of container-registry credentials).
NAME = re.compile(r"[A-Za-z0-9_-]{2,99}")
# The distribution spec's repository name, lower case; ACR allows 256 characters.
_PART = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
REPOSITORY = re.compile(rf"{_PART}(?:/{_PART})*")
# ACR takes one star, and only as the whole last part (its page on token permissions).
WILDCARD = re.compile(rf"(?:{_PART}/)*\*")
LONGEST_REPOSITORY = 256
LONGEST_REASON = 500
MOST_REPOSITORIES = 500  # of one scope map, in every tier (ACR's service limits)
# What one request adds or removes, all of which its approvers have to be shown.
MOST_AT_ONCE = 100
LONGEST_AT_ONCE = 12_000  # characters, with the registry before each
LONGEST_KEY = 150  # what Slack takes as an option's value; Teams takes more


class Field(enum.StrEnum):
    """The fields of the form; `BadInput.problems` is keyed by these."""

    NAME = "name"
    WORKSPACE = "workspace"
    REPOSITORY = "repository"
    VALIDITY = "validity"
    REASON = "reason"


class Holder(enum.StrEnum):
    """Who already holds a registry's host in a workspace."""

    NOBODY = "nobody"
    OURS = "ours"  # a credential that this bot made
    OPEN = "open"  # a request that is still open
    MANUAL = "manual"  # a credential made by hand in Tower


@dataclass(frozen=True, slots=True)
class Preview:
    """What the requester is told before sending.

    Who is asked depends on workspace and repository: until both are chosen, `approval` is None
    unless the same rule decides on everything. `refusal` is why nobody would be asked at all.
    """

    approvers: tuple[model.Principal, ...] = ()
    approver_groups: tuple[model.Usergroup, ...] = ()
    needed: int = 1
    approval: model.Place | None = None
    deadline_hours: float | None = None
    longest_validity_days: int | None = None
    # Its rule approves it: within the person's quota, or, of a Plan, because nobody has to be asked.
    automatic: bool = False
    holder: Holder = Holder.NOBODY
    held_by: str | None = None  # the credential's name
    open_request: model.Request | None = None  # which holds it
    kind: model.Kind = model.Kind.ISSUE  # what sending the form would ask for
    credential: model.Credential | None = None  # what it would extend
    readable: int = 0  # repositories that the credential would read, of `MOST_REPOSITORIES`
    refusal: str | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """What a fresh form shows."""

    name: str  # suggested
    workspaces: tuple[model.Workspace, ...]
    preview: Preview


@dataclass(frozen=True, slots=True)
class Submission:
    """A form as it was sent. `op` names the sending, so that a redelivery is the same one."""

    by: model.Principal
    place: model.Place | None
    name: str
    workspace_id: int | None
    repositories: tuple[ports.Repository, ...]
    op: str
    validity_days: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Click:
    """A button pressed on a copy. `digest` is (the head of) what that copy showed."""

    by: model.Principal
    request_id: str
    op: str
    digest: str | None = None
    seen_at: model.Copy | None = None  # the message that was clicked, so that it is kept up to date too


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants done to a credential that is there: rotate, revoke or narrow it.

    `op` names the sending, as of a Submission. `remove` is for narrowing alone, `at_once` for revoking.
    """

    by: model.Principal
    place: model.Place | None
    kind: model.Kind
    credential_id: str
    op: str
    reason: str = ""
    remove: tuple[str, ...] = ()
    at_once: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What somebody is told before they send a Change: what it does, and who will be asked.

    `alone` says that they may revoke at once without anybody else, being an approver.
    """

    kind: model.Kind
    credential: model.Credential
    preview: Preview
    alone: bool = False


class View(enum.StrEnum):
    """What can be listed."""

    MINE = "mine"  # requests of the person who asks
    OWNED = "owned"  # credentials of the person who asks
    WORKSPACE = "workspace"  # credentials of a Tower workspace
    WAITING = "waiting"  # requests that the person who asks may decide on now


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a list: a request, the credential that it made or is about, or both.

    `may` is what the person who looks may ask to have done to the credential.
    """

    request: model.Request | None = None
    credential: model.Credential | None = None
    may: frozenset[model.Kind] = frozenset()


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of a view, newest first; `after` leads to the next one (None: there is none).

    A page may be shorter than others: what its reader may not see is left out. `troubles` says, in
    a sentence each, what could not be looked up, so that something may be missing.
    """

    view: View
    rows: tuple[Row, ...]
    after: str | None = None
    workspace: model.Workspace | None = None
    troubles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Home:
    """What somebody's home shows: the newest of each, and whether there are more."""

    waiting: Listing
    requests: Listing
    credentials: Listing


@dataclass(frozen=True, slots=True)
class Allowance:
    """One rule as somebody sees it: its name, what it is about, and on what it still depends."""

    rule: str
    about: str
    condition: str = ""


@dataclass(frozen=True, slots=True)
class Whoami:
    """How the bot sees somebody, and what they may do by the policy in force."""

    who: model.Principal
    standing: model.Standing
    policy_version: str
    person: str | None = None  # as [[people]] calls them
    tower: str | None = None
    others: tuple[str, ...] = ()  # the same person's other accounts, as `platform:user`
    groups: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()  # groups that could not be looked up
    may_ask: tuple[Allowance, ...] = ()
    may_decide: tuple[Allowance, ...] = ()


def problems(submission: Submission, *, wildcards: bool) -> dict[str, str]:
    """Return what is wrong with a submission by its looks alone, a sentence for each field."""
    found = {
        Field.NAME: _name(submission.name),
        Field.WORKSPACE: "Choose a workspace." if submission.workspace_id is None else None,
        Field.REPOSITORY: _repositories(submission.repositories, wildcards=wildcards),
        Field.VALIDITY: validity_problem(submission.validity_days, None),
        Field.REASON: reason_problem(submission.reason),
    }
    return {field.value: problem for field, problem in found.items() if problem}


def _name(name: str) -> str | None:
    if NAME.fullmatch(name):
        return None
    return "Use 2 to 99 letters, digits, dashes or underscores: Tower takes no other names."


def _repositories(chosen: tuple[ports.Repository, ...], *, wildcards: bool) -> str | None:
    if not chosen:
        return "Choose a repository."
    for one in chosen:
        if problem := _repository(one.name, wildcards=wildcards):
            return problem if len(chosen) == 1 else f"{one.path}: {problem}"
    return several_registries(chosen) or too_long(tuple(dict.fromkeys(one.path for one in chosen)))


def several_registries(chosen: Sequence[ports.Repository]) -> str | None:
    """Return why repositories of several registries cannot be asked for together."""
    hosts = sorted({one.login_server for one in chosen})
    if len(hosts) <= 1:
        return None
    return (
        f"Choose repositories of one registry: these are of {' and '.join(hosts)}. "
        "A credential is for one registry, so ask for each of them by itself."
    )


def too_long(paths: Collection[str]) -> str | None:
    """Return why one request cannot be about so many repositories: its approvers could not see them all."""
    characters = sum(map(len, paths))
    if len(paths) > MOST_AT_ONCE:
        limit, found = f"{MOST_AT_ONCE} repositories", f"{len(paths)}"
    elif characters > LONGEST_AT_ONCE:
        limit, found = f"{LONGEST_AT_ONCE} characters of repository names", f"{characters}"
    else:
        return None
    return (
        f"One request has room for {limit}, so that its approvers see all of them: these are {found}. "
        "Please ask in several requests."
    )


def too_many(number: int) -> str | None:
    """Return why one credential cannot read so many repositories."""
    if number <= MOST_REPOSITORIES:
        return None
    return f"One credential reads at most {MOST_REPOSITORIES} repositories, and this would make {number}."


def _repository(name: str, *, wildcards: bool) -> str | None:
    if name != name.lower():
        return "Repository names are lower case in a registry."
    if len(name) <= LONGEST_REPOSITORY and REPOSITORY.fullmatch(name):
        return None
    if "*" not in name:
        return "This is not a repository name."
    if not WILDCARD.fullmatch(name):
        return "A wildcard is one star at the end, as in team/*."
    return None if wildcards else "Wildcards are not allowed here (REGISTRY_BOT_WILDCARDS is off)."


def validity_problem(days: int | None, longest: int | None) -> str | None:
    """Return why a validity cannot be had; no end at all is longer than any limit."""
    if days is not None and days < 1:
        return "Give a number of days from 1 on, or leave it empty."
    if longest is not None and (days is None or days > longest):
        return f"Give at most {longest} days: the policy allows no more here."
    return None


def reason_problem(reason: str) -> str | None:
    """Return why a reason cannot be kept; none at all is fine."""
    if len(reason) > LONGEST_REASON:
        return f"Keep the reason to {LONGEST_REASON} characters."
    return None


def option_key(repository: ports.Repository) -> str:
    """Return the value of a repository's option: its path, or a digest where that is too long."""
    path = repository.path
    return path if len(path) <= LONGEST_KEY else "~" + hashlib.sha256(path.encode()).hexdigest()[:40]
