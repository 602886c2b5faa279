"""Asking the SDK for something, and having what it raises as an error of ours.

Errors are raised outside the handlers, so that none takes the SDK's along: those hold the answer,
and their text is the vendor's body.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable
from typing import TypeVar

from azure.core import exceptions

from bot import model
from bot.clients import azure_errors

T = TypeVar("T")
S = TypeVar("S")


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
    except ValueError as error:  # a success that is no JSON
        failure = azure_errors.lost(what, error)
    raise failure


async def found(what: azure_errors.Call, answer: Awaitable[T]) -> T | None:
    """Return the SDK's answer, or None where the thing is not there but its registry is."""
    return await asked(what, _or_none(answer))


async def _or_none(answer: Awaitable[T]) -> T | None:
    try:
        return await answer
    except exceptions.ResourceNotFoundError as error:
        if azure_errors.parent_missing(error):
            raise
    return None


async def every(pages: AsyncIterable[S], parse: Callable[[S], T]) -> list[T]:
    """Return all items of a paged list."""
    return [parse(item) async for item in pages]


async def count(pages: AsyncIterable[S]) -> int:
    """Count the items of a paged list."""
    return len([None async for _ in pages])
