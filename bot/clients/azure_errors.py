"""What ARM's refusals and lost answers mean to us; pure.

Statuses and documented error codes are all that is kept of an answer: never its text, and never
an address, because those of operations carry a signed query.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from azure.core import exceptions

from bot import errors
from bot.clients import http

SERVICE = "Azure"
PROVIDER = "Microsoft.ContainerRegistry/registries"
_CODE = re.compile(r"[A-Za-z]{2,60}")  # letters alone: no secret is that
# ARM says this in place of the resource when what should hold it is not there.
_NO_PARENT = {"ParentResourceNotFound", "ResourceGroupNotFound", "SubscriptionNotFound"}
_FULL = re.compile(r"limit|quota|exceed|maximum", re.IGNORECASE)
_MAKE_ROOM = "Remove tokens or scope maps that are no longer used, or move the registry to a higher tier."
_CHECK_IDENTITY = "Check REGISTRY_BOT_AZURE_IDENTITY, REGISTRY_BOT_AZURE_CLOUD and AZURE_SUBSCRIPTION_ID."
_ASK_POLICY = "An Azure Policy forbids it: ask the subscription's administrators."


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that we ask of ARM: in words, by the role's action, and on which registry."""

    words: str  # as in "Azure did not …"
    action: str
    on: str
    write: bool = False

    @property
    def remedy(self) -> str:
        """Return what to tell an operator who sees this call forbidden."""
        return (
            f"Give the bot's Azure identity {PROVIDER}/{self.action} on {self.on}: "
            "assign it the bot's custom role there."
        )


def refused(call: Call, status: int, code: str | None, wait_s: float | None) -> errors.ServiceError:
    """Turn an answer that is no success into an error of ours."""
    text = f"Azure did not {call.words} ({code or f'HTTP {status}'})."
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return errors.Throttled("Azure asks the bot to slow down.", service=SERVICE, retry_after_s=wait_s)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return errors.Temporary(text, service=SERVICE, retry_after_s=wait_s)
    if code and _FULL.search(code):
        return errors.LimitReached(text, service=SERVICE, remedy=_MAKE_ROOM)
    if code == "ScopeLocked":
        return errors.Permanent(text, service=SERVICE, remedy=f"Remove the Azure lock on {call.on}.")
    if status == HTTPStatus.CONFLICT:
        # TokenNotActive before a token is provisioned, or another operation in progress: both pass
        return errors.NotYet(text, service=SERVICE, retry_after_s=wait_s)
    return _denied(call, status, code, text)


def _denied(call: Call, status: int, code: str | None, text: str) -> errors.ServiceError:
    if status == HTTPStatus.UNAUTHORIZED:
        return errors.Forbidden(text, service=SERVICE, remedy=_CHECK_IDENTITY)
    if status == HTTPStatus.FORBIDDEN:
        remedy = _ASK_POLICY if code == "RequestDisallowedByPolicy" else call.remedy
        return errors.Forbidden(text, service=SERVICE, remedy=remedy)
    if status == HTTPStatus.NOT_FOUND:
        return errors.NotFound(text, service=SERVICE)
    return errors.Permanent(text, service=SERVICE)


def from_sdk(call: Call, error: exceptions.AzureError) -> errors.ServiceError:
    """Turn what the SDK raised into an error of ours; its text is the vendor's body and stays behind."""
    response: Any = getattr(error, "response", None)
    if response is None or response.status_code < HTTPStatus.MULTIPLE_CHOICES:  # a success, but not readable
        return lost(call, error)
    return refused(call, response.status_code, code_of(response.text()), wait_of(response.headers))


def lost(call: Call, error: BaseException) -> errors.ServiceError:
    """Tell a request that never left from one whose answer never came, or cannot be read."""
    never_left = isinstance(error, exceptions.ServiceRequestTimeoutError) or isinstance(
        error.__cause__, aiohttp.ClientConnectorError
    )
    if never_left:  # azure-core calls a connection that broke after sending a request error too
        return errors.Temporary(f"Azure could not be reached to {call.words}.", service=SERVICE)
    kind = errors.Unknown if call.write else errors.Temporary
    return kind(f"Azure's answer was lost: could it {call.words}?", service=SERVICE)


def parent_missing(error: exceptions.HttpResponseError) -> bool:
    """Tell a 404 for the registry or its group from one for the thing in it."""
    return error.response is not None and code_of(error.response.text()) in _NO_PARENT


def code_of(body: str | bytes) -> str | None:
    """Return the documented error code of a body in the shape of common-types v6, if it has one."""
    with contextlib.suppress(ValueError, AttributeError):
        code = json.loads(body).get("error", {}).get("code")
        return code if isinstance(code, str) and _CODE.fullmatch(code) else None
    return None


def wait_of(headers: Mapping[str, str]) -> float | None:
    """Return a Retry-After in seconds."""
    return http.retry_after(headers.get("Retry-After", ""), now=dt.datetime.now(dt.UTC))
