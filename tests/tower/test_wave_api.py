"""Wave's answers as values: which part of the chain each is about."""

from __future__ import annotations

import json

import pytest
from pydantic import SecretStr

from bot import errors, ports
from bot.clients import http, wave

TOWER = "https://api.cloud.seqera.io"
REPO = "repository 'acme.azurecr.io/team/app'"
READ, UNAUTHORIZED, NOT_FOUND, UNREACHABLE, REJECTED = ports.Sight


def answer(status: int, document: object = None, **headers: str) -> http.Answer:
    """Return an answer; without a document it has no body."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = b"" if document is None else json.dumps(document).encode()
    return http.Answer(status, body, named, retry_after_s=7.0 if status == 429 else None)


def registry_error(code: str) -> object:
    """Return a registry's own error body, which Wave forwards."""
    return {"errors": [{"code": code, "message": "authentication required", "detail": None}]}


def unauthorized_by_tower() -> dict[str, str]:
    """Return what Wave says where Tower did not accept the token."""
    message = f"Unauthorized access to Tower resource: {TOWER}/user-info - HTTP status=401 - response=-"
    return {"message": message}


CASES = [
    # what Wave read
    (answer(200, {"container": {"registry": "https://acme.azurecr.io", "digest": "sha256:0"}}), READ),
    (answer(200, {"index": {"digest": "sha256:0"}}), READ),
    # the registry refused
    (
        answer(401, registry_error("UNAUTHORIZED"), docker_distribution_api_version="registry/2.0"),
        UNAUTHORIZED,
    ),
    (answer(401, {"message": f"{REPO} unauthorized (401)"}), UNAUTHORIZED),
    (answer(403, {"message": f"{REPO} forbidden (403)"}), UNAUTHORIZED),
    (answer(401, www_authenticate='Bearer realm="https://acme.azurecr.io/oauth2/token"'), UNAUTHORIZED),
    # nothing there
    (answer(404, {"message": f"{REPO} not found"}), NOT_FOUND),
    (answer(404, registry_error("MANIFEST_UNKNOWN")), NOT_FOUND),
    (answer(404), NOT_FOUND),
    (answer(404, {"message": "no such image"}), NOT_FOUND),
    # Wave cannot get through
    (answer(403, registry_error("DENIED")), UNREACHABLE),
    (answer(503, {"message": f"{REPO} service unavailable (503)"}), UNREACHABLE),
    (answer(500, {"message": f"{REPO} internal server error (500)"}), UNREACHABLE),
    (answer(502, registry_error("UNAVAILABLE")), UNREACHABLE),
    (answer(408, {"message": "Timeout while reading the manifest"}), UNREACHABLE),
    (answer(500, {"message": "Connection refused - Error ID: 0f3b"}), UNREACHABLE),
    (answer(400, {"message": "Registry host resolves to a private address"}), UNREACHABLE),
    # the call itself is refused
    (answer(400, {"message": f"Tower instance '{TOWER}' has not enabled to connect Wave service"}), REJECTED),
    (answer(400, {"message": "Missing 'containerImage' attribute"}), REJECTED),
    (answer(401), REJECTED),
    (answer(401, {"message": "Unauthorized"}), REJECTED),
    (answer(401, unauthorized_by_tower()), REJECTED),
    (answer(403), REJECTED),
    (answer(403, {"message": "Unexpected status code 403 while accessing Tower resource: …"}), REJECTED),
    (answer(404, {"message": f"Tower resource not found: {TOWER}/user-info"}), REJECTED),
    (answer(404, {"message": "Not Found", "_links": {}, "_embedded": {}}), REJECTED),
    (http.Answer(404, b"<html>Not found</html>"), REJECTED),
    (answer(500, unauthorized_by_tower()), REJECTED),
    (answer(500, {"errors": [{"code": "SERVER_ERROR", **unauthorized_by_tower()}]}), REJECTED),
    (answer(302), REJECTED),
    (answer(405), REJECTED),
]


@pytest.mark.parametrize(("got", "expected"), CASES)
def test_an_answer_is_told_by_its_shape(got: http.Answer, expected: ports.Sight) -> None:
    """A bad Tower token, a refused login and an unreachable registry look alike by status only."""
    seen = wave.parse_inspect(got, tower_endpoint=TOWER)

    assert seen.sight == expected


@pytest.mark.parametrize(
    "got",
    [
        answer(200),
        answer(200, {"container": None}),
        http.Answer(200, b"<html>"),
        answer(408),
        answer(408, {"message": f"Timeout error connecting to '{TOWER}'"}),
        answer(500),
        answer(500, {"message": "Unexpected error - Error ID: 0f3b"}),
        answer(500, {"errors": [{"code": "SERVER_ERROR", "message": "Unexpected error"}]}),
        http.Answer(502, b"<html>Bad gateway</html>"),
        answer(503, {"message": "Unexpected I/O error while accessing Tower resource: …"}),
        answer(504),
    ],
)
def test_a_fault_of_waves_own_is_temporary(got: http.Answer) -> None:
    """It says nothing about the credential: ask again."""
    with pytest.raises(errors.Temporary):
        wave.parse_inspect(got, tower_endpoint=TOWER)


@pytest.mark.parametrize("document", [None, {"message": "slow down"}, registry_error("TOOMANYREQUESTS")])
def test_a_rate_limit_carries_its_wish(document: object) -> None:
    """Wave's own, or a registry's that it forwards."""
    with pytest.raises(errors.Throttled) as throttled:
        wave.parse_inspect(answer(429, document), tower_endpoint=TOWER)

    assert throttled.value.retry_after_s == 7.0


@pytest.mark.parametrize(
    ("got", "setting"),
    [
        (answer(400, {"message": "Tower instance 'x' has not enabled to connect"}), "TOWER_API_ENDPOINT"),
        (answer(401), "TOWER_VERIFY_ACCESS_TOKEN"),
        (answer(404, {"message": "Tower resource not found: x"}), "TOWER_API_ENDPOINT"),
        (answer(302), "WAVE_API_ENDPOINT"),
    ],
)
def test_a_rejection_names_the_setting(got: http.Answer, setting: str) -> None:
    """And quotes nothing that Wave wrote."""
    seen = wave.parse_inspect(got, tower_endpoint=TOWER)

    assert setting in seen.detail
    assert got.message() not in seen.detail or not got.message()


@pytest.mark.parametrize(("got", "_"), CASES)
def test_no_detail_quotes_a_body(got: http.Answer, _: ports.Sight) -> None:
    """Every detail is a sentence of ours."""
    seen = wave.parse_inspect(got, tower_endpoint=TOWER)

    assert "acme.azurecr.io" not in seen.detail
    assert seen.detail or seen.sight in {READ, UNREACHABLE}  # whose names say all there is to say


@pytest.mark.parametrize(("workspace", "place"), [(101, {"towerWorkspaceId": 101}), (0, {})])
def test_an_inspection_sends_the_workspace_as_a_number(workspace: int, place: dict[str, int]) -> None:
    """And leaves it out for the personal one."""
    call = wave.build_inspect(
        "acme.azurecr.io/a:1", workspace, tower_endpoint=TOWER, token=SecretStr("t0ken\n")
    )

    assert json.loads(call.body or b"") == {
        "containerImage": "acme.azurecr.io/a:1",
        "towerAccessToken": "t0ken",
        "towerEndpoint": TOWER,
        **place,
    }
    assert "t0ken" not in repr(call)
