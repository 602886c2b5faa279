"""A client for an address. Nothing connects before its first use."""

from __future__ import annotations

import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from redis import asyncio as redis
from redis.asyncio import retry, sentinel
from redis.asyncio.cluster import ClusterNode
from redis.backoff import NoBackoff

from bot import errors
from bot.store import address, batches

CONNECTIONS = 50
CLIENT_NAME = "registry-bot"
NO = {"false", "no", "0", "off"}


class Client(Protocol):
    """What the store needs of redis-py's three clients."""

    def execute_command(self, *args: str | float, **options: object) -> Awaitable[Any]:
        """Send a command and return its answer."""
        ...

    async def aclose(self) -> None:
        """Close all connections."""
        ...


def connect(url: str) -> Client:
    """Return a client for REDIS_URL; raise ConfigurationError for an address that cannot be one."""
    at = address.parse(url)
    try:
        _check_tls(at)
        match at.form:
            case address.Form.SENTINEL:
                return SentinelClient(at)
            case address.Form.CLUSTER:
                nodes = [ClusterNode(host, port) for host, port in at.hosts]
                # One slot holds all our keys: the others may be missing.
                return redis.RedisCluster(
                    startup_nodes=nodes, require_full_coverage=False, ssl=at.tls, **_options(at)
                )
            case _:
                return _single(at)
    except (OSError, ValueError) as error:
        # A certificate that is not there or not one, a name that does not resolve.
        raise errors.ConfigurationError(f"REDIS_URL cannot be used: {type(error).__name__}.") from error


def _single(at: address.Address) -> Client:
    place: dict[str, Any] = {"path": at.path}
    kind: type[redis.connection.AbstractConnection] = redis.UnixDomainSocketConnection
    if at.form is address.Form.SINGLE:
        place = dict(zip(("host", "port"), at.hosts[0], strict=True))
        kind = redis.SSLConnection if at.tls else redis.Connection
    pool = redis.BlockingConnectionPool(connection_class=kind, db=at.db, timeout=5, **place, **_options(at))
    return batches.Batches(redis.Redis.from_pool(pool))


async def info(client: Client) -> tuple[Mapping[str, object], ...]:
    """Return INFO of the server, or of each of a Cluster's primaries."""
    if isinstance(client, redis.RedisCluster):
        await client.initialize()
        answers = await client.execute_command("INFO", target_nodes=client.get_primaries())
        return tuple(answer | {"asked_as_cluster": True} for answer in answers.values())
    return (await client.execute_command("INFO"),)


async def at_key(client: Client, key: str) -> dict[str, object]:
    """Return what sends a command without a key to the server that holds a key."""
    if not isinstance(client, redis.RedisCluster):
        return {}
    await client.initialize()
    return {"target_nodes": client.get_node_from_key(key)}


class SentinelClient:
    """The primary behind Sentinels; redis-py closes the two kinds of connections apart."""

    def __init__(self, at: address.Address) -> None:
        own = {
            "username": at.options.get("sentinel_username"),
            "password": at.options.get("sentinel_password"),
        }
        build: Callable[..., Any] = sentinel.Sentinel  # redis-py leaves it untyped
        options = _options(at)
        self._sentinel = build(at.hosts, sentinel_kwargs=options | own | {"ssl": at.tls}, **options)
        self._primary = batches.Batches(self._sentinel.master_for(at.name, db=at.db, ssl=at.tls))

    def execute_command(self, *args: str | float, **options: object) -> Awaitable[Any]:
        """Send a command to the primary."""
        return self._primary.execute_command(*args, **options)

    async def aclose(self) -> None:
        """Close the connections to the primary and to the Sentinels."""
        try:
            await self._primary.aclose()
        finally:
            await self._sentinel.aclose()


def _check_tls(at: address.Address) -> None:
    """Raise OSError or ValueError now for what redis-py would only find at each connection."""
    if not at.tls:
        return
    if at.options.get("ssl_cert_reqs", "required") not in {"none", "optional", "required"}:
        raise ValueError("ssl_cert_reqs is none of none, optional and required")
    context = ssl.create_default_context(cafile=at.options.get("ssl_ca_certs"))
    if certificate := at.options.get("ssl_certfile"):
        context.load_cert_chain(certificate, at.options.get("ssl_keyfile"))


def _options(at: address.Address) -> dict[str, Any]:
    tls: dict[str, Any] = {name: value for name, value in at.options.items() if name.startswith("ssl_")}
    if "ssl_check_hostname" in tls:
        tls["ssl_check_hostname"] = tls["ssl_check_hostname"].lower() not in NO
    return {
        "username": at.user,
        "password": at.password,
        "client_name": CLIENT_NAME,
        "decode_responses": True,
        "protocol": 2,  # nothing here needs RESP3's pushes, nor what redis-py 8 asks of a server for them
        "socket_timeout": 1.0,  # a script takes under a millisecond, and a second try needs time as well
        "socket_connect_timeout": 1.5,
        "health_check_interval": 30,
        # `calls` tries again instead: it knows how long, and that a wrong password does not pass.
        # redis-py would go on ten times for each connection and ten for each command.
        "retry": retry.Retry(NoBackoff(), 0),
        "max_connections": CONNECTIONS,
        **(tls if at.tls else {}),
    }
