"""The app's package: what Teams takes, by Microsoft's own schema, made of the strings that the code uses."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from bot import cli
from handlers.teams import commands, icons, ids, manifest
from tests.teams import reading, scenery

PACKAGE = manifest.Package(scenery.APP.id)


def test_the_manifest_is_one_that_teams_takes() -> None:
    """Microsoft's schema of the version that it declares finds nothing wrong."""
    schema = reading.specification("teams-manifest/MicrosoftTeams-v1.29.schema.json")

    found = [
        error.message for error in jsonschema.Draft4Validator(schema).iter_errors(manifest.manifest(PACKAGE))
    ]

    assert found == []


def test_every_listed_word_is_one_that_is_answered() -> None:
    """What Teams offers as a command has an answer."""
    listed = {word.partition(" ")[0] for word in manifest.ABOUT}

    assert listed - {"registry"} == set(commands.WORDS) - {""}


def test_the_message_extension_has_the_command_that_is_listened_to() -> None:
    """Its id is the code's own, and it opens a dialog."""
    made = json.loads(json.dumps(manifest.manifest(PACKAGE)))

    extension = made["composeExtensions"][0]
    command = extension["commands"][0]
    assert (command["id"], command["fetchTask"], extension["botId"]) == (ids.ASK, True, scenery.APP.id)


@pytest.mark.parametrize(("icon", "size"), [(icons.color(), 192), (icons.outline(), 32)])
def test_an_icon_is_a_png_of_its_size(icon: bytes, size: int) -> None:
    """Teams refuses every other size."""
    width, height = struct.unpack(">II", icon[16:24])

    assert icon.startswith(b"\x89PNG\r\n")
    assert (width, height) == (size, size)
    assert (len(icon) < 4000, icon[25]) == (True, 6)


def test_the_command_writes_the_package(tmp_path: Path) -> None:
    """The zip has its three files at the root, and the ids that were given."""
    out = tmp_path / "app.zip"
    arguments = ["teams", "package", "--bot-id", scenery.APP.id, "--version", "1.2.3", "--out", str(out)]

    result = CliRunner().invoke(cli.main, arguments)

    with zipfile.ZipFile(io.BytesIO(out.read_bytes())) as archive:
        names, found = archive.namelist(), json.loads(archive.read("manifest.json"))
    assert result.exit_code == 0
    assert names == ["manifest.json", "color.png", "outline.png"]
    assert (found["bots"][0]["botId"], found["version"]) == (scenery.APP.id, "1.2.3")


def test_the_same_app_is_the_same_bytes() -> None:
    """A package made again is the one that is installed, not another app."""
    assert manifest.package(PACKAGE) == manifest.package(PACKAGE)
    assert manifest.manifest(PACKAGE)["id"] != scenery.APP.id
