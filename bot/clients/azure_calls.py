"""Asking the SDK for something, and having what it raises as an error of ours.

Errors are raised outside the handlers, so that none takes the SDK's along: those hold the answer,
and their text is the vendor's body.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, TypeVar

from azure.core import async_paging, exceptions

from bot import model
from bot.clients import azure_errors, azure_parse

T = TypeVar("T")
S = TypeVar("S")
# Keywords for each call of the SDK. Left alone it reads every error as JSON, and for a page of a
# gateway or an empty 429 raises what json does: the status would be lost, and the Retry-After.
READ: dict[str, Any] = {
    "error_map": dict.fromkeys(range(300, 600), exceptions.HttpResponseError)
    | {404: exceptions.ResourceNotFoundError}
}
WRITE: dict[str, Any] = READ | {"polling": False}
# What a success that is not as documented ends in, in the SDK's hands or in ours.
_UNREADABLE = (AttributeError, KeyError, IndexError, TypeError, ValueError)


def call(registry: model.Registry, words: str, action: str, *, write: bool = False) -> azure_errors.Call:
    """Name what is asked of one registry."""
    on = f"the registry {registry.name} (resource group {registry.resource_group})"
    return azure_errors.Call(words, action, on, write)


async def asked(what: azure_errors.Call, answer: Awaitable[T]) -> T:
    """Return the SDK's answer."""
    try:
        return await answer
    except exceptions.AzureError as error:
        failure = azure_errors.from_sdk(what, error)
    except _UNREADABLE as error:
        failure = azure_errors.lost(what, error)
    raise failure


async def found(what: azure_errors.Call, answer: Awaitable[S], parse: Callable[[S], T]) -> T | None:
    """Return the SDK's answer, or None where the thing is not there but its registry is."""
    return await asked(what, _parsed(answer, parse))


async def _parsed(answer: Awaitable[S], parse: Callable[[S], T]) -> T | None:
    try:
        return parse(await answer)
    except exceptions.ResourceNotFoundError as error:
        if azure_errors.parent_missing(error):
            raise
    return None


async def every(listed: async_paging.AsyncItemPaged[S], parse: Callable[[S], T]) -> list[T]:
    """Return all items of a paged list."""
    return [parse(item) async for page in _pages(listed) for item in page]


async def each(
    what: azure_errors.Call,
    listed: async_paging.AsyncItemPaged[S],
    parse: Callable[[S], azure_parse.Provisioned[T]],
) -> AsyncIterator[T]:
    """Go through a paged list of resources, but those that are being deleted; one page in memory."""
    pages = _pages(listed)
    while (page := await asked(what, _page(pages, parse))) is not None:
        for one in page:
            if not one.going:
                yield one.value


async def _page(pages: AsyncIterator[list[S]], parse: Callable[[S], T]) -> list[T] | None:
    page = await anext(pages, None)
    return None if page is None else [parse(item) for item in page]


async def count(listed: async_paging.AsyncItemPaged[S]) -> int:
    """Count the items of a paged list, one page in memory at a time."""
    return sum([len(page) async for page in _pages(listed)])


async def _pages(listed: async_paging.AsyncItemPaged[S]) -> AsyncIterator[list[S]]:
    """Go through the pages; raise where one names itself as the next, which would never end."""
    pages, before = listed.by_page(), None
    async for page in pages:
        yield [item async for item in page]
        following = getattr(pages, "continuation_token", None)
        if following and following == before:
            raise exceptions.ServiceResponseError("A page leads to itself.")
        before = following
