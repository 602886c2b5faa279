"""Wave's inspect: asks it to read an image with a workspace's credential, and understands its answers.

Which part of the chain an answer is about shows in its shape, by Wave's own source
(https://github.com/seqeralabs/wave, ErrorHandler, ContainerAugmenter and TowerConnector, v1.37.0):

    {"errors": [{"code": …}]}          the registry's own answer, forwarded
    {"message": "repository '…' …"}    the registry answered, Wave tells
    {"message": "…Tower…"}             Tower answered, or could not be asked
    no body                            401 and 403: Tower did not accept the token
    anything else                      Wave itself
"""

from __future__ import annotations

import contextlib
import enum
import json
import re
from collections.abc import AsyncIterator
from http import HTTPStatus

from pydantic import SecretStr

from bot import errors, ports, settings
from bot.clients import http, tower_api

WAVE = http.Service("Wave", "WAVE_API_ENDPOINT")

_READ_S = 30.0  # Wave itself retries towards Tower and the registry before it answers

_NO_WAY = re.compile(
    r"private|ssrf|unreachable|unable to connect|connection refused|unknown ?host|time-?d? ?out",
    re.IGNORECASE,
)
# Wave forwards a registry's headers with its answer.
_REGISTRYS_OWN = frozenset({"docker-distribution-api-version", "www-authenticate"})
_BAD_TOKEN = re.compile(r"unauthorized|\b40[13]\b", re.IGNORECASE)

_Sight = ports.Sight


class _About(enum.Enum):
    """Who an answer of Wave speaks for."""

    REGISTRY = enum.auto()
    TOWER = enum.auto()
    WAVE = enum.auto()


@contextlib.asynccontextmanager
async def connect(config: settings.Settings, clock: ports.Clock) -> AsyncIterator[WaveClient]:
    """Open the client that the settings describe, and close it in the end."""
    token = config.tower_verify_access_token or config.tower_access_token
    async with http.open_client(config.wave_api_endpoint) as client:
        sender = http.Sender(client, WAVE, clock=clock)
        yield WaveClient(sender, token=token, tower_endpoint=config.tower_api_endpoint)


class WaveClient:
    """`ports.Wave`. Wave gets to see `token`, so a weaker one than the bot's own may be given."""

    def __init__(self, sender: http.Sender, *, token: SecretStr, tower_endpoint: str) -> None:
        self._sender = sender
        self._token = token
        self._tower_endpoint = tower_endpoint

    async def inspect(self, image: str, workspace_id: int) -> ports.Inspection:
        """Ask Wave to read an image. Raises Temporary, and nothing else, where Wave did not do so.

        A look changes nothing, so an answer that was lost is no more than that.
        """
        call = build_inspect(image, workspace_id, tower_endpoint=self._tower_endpoint, token=self._token)
        try:
            answer = await self._sender.exchange(call)
        except errors.Unknown:
            failure = http.lost(WAVE, changes=False)
        else:
            return parse_inspect(answer, tower_endpoint=self._tower_endpoint)
        raise failure


def build_inspect(image: str, workspace_id: int, *, tower_endpoint: str, token: SecretStr) -> http.Call:
    """Ask for an image's manifest. `tower_endpoint` must equal, to the letter, what Tower paired with."""
    body = {
        "containerImage": image,
        "towerAccessToken": token.get_secret_value().strip(),
        "towerEndpoint": tower_endpoint,
    }
    # a number, although the documentation says string (wave-api: ContainerInspectRequest.java)
    place = {} if workspace_id == tower_api.PERSONAL else {"towerWorkspaceId": workspace_id}
    document = json.dumps({**body, **place}).encode()
    return http.Call("POST", "/v1alpha1/inspect", body=document, read_s=_READ_S)


