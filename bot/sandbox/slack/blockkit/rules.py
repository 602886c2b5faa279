"""A small language for rules: a rule looks at a value and yields what is wrong with it, and where.

Wording and pointers follow what Slack answers, for example
`must be less than 25 characters [json-pointer:/view/title/text]`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from bot.sandbox.slack.entities import Json


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: where (a JSON pointer), what, and which kind of constraint."""

    pointer: str
    message: str
    constraint: str = "shape"

    def as_json(self) -> Json:
        """Return the entry of `errors` that blocks.validate answers."""
        return {
            "pointer": self.pointer,
            "code": "failed_constraint",
            "message": self.message,
            "constraint": {"type": self.constraint},
        }

    def __str__(self) -> str:
        return f"{self.message} [json-pointer:{self.pointer}]"


Rule = Callable[[object, str], Iterator[Problem]]
Cross = Callable[[Json, str], Iterator[Problem]]  # about several fields of one object


def string(longest: int | None = None, *, shortest: int = 1) -> Rule:
    """Return the rule for text of some length, in code points."""

    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield Problem(at, "must be a string", "type")
        elif len(value) < shortest:
            yield Problem(at, f"must be more than {shortest - 1} characters", "min_length")
        elif longest is not None and len(value) > longest:
            yield Problem(at, f"must be less than {longest + 1} characters", "max_length")

    return check


def boolean(value: object, at: str) -> Iterator[Problem]:
    """Accept true and false."""
    if not isinstance(value, bool):
        yield Problem(at, "must be a boolean", "type")


def whole(least: int | None = None, most: int | None = None) -> Rule:
    """Return the rule for a whole number within bounds."""

    def check(value: object, at: str) -> Iterator[Problem]:
        # In Python a boolean is an integer; in JSON it is not.
        if not isinstance(value, int) or isinstance(value, bool):
            yield Problem(at, "must be an integer", "type")
        elif least is not None and value < least:
            yield Problem(at, f"must be greater than or equal to {least}", "min")
        elif most is not None and value > most:
            yield Problem(at, f"must be less than or equal to {most}", "max")

    return check


def number(value: object, at: str) -> Iterator[Problem]:
    """Accept numbers."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        yield Problem(at, "must be a number", "type")


def among(*allowed: str) -> Rule:
    """Return the rule for one of a few words."""

    def check(value: object, at: str) -> Iterator[Problem]:
        if value not in allowed:
            yield Problem(at, f"must be one of: {', '.join(allowed)}", "enum")

    return check


def matching(fits: Callable[[str], bool], what: str) -> Rule:
    """Return the rule for text of a certain form."""

    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, str) or not fits(value):
            yield Problem(at, f"must be {what}", "format")

    return check


def listed(item: Rule, *, most: int | None = None, least: int = 1) -> Rule:
    """Return the rule for a list, and for each of its items."""

    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield Problem(at, "must be an array", "type")
            return
        if len(value) < least:
            yield Problem(at, f"no fewer than {least} items allowed", "min_items")
        if most is not None and len(value) > most:
            yield Problem(at, f"no more than {most} items allowed", "max_items")
        for index, entry in enumerate(value):
            yield from item(entry, f"{at}/{index}")

    return check


def record(required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *also: Cross) -> Rule:
    """Return the rule for an object: its fields and no others, then what holds between them."""
    fields = {**required, **(optional or {})}

    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must provide an object", "type")
            return
        # null counts as absent: clients differ in whether they leave a field out or send it empty.
        for name in required:
            if value.get(name) is None:
                yield Problem(at, f"missing required field: {name}", "required")
        yield from _fields(value, fields, at)
        for cross in also:
            yield from cross(value, at)

    return check


def _fields(value: Json, fields: Mapping[str, Rule], at: str) -> Iterator[Problem]:
    for name, entry in value.items():
        if name not in fields and name != "type":
            yield Problem(f"{at}/{name}", f"invalid additional property: {name}", "additional_property")
        elif name in fields and entry is not None:
            yield from fields[name](entry, f"{at}/{name}")


# The rules come as a function so that blocks can hold blocks: the table may name itself.
def tagged(rules: Callable[[], Mapping[str, Rule]], *, only: frozenset[str] | None = None) -> Rule:
    """Return the rule for an object whose `type` says which rule it follows."""

    def check(value: object, at: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield Problem(at, "must provide an object", "type")
            return
        kind = value.get("type")
        rule = rules().get(kind) if isinstance(kind, str) else None
        if rule is None or (only is not None and kind not in only):
            yield Problem(f"{at}/type", f"unsupported type: {kind}", "enum")
        else:
            yield from rule(value, at)

    return check


def one_of(*names: str) -> Cross:
    """Return the rule that exactly one of some fields is given."""

    def check(value: Json, at: str) -> Iterator[Problem]:
        given = [name for name in names if value.get(name) is not None]
        if len(given) != 1:
            yield Problem(at, f"must define exactly one of: {', '.join(names)}", "one_of")

    return check


def some_of(*names: str) -> Cross:
    """Return the rule that at least one of some fields is given."""

    def check(value: Json, at: str) -> Iterator[Problem]:
        if not any(value.get(name) for name in names):
            yield Problem(at, f"must define either {' or '.join(names)}", "required")

    return check


def ordered(low: str, high: str) -> Cross:
    """Return the rule that one field is not greater than another."""

    def check(value: Json, at: str) -> Iterator[Problem]:
        try:
            wrong = float(value[low]) > float(value[high])
        except (KeyError, TypeError, ValueError):
            return
        if wrong:
            yield Problem(f"{at}/{low}", f"must not be greater than {high}", "range")

    return check
