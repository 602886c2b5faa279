"""`ports.AzureProbe`: what the bot's identity sees and may do, by reading alone."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Self

from azure.core import exceptions
from azure.core.rest import HttpRequest

from bot import errors, model, ports, settings
from bot.clients import acr, azure, azure_calls, azure_errors, azure_parse, azure_pipeline, identity

PERMISSIONS = "providers/Microsoft.Authorization/permissions"
# https://learn.microsoft.com/rest/api/authorization/permissions/list-for-resource
PERMISSIONS_VERSION = "2022-04-01"
_MOST_PAGES = 10
_READS = "Microsoft.Authorization/permissions/read"


class AzureProbe:
    """Looks at one subscription. An async context manager: it holds clients of its own."""

    def __init__(self, config: settings.Settings, credential: identity.Identity, clock: ports.Clock) -> None:
        self._subscription = config.azure_subscription_id
        self._base = azure_pipeline.base_url(config)
        self._scope = identity.PLACES[config.azure_cloud].arm_scope
        self._credential = credential
        self._clock = clock
        self._client = azure_pipeline.open_client(config, credential, clock)
        self._registries = azure.AzureRegistries(config, credential, clock)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._registries.__aexit__()
        await self._client.close()

    async def token(self) -> None:
        """Raise unless the identity obtains a token."""
        await self._credential.get_token_info(self._scope)

    async def registries(self) -> tuple[model.Registry, ...]:
        """List the registries that the bot serves."""
        return await self._registries.registries()

    async def room(self, registry: model.Registry) -> ports.Room:
        """Count tokens and scope maps against the tier's limit; the fuller one counts."""
        return await self._registries.room(registry)

    async def grants(self, registry: model.Registry) -> tuple[ports.Grant, ...]:
        """Return what the identity may do at a registry, by Azure's own account of it."""
        what = azure_calls.call(registry, "say what the bot may do", "read")
        path = azure_parse.registry_path(self._subscription, registry)
        following: str | None = f"{path}/{PERMISSIONS}?api-version={PERMISSIONS_VERSION}"
        grants: list[ports.Grant] = []
        for _ in range(_MOST_PAGES):
            page = await self._page(what, following)
            grants += parse_grants(page)
            link = page.get("nextLink")
            if not link:
                return tuple(grants)
            following = self._ours(link)
        raise _unreadable(what)

    async def content(self, registry: model.Registry) -> int:
        """List the first repositories, and read the tags of one; return how many were listed."""
        plane = acr.DataPlane(registry, self._credential, self._clock, arm_scope=self._scope)
        try:
            async for names in plane.pages():
                await plane.newest_tag(names[0])
                return len(names)
            return 0
        finally:
            await plane.aclose()

    async def _page(self, what: azure_errors.Call, address: str | None) -> Mapping[str, object]:
        if address is None:
            raise _unreadable(what)
        try:
            response = await self._client.send_request(HttpRequest("GET", address))
        except exceptions.AzureError as error:
            failure = azure_errors.lost(what, error)
        else:
            if response.status_code == HTTPStatus.OK:
                return parse_page(what, response.content)
            failure = _refused(what, response.status_code, response.content)
        raise failure  # outside the handlers: the library's errors hold the vendor's body

    def _ours(self, link: object) -> str | None:
        """Return where the next page is, if that is ARM: the bearer goes there."""
        return link if isinstance(link, str) and link.startswith(f"{self._base}/") else None


def parse_page(what: azure_errors.Call, body: bytes) -> Mapping[str, object]:
    """Return one page of a list; raise for anything else."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not isinstance(found.get("value"), list):
        raise _unreadable(what)
    return found


def parse_grants(page: Mapping[str, object]) -> list[ports.Grant]:
    """Return the role assignments of a page of permissions; data actions are not the bot's."""
    listed = page["value"]
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return [ports.Grant(_texts(one.get("actions")), _texts(one.get("notActions"))) for one in entries]


def _texts(value: object) -> tuple[str, ...]:
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _refused(what: azure_errors.Call, status: int, body: bytes) -> errors.ServiceError:
    failure = azure_errors.refused(what, status, azure_errors.code_of(body), None)
    if isinstance(failure, errors.Forbidden) and status == HTTPStatus.FORBIDDEN:
        return errors.Forbidden(str(failure), service=failure.service, remedy=f"It takes {_READS}.")
    return failure


def _unreadable(what: azure_errors.Call) -> errors.Temporary:
    return errors.Temporary(f"Azure did not {what.words} in a readable way.", service=azure_errors.SERVICE)
