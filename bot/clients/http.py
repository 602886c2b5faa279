"""The one way out over HTTP: a client, calls and answers as values, and what each failure becomes.

    no connection, or none in time       Temporary, whatever the method: nothing was sent
    connection or answer lost later      Temporary for GET, Unknown for everything else
    3xx                                  Permanent: a redirect is never followed, since it would carry
                                         the token, and once the password, to a host nobody chose
    408, 425, 5xx                        as a lost answer
    429                                  Throttled

Only GET is repeated, within a budget of a few seconds; longer waits are the worker's business,
which survives a restart. A failure carries neither its cause nor its context: an httpx exception
holds the request, and with it the token and the password.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import email.utils
import http.cookiejar
import json
import logging
import math
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import aiolimiter
import httpx
import stamina
from pydantic import SecretStr

from bot import errors, ports, settings

CONNECT_S, READ_S = 3.0, 10.0

_AT_ONCE = 8
_QUEUE_S = 20.0
_GET_ATTEMPTS = 3
_GET_BUDGET_S = 5.0  # no further attempt begins after this
_LONGEST_WISH_S = 3600.0  # a service that asks for more than an hour gets an hour
_LARGEST_ANSWER = 8 * 2**20
_LONGEST_MESSAGE = 256


@dataclass(frozen=True, slots=True)
class Service:
    """An outside service: its name as people know it, and the setting that holds its address."""

    name: str
    setting: str


@dataclass(frozen=True, slots=True)
class Call:
    """A request before it is sent. `path` is quoted already; `body` is JSON and may hold a secret.

    `read_s` is how long the service may be silent, and bounds the exchange as a whole as well.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    read_s: float = READ_S
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # over those of JSON

    @property
    def changes(self) -> bool:
        """Tell whether this call may have done something when its answer is lost."""
        return self.method != "GET"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. Header names are lower case; the body is hostile until parsed."""

    status: int
    body: bytes = field(default=b"", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    retry_after_s: float | None = None

    @property
    def ok(self) -> bool:
        """Tell whether the status is one of success."""
        return httpx.codes.is_success(self.status)

    def document(self) -> dict[str, object] | None:
        """Return the body as a JSON object, or None for anything else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return None
        return found if isinstance(found, dict) else None

    def message(self) -> str:
        """Return the documented `message` of an error, cut: to look for hints, never to show."""
        found = (self.document() or {}).get("message")
        return found[:_LONGEST_MESSAGE] if isinstance(found, str) else ""


class Bearer(httpx.Auth):
    """Puts a token into each request; it stays a SecretStr until then."""

    def __init__(self, token: SecretStr, *, setting: str) -> None:
        value = token.get_secret_value().strip()
        # A character that no header takes would come back in the library's own message.
        if not value or not (value.isascii() and value.isprintable()) or " " in value:
            raise errors.ConfigurationError(f"{setting} is not a token: it is empty or holds odd characters.")
        self._token = SecretStr(value)

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Set the header."""
        request.headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
        yield request


def open_client(endpoint: str, *, auth: httpx.Auth | None = None) -> httpx.AsyncClient:
    """Make the client of one service; whoever opens it closes it.

    HTTPS_PROXY, NO_PROXY and SSL_CERT_FILE of the environment count for https: the proxy sees an
    encrypted tunnel only. They do not count for a loopback endpoint, where plain http is allowed:
    a proxy would get to read the password. Cookies are refused: a call stands on its token alone.
    """
    no_cookies = http.cookiejar.DefaultCookiePolicy(allowed_domains=[])
    for library in ("httpx", "httpcore"):  # they log each address at INFO and each header line at DEBUG
        logging.getLogger(library).setLevel(logging.WARNING)
    return httpx.AsyncClient(
        base_url=endpoint,
        auth=auth,
        cookies=http.cookiejar.CookieJar(no_cookies),
        timeout=httpx.Timeout(READ_S, connect=CONNECT_S),
        limits=httpx.Limits(
            max_connections=2 * _AT_ONCE, max_keepalive_connections=_AT_ONCE, keepalive_expiry=30.0
        ),
        follow_redirects=False,
        trust_env=not settings.is_loopback(urlsplit(endpoint).hostname),
        headers={"Accept": "application/json", "User-Agent": "registry-bot"},
    )


_JSON = {"Content-Type": "application/json"}


class Sender:
    """Sends calls to one service, at its pace, and turns every failure into one of ours."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        service: Service,
        *,
        clock: ports.Clock,
        limiter: aiolimiter.AsyncLimiter | None = None,
        queue_s: float = _QUEUE_S,
    ) -> None:
        self.service = service
        self._client = client
        self._clock = clock
        self._limiter = limiter
        self._queue_s = queue_s
        # No more calls under way than there are connections: whoever waits for one behind the
        # limiter would be sent in one heap with others, past the service's limit.
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def send(self, call: Call) -> Answer:
        """Return a success or a 4xx to be understood; raise what `trouble` makes of the rest.

        A GET is repeated where that may help; anything else is sent once.
        """
        if call.changes:
            return self._judged(call, await self.exchange(call))
        async for attempt in stamina.retry_context(_backoff, attempts=_GET_ATTEMPTS, timeout=_GET_BUDGET_S):
            with attempt:
                answer = self._judged(call, await self.exchange(call))
        return answer

    async def exchange(self, call: Call) -> Answer:
        """Send once and return the answer, whatever its status; raise Temporary where none came."""
        sent = False
        try:
            # the queue first; then httpx's own limits start again with each chunk, this one does not
            async with asyncio.timeout(self._queue_s) as deadline, self._turns:
                if self._limiter:
                    await self._limiter.acquire()
                sent = True
                deadline.reschedule(asyncio.get_running_loop().time() + CONNECT_S + call.read_s)
                return await self._once(call)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError):
            failure = unreachable(self.service)
        except (httpx.HTTPError, TimeoutError):
            failure = lost(self.service, changes=call.changes) if sent else crowded(self.service)
        raise failure  # outside the handlers, so that it takes no context along

    async def _once(self, call: Call) -> Answer:
        async with self._client.stream(
            call.method,
            call.path,
            params=dict(call.query) or None,
            content=call.body,
            headers={**_JSON, **call.headers} if call.body is not None else dict(call.headers),
            timeout=httpx.Timeout(call.read_s, connect=CONNECT_S),
        ) as response:
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > _LARGEST_ANSWER:
                    raise unreadable(self.service, changes=call.changes)
            wish = response.headers.get("retry-after", "")
            now = self._clock.now() - self._clock.shift
            return Answer(
                response.status_code, bytes(body), dict(response.headers), retry_after(wish, now=now)
            )

    def _judged(self, call: Call, answer: Answer) -> Answer:
        failure = trouble(answer, self.service, changes=call.changes)
        if failure:
            raise failure
        return answer


