"""Holds what passes over the wire against the vendor's description of ARM (Swagger 2.0).

The few keywords that the description uses are checked here without a library, because the
sandbox is installed without development tools. Tests check the same with a real validator.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

Schema = Mapping[str, Any]
MAIN = "containerregistry-2025-11-01.subset.json"
_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "object": dict,
    "string": str,
}


class Description:
    """The vendor's description: which operations there are, and what each takes and answers."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, Schema] = {}
        self._paths = [(_pattern(path), path) for path in self._file(MAIN)["paths"]]

    @classmethod
    def load(cls, folder: Path | None) -> Self | None:
        """Read the description from a folder; None where it is not there."""
        return cls(folder) if folder and (folder / MAIN).is_file() else None

    def request(self, method: str, path: str, query: Mapping[str, str], body: object) -> list[str]:
        """Say what is wrong with a request."""
        found = self._operation(method, path)
        if found is None:
            return [f"{method} {path}: the description has no such operation"]
        operation, values = found
        parameters = [self._resolve(each, MAIN) for each in operation["parameters"]]
        known = {each["name"] for each, _ in parameters if each["in"] == "query"}
        wrong = [f"{method}: unknown query parameter {name}" for name in query if name not in known]
        for parameter, file in parameters:
            wrong += self._parameter(parameter, file, values | dict(query), body)
        return wrong

    def answer(self, method: str, path: str, status: int, body: object) -> list[str]:
        """Say what is wrong with an answer."""
        found = self._operation(method, path)
        if found is None:
            return [f"{method} {path}: the description has no such operation"]
        responses = found[0]["responses"]
        response = responses.get(str(status), responses["default"])
        if "schema" not in response:
            return []
        return list(self._problems(response["schema"], MAIN, body, "answer", asked=False))

    def _parameter(
        self, parameter: Schema, file: str, values: Mapping[str, str], body: object
    ) -> Iterator[str]:
        if parameter["in"] == "body":
            yield from self._problems(parameter["schema"], file, body, "body", asked=True)
        elif parameter["name"] in values:
            value = values[parameter["name"]]
            yield from self._problems(parameter, file, value, parameter["name"], asked=True)
        elif parameter.get("required"):
            yield f"lacks {parameter['name']}"

    def _operation(self, method: str, path: str) -> tuple[Schema, dict[str, str]] | None:
        for pattern, template in self._paths:
            match = pattern.fullmatch(path)
            operation = self._file(MAIN)["paths"][template].get(method.lower())
            if match and operation:
                return operation, match.groupdict()
        return None

    def _file(self, name: str) -> Schema:
        if name not in self._files:
            self._files[name] = json.loads((self._folder / name).read_bytes())
        return self._files[name]

    def _resolve(self, schema: Schema, file: str) -> tuple[Schema, str]:
        while "$ref" in schema:
            where, _, pointer = schema["$ref"].partition("#/")
            file = where.removeprefix("./") or file
            schema = self._file(file)
            for part in pointer.split("/"):
                schema = schema[part]
        return schema, file

    def _problems(
        self, schema: Schema, file: str, value: object, where: str, *, asked: bool
    ) -> Iterator[str]:
        schema, file = self._resolve(schema, file)
        expected = _TYPES.get(schema.get("type", ""), object)
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is int):
            yield f"{where}: not of type {schema.get('type')}"
        elif isinstance(value, dict):
            yield from self._members(schema, file, value, where, asked=asked)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._problems(
                    schema.get("items", {}), file, item, f"{where}[{index}]", asked=asked
                )
        elif isinstance(value, str):
            yield from _text(schema, value, where)

    def _members(
        self, schema: Schema, file: str, value: Mapping[str, object], where: str, *, asked: bool
    ) -> Iterator[str]:
        members = self._properties(schema, file)
        yield from (f"{where}: lacks {name}" for name in schema.get("required", ()) if name not in value)
        for name, member in value.items():
            inner, inner_file = members.get(name, ({}, file))
            if members and name not in members:
                yield f"{where}: unknown field {name}"
            if asked and inner.get("readOnly"):
                yield f"{where}: {name} is read-only"
            if asked or member is not None:  # ARM answers null for what it has no value for
                yield from self._problems(inner, inner_file, member, f"{where}.{name}", asked=asked)

    def _properties(self, schema: Schema, file: str) -> dict[str, tuple[Schema, str]]:
        """Return a schema's own properties and those it takes over by allOf."""
        found: dict[str, tuple[Schema, str]] = {}
        for part in schema.get("allOf", ()):
            inherited, inherited_file = self._resolve(part, file)
            found |= self._properties(inherited, inherited_file)
        return found | {name: (each, file) for name, each in schema.get("properties", {}).items()}


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template))


def _text(schema: Schema, value: str, where: str) -> Iterator[str]:
    if not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
        yield f"{where}: too short or too long"
    if value not in schema.get("enum", (value,)) and not schema.get("x-ms-enum", {}).get("modelAsString"):
        yield f"{where}: not one of the known values"
    if not re.search(schema.get("pattern", ""), value):
        yield f"{where}: not of the form {schema['pattern']}"
    if schema.get("format") == "date-time":
        try:
            dt.datetime.fromisoformat(value)
        except ValueError:
            yield f"{where}: not a date-time"
