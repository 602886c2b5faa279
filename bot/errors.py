"""Every error of ours, and the two questions each answers: may it be retried, what may a user read?

    BotError
    ├── BadInput            form fields or arguments are wrong; a sentence for each
    ├── Refused             this person may not do this to this request now; carries a Reason
    ├── NotAccepted         the store is away; nothing was kept, the user may try again
    ├── LeaseLost           another worker owns the request; stop before the next outside call
    ├── Overtaken           another request changed the credential meanwhile; read it again
    ├── ConfigurationError  a setting is wrong or missing; names the setting
    └── ServiceError        Azure, Tower, Wave or the chat platform
        ├── Temporary       worth a retry; may carry the service's own Retry-After
        │   ├── Throttled   429; the service told us to wait
        │   ├── Unknown     the answer was lost: the action may or may not have happened
        │   ├── NotYet      the service has not caught up with what we just made
        │   └── InUse       running jobs keep it; names some of them
        └── Permanent       no retry mends it
            ├── NotFound
            ├── AlreadyThere
            ├── Forbidden   names the role or permission that is missing
            └── LimitReached

A message never holds a vendor's body beyond its documented error code, and never a header.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping

from bot import model


class Reason(enum.StrEnum):
    """Why a person was refused. The closed list that policy, audit and chat share."""

    NO_RULE = "no_rule"
    NOT_APPROVER = "not_approver"
    OWN_REQUEST = "own_request"
    NOT_REQUESTER = "not_requester"
    ALREADY_DECIDED = "already_decided"
    ALREADY_VOTED = "already_voted"
    EXPIRED = "expired"
    UNKNOWN_REQUEST = "unknown_request"
    CHANGED = "changed"
    OTHER_PLATFORM = "other_platform"
    OUTSIDER = "outsider"
    DIRECTORY_DOWN = "directory_down"
    TOO_MANY = "too_many"
    DUPLICATE = "duplicate"
    NOT_OWNER = "not_owner"
    UNKNOWN_CREDENTIAL = "unknown_credential"
    BUSY = "busy"


class BotError(Exception):
    """Base of all of ours. `str(error)` is safe for logs and for people."""

    retryable = False


class BadInput(BotError):
    """Something typed is wrong. `problems` maps a form field (see `bot.forms.Field`) to a sentence."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(problems.values()))
        self.problems = dict(problems)


class Refused(BotError):
    """The person may not do this now; nothing changed but the audit log.

    `request` is the request as it stands, where there is one: a renderer may name who decided.
    """

    def __init__(self, reason: Reason, message: str, *, request: model.Request | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.request = request


class NotAccepted(BotError):
    """The store could not be reached: nothing was kept."""

    retryable = True


class LeaseLost(BotError):
    """The fence moved on: somebody else works on this request now."""


class Overtaken(BotError):
    """The credential is not what it was when it was read: another request changed it."""


class ConfigurationError(BotError):
    """A setting is missing or wrong; the message names it and says what to set."""


class ServiceError(BotError):
    """An outside service failed. `service` is its name as people know it.

    `remedy` tells an operator what to change, where that is known.
    """

    def __init__(self, message: str, *, service: str, remedy: str | None = None) -> None:
        super().__init__(message)
        self.service = service
        self.remedy = remedy


class Temporary(ServiceError):
    """Worth a retry. `retry_after_s` is the service's own wish in seconds, when it gave one."""

    retryable = True

    def __init__(
        self, message: str, *, service: str, remedy: str | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(message, service=service, remedy=remedy)
        self.retry_after_s = retry_after_s


class Throttled(Temporary):
    """The service asked us to slow down (HTTP 429)."""


class Unknown(Temporary):
    """The connection broke after the request was sent: look before doing it again."""


class NotYet(Temporary):
    """The service has not caught up with what we just made; ask again soon."""


class InUse(Temporary):
    """Running jobs need it. `jobs` names some of them, `count` says how many there are.

    The names are the service's: plain text without control characters, never markup.
    """

    def __init__(
        self,
        message: str,
        *,
        service: str,
        remedy: str | None = None,
        jobs: tuple[str, ...] = (),
        count: int | None = None,
    ) -> None:
        super().__init__(message, service=service, remedy=remedy)
        self.jobs = jobs
        self.count = len(jobs) if count is None else count


class Permanent(ServiceError):
    """No retry mends this."""


class NotFound(Permanent):
    """The thing is not there."""


class AlreadyThere(Permanent):
    """The name or host is taken."""


class Forbidden(Permanent):
    """The bot's identity lacks a role; `remedy` names it."""


class LimitReached(Permanent):
    """The service has no room for another one."""
