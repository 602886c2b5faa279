"""Every setting is documented where people look for it, with its true default."""

from __future__ import annotations

import enum
import re
from pathlib import Path

import pytest
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from bot import settings

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / ".env.example").read_text().splitlines()
TABLE = re.compile(r"^\| `([A-Z][A-Z0-9_]+)` \| (.*?) \| .+ \|$", re.MULTILINE)
REQUIRED = "required"
UNSET = "not set"


def default(field: FieldInfo) -> str:
    """Return a setting's default as somebody would type it."""
    value = field.default
    if value is PydanticUndefined:
        return REQUIRED
    if value is None or value == ():
        return UNSET
    if isinstance(value, bool):
        return str(value).lower()
    return value.value if isinstance(value, enum.Enum) else str(value)


SETTINGS = {field.alias: default(field) for field in settings.Settings.model_fields.values()}


def in_example() -> dict[str, str]:
    """Return the names of .env.example with the default that each shows."""
    found = {}
    for line in EXAMPLE:
        if match := re.fullmatch(r"(#?)([A-Z][A-Z0-9_]+)=(.*)", line):
            optional, name, value = match.groups()
            found[name] = (value or UNSET) if optional else REQUIRED
    return found


def in_readme() -> dict[str, str]:
    """Return the names of the README's tables of settings with the default that each shows."""
    rows = TABLE.findall((ROOT / "README.md").read_text())
    return {name: shown.strip("`*") for name, shown in rows}


def test_the_example_names_every_setting() -> None:
    """`.env.example` has each setting that exists, and no other, with its default."""
    # The one that is needed but has a check of its own: no platform at all is an error.
    expected = SETTINGS | {"SLACK_BOT_TOKEN": REQUIRED}

    assert in_example() == expected


def test_the_readme_names_every_setting() -> None:
    """The README's tables have each setting that exists, and no other, with its default."""
    expected = SETTINGS | {"SLACK_BOT_TOKEN": REQUIRED}

    assert in_readme() == expected


@pytest.mark.parametrize("name", SETTINGS)
def test_the_example_explains_each_setting(name: str) -> None:
    """Each setting stands below a comment, or below a setting that shares one."""
    index = next(i for i, line in enumerate(EXAMPLE) if re.match(rf"#?{name}=", line))

    above = EXAMPLE[index - 1]

    assert above.startswith(("# ", "#REGISTRY_BOT_HOST="))


def test_the_example_can_be_used_as_it_is() -> None:
    """An environment file takes its values literally, so none has quotes or a comment behind it."""
    values = [line.partition("=")[2] for line in EXAMPLE if re.match(r"#?[A-Z][A-Z0-9_]+=", line)]

    assert [value for value in values if re.search(r"[\"'#\s]", value)] == []
