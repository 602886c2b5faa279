"""What people run in production, small and on loopback: TLS, a primary with Sentinel, a Cluster."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from redis import exceptions

from bot.sandbox import valkey
from bot.store import connection
from tests import waiting

PASSWORD = "a-word-of-the-data-servers"
SLOTS = ((0, 5460), (5461, 10922), (10923, 16383))


def free_port() -> int:
    """Return a port of loopback that nobody uses, nor the one of a Cluster's bus above it."""
    while True:
        with socket.socket() as probe, socket.socket() as bus, contextlib.suppress(OSError, OverflowError):
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
            bus.bind(("127.0.0.1", port + 10_000))
            return port


def on(port: int, *options: str) -> tuple[str, ...]:
    """Return the options of a server that also listens on a port."""
    return ("--bind", "127.0.0.1", "--port", str(port), *options)


@contextlib.asynccontextmanager
async def with_tls(binary: Path, folder: Path) -> AsyncIterator[str]:
    """Run a server that speaks TLS with a certificate of its own, and return its address."""
    port, certificate, key = free_port(), folder / "tls.crt", folder / "tls.key"
    _certify(certificate, key)
    files = (
        "--tls-cert-file",
        str(certificate),
        "--tls-key-file",
        str(key),
        "--tls-ca-cert-file",
        str(certificate),
    )
    options = ("--bind", "127.0.0.1", "--tls-port", str(port), "--tls-auth-clients", "no", *files)
    async with valkey.Valkey(binary=binary, options=options):
        yield f"rediss://localhost:{port}?ssl_ca_certs={certificate}"


def _certify(certificate: Path, key: Path) -> None:
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-out", str(certificate), "-keyout", str(key)]
    subprocess.run([*command, *subject, *files], check=True, capture_output=True)


class Watched:
    """A primary and a replica, both with a password, and the Sentinel that watches them."""

    def __init__(self, url: str, primary: valkey.Valkey) -> None:
        self.url = url
        self.primary = primary


@contextlib.asynccontextmanager
async def sentinel(binary: Path, folder: Path) -> AsyncIterator[Watched]:
    """Run a primary, a replica and a Sentinel that fails over within two seconds."""
    first, second, watcher = free_port(), free_port(), free_port()
    secured = ("--requirepass", PASSWORD, "--masterauth", PASSWORD)
    config = folder / "sentinel.conf"
    config.write_text(
        f"port {watcher}\nbind 127.0.0.1\nsentinel monitor main 127.0.0.1 {first} 1\n"
        f"sentinel auth-pass main {PASSWORD}\nsentinel down-after-milliseconds main 500\n"
        f"sentinel failover-timeout main 3000\n"
    )
    following = on(second, *secured, "--replicaof", f"127.0.0.1 {first}", "--repl-diskless-sync-delay", "0")
    async with (
        valkey.Valkey(
            binary=binary, options=on(first, *secured, "--repl-diskless-sync-delay", "0")
        ) as primary,
        valkey.Valkey(binary=binary, options=following),
    ):
        own = primary.url.replace("unix://", f"unix://:{PASSWORD}@")
        await _until(
            own, ("INFO", "replication"), lambda info: "'state': 'online'" in str(info), "a replica follows"
        )
        process = await asyncio.create_subprocess_exec(
            binary, config, "--sentinel", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            await _until(
                f"redis://127.0.0.1:{watcher}",
                ("SENTINEL REPLICAS", "main"),
                lambda found: "slave" in str(found) and "disconnected" not in str(found),
                "the Sentinel knows the replica",
            )
            yield Watched(f"redis+sentinel://:{PASSWORD}@127.0.0.1:{watcher}/main", primary)
        finally:
            process.kill()
            await process.wait()


@contextlib.asynccontextmanager
async def cluster(binary: Path) -> AsyncIterator[str]:
    """Run a Cluster of three primaries, and return its address."""
    ports = [free_port() for _ in SLOTS]
    clustered = ("--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
    async with contextlib.AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(valkey.Valkey(binary=binary, options=on(port, *clustered)))
            for port in ports
        ]
        for node, (low, high) in zip(nodes, SLOTS, strict=True):
            slots = range(low, high + 1)
            await _tell(node.url, "CLUSTER ADDSLOTS", *slots)
            await _tell(node.url, "CLUSTER MEET", "127.0.0.1", ports[0])
        for node in nodes:
            await _until(
                node.url, ("CLUSTER INFO",), lambda info: "'cluster_state': 'ok'" in str(info), "it is whole"
            )
        yield "redis+cluster://" + ",".join(f"127.0.0.1:{port}" for port in ports)


async def _tell(url: str, *command: str | int) -> object:
    client = connection.connect(url)
    try:
        return await client.execute_command(*command)
    finally:
        await client.aclose()


async def _until(
    url: str, command: tuple[str, ...], accept: Callable[[object], bool], description: str
) -> None:
    async def accepted() -> bool:
        with contextlib.suppress(OSError, exceptions.ConnectionError):
            return accept(await _tell(url, *command))
        return False

    await waiting.wait_until(accepted, description)
