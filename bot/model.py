"""Frozen types and ids: what a request, a credential and their parts are.

Records are pydantic models because they are read back from Redis, and what is read back is
checked. A record never holds a secret; a minted password is not a model type at all.
"""

from __future__ import annotations

import datetime as dt
import enum
import hashlib
import json
import secrets
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

RequestId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{22}$")]
Slot = Annotated[str, Field(pattern=r"^password[12]$")]
PASSWORD1, PASSWORD2 = "password1", "password2"  # ACR's names of a token's two slots


def new_id() -> str:
    """Return 128 random bits, URL-safe (22 characters)."""
    return secrets.token_urlsafe(16)


def short_id(request_id: str) -> str:
    """Return the form of an id that people see; names built from it keep to ACR's alphabet."""
    return hashlib.sha256(request_id.encode()).hexdigest()[:6]


class Record(BaseModel):
    """Base of everything that is kept: frozen, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Platform(enum.StrEnum):
    """A chat platform."""

    SLACK = "slack"
    TEAMS = "teams"


class Kind(enum.StrEnum):
    """What a request asks for."""

    ISSUE = "issue"
    EXTEND = "extend"
    ROTATE = "rotate"
    REVOKE = "revoke"


class State(enum.StrEnum):
    """Where a request stands."""

    PENDING = "pending"
    APPROVED = "approved"
    RUNNING = "running"
    DONE = "done"
    DENIED = "denied"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    FAILED = "failed"


class CredentialState(enum.StrEnum):
    """Where a credential stands."""

    ACTIVE = "active"
    ROTATING = "rotating"
    REVOKING = "revoking"
    REVOKED = "revoked"
    DRIFTED = "drifted"


class Principal(Record):
    """Who somebody is to a platform: never a name, never an e-mail address."""

    platform: Platform
    tenant: str
    user: str

    @property
    def key(self) -> str:
        """Return the one-line form, as in `slack:T0001:U0002`."""
        return f"{self.platform}:{self.tenant}:{self.user}"


class Usergroup(Record):
    """A group whose members a platform keeps: mentioned by its id, looked up at each decision."""

    platform: Platform
    id: str


class Standing(enum.StrEnum):
    """What a platform says of somebody's account."""

    MEMBER = "member"
    GUEST = "guest"
    OUTSIDER = "outsider"  # of another organization, as through Slack Connect
    GONE = "gone"
    UNKNOWN = "unknown"  # the platform did not say


class Place(Record):
    """Where in a platform something was asked or is shown."""

    platform: Platform
    tenant: str
    channel: str
    thread: str | None = None


class Role(enum.StrEnum):
    """Which of a request's messages a copy is; a request has one copy of each, duplicates apart."""

    APPROVAL = "approval"  # in the approvers' channel, with the buttons
    ORIGIN = "origin"  # where it was asked: one line with the state, root of the thread
    PROGRESS = "progress"  # in that thread, from approval on
    RESULT = "result"  # in that thread, once the request has ended: this one notifies
    DIRECT = "direct"  # to the requester alone
    TOLD = "told"  # in a channel that is told and does not decide
    REMINDER = "reminder"  # below the approval message, when it has waited for long
    ESCALATION = "escalation"  # in the approvers' channel, once others may decide too


class Copy(Record):
    """One chat message that shows a request, or the reason why it could not be posted."""

    role: Role
    platform: Platform
    channel: str
    message: str | None = None
    thread: str | None = None
    shown: int = 0  # version of the request that it shows
    error: str | None = None
    duplicate: bool = False  # posted by a process that died before it could remember it; seen at a click

    @property
    def key(self) -> str:
        """Return what tells a request's copies apart: the role, and for a duplicate where it is."""
        return f"{self.role}@{self.channel}/{self.message}" if self.duplicate else self.role.value


class Workspace(Record):
    """A Tower workspace. `org` is None for the personal workspace of the bot's account."""

    id: int
    org: str | None
    name: str

    @property
    def full_name(self) -> str:
        """Return `org/name`, as Tower's own command line writes it."""
        return f"{self.org}/{self.name}" if self.org else f"{self.name} (personal)"


class Registry(Record):
    """An Azure container registry, as ARM describes it. `login_server` is lower case."""

    login_server: str
    name: str
    resource_group: str
    sku: str
    anonymous_pull: bool = False
    public: bool = True  # reachable by the hosted Wave: no firewall, no private endpoint only
    abac: bool = False  # roleAssignmentMode AbacRepositoryPermissions


