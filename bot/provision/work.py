"""One request being worked on under one lease: what a step may do, and what it returns."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec, TypeVar

from bot import audit, errors, lease, machine, model, ports, recorder, rules
from bot.provision import decisions, names

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Done:
    """A step did what it has to. `update` goes into the progress.

    `changed` False, from an undo, means that there was nothing to take back; an `update` from one,
    that its step had been done after all and cannot be taken back.
    """

    update: Mapping[str, Any] = field(default_factory=dict)
    changed: bool = True


@dataclass(frozen=True, slots=True)
class Retry:
    """Worth another try, not before `after_s` if the service said so."""

    why: str
    remedy: str | None = None
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing is wrong, it only has to wait: until when, and what to write down meanwhile.

    Unlike a Retry it uses up no tries: the step itself says when it has waited long enough.
    """

    until: dt.datetime
    update: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """No retry mends it: a sentence for people, and what an operator should change."""

    error: str
    remedy: str | None = None


@dataclass(frozen=True, slots=True)
class Forged:
    """A record does not prove what it claims: that the request was approved, or what the credential is."""

    why: str


Trouble = Failed | Forged
Outcome = Done | Retry | Wait | Trouble


@dataclass(frozen=True, slots=True)
class Services:
    """The outside, as the steps see it."""

    registries: ports.Registries
    catalog: ports.Catalog
    tower: ports.Tower
    wave: ports.Wave


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the saga waits for others, in seconds."""

    give_up_s: float = 30 * 60.0  # of retrying, from the start of the work
    # A regenerated password can take a minute to reach every replica of a registry, and Tower tests
    # it at once (MicrosoftDocs/azure-management-docs, container-registry-token-based-repository-permissions).
    deliver_step_s: float = 7.0
    deliver_window_s: float = 120.0
    replicated_s: float = 65.0  # that minute and a margin, before a slot's second password is used
    # Wave keeps a workspace's credentials for a minute (seqeralabs/wave, wave.pairing.cache.short.duration).
    verify_step_s: float = 12.0
    verify_window_s: float = 120.0
    # From Tower's new keys until nobody uses the old ones: those caches, and a margin for our clocks.
    caches_s: float = 75.0
    verify_later_s: float = 60 * 60.0  # between further tries to verify a rotated password
    verify_give_up_s: float = 24 * 60 * 60.0  # of them, since Tower got it
    remove_later_s: float = 30.0  # between tries to remove an old password that Azure refuses to remove
    remove_give_up_s: float = 60.0  # of them
    in_use_first_s: float = 60.0  # between tries to delete what jobs use; each as long as all before it
    in_use_longest_s: float = 60 * 60.0
    in_use_give_up_s: float = 24 * 60 * 60.0
    backoff_s: float = 1.0
    longest_backoff_s: float = 60.0


@dataclass(frozen=True, slots=True)
class Desk:
    """What all work shares."""

    record: recorder.Recorder
    services: Services
    policy: Callable[[], rules.Policy]  # the one in force now
    clock: ports.Clock
    timing: Timing = field(default_factory=Timing)


class Work:
    """A request, its lease, and the only ways to the outside and to the record."""

    def __init__(
        self,
        desk: Desk,
        held: lease.Lease,
        request: model.Request,
        tell: Callable[[model.Request], None],
    ) -> None:
        self.desk = desk
        self.lease = held
        self.request = request
        self.credential: model.Credential | None = None  # that is changed, as it was read last
        self._tell = tell
        self._registry: model.Registry | None = None

    @property
    def spec(self) -> model.Spec:
        """Return what is asked for."""
        return self.request.spec

    @property
    def fresh(self) -> bool:
        """Tell whether this work makes a credential, instead of changing one."""
        return self.spec.kind in model.FRESH

    @property
    def held(self) -> model.Credential:
        """Return the credential that is changed, as it was read before this step."""
        if self.credential is None:
            raise LookupError("A request that makes a credential has none to change.")
        return self.credential

    @property
    def token(self) -> str:
        """Return the name of the token in Azure: the credential's own, or the one that is being made."""
        return names.token(self.request) if self.fresh else self.held.token

    @property
    def scope_map(self) -> str:
        """Return the name of the scope map, likewise."""
        return names.token(self.request) if self.fresh else self.held.scope_map

    def now(self) -> dt.datetime:
        """Return the present moment."""
        return self.desk.clock.now()

    async def outside(self, call: Callable[P, Awaitable[T]], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a service; raise LeaseLost instead if the request is not ours any more.

        Every call of every step goes through here: a process that was frozen past its lease
        stops before it acts on anything again.
        """
        await self.lease.confirm()
        return await call(*args, **kwargs)

    async def registry(self, *, fresh: bool = False) -> model.Registry:
        """Return the request's registry, read once an attendance."""
        if self._registry is None or fresh:
            read = self.desk.services.registries.registry
            self._registry = await self.outside(read, self.spec.login_server, fresh=fresh)
        return self._registry

    async def commit(
        self,
        moved: machine.Event,
        event: audit.Event,
        *,
        data: Mapping[str, str | int | None],
        credential: model.Credential | None = None,
        **update: Any,
    ) -> None:
        """Write the next version under the fence, and tell who shows it."""
        # From what we checked, not from what stands in Redis now: under the fence nobody else may
        # have changed it, and if somebody did, that does not become part of the request.
        after = machine.advance(self.request, moved, at=self.now(), **update)
        proposal = recorder.Proposal(after, event, data=data, credential=credential)
        # Under the fence each version is written once, so this names one write for good.
        op = f"work:{self.request.id}:{self.lease.fence}:{self.request.version + 1}"
        self.request = await self.desk.record.apply(
            self.request.id, lambda _: proposal, op=op, fence=self.lease.fence
        )
        self._tell(self.request)

    async def doubt(self) -> str | None:
        """Return why the record does not prove the approval, or None if it does."""
        try:
            entries = await self.desk.record.verified(self.request.id)
        except errors.Refused as refusal:
            if refusal.reason is errors.Reason.CHANGED:
                return "its audit trail is broken"
            raise
        return decisions.doubt(self.request, entries, self.desk.policy())

    async def read(self) -> Trouble | None:
        """Read the credential that is changed; return why it cannot be relied on, or None if it can."""
        wanted = self.spec.credential
        if wanted is None:
            return Failed("This request names no credential.")
        try:
            self.credential = await self.desk.record.credential(wanted)
        except errors.Refused as refusal:
            if refusal.reason is errors.Reason.CHANGED:
                return Forged("its credential's record was changed by something else than the bot")
            return Failed(str(refusal))
        return None

    async def ours(self) -> Trouble | None:
        """Read the credential once more; return why it is not this request's to change any more."""
        if self.fresh:
            return None
        trouble = await self.read()
        if trouble is None and self.held.busy != self.request.id:
            return Failed(taken_over(self.held))
        return trouble


def taken_over(credential: model.Credential) -> str:
    """Return why a request may not change a credential that somebody else has in hand."""
    match credential.state:
        case model.CredentialState.REVOKED:
            return f"The credential {credential.name} has been revoked."
        case model.CredentialState.REVOKING:
            return f"The credential {credential.name} is being revoked."
        case _:
            return f"Another request is changing the credential {credential.name}."
