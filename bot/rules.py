"""What a policy file says, as frozen values: people, groups and the ordered rules.

A member is written `platform:user`, as in `slack:U0BEN`: the tenant is the deployment's own, and
is checked apart from the rules.
"""

from __future__ import annotations

import datetime as dt
import functools
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field

from bot import model

ANY = ("*",)
# What is done to a credential that is there; whoever owns it may ask, and no password reaches further by it.
CHANGES = (model.Kind.ROTATE, model.Kind.REVOKE, model.Kind.NARROW)
# To take over what somebody made by hand is for administrators: only a rule that says so allows it.
USUAL = tuple(kind for kind in model.Kind if kind is not model.Kind.ADOPT)
BY_SETTINGS = "REGISTRY_BOT_APPROVERS"  # the name of the one rule that settings make


class Person(model.Record):
    """One human's ids on each platform; whoever is not listed is a person per principal."""

    name: str
    members: frozenset[str]
    tower: str | None = None  # user name in Tower, to look up participants


class Group(model.Record):
    """People who may ask or decide: listed here, in a Slack user group, or in a Teams channel."""

    name: str
    members: frozenset[str] = frozenset()
    slack_usergroups: frozenset[str] = frozenset()
    teams_channels: frozenset[str] = frozenset()  # every full member of the channel is in the group

    @property
    def kept(self) -> tuple[model.Usergroup, ...]:
        """Return the groups that a platform keeps: who is in them is looked up at each decision."""
        slack, teams = model.Platform.SLACK, model.Platform.TEAMS
        return (
            *(model.Usergroup(platform=slack, id=one) for one in sorted(self.slack_usergroups)),
            *(model.Usergroup(platform=teams, id=one) for one in sorted(self.teams_channels)),
        )


class Quota(model.Record):
    """How many requests a person may have approved by the rule itself within some days."""

    requests: int = Field(ge=1)
    days: int = Field(ge=1)


class Match(model.Record):
    """What a rule is about. Patterns are shell globs; what is not given matches everything."""

    registries: tuple[str, ...] = ANY
    repositories: tuple[str, ...] = ANY
    workspaces: tuple[str, ...] = ANY
    channels: tuple[str, ...] = ANY
    kinds: tuple[model.Kind, ...] = USUAL
    requesters: tuple[str, ...] = ()  # groups; empty: anybody
    participant: bool = False  # the requester has to be a participant of the workspace


class Terms(model.Record):
    """On what a rule's requests are decided."""

    approvers: tuple[str, ...]  # groups
    quorum: int = 1
    deadline: dt.timedelta
    longest_validity_days: int | None = None
    approval_channel: str
    remind_after: dt.timedelta | None = None
    fallback: tuple[str, ...] = ()  # groups that may decide too, from `fallback_after` on
    fallback_after: dt.timedelta | None = None
    told: str | None = None  # a channel that is told and does not decide
    auto: Quota | None = None
    without_approval: tuple[model.Kind, ...] = ()  # what the rule itself approves
    rotate_before_days: int | None = None  # before a password expires
    rotate_every_days: int | None = None  # after a password was made


class Rule(model.Record):
    """One entry of the policy: what it is about, and on which terms."""

    name: str
    match: Match
    terms: Terms

    @functools.cached_property
    def version(self) -> str:
        """Return a digest of the rule alone: an edit elsewhere in the file voids nobody's approval."""
        return hashlib.sha256(model.canonical(self.model_dump(mode="json"))).hexdigest()[:16]


class Subject(model.Record):
    """What a request is about, as far as rules look at it."""

    kind: model.Kind
    login_server: str
    repositories: tuple[str, ...]
    workspace: str  # its full name
    channel: str | None  # where it was asked; None in a direct conversation

    @property
    def line(self) -> str:
        """Return the subject as one line for the rules' patterns; NUL stands in no name."""
        parts = (self.kind.value, self.login_server, self.workspace, self.channel or "", *self.repositories)
        return "".join(f"{part}\0" for part in parts)


class Policy(model.Record):
    """The whole file. `version` is a digest of its text."""

    version: str
    people: tuple[Person, ...] = ()
    groups: Mapping[str, Group] = Field(default_factory=dict)
    rules: tuple[Rule, ...]
    open_requests: int | None = None  # of one person at a time

    def rule(self, name: str) -> Rule | None:
        """Return the rule of a name."""
        return self._by_name.get(name)

    def about(self, subject: Subject) -> Iterator[Rule]:
        """Yield the rules that are about a subject, in their order; who asks is looked at elsewhere.

        All rules together are one pattern with an alternative each, so that the search for the
        first one runs in C: most often it is the only one that is looked at.
        """
        line = subject.line
        found = self._any.match(line)
        if found is None or found.lastgroup is None:
            return
        first = int(found.lastgroup[1:])
        yield self.rules[first]
        for rule, pattern in zip(self.rules[first + 1 :], self._each[first + 1 :], strict=True):
            if pattern.match(line):
                yield rule

    def person(self, who: model.Principal) -> Person:
        """Return the human behind a principal; one that is not linked stands for itself."""
        own = member(who)
        return self._by_member.get(own) or _alone(own)

    def linked(self, who: model.Principal) -> bool:
        """Tell whether the file says which human a principal is."""
        return member(who) in self._by_member

    @functools.cached_property
    def _by_name(self) -> dict[str, Rule]:
        return {rule.name: rule for rule in self.rules}

    @functools.cached_property
    def _by_member(self) -> dict[str, Person]:
        return {own: person for person in self.people for own in person.members}

    @functools.cached_property
    def _each(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(_line(rule.match)) for rule in self.rules)

    @functools.cached_property
    def _any(self) -> re.Pattern[str]:
        return re.compile("|".join(f"(?P<r{index}>{one.pattern})" for index, one in enumerate(self._each)))

    def prepare(self) -> None:
        """Compile the patterns now, which for hundreds of rules takes a while, and not at a click."""
        _ = self._any


@functools.lru_cache(maxsize=1024)  # each decision asks for the same two or three people several times
def _alone(own: str) -> Person:
    return Person(name=own, members=frozenset({own}))


def member(who: model.Principal) -> str:
    """Return how groups and people name a principal."""
    return f"{who.platform}:{who.user}"


def _any_of(globs: Iterable[str]) -> str:
    """Return a pattern for one value. `*` crosses slashes: `genomics/*` is everything below it."""
    wild = {"*": "[^\\0]*", "?": "[^\\0]"}
    each = ("".join(wild.get(char) or re.escape(char) for char in glob) for glob in globs)
    return f"(?:{'|'.join(each)})\\0"


def _line(match: Match) -> str:
    kinds = _any_of(kind.value for kind in match.kinds)
    first = kinds + _any_of(match.registries) + _any_of(match.workspaces) + _any_of(match.channels)
    return f"{first}(?:{_any_of(match.repositories)})+\\Z"


def takes(glob: str, value: str) -> bool:
    """Tell whether a glob is for a value."""
    return re.fullmatch(_any_of((glob,)), f"{value}\0") is not None
