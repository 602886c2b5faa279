"""Commands of the same moment sent in one go: a round trip costs redis-py as much as ten commands in one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from redis import asyncio as redis

Command = tuple[str | float, ...]


class Batches:
    """A client of one server. What is asked for in one turn of the event loop shares a connection.

    An answer that is an error is one caller's alone. What breaks the connection is everybody's, as
    if each of them had met it.
    """

    def __init__(self, client: redis.Redis) -> None:
        self.client = client
        self._alone: Callable[..., Awaitable[Any]] = client.execute_command  # redis-py leaves it untyped
        self._commands: list[Command] = []  # of the batch that leaves at the end of this turn
        self._leaving: asyncio.Task[list[Any]] | None = None
        self._under_way: set[asyncio.Task[list[Any]]] = set()

    async def execute_command(self, *args: str | float, **options: object) -> Any:
        """Send a command and return its answer; one with options of redis-py's own goes alone."""
        if options:
            return await self._alone(*args, **options)
        place = len(self._commands)
        self._commands.append(args)
        batch = self._leaving or self._begin()
        # A caller that gives up does not take the answers from the others.
        answer = (await asyncio.shield(batch))[place]
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def aclose(self) -> None:
        """Let what is under way end, then close all connections."""
        if self._under_way:
            await asyncio.wait(self._under_way)
        await self.client.aclose()

    def _begin(self) -> asyncio.Task[list[Any]]:
        batch = self._leaving = asyncio.create_task(self._send())
        self._under_way.add(batch)
        batch.add_done_callback(self._under_way.discard)
        return batch

    async def _send(self) -> list[Any]:
        """Send what was asked for until now, and return the answers, errors among them."""
        commands, self._commands, self._leaving = self._commands, [], None
        if len(commands) == 1:
            return [await self._alone(*commands[0])]
        async with self.client.pipeline(transaction=False) as pipeline:
            for command in commands:
                pipeline.execute_command(*command)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
            return answers