class Spec(Record):
    """Exactly what is asked for, and so exactly what is approved."""

    kind: Kind
    name: str
    workspace: Workspace
    login_server: str
    repositories: tuple[str, ...]
    validity_days: int | None = None
    reason: str = ""

    def digest(self, policy_version: str) -> str:
        """Return SHA-256 over the canonical spec and the policy version it was shown under."""
        return hashlib.sha256(
            canonical({"policy": policy_version, "spec": self.model_dump(mode="json")})
        ).hexdigest()


class Verdict(enum.StrEnum):
    """What an approver said."""

    APPROVE = "approve"
    DENY = "deny"


class Decision(Record):
    """One person's recorded decision, bound to what was shown."""

    by: Principal
    verdict: Verdict
    digest: str
    at: dt.datetime
    reason: str = ""


class Verification(enum.StrEnum):
    """What Wave could tell about the finished credential."""

    VERIFIED = "verified"
    NO_TAG = "no_tag"
    ANONYMOUS_PULL = "anonymous_pull"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    UNAVAILABLE = "unavailable"


class Progress(Record):
    """What the saga has made so far. Names and ids only: never a secret."""

    steps: tuple[str, ...] = ()
    token: str | None = None
    scope_map: str | None = None
    slot: Slot | None = None
    tower_id: str | None = None
    expires: dt.datetime | None = None
    image: str | None = None
    verification: Verification | None = None
    detail: str | None = None
    undoing: str | None = None  # set: why the steps are being taken back
    undone: tuple[str, ...] = ()
    marks: dict[str, dt.datetime] = Field(default_factory=dict)  # when a step's waiting began


class Request(Record):
    """One request with all that is known of it, copies apart."""

    id: RequestId
    spec: Spec
    requester: Principal
    place: Place | None
    approval: Place
    approvers: tuple[Principal, ...] = ()  # who was asked, for display only: never for deciding
    approver_groups: tuple[Usergroup, ...] = ()  # and which groups, likewise
    needed: int = 1
    rule: str = ""  # the name of the rule that was chosen, and its version then
    rule_version: str = ""
    policy_version: str
    digest: str
    state: State = State.PENDING
    version: int = 1
    told: Place | None = None
    created: dt.datetime
    deadline: dt.datetime
    remind_at: dt.datetime | None = None
    reminded: dt.datetime | None = None
    escalate_at: dt.datetime | None = None
    escalated: dt.datetime | None = None
    fallback: tuple[Principal, ...] = ()  # who may decide too once it is escalated, for display only
    fallback_groups: tuple[Usergroup, ...] = ()
    automatic: bool = False  # approved by its rule, within a person's quota
    decisions: tuple[Decision, ...] = ()
    progress: Progress = Progress()
    error: str | None = None  # what people may read
    remedy: str | None = None  # what an operator should change
    changed: dt.datetime

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to this request."""
        return self.state in ENDED

    @property
    def claims(self) -> tuple[str, ...]:
        """Return what only one open request or live credential may hold at a time."""
        spec = self.spec
        return host_claim(spec.workspace.id, spec.login_server), name_claim(spec.workspace.id, spec.name)


def host_claim(workspace_id: int, login_server: str) -> str:
    """Return the claim on a registry's host in a workspace: Wave can use only one credential for it."""
    return f"host:{workspace_id}:{login_server}"


def name_claim(workspace_id: int, name: str) -> str:
    """Return the claim on a credential's name in a workspace."""
    return f"name:{workspace_id}:{name}"


ENDED = frozenset({State.DONE, State.DENIED, State.CANCELLED, State.EXPIRED, State.FAILED})


class Credential(Record):
    """What exists once a request is done: one ACR token, its scope map, one Tower credential."""

    id: RequestId  # of the request that issued it
    name: str
    workspace: Workspace
    login_server: str
    repositories: tuple[str, ...]
    token: str
    scope_map: str
    slot: Slot
    tower_id: str
    owner: Principal
    state: CredentialState = CredentialState.ACTIVE
    created: dt.datetime
    expires: dt.datetime | None = None
    verified: dt.datetime | None = None


def canonical(value: object) -> bytes:
    """Return the one JSON form that digests and chains are taken over."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