def _backoff(error: Exception) -> bool | float:
    if not isinstance(error, errors.Temporary):
        return False
    if error.retry_after_s is None:
        return True
    return error.retry_after_s if error.retry_after_s < _GET_BUDGET_S else False


def trouble(answer: Answer, service: Service, *, changes: bool) -> errors.ServiceError | None:
    """Return what an answer means that says nothing about the call itself, or None."""
    status, wish = answer.status, answer.retry_after_s
    if httpx.codes.is_redirect(status):
        return errors.Permanent(
            f"{service.name} answered with a redirect, and the bot follows none.",
            service=service.name,
            remedy=f"Set {service.setting} to the address of the API itself.",
        )
    if status == httpx.codes.TOO_MANY_REQUESTS:
        return errors.Throttled(
            f"{service.name} asks the bot to slow down.", service=service.name, retry_after_s=wish
        )
    if status >= httpx.codes.INTERNAL_SERVER_ERROR or status in {408, 425}:
        kind = errors.Unknown if changes else errors.Temporary
        return kind(
            f"{service.name} has a fault of its own (HTTP {status}).",
            service=service.name,
            retry_after_s=wish,
        )
    return None


def unreachable(service: Service) -> errors.Temporary:
    """Return the error for a connection that never came about."""
    return errors.Temporary(
        f"{service.name} cannot be reached.",
        service=service.name,
        remedy=f"Check {service.setting}, the network and the certificate on the way to it.",
    )


def crowded(service: Service) -> errors.Temporary:
    """Return the error for a call that waited too long for its turn; nothing was sent."""
    return errors.Temporary(f"Too many calls to {service.name} are waiting.", service=service.name)


def lost(service: Service, *, changes: bool) -> errors.Temporary:
    """Return the error for a call that was under way and brought no answer."""
    kind = errors.Unknown if changes else errors.Temporary
    return kind(f"{service.name} did not answer, or not in time.", service=service.name)


def unreadable(service: Service, *, changes: bool) -> errors.Temporary:
    """Return the error for a success whose body is not what the API documents."""
    kind = errors.Unknown if changes else errors.Temporary
    return kind(
        f"{service.name} sent an answer that is not its API's.",
        service=service.name,
        remedy=f"Check that {service.setting} is the address of the API, not of a web page.",
    )


def retry_after(value: str, *, now: dt.datetime) -> float | None:
    """Read a Retry-After header, in seconds or as an HTTP date; None for anything else."""
    try:
        seconds = float(value)
    except ValueError:
        try:
            until = email.utils.parsedate_to_datetime(value)
        except ValueError:
            return None
        seconds = (until if until.tzinfo else until.replace(tzinfo=dt.UTC)).timestamp() - now.timestamp()
    return min(max(seconds, 0.0), _LONGEST_WISH_S) if math.isfinite(seconds) else None
