"""The canary's round through a whole world: where it looks, and where which secret may stand."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp

from bot.sandbox import canary, emulator, process, redis_trace, world
from bot.sandbox.canary import Kind

PAGES = ("/metrics", "/healthz", "/readyz")  # what the bot's own server shows


@dataclass(frozen=True, slots=True)
class Permit:
    """Where one kind of secret may stand: in a `part` of requests to a service that fit `line`."""

    kind: Kind
    to: str
    line: str
    part: str

    def covers(self, exchange: emulator.Exchange, part: str) -> bool:
        """Tell whether this is such a place."""
        line = f"{exchange.method} {exchange.path}"
        return part == self.part and bool(re.fullmatch(self.to, exchange.to) and re.match(self.line, line))


_AUTHORIZATION = "header authorization"
PERMITS = (
    # The password: from ARM's answer, straight into Tower's request, and nowhere else.
    Permit(Kind.PASSWORD, "arm", r"POST .*/generateCredentials\b", "answer"),
    Permit(Kind.PASSWORD, "arm", r"GET .*/registries/\w+/operationStatuses/", "answer"),
    Permit(Kind.PASSWORD, "tower", r"(POST|PUT) \S*/credentials\b", "body"),
    Permit(Kind.SLACK_BOT_TOKEN, "slack", r"\w+ /api/", _AUTHORIZATION),
    Permit(Kind.SLACK_APP_TOKEN, "slack", r"\w+ /api/apps\.connections\.open\b", _AUTHORIZATION),
    Permit(Kind.TEAMS_SECRET, "teams", r"POST /[^/]+/oauth2/v2.0/token\b", "body"),
    Permit(Kind.TEAMS_TOKEN, "teams", r"POST /[^/]+/oauth2/v2.0/token\b", "answer"),
    Permit(Kind.TEAMS_TOKEN, "teams", r"\w+ /v3/", _AUTHORIZATION),
    Permit(Kind.TOWER_TOKEN, "tower", r"", _AUTHORIZATION),
    Permit(Kind.TOWER_VERIFY_TOKEN, "wave", r"POST /v1alpha1/inspect\b", "body"),
    # The bot never has this one: pipelines ask Wave with it.
    Permit(Kind.TOWER_PERSON_TOKEN, "wave", r"POST /v1alpha1/inspect\b", "body"),
    Permit(Kind.IDENTITY_HEADER, "identity", r"", "header x-identity-header"),
    Permit(Kind.ENTRA_TOKEN, "identity", r"", "answer"),
    Permit(Kind.ENTRA_TOKEN, "arm", r"", _AUTHORIZATION),
    Permit(Kind.ENTRA_TOKEN, "acr:.*", r"POST /oauth2/exchange\b", "body"),
    Permit(Kind.REGISTRY_TOKEN, "acr:.*", r"POST /oauth2/", "answer"),
    Permit(Kind.REGISTRY_TOKEN, "acr:.*", r"POST /oauth2/token\b", "body"),
    Permit(Kind.REGISTRY_TOKEN, "acr:.*", r"", _AUTHORIZATION),
)


@dataclass(frozen=True, slots=True)
class Report:
    """What a round found, and how much it looked at."""

    findings: tuple[canary.Finding, ...]
    deliveries: int  # requests to Tower that carried a password
    secrets: int
    exchanges: int
    keys: int
    commands: int
    log_bytes: int

    @property
    def clean(self) -> bool:
        """Tell whether no secret was anywhere that it must not be."""
        return not self.findings


class Sweep:
    """Looks through one world, the bots that ran in it, and its Redis."""

    def __init__(
        self,
        outside: world.World,
        *,
        bots: Sequence[process.BotProcess] = (),
        redis: redis_trace.RedisTrace | None = None,
    ) -> None:
        self._world = outside
        self._bots = bots
        self._redis = redis

    async def report(self, *extra: canary.Place) -> Report:
        """Go through everything there is now, and `extra` places."""
        exchanges = list(self._world.journal.exchanges)
        watch = canary.Canary(secrets_of(self._world))
        keys = [place async for place in self._keys()]
        commands = self._redis.commands if self._redis else ()
        logs = [canary.Place(f"the output of {bot.log.stem}", bot.output()) for bot in self._bots]
        places = [
            *(place for exchange in exchanges for place in places_of(exchange)),
            *keys,
            canary.Place("a command to Redis", b"\n".join(commands)),
            *logs,
            *self._files(),
            *[place async for place in self._pages()],
            *extra,
        ]
        return Report(
            findings=tuple(watch.search(places)),
            deliveries=sum(delivers(exchange, self._world.azure.minted) for exchange in exchanges),
            secrets=len(secrets_of(self._world)),
            exchanges=len(exchanges),
            keys=len(keys),
            commands=len(commands),
            log_bytes=sum(len(log.content) for log in logs),
        )

    async def _keys(self) -> AsyncIterator[canary.Place]:
        if self._redis:
            async for key, value in self._redis.keys():
                yield canary.Place(f"the Redis key {key.decode(errors='replace')}", key + b"\n" + value)

    def _files(self) -> Iterator[canary.Place]:
        """Go through what the bots left in their folders, and what the store wrote to disk."""
        folders = [*(bot.folder for bot in self._bots), self._world.folder / "store"]
        for path in (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file()):
            yield canary.Place(f"the file {path.relative_to(self._world.folder)}", _read(path))

    async def _pages(self) -> AsyncIterator[canary.Place]:
        for bot in self._bots:
            for page in PAGES if bot.running else ():
                try:
                    yield canary.Place(f"the page {page}", await bot.get(page))
                except (aiohttp.ClientError, TimeoutError):
                    continue  # a bot that is just ending, or a worker, which has no pages


def secrets_of(outside: world.World) -> list[canary.Secret]:
    """Return every secret that the world has given out so far."""
    own = outside.secrets
    password = urlsplit(outside.redis_url).password
    fixed = {
        Kind.SLACK_BOT_TOKEN: own.slack_bot_token,
        Kind.SLACK_APP_TOKEN: own.slack_app_token,
        Kind.SLACK_SIGNING_SECRET: own.slack_signing_secret,
        Kind.TEAMS_SECRET: own.teams_client_secret,
        Kind.TOWER_TOKEN: own.tower_token,
        Kind.TOWER_VERIFY_TOKEN: own.tower_verify_token,
        Kind.TOWER_PERSON_TOKEN: own.tower_person_token,
        Kind.IDENTITY_HEADER: own.identity_header,
        Kind.AUDIT_KEY: own.audit_key,
        Kind.REDIS_PASSWORD: password or "",
    }
    found = [canary.Secret(kind, value) for kind, value in fixed.items() if value]
    found += [canary.Secret(Kind.PASSWORD, value) for value in outside.azure.minted]
    found += [canary.Secret(Kind.ENTRA_TOKEN, value) for value in outside.azure.bearers]
    if outside.teams:
        found += [canary.Secret(Kind.TEAMS_TOKEN, value) for value in sorted(outside.teams.tokens)]
    granted = (_granted(one) for one in outside.journal.exchanges if one.to.startswith("acr:"))
    return found + [canary.Secret(Kind.REGISTRY_TOKEN, value) for value in granted if value]


def delivers(exchange: emulator.Exchange, passwords: Iterable[str]) -> bool:
    """Tell whether an exchange handed one of the passwords to Tower."""
    return exchange.to == "tower" and holds(exchange.body, [each.encode() for each in passwords])


def holds(content: bytes, passwords: Iterable[bytes]) -> bool:
    """Tell whether a password stands in a text as it is."""
    return any(each in content for each in passwords)


def places_of(exchange: emulator.Exchange) -> Iterator[canary.Place]:
    """Take one exchange apart into the places where a secret could stand."""
    parts: Iterable[tuple[str, bytes]] = (
        ("path", exchange.path.encode()),
        *((f"header {name.lower()}", value.encode()) for name, value in exchange.headers.items()),
        ("body", exchange.body),
        ("answer", exchange.answer),
    )
    line = f"{exchange.method} {exchange.path.partition('?')[0]}"
    for part, content in parts:
        allowed = frozenset(permit.kind for permit in PERMITS if permit.covers(exchange, part))
        yield canary.Place(f"{exchange.to}: {part} of {line}", content, allowed)


def _granted(exchange: emulator.Exchange) -> str | None:
    """Return the token that a registry's token service gave out in an exchange."""
    if not exchange.path.startswith("/oauth2/") or exchange.status != 200:  # noqa: PLR2004  # HTTP
        return None
    answer: dict[str, str] = json.loads(exchange.answer)
    return answer.get("refresh_token") or answer.get("access_token")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # rewritten or removed meanwhile
