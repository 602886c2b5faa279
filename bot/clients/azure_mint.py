"""generateCredentials: the one call that is never sent twice, and whose answer holds a password.

aiohttp sends a request whose connection broke again by itself, but only for methods that HTTP
calls idempotent (aiohttp 3.14, client.py, IDEMPOTENT_METHODS); this is a POST, and the pipeline
repeats reads only. A second value would count as a regenerated one, which takes a minute to work.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import urljoin

from azure.core import exceptions
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.mgmt.containerregistry import aio

from bot import errors, ports
from bot.clients import azure_errors, azure_parse, azure_pipeline, azure_wait

_Outcome: TypeAlias = ports.Minted | errors.ServiceError | None
_Read = Callable[[bytes], _Outcome]


class Mint:
    """Asks ARM for passwords, in both shapes of its answer: at once, or behind a Location."""

    def __init__(
        self, client: aio.ContainerRegistryManagementClient, clock: ports.Clock, *, base: str
    ) -> None:
        self._client = client
        self._clock = clock
        self._base = base

    async def password(
        self,
        call: azure_errors.Call,
        path: str,
        *,
        token: str,
        slot: str,
        expires: dt.datetime | None,
    ) -> ports.Minted:
        """Generate the password of one slot of a token of the registry with this ARM id."""
        request = HttpRequest(
            "POST",
            f"{path}/generateCredentials",
            params={"api-version": azure_parse.API_VERSION},
            json=azure_parse.mint_body(path, token, slot, expires),
        )
        read = functools.partial(azure_parse.minted, user=token, slot=slot, expires=expires)
        response = await self._once(call, request)
        if response.status_code == HTTPStatus.ACCEPTED:
            outcome = await self._followed(call, response, read)
        else:
            outcome = read(response.content)
        if outcome is None:
            raise _unseen(call)
        if isinstance(outcome, errors.ServiceError):
            raise outcome
        return outcome

    async def _once(self, call: azure_errors.Call, request: HttpRequest) -> AsyncHttpResponse:
        try:
            response = await self._client.send_request(request)
        except exceptions.AzureError as error:
            failure = azure_errors.lost(call, error)
        else:
            if response.status_code < HTTPStatus.MULTIPLE_CHOICES:
                return response
            failure = _refused(call, response)
        raise failure

    async def _followed(self, call: azure_errors.Call, accepted: AsyncHttpResponse, read: _Read) -> _Outcome:
        """Read the Location until the value is behind it; a failure there leaves a value unseen.

        Its Retry-After is a hint about how long such operations take, not a limit on reading
        their status (that would be a 429 or 503, which is obeyed): the service very likely says
        10 s, whatever the operation takes. So the steps stay short.
        """
        location = self._ours(accepted)
        if location is None:
            raise _unseen(call)
        looking = azure_errors.Call(call.words, "operationStatuses/read", call.on)

        async def look() -> _Outcome:
            response = await self._once(looking, HttpRequest("GET", location))
            return None if response.status_code == HTTPStatus.ACCEPTED else read(response.content)

        try:
            return await azure_wait.until(look, self._clock, what=call.words)
        except errors.Forbidden:
            raise
        except errors.ServiceError:
            failure = _unseen(call)
        raise failure

    def _ours(self, response: AsyncHttpResponse) -> str | None:
        """Return where the value will be, if that is ARM: the bearer goes there."""
        given = response.headers.get("Location") or response.headers.get("Azure-AsyncOperation")
        if not given:
            return None
        location = urljoin(f"{self._base}/", given)
        return location if azure_pipeline.is_arm(location, base=self._base) else None


def _refused(call: azure_errors.Call, response: AsyncHttpResponse) -> errors.ServiceError:
    code = azure_errors.code_of(response.content)
    failure = azure_errors.refused(call, response.status_code, code, azure_errors.wait_of(response.headers))
    if call.write and response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return errors.Unknown(str(failure), service=failure.service)  # it may have been made all the same
    return failure


def _unseen(call: azure_errors.Call) -> errors.Unknown:
    return errors.Unknown(f"Azure's answer was lost: could it {call.words}?", service=azure_errors.SERVICE)