def parse_inspect(answer: http.Answer, *, tower_endpoint: str) -> ports.Inspection:
    """Tell what Wave made of the image; raise Temporary for a fault of Wave itself."""
    status = answer.status
    if answer.ok:
        document = answer.document() or {}
        if document.get("container") or document.get("index"):
            return ports.Inspection(_Sight.READ)
        raise http.unreadable(WAVE, changes=False)
    failure = http.trouble(answer, WAVE, changes=False)
    if isinstance(failure, errors.Throttled):
        raise failure
    about = _about(answer, tower_endpoint)
    if isinstance(failure, errors.Temporary):
        return _fault(answer, about, failure)
    if about is _About.TOWER:
        return _tower_refused(status)
    return _refused(answer, about)


def _about(answer: http.Answer, tower_endpoint: str) -> _About:
    code, message = _said(answer)
    if code not in {None, "SERVER_ERROR"} or "repository '" in message:
        return _About.REGISTRY
    if "Tower" in message or tower_endpoint in message:
        return _About.TOWER
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return _About.REGISTRY if _REGISTRYS_OWN & answer.headers.keys() else _About.TOWER
    return _About.WAVE


def _said(answer: http.Answer) -> tuple[str | None, str]:
    """Return the code and message of the first of `errors`, as registries answer, or Wave's own message."""
    match answer.document():
        case {"errors": [{**first}, *_]}:
            return str(first.get("code")), str(first.get("message"))
        case _:
            return None, answer.message()


def _fault(answer: http.Answer, about: _About, failure: errors.Temporary) -> ports.Inspection:
    """Tell the fault of a registry, or of a bad token that Wave wrapped, from one of Wave's own."""
    _, message = _said(answer)
    if about is _About.TOWER and _BAD_TOKEN.search(message):
        return _tower_refused(HTTPStatus.UNAUTHORIZED)
    late = answer.status == HTTPStatus.REQUEST_TIMEOUT and message
    if about is _About.REGISTRY or (about is _About.WAVE and (late or _NO_WAY.search(message))):
        return ports.Inspection(_Sight.UNREACHABLE)
    raise failure


def _tower_refused(status: int) -> ports.Inspection:
    if status == HTTPStatus.BAD_REQUEST:
        detail = (
            "This Tower is not paired with this Wave: TOWER_API_ENDPOINT must be, to the letter, the address "
            "that Tower gave to Wave, and WAVE_API_ENDPOINT the Wave that Tower uses."
        )
    elif status == HTTPStatus.NOT_FOUND:
        detail = "Wave found no Tower API at TOWER_API_ENDPOINT."
    else:
        detail = (
            "Tower did not accept the token that Wave was given: TOWER_VERIFY_ACCESS_TOKEN, or "
            "TOWER_ACCESS_TOKEN where that is not set. It needs the role Launch, or more, in the workspace."
        )
    return ports.Inspection(_Sight.REJECTED, detail)


def _refused(answer: http.Answer, about: _About) -> ports.Inspection:
    status, registry = answer.status, about is _About.REGISTRY
    if status == HTTPStatus.NOT_FOUND and (registry or _spoken(answer)):
        return ports.Inspection(_Sight.NOT_FOUND, "The registry has no such repository or tag.")
    # ACR's firewall answers 403 where it gives out tokens; Wave forwards that as it is
    shut = status == HTTPStatus.FORBIDDEN and "repository '" not in answer.message()
    if (registry and shut) or _NO_WAY.search(answer.message()):
        return ports.Inspection(_Sight.UNREACHABLE, "The registry does not let Wave in.")
    if registry and status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        return ports.Inspection(
            _Sight.UNAUTHORIZED, "The registry refused the login, or the repository is not in its scope."
        )
    return ports.Inspection(
        _Sight.REJECTED,
        f"Wave refused the call (HTTP {status}): check that WAVE_API_ENDPOINT is the address of Wave itself.",
    )


def _spoken(answer: http.Answer) -> bool:
    """Tell a 404 about an image (no body, or a message) from a server that has no such page."""
    document = answer.document()
    if document is None:
        return not answer.body
    return not {"_links", "_embedded"} & document.keys()
