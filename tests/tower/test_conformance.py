"""What we send and what the double answers, held against the vendor's own API description."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import SecretStr

from bot import errors
from bot.clients import http
from bot.sandbox import arm_state, emulator, openapi, tower, tower_state
from tests.tower.conftest import BOT, HOST, RESEARCH, issue, opened


def plain(schema: Any) -> Any:
    """Turn OpenAPI 3.0 into JSON Schema: `nullable`, and keys that their provider decides."""
    if isinstance(schema, list):
        return [plain(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "discriminator" in schema and "oneOf" in schema:
        return {"$ref": "#/components/schemas/ContainerRegistryKeys"}
    turned = {key: plain(value) for key, value in schema.items()}
    if isinstance(turned.get("properties"), dict):
        turned["additionalProperties"] = False
    return turned


def optional(schema: dict[str, Any]) -> dict[str, Any]:
    """Allow null for each property: Tower itself answers null for what is not set."""
    text = json.dumps(schema)
    document: dict[str, Any] = json.loads(text)
    for shape in document["components"]["schemas"].values():
        for name, member in shape.get("properties", {}).items():
            shape["properties"][name] = {"anyOf": [member, {"type": "null"}]}
    return document


@pytest.fixture
def document(specs: Path) -> dict[str, Any]:
    """Return the description as JSON Schema."""
    turned: dict[str, Any] = plain(json.loads(specs.read_bytes()))
    turned["paths"] = json.loads(specs.read_bytes())["paths"]
    return turned


@pytest.fixture
async def exchanges(azure: arm_state.AzureState, specs: Path) -> AsyncIterator[list[emulator.Exchange]]:
    """Do everything that the client can do, also with what Tower refuses; then look at it."""
    workspaces = [tower_state.Workspace(RESEARCH, "research", 1, "acme")]
    double = tower.TowerEmulator(
        emulator.Journal(), workspaces=workspaces, users=[BOT], login=azure.login, specs=specs
    )
    password = SecretStr(issue(azure))
    async with double, opened(double) as client:
        await client.workspaces()
        double.switches.era = tower_state.Era.V22_4
        await client.workspaces(fresh=True)
        double.switches.era = tower_state.Era.TODAY
        made = await client.create(
            RESEARCH, name="genomics", registry=HOST, user="bot-token", password=password
        )
        await client.update(
            RESEARCH,
            made,
            name="genomics",
            registry=HOST,
            user="bot-token",
            password=password,
            description="whose it is",
        )
        await client.credentials(RESEARCH)
        await client.check_name(RESEARCH, "genomics")
        with pytest.raises(errors.NotYet):
            await client.create(RESEARCH, name="b2", registry=HOST, user="u", password=SecretStr("no"))
        double.state.run(made, "rnaseq-nightly")
        with pytest.raises(errors.InUse):
            await client.delete(RESEARCH, made, checked=True)
        await client.delete(RESEARCH, made)
        assert double.violations == []
        yield double.journal.exchanges


def operation(document: dict[str, Any], exchange: emulator.Exchange) -> dict[str, Any]:
    """Return the description of what was called; a literal path comes first."""
    path = exchange.path.partition("?")[0]
    templates = sorted(document["paths"], key=lambda each: "{" in each)
    fitting = [each for each in templates if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each), path)]
    found: dict[str, Any] = document["paths"][fitting[0]][exchange.method.lower()]
    return found


def validate(document: dict[str, Any], schema: dict[str, Any], body: bytes) -> None:
    """Hold a body against a schema of the description."""
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(
        json.loads(body)
    )


def test_every_request_is_of_the_documented_shape(
    document: dict[str, Any], exchanges: list[emulator.Exchange]
) -> None:
    """Bodies, and parameters in the query, with nothing that the description does not have."""
    for exchange in exchanges:
        found = operation(document, exchange)
        known = {each["name"] for each in found.get("parameters", ()) if each["in"] == "query"}
        assert set(re.findall(r"[?&](\w+)=", exchange.path)) <= known
        if exchange.body:
            schema = found["requestBody"]["content"]["application/json"]["schema"]
            validate(document, schema, exchange.body)


def test_every_answer_of_the_double_is_of_the_documented_shape(
    document: dict[str, Any], exchanges: list[emulator.Exchange]
) -> None:
    """So that a client built against the double fits the real one."""
    lenient = optional(document)
    for exchange in exchanges:
        described = operation(document, exchange)["responses"][str(exchange.status)]
        content = described.get("content", {}).get("application/json")
        assert bool(content) is bool(exchange.answer)
        if content:
            validate(lenient, content["schema"], exchange.answer)


def test_no_answer_of_the_double_holds_the_password(
    azure: arm_state.AzureState, exchanges: list[emulator.Exchange]
) -> None:
    """It is write-only."""
    answers = b"".join(each.answer for each in exchanges)

    assert not [secret for secret in azure.minted if secret.encode() in answers]


def test_the_validator_sees_a_wrong_body(document: dict[str, Any]) -> None:
    """The check above would fail for a field that Tower does not know."""
    schema = {"$ref": "#/components/schemas/CreateCredentialsRequest"}

    with pytest.raises(jsonschema.ValidationError):
        validate(document, schema, b'{"credentials": {"name": "a", "keys": {"host": "acme"}}}')


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (
            {"credentials": {"name": "a", "provider": "container-reg", "keys": {"host": "x"}}},
            "unknown field host",
        ),
        ({"credentials": {"name": "a" * 101}}, "longer than 100"),
        ({"credentials": {"name": 7}}, "not of type string"),
        ({"credentials": {"provider": "acr"}}, "not one of the known values"),
        ({"credentials": {"deleted": True}}, "read-only"),
        ({"credential": {}}, "unknown field credential"),
        ([], "not of type object"),
    ],
)
def test_the_double_tells_what_is_wrong_with_a_request(specs: Path, body: object, problem: str) -> None:
    """Its own small checker, against the same description."""
    contract = openapi.Contract.load(specs)
    assert contract

    told = contract.request("POST", "/credentials", {"workspaceId": "101"}, body)

    assert any(problem in each for each in told)


@pytest.mark.parametrize(
    ("method", "path", "query", "expected"),
    [
        ("GET", "/credentials/validate", {"name": "x", "workspaceId": "1"}, ()),
        ("GET", "/credentials/abc", {}, ()),
        ("GET", "/credentials", {"all": "1"}, ("GET /credentials: unknown parameter all",)),
        ("PATCH", "/credentials/abc", {}, ("PATCH /credentials/abc: no such operation",)),
        ("GET", "/nowhere", {}, ("GET /nowhere: no such operation",)),
    ],
)
def test_the_double_knows_each_operation(
    specs: Path, method: str, path: str, query: dict[str, str], expected: tuple[str, ...]
) -> None:
    """By method, path and parameters."""
    contract = openapi.Contract.load(specs)
    assert contract

    assert contract.request(method, path, query, None) == expected


def test_lists_and_required_fields_are_checked() -> None:
    """With a description made for it: Tower's requests have neither."""
    item = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "pattern": "^a"}}}
    body = {"content": {"application/json": {"schema": {"type": "array", "items": item}}}}
    contract = openapi.Contract({"paths": {"/x": {"post": {"requestBody": body}}}})

    told = contract.request("POST", "/x", {}, [{}, {"id": "b"}])

    assert told == ("POST /x[0]: lacks id", "POST /x[1].id: not of the form ^a")


async def test_a_violation_is_kept_by_the_double(azure: arm_state.AzureState, specs: Path) -> None:
    """A client that strays is found out."""
    double = tower.TowerEmulator(
        emulator.Journal(), workspaces=[], users=[BOT], login=azure.login, specs=specs
    )
    async with double, http.open_client(double.url) as client:
        await client.get("/user-info", params={"verbose": "1"})

    assert double.violations == ["GET /user-info: unknown parameter verbose"]
