"""Checks what a client sends against a vendor's OpenAPI description, without a library.

Small on purpose: the sandbox is installed without development tools, and the few keywords that
Tower's description uses fit on a page. The tests check the same payloads with a real validator.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Self

Schema = Mapping[str, Any]

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
}


class Contract:
    """An OpenAPI 3.0 description that requests are held against."""

    def __init__(self, document: Schema) -> None:
        self._document = document
        self._paths = {
            re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"): operations
            for path, operations in document["paths"].items()
        }

    @classmethod
    def load(cls, path: Path | None) -> Self | None:
        """Read a description; None where there is none."""
        return cls(json.loads(path.read_bytes())) if path and path.is_file() else None

    def request(self, method: str, path: str, query: Mapping[str, str], body: object) -> tuple[str, ...]:
        """Say what is wrong with a request; an operation that the description lacks is wrong too."""
        operation = self._operation(method, path)
        if operation is None:
            return (f"{method} {path}: no such operation",)
        known = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"}
        found = [f"{method} {path}: unknown parameter {name}" for name in query if name not in known]
        content = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if content:
            found += self._problems(content["schema"], body, f"{method} {path}")
        return tuple(found)

    def _operation(self, method: str, path: str) -> Schema | None:
        # a literal path such as /credentials/validate comes before a template that fits it as well
        fitting = sorted(
            (each for each in self._paths if each.match(path)), key=lambda p: "[^/]+" in p.pattern
        )
        found = (self._paths[each].get(method.lower()) for each in fitting)
        return next((operation for operation in found if operation), None)

    def _resolve(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            schema = self._document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        return schema

    def _problems(self, schema: Schema, value: object, where: str) -> Iterator[str]:
        schema = self._resolve(schema)
        expected = _TYPES.get(schema.get("type", ""), object)
        if not isinstance(value, expected) or (isinstance(value, bool) and expected is not bool):
            yield f"{where}: not of type {schema.get('type')}"
        elif isinstance(value, dict):
            yield from self._members(schema, value, where)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from self._problems(schema.get("items", {}), item, f"{where}[{index}]")
        elif isinstance(value, str):
            yield from _text(schema, value, where)

    def _members(self, schema: Schema, value: Mapping[str, object], where: str) -> Iterator[str]:
        properties = schema.get("properties", {})
        yield from (f"{where}: lacks {name}" for name in schema.get("required", ()) if name not in value)
        for name, member in value.items():
            if name not in properties:
                yield f"{where}: unknown field {name}"
                continue
            inner = self._resolve(properties[name])
            if inner.get("readOnly"):
                yield f"{where}: {name} is read-only"
            # Tower's keys have no discriminator of their own in requests: the provider decides
            choice = inner.get("discriminator", {}).get("mapping", {}).get(value.get("provider"))
            yield from self._problems({"$ref": choice} if choice else inner, member, f"{where}.{name}")


def _text(schema: Schema, value: str, where: str) -> Iterator[str]:
    if len(value) > schema.get("maxLength", len(value)):
        yield f"{where}: longer than {schema['maxLength']}"
    if value not in schema.get("enum", (value,)):
        yield f"{where}: not one of the known values"
    if not re.search(schema.get("pattern", ""), value):
        yield f"{where}: not of the form {schema['pattern']}"
