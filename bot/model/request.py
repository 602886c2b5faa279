"""What somebody asked for, and what became of it."""

from __future__ import annotations

import datetime as dt
import enum
import hashlib

from pydantic import Field

from bot.model.base import Record, RequestId, Slot, canonical
from bot.model.people import Place, Principal, Usergroup
from bot.model.things import CredentialState, Workspace, host_claim, name_claim


class Kind(enum.StrEnum):
    """What a request asks for."""

    ISSUE = "issue"
    EXTEND = "extend"  # repositories join a credential's scope map
    NARROW = "narrow"  # repositories leave it
    ROTATE = "rotate"
    REVOKE = "revoke"
    ADOPT = "adopt"  # a credential made by hand gets a token of ours


SCHEDULED = "Scheduled by the rule"  # how the reason of a rotation begins that nobody asked for
FRESH = frozenset({Kind.ISSUE, Kind.ADOPT})  # these leave a new credential behind, under their own id


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


class Spec(Record):
    """Exactly what is asked for, and so exactly what is approved.

    `repositories` is all that the credential reads once the request is done; of an extension, what
    it read when it was asked for is `before`. `credential` is what is extended, rotated or revoked.
    """

    kind: Kind
    name: str
    workspace: Workspace
    login_server: str
    repositories: tuple[str, ...]
    validity_days: int | None = None
    reason: str = ""
    credential: RequestId | None = None
    before: tuple[str, ...] = ()
    tower_id: str | None = None  # of the credential made by hand that is adopted
    at_once: bool = False  # revoke it whatever still uses it

    @property
    def added(self) -> tuple[str, ...]:
        """Return the repositories that were not readable before."""
        return tuple(name for name in self.repositories if name not in self.before)

    @property
    def removed(self) -> tuple[str, ...]:
        """Return the repositories that are not readable any more afterwards."""
        return tuple(name for name in self.before if name not in self.repositories)

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
    left: tuple[str, ...] = ()  # what could not be taken back, or not be taken away, for good
    seen: str | None = None  # Tower's word for when the credential had last changed before we did
    marks: dict[str, dt.datetime] = Field(default_factory=dict)  # when a step's waiting began


class Life(Record):
    """What became of the credential that a request made, as far as its messages tell."""

    version: int  # of the credential
    state: CredentialState = CredentialState.ACTIVE
    repositories: tuple[str, ...] = ()
    expires: dt.datetime | None = None
    by: RequestId | None = None  # the request that changed it last
    warned: int | None = None  # days before `expires` of the newest warning; 0: it has expired
    said: int = 0  # version of the request that holds that warning: its message is of no older one


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
    automatic: bool = False  # approved by its rule: within a quota, or because it says so of this kind
    emergency: bool = False  # a revocation that its requester, an approver, decided alone
    decisions: tuple[Decision, ...] = ()
    progress: Progress = Progress()
    error: str | None = None  # what people may read
    remedy: str | None = None  # what an operator should change
    life: Life | None = None  # of what it made, since it is done
    changed: dt.datetime

    @property
    def ended(self) -> bool:
        """Tell whether nothing more will happen to this request."""
        return self.state in ENDED

    @property
    def scheduled(self) -> bool:
        """Tell whether its rule asked for it, in its owner's name."""
        rotation = self.automatic and self.spec.kind is Kind.ROTATE
        return rotation and self.spec.reason.startswith(SCHEDULED)

    @property
    def claims(self) -> tuple[str, ...]:
        """Return what only one open request or live credential may hold at a time."""
        spec = self.spec
        if spec.kind in FRESH:
            return host_claim(spec.workspace.id, spec.login_server), name_claim(spec.workspace.id, spec.name)
        # Beside a change that is open, a credential can still be revoked; and beside a revocation
        # that waits for jobs or approvers, at once.
        revoke = "revoke_now" if spec.at_once else "revoke"
        return (f"{revoke if spec.kind is Kind.REVOKE else 'change'}:{spec.credential}",)

    @property
    def about(self) -> RequestId:
        """Return the id of the credential that it is about: its own for one that makes it."""
        return self.spec.credential or self.id


ENDED = frozenset({State.DONE, State.DENIED, State.CANCELLED, State.EXPIRED, State.FAILED})
