"""The address that the bot listens on is taken at the start, or the setting to change is named."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot import cli, errors, listening
from tests.core.test_settings import MINIMAL

ROOT = Path(__file__).parents[2]


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port that something listens on."""
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as other:
        yield other.getsockname()[1]


async def refused(host: str, port: int) -> str:
    """Return what is said of an address that cannot be had."""
    with pytest.raises(errors.ConfigurationError) as caught:
        async with listening.on(host, port):
            pass
    return str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])  # noqa: S104  # what people set
async def test_an_address_of_this_machine_is_bound(host: str) -> None:
    """What is bound is free again afterwards."""
    async with listening.on(host, 0) as bound:
        names = [one.getsockname()[1] for one in bound]

    assert all(names)
    assert [one.fileno() for one in bound] == [-1] * len(bound)


async def test_an_answer_leaves_at_once() -> None:
    """A connection that is taken there does not keep the second half of an answer back for 40 ms."""
    seen = asyncio.get_running_loop().create_future()

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        taken: socket.socket = writer.get_extra_info("socket")
        seen.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    async with listening.on("127.0.0.1", 0) as (bound,), await asyncio.start_server(answer, sock=bound):
        _, writer = await asyncio.open_connection(*bound.getsockname())
        writer.close()

        assert await seen


async def test_a_port_in_use_is_named(taken: int) -> None:
    """Nobody has to look for the setting behind an error number."""
    said = await refused("127.0.0.1", taken)

    assert said.startswith(f"REGISTRY_BOT_PORT: something listens on port {taken} of 127.0.0.1 already.")


async def test_a_name_of_nobody_is_named() -> None:
    """What cannot even be looked up is no address of this machine."""
    host = "a" * 80 + ".example"

    assert f"REGISTRY_BOT_HOST: {host} is not an address of this machine." in await refused(host, 0)


def test_an_address_of_elsewhere_is_named() -> None:
    """As a process, since a test looks up nothing beyond this machine: one line, and exit code 2."""
    env = {**MINIMAL, "REGISTRY_BOT_HOST": "192.0.2.1", "PYTHONPATH": str(ROOT)}

    ended = subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (cli.WRONG_SETTINGS, "")
    assert ended.stderr.startswith("REGISTRY_BOT_HOST: 192.0.2.1 is not an address of this machine.")


async def test_an_address_that_is_off_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many containers have no IPv6: localhost is then its other address; with none there is no start."""

    def off(family: socket.AddressFamily, address: tuple[str, int]) -> socket.socket:
        if family == socket.AF_INET6 or address[1]:
            raise OSError(errno.EAFNOSUPPORT, "There is none.")
        return socket.create_server(address)

    monkeypatch.setattr(listening, "bound_to", off)

    async with listening.on("localhost", 0) as bound:
        families = {one.family for one in bound}

    assert families == {socket.AF_INET}
    assert "is not an address of this machine" in await refused("127.0.0.1", 1)


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (errno.EADDRINUSE, "REGISTRY_BOT_PORT: something listens on port 80 of 127.0.0.1 already."),
        (errno.EACCES, "REGISTRY_BOT_PORT: this account may not listen on port 80 of 127.0.0.1."),
        (errno.ENOBUFS, "REGISTRY_BOT_HOST and REGISTRY_BOT_PORT: 127.0.0.1, port 80, cannot be listened on"),
    ],
)
def test_each_refusal_of_the_system_names_a_setting(number: int, said: str) -> None:
    """Whatever it is, somebody reads where to look."""
    assert str(listening.refusal("127.0.0.1", 80, OSError(number, "No."))).startswith(said)


@pytest.mark.parametrize("command", ["serve", "worker"])
def test_a_start_without_its_port_ends_at_once(taken: int, command: str) -> None:
    """One line, exit code 2, and nothing else was begun: no service is there in this test."""
    env = {**MINIMAL, "REGISTRY_BOT_HOST": "127.0.0.1", "REGISTRY_BOT_PORT": str(taken)}

    ended = CliRunner(env=env).invoke(cli.main, [command])

    assert ended.exit_code == cli.WRONG_SETTINGS
    assert ended.output.startswith("REGISTRY_BOT_PORT: something listens")
    assert len(ended.output.splitlines()) == 1
