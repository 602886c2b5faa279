"""Reads a policy file, strictly: a rule that could never match or never be approved is an error.

    policy, problems = read(text)

All problems come together, each with its line.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot import model, rules
from bot import policy_shape as shape

DEFAULT_DEADLINE_H = 72.0
_WILD = re.compile(r"[*?]")


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """What is wrong, and on which line."""

    line: int
    text: str

    def __str__(self) -> str:
        return f"line {self.line}: {self.text}"


def read(text: str) -> tuple[rules.Policy | None, tuple[Problem, ...]]:
    """Return the policy, or None and what is wrong with the file."""
    try:
        document = tomllib.loads(text)
    except RecursionError:
        return None, (Problem(1, "This is nested too deeply to be read."),)
    except ValueError as error:  # of TOML's own kind, or a number too long for Python
        at = re.search(r"\(at line (\d+)", str(error))
        return None, (Problem(int(at[1]) if at else 1, f"This is not TOML: {error}"),)
    lines = shape.Lines(text)
    try:
        file = shape.File.model_validate(document)
    except ValidationError as error:
        return None, tuple(sorted({_misshapen(one, lines) for one in _causes(error)}))
    problems = tuple(sorted(set(_problems(file, lines))))
    if problems:
        return None, problems
    return _policy(file, text), ()


def _causes(error: ValidationError) -> Iterator[ErrorDetails]:
    """Yield what is wrong, without the lists that are called too short for an item that is wrong."""
    found = error.errors(include_url=False)
    for one in found:
        depth = len(one["loc"])
        below = any(other["loc"][:depth] == one["loc"] and len(other["loc"]) > depth for other in found)
        if not below:
            yield one


def _misshapen(error: ErrorDetails, lines: shape.Lines) -> Problem:
    path = tuple(part for part in error["loc"] if part != "[key]")
    name = ".".join(str(part + 1) if isinstance(part, int) else part for part in path)
    said = {"extra_forbidden": "is not a key of a policy file", "missing": "is missing"}.get(error["type"])
    return Problem(lines.of(path), f"{name} {said}." if said else f"{name}: {error['msg']}.")


def _problems(file: shape.File, lines: shape.Lines) -> Iterator[Problem]:
    yield from _people(file, lines)
    for name, group in file.groups.items():
        yield from _group(file, name, group, lines.of(("groups", name)))
    for index, rule in enumerate(file.rules):
        for problem in _rule(file, rule):
            yield Problem(lines.of(("rules", index)), f"rule “{rule.name}”: {problem}")
    for (_, early), (index, late) in itertools.combinations(enumerate(file.rules), 2):
        at = lines.of(("rules", index))
        if early.name == late.name:
            yield Problem(at, f"two rules are called “{late.name}”.")
        elif _covers(early, late):
            text = f"rule “{late.name}” can never match: “{early.name}” above it matches all that it does."
            yield Problem(at, text)


def _people(file: shape.File, lines: shape.Lines) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for index, person in enumerate(file.people):
        at = lines.of(("people", index))
        ids = _members(person.slack, person.teams)
        if not ids:
            yield Problem(at, f"“{person.name}” has no id on any platform.")
        for own in (*sorted(ids), f"name:{person.name}"):
            if own in seen:
                text = f"“{person.name}” and “{seen[own]}” are both {own}: one human has one entry."
                yield Problem(at, text)
            seen[own] = person.name


def _group(file: shape.File, name: str, group: shape.Group, at: int) -> Iterator[Problem]:
    known = {person.name for person in file.people}
    for missing in sorted(set(group.people) - known):
        yield Problem(at, f"group “{name}” names “{missing}”, who is not in [[people]].")
    if not (group.people or group.slack or group.teams or group.kept):
        yield Problem(at, f"group “{name}” is empty: nobody could ever decide or ask.")


def _rule(file: shape.File, rule: shape.Rule) -> Iterator[str]:
    used = {*rule.requesters, *rule.approvers, *rule.fallback_approvers}
    for missing in sorted(used - set(file.groups)):
        yield f"there is no group “{missing}”."
    if not rule.approvers:
        yield "it has no approvers, so nothing could ever be approved."
    if rule.approval_channel is None and file.defaults.approval_channel is None:
        yield "it has no approval_channel, and [defaults] has none either."
    for value in (*rule.registry, *rule.repository):
        if value != value.lower():
            yield f"“{value}” can never match: registries and repositories are lower case."
    yield from _times(file, rule)
    yield from _unasked(rule)
    yield from _rotation(file, rule)
    if used <= set(file.groups):
        yield from _approvable(file, rule)


def _times(file: shape.File, rule: shape.Rule) -> Iterator[str]:
    if bool(rule.fallback_approvers) != (rule.fallback_after_hours is not None):
        yield "fallback_approvers and fallback_after_hours go together."
    if rule.fallback_approvers and set(rule.fallback_approvers) <= set(rule.approvers):
        yield "its fallback_approvers are its approvers already."
    deadline = rule.deadline_hours or file.defaults.deadline_hours or DEFAULT_DEADLINE_H
    for key in ("fallback_after_hours", "remind_after_hours"):
        hours = getattr(rule, key)
        if hours is not None and hours >= deadline:
            yield f"{key} is not before the deadline of {deadline:g} hours."


def _unasked(rule: shape.Rule) -> Iterator[str]:
    allowed = _kinds(rules.CHANGES)
    for kind in rule.without_approval:
        if kind not in rules.CHANGES:
            yield f"without_approval takes {allowed}: {kind} is approved by people, or within auto_approve."
        elif kind not in rule.kind:
            yield f"without_approval names {kind}, which its kind leaves out."


def _rotation(file: shape.File, rule: shape.Rule) -> Iterator[str]:
    longest = rule.longest_validity_days or file.defaults.longest_validity_days
    for key in ("rotate_before_days", "rotate_every_days"):
        days = getattr(rule, key)
        if days is None:
            continue
        if model.Kind.ROTATE not in rule.kind:
            yield f"{key} needs “rotate” in its kind."
        if longest is not None and days >= longest:
            yield f"{key} has to be shorter than longest_validity_days, which is {longest}."


def _kinds(kinds: Iterable[model.Kind]) -> str:
    *most, last = (kind.value for kind in kinds)
    return f"{', '.join(most)} and {last}" if most else last


def _approvable(file: shape.File, rule: shape.Rule) -> Iterator[str]:
    """Yield why there can never be enough approvers; user groups are only known at the click."""
    deciding = (*rule.approvers, *rule.fallback_approvers)
    if any(file.groups[name].kept for name in deciding):
        return
    quorum = rule.quorum or file.defaults.quorum or 1
    people = _humans(file, deciding)
    if len(people) < quorum:
        yield f"it can never be approved: it needs {quorum} people, and its approvers are {len(people)}."
        return
    asking = rule.requesters
    if not asking or any(file.groups[name].kept for name in asking):
        return
    if all(len(people - {who}) < quorum for who in _humans(file, asking)):
        yield "it can never be approved: nobody decides on their own request, and too few others are left."


def _humans(file: shape.File, names: tuple[str, ...]) -> frozenset[str]:
    """Return the distinct humans of some groups: a person once, whatever their ids."""
    human = {own: person.name for person in file.people for own in _members(person.slack, person.teams)}
    found = {name for group in names for name in file.groups[group].people}
    for group in names:
        one = file.groups[group]
        found |= {human.get(own, own) for own in _members(one.slack, one.teams)}
    return frozenset(found)


def _covers(early: shape.Rule, late: shape.Rule) -> bool:
    """Tell whether every request that `late` matches is matched by `early` before it."""
    return (
        _wider(early.registry, late.registry)
        and _wider(early.repository, late.repository)
        and _wider(early.workspace, late.workspace)
        and (not early.channel or bool(late.channel and set(late.channel) <= set(early.channel)))
        and (
            not early.requesters or (bool(late.requesters) and set(late.requesters) <= set(early.requesters))
        )
        and (not early.participant or late.participant)
        and set(late.kind) <= set(early.kind)
    )


def _wider(early: tuple[str, ...], late: tuple[str, ...]) -> bool:
    """Tell whether globs take in all that others take; where that is not plain to see, say no."""
    return all(any(_takes(wide, narrow) for wide in early) for narrow in late)


def _takes(wide: str, narrow: str) -> bool:
    if wide in {"*", narrow}:
        return True
    if wide.endswith("*") and not _WILD.search(wide[:-1]):
        return narrow.startswith(wide[:-1])
    return not _WILD.search(narrow) and rules.takes(wide, narrow)


def _members(slack: tuple[str, ...], teams: tuple[str, ...]) -> frozenset[str]:
    return frozenset({f"slack:{one}" for one in slack} | {f"teams:{one.lower()}" for one in teams})


def _policy(file: shape.File, text: str) -> rules.Policy:
    people = {
        person.name: rules.Person(
            name=person.name, members=_members(person.slack, person.teams), tower=person.tower
        )
        for person in file.people
    }
    groups = {
        name: rules.Group(
            name=name,
            members=_members(group.slack, group.teams).union(*(people[one].members for one in group.people)),
            slack_usergroups=frozenset(group.slack_usergroups),
            teams_channels=frozenset(group.teams_channels),
        )
        for name, group in file.groups.items()
    }
    return rules.Policy(
        version=hashlib.sha256(text.encode()).hexdigest()[:16],
        people=tuple(people.values()),
        groups=groups,
        rules=tuple(_as_rule(file.defaults, rule) for rule in file.rules),
        open_requests=file.defaults.open_requests_per_person,
    )


def _as_rule(defaults: shape.Defaults, rule: shape.Rule) -> rules.Rule:
    own = {**defaults.model_dump(exclude_none=True), **rule.model_dump(exclude_none=True)}
    return rules.Rule(
        name=rule.name,
        match=rules.Match(
            registries=rule.registry,
            repositories=rule.repository,
            workspaces=rule.workspace,
            channels=rule.channel or rules.ANY,
            kinds=rule.kind,
            requesters=rule.requesters,
            participant=rule.participant,
        ),
        terms=rules.Terms(
            approvers=rule.approvers,
            quorum=own.get("quorum", 1),
            deadline=_hours(own.get("deadline_hours", DEFAULT_DEADLINE_H)),
            longest_validity_days=own.get("longest_validity_days"),
            approval_channel=own["approval_channel"],
            remind_after=_hours(own["remind_after_hours"]) if "remind_after_hours" in own else None,
            fallback=rule.fallback_approvers,
            fallback_after=_hours(rule.fallback_after_hours) if rule.fallback_after_hours else None,
            told=rule.tell_channel,
            auto=rule.auto_approve,
            without_approval=rule.without_approval,
            rotate_before_days=rule.rotate_before_days,
            rotate_every_days=rule.rotate_every_days,
        ),
    )


def _hours(hours: float) -> dt.timedelta:
    return dt.timedelta(hours=hours)
