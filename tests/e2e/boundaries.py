"""Where a process can be killed: around every call that a saga makes to the outside."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from bot.sandbox import acme, emulator, play, stage, tower_state, world

FIRST = 200  # id of the first workspace that is made for a point


@dataclass(slots=True)
class Boundary(emulator.Fault):
    """Parks a call, and every repetition of it: before it acts, or with `after` before its answer."""

    skip: int = 0  # so many calls like it pass before
    parked: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    def wants(self, line: str, body: str = "") -> bool:
        """Let some calls pass, then take one."""
        if not emulator.Fault.wants(self, line, body):
            return False
        if self.skip:
            self.skip -= 1
            return False
        return True

    async def park(self) -> None:
        """Wait here until the test lets go; the connection is then cut."""
        self.parked.set()
        await self.release.wait()

    def lift(self) -> None:
        """Let everything pass from now on; what is parked finds its connection cut."""
        self.times = 0
        self.release.set()


@dataclass(frozen=True, slots=True)
class Point:
    """One place in a saga. `{name}`, `{token}` and `{workspace}` stand for the request's own."""

    to: str
    line: str
    inside: str = ""
    skip: int = 0
    after: bool = False
    fails: bool = False  # Tower refuses the credential, so that the saga takes everything back

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {self.to} {self.line} {self.inside} #{self.skip + 1}"


def _both(to: str, line: str, inside: str = "", *, fails: bool = False) -> tuple[Point, Point]:
    return Point(to, line, inside, fails=fails), Point(to, line, inside, after=True, fails=fails)


FORWARD = (
    Point("arm", "GET .*/scopeMaps/{token}"),  # checking
    Point("arm", "GET .*/tokens/{token}"),
    Point("tower", "GET /credentials/validate.*{name}&"),
    Point("tower", "GET /credentials.workspaceId={workspace}$"),
    Point("arm", "GET .*/scopeMaps/{token}", skip=1),  # checked, and that is written down
    *_both("arm", "PUT .*/scopeMaps/{token}"),
    Point("arm", "GET .*/scopeMaps/{token}", skip=3),  # waiting for it
    Point("arm", "GET .*/tokens/{token}", skip=1),  # scope map made, and that is written down
    *_both("arm", "PUT .*/tokens/{token}"),
    Point("arm", "GET .*/tokens/{token}", skip=3),  # waiting for it
    Point("tower", "GET /credentials.workspaceId={workspace}$", skip=1),  # token made, and written down
    *_both("arm", "POST .*/generateCredentials", "{token}"),
    *_both("tower", "POST /credentials.workspaceId={workspace}$"),
    *_both("wave", "POST /v1alpha1/inspect", '"towerWorkspaceId": ?{workspace}[,}}]'),
    Point("slack", "POST /api/chat.postMessage", '{name}.*"role": ?"progress"', after=True),
    *_both("slack", "POST /api/chat.postMessage", "{name}.*What to do next"),
    *_both("slack", "POST /api/chat.update", "{name}.*is in Tower"),
)
BACKWARD = (
    *_both("tower", "POST /credentials.workspaceId={workspace}$", fails=True)[:1],
    *_both("arm", "DELETE .*/tokens/{token}", fails=True),
    *_both("arm", "DELETE .*/scopeMaps/{token}", fails=True),
)
# Slack has the message, and the process dies before it remembers that; nothing is approved yet.
POSTED = tuple(
    Point("slack", "POST /api/chat.postMessage", f'{{name}}.*"role": ?"{role}"', after=True)
    for role in ("approval", "origin", "direct")
)
# Its address tells nothing of whose it is, so that it is reached last, alone.
ALONE = (Point("arm", "GET .*/registries/acmegenomics/operationStatuses/"),)
POINTS = (*FORWARD, *BACKWARD, *ALONE)


