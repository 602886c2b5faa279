"""What the Tower double knows: users, workspaces, credentials, and who may do what. No HTTP.

Roles as Seqera's documentation has them: writing credentials takes Admin or Owner, reading their
keys (which only Wave does) takes Launch or more
(https://docs.seqera.io/platform-cloud/orgs-and-teams/roles).
"""

from __future__ import annotations

import datetime as dt
import enum
import re
import secrets
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

WRITERS = frozenset({"owner", "admin"})
KEY_READERS = WRITERS | {"maintain", "launch"}
PARTICIPANTS = KEY_READERS | {"connect", "view"}

_NAME = re.compile(r"^[A-Za-z0-9_-]{2,99}$")


class Era(enum.StrEnum):
    """Which Tower this is: what it answers and which calls it has."""

    V22_4 = "22.4"  # no roles in the workspace list, no call to validate a name
    TODAY = "today"


@dataclass(frozen=True, slots=True)
class Workspace:
    """An organization's workspace."""

    id: int
    name: str
    org_id: int
    org: str


@dataclass(frozen=True, slots=True)
class User:
    """An account with one access token, and its role in each workspace it belongs to."""

    id: int
    name: str
    token: str = field(repr=False)
    roles: Mapping[int, str] = field(default_factory=dict)

    @property
    def email(self) -> str:
        """Return a made-up address."""
        return f"{self.name}@example.com"


@dataclass(frozen=True, slots=True)
class Credential:
    """A container-registry credential as Tower holds it."""

    id: str
    name: str
    registry: str
    user: str
    password: str = field(repr=False)
    created: dt.datetime
    updated: dt.datetime
    used: dt.datetime | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """Something that runs with a credential."""

    id: str
    name: str
    type: str = "workflow"


@dataclass(slots=True)
class Switches:
    """How this Tower behaves where the facts leave several possibilities, or where things go wrong."""

    era: Era = Era.TODAY
    bad_token_status: int = 401  # with an empty body; 403 comes with {"message": "Forbidden"}
    duplicate_status: int = 409  # or 400 with a message
    missing_status: int = 404  # for an unknown credential id; Tower may say 403
    wave_enabled: bool = True  # what service-info says
    newest_first: bool = False  # the order of GET /credentials
    tests_login: bool = True  # whether saving tries the login
    describes: bool = True  # whether it keeps the description that a save brings
    refuse_logins: int = 0  # so many of the next saves say "invalid credentials"
    refuse_logins_s: float = 0.0  # and so does every save for so long after the first for a registry
    calls_per_s: int | None = 20  # per token; None: no limit


class Refused(Exception):
    """The call is refused; no message means an empty body."""

    def __init__(self, status: int, message: str | None = None) -> None:
        super().__init__(status)
        self.status = status
        self.message = message


class TowerState:
    """Everything this Tower holds. A place is a workspace id, or minus a user's id for a personal one."""

    def __init__(self, *, workspaces: Sequence[Workspace], users: Sequence[User]) -> None:
        self.workspaces = {workspace.id: workspace for workspace in workspaces}
        self.users = {user.token: user for user in users}
        self.credentials: dict[int, list[Credential]] = {}
        self.deliveries: Counter[str] = Counter()  # how many times each password arrived
        self.jobs: dict[str, list[Job]] = {}  # by the id of the credential that they run with
        self.first_saves: dict[str, dt.datetime] = {}  # by registry
        self.switches = Switches()

    def user(self, token: str) -> User:
        """Return whose token it is."""
        user = self.users.get(token)
        if user is None:
            status = self.switches.bad_token_status
            raise Refused(status, "Forbidden" if status == 403 else None)  # noqa: PLR2004  # HTTP
        return user

    def place(self, user: User, workspace_id: int | None, *, roles: frozenset[str]) -> int:
        """Return where a call goes; without a workspace that is the user's personal one."""
        if workspace_id is None:
            return -user.id
        if workspace_id not in self.workspaces or user.roles.get(workspace_id) not in roles:
            raise Refused(403, "Forbidden")
        return workspace_id

    def listed(self, place: int) -> tuple[Credential, ...]:
        """Return a place's credentials in the order that this Tower lists them."""
        held = self.credentials.get(place, [])
        return tuple(reversed(held)) if self.switches.newest_first else tuple(held)

    def find(self, place: int, credential_id: str) -> Credential:
        """Return one credential."""
        for credential in self.credentials.get(place, ()):
            if credential.id == credential_id:
                return credential
        status = self.switches.missing_status
        raise Refused(status, "Forbidden" if status == 403 else "Unknown credentials")  # noqa: PLR2004  # HTTP

    def check_name(self, place: int, name: str, *, but: str | None = None) -> None:
        """Refuse a malformed name, and one that another credential has."""
        if not _NAME.match(name):
            raise Refused(400, "Credentials name contains invalid characters")
        if any(each.name == name and each.id != but for each in self.credentials.get(place, ())):
            raise Refused(self.switches.duplicate_status, "Credentials name is already in use")

    def add(self, place: int, credential: Credential) -> Credential:
        """Keep a new credential."""
        self.credentials.setdefault(place, []).append(credential)
        return credential

    def change(self, place: int, credential: Credential) -> None:
        """Replace a credential in place: id, position and creation time stay."""
        held = self.find(place, credential.id)
        self._put(place, held, replace(credential, created=held.created, used=held.used))

    def use(self, place: int, credential_id: str, now: dt.datetime) -> Credential:
        """Return a credential to Wave, which counts as a use."""
        held = self.find(place, credential_id)
        return self._put(place, held, replace(held, used=now))

    def _put(self, place: int, old: Credential, new: Credential) -> Credential:
        listed = self.credentials[place]
        listed[listed.index(old)] = new
        return new

    def run(self, credential_id: str, *names: str) -> None:
        """Start jobs that use a credential; `jobs` is where they end."""
        started = [Job(f"job{secrets.token_hex(6)}", name) for name in names]
        self.jobs.setdefault(credential_id, []).extend(started)

    def remove(self, place: int, credential_id: str) -> None:
        """Delete a credential."""
        found = self.find(place, credential_id)
        self.credentials[place].remove(found)

    def seed(self, place: int, *, name: str, registry: str, user: str, password: str) -> Credential:
        """Put a credential there as if somebody had made it by hand."""
        now = dt.datetime.now(dt.UTC)
        return self.add(place, Credential(new_credential_id(), name, registry, user, password, now, now))


def new_credential_id() -> str:
    """Return an id of 22 letters and digits, as Tower makes them."""
    alphabet = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    return "".join(secrets.choice(alphabet) for _ in range(22))
