"""The names of all keys. One hash tag for all of them, so that a script may touch any on a Cluster."""

from __future__ import annotations

from dataclasses import dataclass

from bot import ports


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one deployment. `prefix` is all that tells two deployments on one Redis apart."""

    prefix: str

    def _name(self, *parts: str) -> str:
        return ":".join((f"{{{self.prefix}}}", *parts))

    def request(self, request_id: str) -> str:
        """Hash: record, version, head, state, ended, open_key, fence, and a field for each copy."""
        return self._name("req", request_id)

    def trail(self, request_id: str) -> str:
        """List: the request's audit entries, oldest first."""
        return self._name("trail", request_id)

    def credential(self, credential_id: str) -> str:
        """String: the credential's record."""
        return self._name("cred", credential_id)

    def op(self, token: str) -> str:
        """String: what was done under an operation token."""
        return self._name("op", token)

    def once(self, token: str) -> str:
        """String: who saw a token first."""
        return self._name("once", token)

    @property
    def lists(self) -> str:
        """Sorted set: the entries of every list (see `bot.store.lists`), all with the score 0."""
        return self._name("lists")

    @property
    def listed(self) -> str:
        """Hash: request, or `credential:` and credential, to the lists that it stands in."""
        return self._name("listed")

    @property
    def over(self) -> str:
        """Sorted set: requests that will be forgotten, by when."""
        return self._name("ix", "over")

    @property
    def due(self) -> str:
        """Sorted set: requests nobody works on, by when they want attention."""
        return self._name("due")

    @property
    def lease(self) -> str:
        """Sorted set: requests somebody works on, by when the lease lapses. Never also in `due`."""
        return self._name("lease")

    @property
    def work(self) -> str:
        """Hash: `fence:`, `tries:`, `owner:` and `again:` of requests that are not over yet."""
        return self._name("work")

    @property
    def claims(self) -> str:
        """Hash: claim to the id of the request or credential that holds it."""
        return self._name("claims")

    @property
    def open(self) -> str:
        """Hash: person, or account, to how many of their requests have not ended."""
        return self._name("open")

    @property
    def audit(self) -> str:
        """Stream: every audit entry of the deployment."""
        return self._name("audit")

    @property
    def sequence(self) -> str:
        """Counter: the newest audit entry's global number."""
        return self._name("audit", "seq")

    @property
    def chain(self) -> str:
        """String: MAC of the newest audit entry that belongs to no request."""
        return self._name("audit", "head")

    def mark(self, mark: ports.Mark) -> str:
        """String: what is remembered about the audit stream."""
        return self._name("audit", mark)

    @property
    def homes(self) -> str:
        """Sorted set: who has opened their home, by when; it expires with the last of them."""
        return self._name("homes")

    @property
    def ping(self) -> str:
        """String: what a ping writes."""
        return self._name("ping")

    @property
    def lasting(self) -> frozenset[str]:
        """The fixed keys that never expire; none grows beyond what lives (the audit stream is exported)."""
        working = (self.over, self.due, self.lease, self.work, self.claims, self.open)
        marks = (self.mark(mark) for mark in ports.Mark)
        return frozenset((*working, self.lists, self.listed, self.audit, self.sequence, self.chain, *marks))
