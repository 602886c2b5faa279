"""The one client for ARM: the SDK's, with our own way of authorizing, retrying and staying quiet."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, urlsplit

from azure.core import exceptions
from azure.core.pipeline import PipelineRequest, PipelineResponse, policies
from azure.core.rest import AsyncHttpResponse, HttpRequest
from azure.mgmt.containerregistry import aio
from azure.mgmt.core.policies import AsyncARMChallengeAuthenticationPolicy

from bot import errors, ports, settings
from bot.clients import azure_errors, azure_transport, identity

PAUSES_S = (0.2, 0.8)  # before the second and the third try of a read
LONGEST_WAIT_S = 5.0  # a Retry-After beyond this is for whoever asked, not for a sleep in here
_AGAIN = frozenset({408, 429, 500, 502, 503, 504})


class ReadAgain(policies.AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Send a failed read again, twice at most. A write passes once, whatever becomes of it.

    The SDK's own policy repeats a POST on 500, 503 and 504, and any method on an error that
    carries Retry-After (azure-core 1.41, azure/core/pipeline/policies/_retry.py): a repeated
    generateCredentials would mint a second password.
    """

    def __init__(self, clock: ports.Clock) -> None:
        super().__init__()
        self._clock = clock

    async def send(
        self, request: PipelineRequest[HttpRequest]
    ) -> PipelineResponse[HttpRequest, AsyncHttpResponse]:
        """Send, and for a GET look at what came of it."""
        pauses = PAUSES_S if request.http_request.method == "GET" else ()
        for pause_s in pauses:
            try:
                response = await self.next.send(request)
            except (exceptions.ServiceRequestError, exceptions.ServiceResponseError):
                await self._clock.sleep(pause_s)
                continue
            wait_s = wait_before_again(response.http_response, pause_s)
            if wait_s is None:
                return response
            await self._clock.sleep(wait_s)
        return await self.next.send(request)


def wait_before_again(response: AsyncHttpResponse, pause_s: float) -> float | None:
    """Return how long to wait before reading again, or None to take the answer as it is."""
    if response.status_code not in _AGAIN:
        return None
    asked_s = azure_errors.wait_of(response.headers)
    if asked_s is None:
        return pause_s
    return max(asked_s, pause_s) if asked_s <= LONGEST_WAIT_S else None


class PlainLoopback(policies.SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Let the bearer travel over plain http; used for a loopback address only.

    A keyword of the client has no effect on this check, an option of each request has.
    """

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Set the option that azure-core's bearer policy looks for."""
        request.context.options["enforce_https"] = False


class OnlyArm(policies.SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Refuses every address that is not ARM's, such as a next page elsewhere: the bearer goes with it."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        """Look where it goes."""
        if not is_arm(request.http_request.url, base=self._base):
            raise errors.Permanent(
                "Azure's answer points to an address that is not Azure Resource Manager's.",
                service=azure_errors.SERVICE,
            )


def is_arm(address: str, *, base: str) -> bool:
    """Tell whether an address is ARM's: the base's host by any of its names, or a region's below it."""
    at, arm = urlsplit(address), urlsplit(base)
    same = at.hostname == arm.hostname or (at.hostname or "").endswith(f".{arm.hostname}")
    local = settings.is_loopback(at.hostname) and settings.is_loopback(arm.hostname)
    return (same or local) and at.scheme == arm.scheme and _port(at) == _port(arm)


def _port(address: SplitResult) -> int | None:
    try:
        return address.port or {"https": 443, "http": 80}.get(address.scheme)
    except ValueError:  # not a number
        return None


def base_url(config: settings.Settings) -> str:
    """Return ARM's address: the override, or the cloud's own."""
    return config.azure_resource_manager_url or identity.PLACES[config.azure_cloud].arm


def open_client(
    config: settings.Settings, credential: identity.Identity, clock: ports.Clock
) -> aio.ContainerRegistryManagementClient:
    """Make the SDK's client over a pipeline of ours.

    The pipeline has no logging policy (addresses carry signatures, one body carries a password),
    follows no redirect, and registers no resource provider on its own.
    """
    base, scope = base_url(config), identity.PLACES[config.azure_cloud].arm_scope
    loopback = settings.is_loopback(urlsplit(base).hostname)
    chain: list[Any] = [policies.UserAgentPolicy("registry-bot"), OnlyArm(base), ReadAgain(clock)]
    if urlsplit(base).scheme == "http" and loopback:
        chain.append(PlainLoopback())
    chain.append(AsyncARMChallengeAuthenticationPolicy(credential, scope))
    return aio.ContainerRegistryManagementClient(
        credential,
        config.azure_subscription_id,
        base,
        policies=chain,
        credential_scopes=[scope],
        transport=azure_transport.Once(
            connection_timeout=5,
            read_timeout=60,
            use_env_settings=not loopback,  # no proxy stands between us and our own machine
        ),
    )
