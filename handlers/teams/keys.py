"""The keys that Teams signs with: read when needed, kept for a day, never asked for at a stranger's will."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import jwt
import structlog
from jwt.types import Options

from bot import errors

ALGORITHM = "RS256"
KEPT_S = 24 * 3600.0
PAUSE_S = 60.0  # between two readings, whatever key ids come in
FIRST_S = 5.0  # the same while there are no keys at all: nobody could get in
MOST_KEYS = 200
LEEWAY_S = 300  # Microsoft's own libraries allow as much

Read = Callable[[], Awaitable[Sequence[Mapping[str, object]]]]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Key:
    """A public key, and the channels that it may speak for."""

    key: jwt.PyJWK
    endorsements: frozenset[str]


class Keys:
    """Finds a key by its id.

    An id that nobody knows causes at most one reading a minute, whoever makes it up, and everybody
    else goes on meanwhile: the Teams SDK would read for each, and stop the whole process while it does.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._keys: dict[str, Key] = {}
        self._turn = asyncio.Lock()
        self._tried: float | None = None
        self._fresh_until = 0.0

    async def get(self, key_id: str) -> Key | None:
        """Return a key, or None for an id that is not Teams'."""
        if key_id not in self._keys or self._now() >= self._fresh_until:
            await self._renew(key_id)
        return self._keys.get(key_id)

    async def _renew(self, key_id: str) -> None:
        async with self._turn:
            now = self._now()
            pause = PAUSE_S if self._keys else FIRST_S
            if self._tried is not None and now - self._tried < pause:
                return
            self._tried = now
            try:
                found = await self._read()
            except errors.ServiceError as error:
                # The old keys stay good: a key server that is away must not lock everybody out.
                log.warning("teams.keys.unread", error=str(error))
                return
            self._keys = dict(_parsed(found))
            self._fresh_until = self._now() + KEPT_S
            log.info("teams.keys.read", keys=len(self._keys), wanted=key_id in self._keys)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()


def _parsed(found: Sequence[Mapping[str, object]]) -> list[tuple[str, Key]]:
    made = []
    for one in found[:MOST_KEYS]:
        key_id, endorsed = one.get("kid"), one.get("endorsements")
        if not isinstance(key_id, str) or one.get("kty") != "RSA":
            continue
        try:
            key = jwt.PyJWK(dict(one), algorithm=ALGORITHM)
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        channels = frozenset(map(str, endorsed)) if isinstance(endorsed, list) else frozenset[str]()
        made.append((key_id, Key(key, channels)))
    return made


async def verified(
    token: str, keys: Keys, *, audience: str, issuer: str
) -> tuple[Mapping[str, object], Key] | None:
    """Return what a token says, and the key that signed it; None for one that is not Teams' to this bot."""
    options: Options = {"require": ["exp", "iss", "aud"]}
    try:
        header = jwt.get_unverified_header(token)
        key_id = header.get("kid")
        if header.get("alg") != ALGORITHM or not isinstance(key_id, str):
            return None
        key = await keys.get(key_id)
        if key is None:
            return None
        claims = jwt.decode(
            token,
            key.key,
            algorithms=[ALGORITHM],
            audience=audience,
            issuer=issuer,
            leeway=LEEWAY_S,
            options=options,
        )
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        return None
    return claims, key
