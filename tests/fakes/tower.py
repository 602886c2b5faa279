"""Tower, which tests each login at the registry, and Wave, which uses what Tower holds."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import SecretStr

from bot import errors, model, ports
from tests.fakes.azure import FakeRegistries
from tests.fakes.journal import Journal


@dataclass(slots=True)
class HeldCredential:
    """A credential with its password, as only Tower knows it."""

    shown: ports.TowerCredential
    password: SecretStr
    jobs: tuple[str, ...] = ()  # running with it


class FakeTower:
    """Tower with one list of credentials a workspace; it tests each login at the registry."""

    def __init__(self, journal: Journal, registries: FakeRegistries, *workspaces: model.Workspace) -> None:
        self.journal = journal
        self.registries = registries
        self.known = workspaces
        self.held: dict[int, list[HeldCredential]] = {one.id: [] for one in workspaces}
        self.bad_names: set[str] = set()
        self.participants: set[tuple[int, str]] = set()
        self.not_yet = 0  # how many logins fail although the password is right
        self.describes = self.dates = True  # whether it tells descriptions, and when something changed
        self._number = 0
        self._saves = 0

    def add(self, workspace_id: int, **fields: str | None) -> None:
        """Add a credential as if by hand."""
        self._number += 1
        values = {"id": f"hand{self._number}", "name": "by-hand", "provider": "container-reg", "user": "ana"}
        shown = ports.TowerCredential(**(values | {"registry": None} | fields))  # type: ignore[arg-type]  # defaults of several types
        self.held[workspace_id].append(HeldCredential(shown, SecretStr("by-hand")))

    async def workspaces(self, *, fresh: bool = False) -> tuple[model.Workspace, ...]:
        """List workspaces."""
        async with self.journal.call("workspaces_fresh" if fresh else "workspaces"):
            return self.known

    async def participates(self, workspace: model.Workspace, user: str) -> bool:
        """Tell whether somebody is listed as a participant."""
        async with self.journal.call("participates"):
            return (workspace.id, user) in self.participants

    async def credentials(self, workspace_id: int) -> tuple[ports.TowerCredential, ...]:
        """List credentials."""
        async with self.journal.call("credentials"):
            return tuple(one.shown for one in self.held[workspace_id])

    async def check_name(self, workspace_id: int, name: str) -> ports.NameCheck:
        """Judge a name."""
        async with self.journal.call("check_name"):
            if name in self.bad_names:
                return ports.NameCheck.BAD
            taken = any(one.shown.name == name for one in self.held[workspace_id])
            return ports.NameCheck.TAKEN if taken else ports.NameCheck.FREE

    async def create(
        self, workspace_id: int, *, name: str, registry: str, user: str, password: SecretStr
    ) -> str:
        """Keep a credential whose login works."""
        async with self.journal.call("create"):
            if any(one.shown.name == name for one in self.held[workspace_id]):
                raise errors.AlreadyThere("The name is taken.", service="Tower")
            self._test_login(user, password)
            self._number += 1
            shown = self._saved(f"tower{self._number}", name, registry, user)
            self.held[workspace_id].append(HeldCredential(shown, password))
            return shown.id

    async def update(  # noqa: PLR0913  # one call, all that Tower keeps
        self,
        workspace_id: int,
        credential_id: str,
        *,
        name: str,
        registry: str,
        user: str,
        password: SecretStr,
        description: str | None = None,
    ) -> None:
        """Replace a credential's keys by some whose login works."""
        async with self.journal.call("update"):
            found = [one for one in self.held[workspace_id] if one.shown.id == credential_id]
            if not found:
                raise errors.NotFound("The credential is gone.", service="Tower")
            self._test_login(user, password)
            found[0].shown = self._saved(credential_id, name, registry, user, description)
            found[0].password = password

    def _saved(
        self, credential_id: str, name: str, registry: str, user: str, about: str | None = None
    ) -> ports.TowerCredential:
        self._saves += 1
        updated = f"2026-11-01T00:00:00.{self._saves:06}Z" if self.dates else None
        about = about if self.describes else None
        return ports.TowerCredential(
            credential_id, name, "container-reg", registry, user, updated, description=about
        )

    def _test_login(self, user: str, password: SecretStr) -> None:
        if self.not_yet > 0 or not self.registries.opens(user, password.get_secret_value()):
            self.not_yet -= 1
            raise errors.NotYet("Tower could not log in to the registry yet.", service="Tower")

    async def delete(self, workspace_id: int, credential_id: str, *, checked: bool = False) -> None:
        """Delete a credential; with `checked` not while jobs use it."""
        async with self.journal.call("delete"):
            jobs = [
                job for one in self.held[workspace_id] if one.shown.id == credential_id for job in one.jobs
            ]
            if checked and jobs:
                raise errors.InUse("Jobs use it.", service="Tower", jobs=tuple(jobs))
            kept = [one for one in self.held[workspace_id] if one.shown.id != credential_id]
            self.held[workspace_id] = kept

    async def ping(self) -> None:
        """Answer."""
        async with self.journal.call("ping_tower"):
            return


class FakeWave:
    """Wave: reads an image with the first credential whose host fits."""

    def __init__(self, journal: Journal, tower: FakeTower) -> None:
        self.journal = journal
        self.tower = tower
        self.answers: list[ports.Inspection] = []  # said first, before it looks for itself

    async def inspect(self, image: str, workspace_id: int) -> ports.Inspection:
        """Read an image."""
        async with self.journal.call("inspect"):
            if self.answers:
                return self.answers.pop(0)
            host, _, path = image.partition("/")
            mine = next((one for one in self.tower.held[workspace_id] if one.shown.registry == host), None)
            repository, value = path.rpartition(":")[0], mine.password.get_secret_value() if mine else ""
            good = mine and self.tower.registries.opens(mine.shown.user, value, repository)
            return ports.Inspection(ports.Sight.READ if good else ports.Sight.UNAUTHORIZED)