@dataclass(frozen=True, slots=True)
class Case:
    """A point with a workspace and a credential's name of its own; `kind` is the change it is in."""

    point: Point
    number: int
    kind: str = "issue"

    @property
    def name(self) -> str:
        """Return the credential's name."""
        return f"{'point' if self.kind == 'issue' else self.kind}-{self.number:02d}"

    @property
    def workspace(self) -> int:
        """Return the workspace's id."""
        return FIRST + self.number

    @property
    def late(self) -> bool:
        """Tell whether this is reached only after Wave's caches have run out."""
        return self.kind == "rotate" and self.point in LATE

    @property
    def alone(self) -> bool:
        """Tell whether this has to be reached after all others."""
        return self.point in ALONE

    @property
    def wish(self) -> play.Wish:
        """Return what is asked for."""
        return play.Wish(name=self.name, workspace=self.workspace)

    def boundary(self, *, verify: str) -> Boundary:
        """Return what parks this case's saga; `verify` is the token that the bot shows to Wave."""
        known = {
            "name": self.name,
            "token": f"registry-bot-{self.name}-",
            "workspace": self.workspace,
            "verify": verify,
        }
        line, inside = (text.format(**known) for text in (self.point.line, self.point.inside))
        made = Boundary(f"^{line}", times=None, inside=inside, skip=self.point.skip, after=self.point.after)
        made.cut = not made.after
        made.hook = made.park
        return made


CASES = tuple(Case(point, number) for number, point in enumerate(POINTS))

# By the bot's own token: pipelines ask the same, and nobody kills those.
_INSPECT = ("wave", "POST /v1alpha1/inspect", '(?=.*{verify}).*"towerWorkspaceId": ?{workspace}[,}}]')
# The calls that change something, and the one that verifies, in what becomes of a credential.
CHANGES = {
    "extend": (*_both("arm", "PATCH .*/scopeMaps/{token}"), *_both(*_INSPECT)),
    "rotate": (
        *_both("arm", "POST .*/generateCredentials", "{token}"),
        *_both("tower", "PUT /credentials/.*workspaceId={workspace}$"),
    ),
    "revoke": (
        *_both("tower", "DELETE /credentials/.*workspaceId={workspace}"),
        *_both("arm", "PATCH .*/tokens/{token}"),
        *_both("arm", "DELETE .*/tokens/{token}"),
        *_both("arm", "DELETE .*/scopeMaps/{token}"),
    ),
}
# Those of a rotation that come once nobody can be using the old password any more.
LATE = (*_both(*_INSPECT), *_both("arm", "PATCH .*/tokens/{token}"))
CHANGE_CASES = tuple(
    Case(point, number, kind)
    for number, (kind, point) in enumerate(
        [(kind, point) for kind, points in CHANGES.items() for point in points]
        + [("rotate", point) for point in LATE]
    )
)


def workspaces_for(outside: world.World, cases: tuple[Case, ...] = CASES) -> None:
    """Make a workspace for each case, in which the bot is admin."""
    tower = outside.tower.state
    for case in cases:
        tower.workspaces[case.workspace] = tower_state.Workspace(case.workspace, case.name, 1, acme.ORG)
    keys = outside.secrets
    made = dict.fromkeys((case.workspace for case in cases), "admin")
    for account in acme.accounts(
        token=keys.tower_token, verify_token=keys.tower_verify_token, person_token=keys.tower_person_token
    ):
        tower.users[account.token] = tower_state.User(
            account.id, account.name, account.token, {**account.roles, **made}
        )


def set_up(on: stage.Stage, case: Case) -> Boundary:
    """Put a case's boundary where its saga will run into it."""
    double = next(one for one in on.world.emulators if one.name == case.point.to)
    if case.point.fails:
        refusal = emulator.Fault(rf"^POST /credentials.workspaceId={case.workspace}$", times=None, status=403)
        on.world.tower.faults.append(refusal)
    boundary = case.boundary(verify=on.world.secrets.tower_verify_token)
    double.faults.insert(0, boundary)
    return boundary
