"""What somebody chose in a form, looked up: on every platform the same."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from bot import errors, ports
from bot.forms import Field
from handlers import replies
from handlers.service import Service


async def repositories(service: Service, keys: Iterable[str]) -> tuple[ports.Repository, ...]:
    """Return the repositories of these options; raise BadInput where only some are there.

    Less than what was chosen is not what somebody asks for.
    """
    found = await asyncio.gather(*map(service.repository, keys))
    known = tuple(repository for repository in found if repository)
    if 0 < len(known) < len(found):
        raise errors.BadInput({Field.REPOSITORY: replies.SOME_GONE})
    return known
