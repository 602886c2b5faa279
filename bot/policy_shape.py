"""The policy file's shape: which keys there are, of which type, and on which line each stands."""

from __future__ import annotations

import re
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from bot import model, rules

TEAMS_CHANNEL = r"19:[^\s;]+@[a-z0-9.]+"
CHANNEL = rf"^([CG][A-Z0-9]{{2,}}|{TEAMS_CHANNEL})$"
USER = r"^[UW][A-Z0-9]{2,}$"
USERGROUP = r"^S[A-Z0-9]{2,}$"
OBJECT_ID = r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"  # Entra's
LONGEST_DEADLINE_H = 24 * 90


def _listed(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _channel(value: object) -> object:
    """Return a channel's id: Teams shows it only inside of a link (Get link to channel)."""
    parts = urlsplit(value) if isinstance(value, str) and value.startswith("https://") else None
    found = re.search(rf"/l/channel/({TEAMS_CHANNEL})(/|$)", unquote(parts.path)) if parts else None
    return found[1] if found else value


SlackUser = Annotated[str, Field(pattern=USER)]
EntraUser = Annotated[str, Field(pattern=OBJECT_ID)]
Channel = Annotated[str, BeforeValidator(_channel), Field(pattern=CHANNEL)]
TeamsChannel = Annotated[str, BeforeValidator(_channel), Field(pattern=rf"^{TEAMS_CHANNEL}$")]
Usergroup = Annotated[str, Field(pattern=USERGROUP)]
Name = Annotated[str, Field(min_length=1, max_length=80)]
Hours = Annotated[float, Field(gt=0, le=LONGEST_DEADLINE_H)]
Days = Annotated[int, Field(ge=1, le=3650)]
Kinds = Annotated[tuple[model.Kind, ...], BeforeValidator(_listed)]
Names = Annotated[tuple[Name, ...], BeforeValidator(_listed)]
Globs = Annotated[tuple[Name, ...], BeforeValidator(_listed), Field(min_length=1)]


class _Table(BaseModel):
    """Strict: a key that is not known is a mistake, most often a dangerous one."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Shared(_Table):
    """What `[defaults]` and each rule may say."""

    approval_channel: Channel | None = None
    quorum: int | None = Field(None, ge=1, le=20)
    deadline_hours: Hours | None = None
    longest_validity_days: Days | None = None
    remind_after_hours: Hours | None = None


class Defaults(Shared):
    """`[defaults]`."""

    open_requests_per_person: int | None = Field(None, ge=1)


class Person(_Table):
    """One entry of `[[people]]`."""

    name: Name
    slack: Annotated[tuple[SlackUser, ...], BeforeValidator(_listed)] = ()
    teams: Annotated[tuple[EntraUser, ...], BeforeValidator(_listed)] = ()
    tower: Name | None = None


class Group(_Table):
    """One entry of `[groups]`."""

    people: Names = ()
    slack: Annotated[tuple[SlackUser, ...], BeforeValidator(_listed)] = ()
    slack_usergroups: Annotated[tuple[Usergroup, ...], BeforeValidator(_listed)] = ()
    teams: Annotated[tuple[EntraUser, ...], BeforeValidator(_listed)] = ()
    teams_channels: Annotated[tuple[TeamsChannel, ...], BeforeValidator(_listed)] = ()

    @property
    def kept(self) -> bool:
        """Tell whether a platform knows more members than the file."""
        return bool(self.slack_usergroups or self.teams_channels)


class Rule(Shared):
    """One entry of `[[rules]]`."""

    name: Name
    registry: Globs = rules.ANY
    repository: Globs = rules.ANY
    workspace: Globs = rules.ANY
    channel: Annotated[tuple[Channel, ...], BeforeValidator(_listed)] = ()
    kind: Annotated[Kinds, Field(min_length=1)] = rules.USUAL
    requesters: Names = ()
    participant: bool = False
    approvers: Names
    fallback_approvers: Names = ()
    fallback_after_hours: Hours | None = None
    tell_channel: Channel | None = None
    auto_approve: rules.Quota | None = None
    without_approval: Kinds = ()
    rotate_before_days: Days | None = None
    rotate_every_days: Days | None = None


class File(_Table):
    """The whole file."""

    defaults: Defaults = Defaults()
    people: tuple[Person, ...] = ()
    groups: dict[Name, Group] = Field(default_factory=dict)
    rules: tuple[Rule, ...] = Field(min_length=1)


_HEADER = re.compile(r"\s*(\[{1,2})\s*([^\]]+?)\s*\]{1,2}\s*(?:#.*)?$")
_KEY = re.compile(r"""\s*(?:"([^"]+)"|'([^']+)'|([\w-]+))\s*[=.]""")


class Lines:
    """Where each table and key of a TOML text stands: its library forgets that."""

    def __init__(self, text: str) -> None:
        self._at: dict[tuple[str | int, ...], int] = {}
        counts: dict[str, int] = {}
        where: tuple[str | int, ...] = ()
        for number, line in enumerate(text.splitlines(), 1):
            if header := _HEADER.match(line):
                where = self._header(header, counts)
                for end in range(1, len(where) + 1):
                    self._at.setdefault(where[:end], number)
            elif key := _KEY.match(line):
                self._at.setdefault((*where, next(filter(None, key.groups()))), number)

    @staticmethod
    def _header(header: re.Match[str], counts: dict[str, int]) -> tuple[str | int, ...]:
        name = header[2]
        path: tuple[str | int, ...] = tuple(part.strip().strip("\"'") for part in name.split("."))
        if header[1] == "[":
            # Below a list of tables, `[rules.auto_approve]` belongs to the newest of them.
            newest = counts.get(str(path[0]))
            return path if newest is None else (path[0], newest, *path[1:])
        counts[name] = counts.get(name, -1) + 1
        return (*path, counts[name])

    def of(self, path: tuple[Any, ...]) -> int:
        """Return the line of a key, or of the nearest thing around it."""
        while path:
            if path in self._at:
                return self._at[path]
            path = path[:-1]
        return 1
