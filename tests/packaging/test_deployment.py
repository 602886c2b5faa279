"""What a deployment is made of: pinned requirements, image, compose file, Azure role."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from bot import settings
from tests.packaging import tree

PROJECT = tomllib.loads((tree.ROOT / "pyproject.toml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((tree.ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (tree.ROOT / "Dockerfile").read_text()
FINAL_STAGE = DOCKERFILE.rpartition("\nFROM ")[2]
PIN = re.compile(r"^([a-z0-9._-]+)==([^\s;]+)", re.MULTILINE)
# What the bot does in Azure Resource Manager, and so all that it may do. Names: the role "ARO v4
# ContainerRegistry Token Contributor" of Azure/ARO-RP, and Azure's built-in roles.
ACTIONS = {
    f"Microsoft.ContainerRegistry/registries/{action}"
    for action in (
        "read",
        "operationStatuses/read",
        "generateCredentials/action",
        "scopeMaps/read",
        "scopeMaps/write",
        "scopeMaps/delete",
        "scopeMaps/operationStatuses/read",
        "tokens/read",
        "tokens/write",
        "tokens/delete",
        "tokens/operationStatuses/read",
    )
}


def pins(name: str) -> dict[str, str]:
    """Return the distributions that a requirements file pins."""
    return dict(PIN.findall((tree.ROOT / name).read_text()))


def wanted() -> dict[str, list[str]]:
    """Return what pyproject.toml asks for, by the file that pins it."""
    project = PROJECT["project"]
    runtime = [*project["dependencies"], *project["optional-dependencies"]["sandbox"]]
    groups = PROJECT["dependency-groups"]
    return {
        "requirements.txt": runtime,
        "requirements-dev.txt": [*runtime, *groups["dev"]],
        "requirements-bench.txt": groups["bench"],
        "requirements-build.txt": PROJECT["build-system"]["requires"],
    }


@pytest.mark.parametrize("name", wanted())
def test_every_requirement_is_pinned_as_asked(name: str) -> None:
    """Each file pins what pyproject.toml asks for, at a release that it allows."""
    pinned = pins(name)
    asked = [Requirement(line) for line in wanted()[name]]

    wrong = [str(one) for one in asked if not one.specifier.contains(pinned.get(one.name, "0"))]

    assert wrong == []


@pytest.mark.parametrize("name", wanted())
def test_every_pin_has_hashes_and_no_address(name: str) -> None:
    """Each pin is held to hashes, and no file says where a distribution comes from."""
    text = (tree.ROOT / name).read_text()

    blocks = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)

    assert [block.split()[0] for block in blocks if block and "--hash=sha256:" not in block] == []
    assert re.findall(r"\S+://\S+|^--\S+", text, re.MULTILINE) == []


def test_the_files_agree() -> None:
    """What is tested is what is shipped: no file pins another release than requirements.txt."""
    shipped = pins("requirements.txt")

    differing = {
        (file, name)
        for file in wanted()
        for name, version in pins(file).items()
        if shipped.get(name, version) != version
    }

    assert differing == set()


def test_the_role_allows_what_the_bot_does() -> None:
    """The custom role has exactly the actions that the bot needs, no wildcard, no data plane."""
    role = json.loads((tree.ROOT / "docs/azure-role.json").read_text())

    assert set(role["Actions"]) == ACTIONS
    assert len(role["Actions"]) == len(ACTIONS)
    assert role["NotActions"] == role["DataActions"] == role["NotDataActions"] == []


def test_the_image_runs_without_rights() -> None:
    """The final stage has a health check and a user, and neither pip nor a compiler."""
    assert re.search(r"^USER 10001:10001$", FINAL_STAGE, re.MULTILINE)
    assert re.search(r"^HEALTHCHECK .*\n.*/healthz", FINAL_STAGE, re.MULTILINE)
    assert re.findall(r"pip install|apt-get|gcc|build-essential", FINAL_STAGE) == []


def test_the_image_installs_by_hash() -> None:
    """Whatever comes from outside is checked against the pinned hashes."""
    installs = [line for line in DOCKERFILE.splitlines() if "pip install" in line]

    assert installs
    assert [line for line in installs if "--require-hashes" not in line and "--no-index" not in line] == []


def test_the_image_holds_only_what_is_named() -> None:
    """The build context is closed by default, so that no .env can slip into an image."""
    rules = [line for line in (tree.ROOT / ".dockerignore").read_text().splitlines() if line[:1] != "#"]

    assert rules[0] == "*"
    assert {rule[1:] for rule in rules if rule.startswith("!")} == {
        word
        for line in re.findall(r"^COPY (?!--)(.+) \S+$", DOCKERFILE, re.MULTILINE)
        for word in line.split()
    }


def test_redis_keeps_what_it_is_given() -> None:
    """The compose file's Redis writes an append-only file, evicts nothing, and has a volume."""
    redis = COMPOSE["services"]["redis"]
    command = " ".join(redis["command"])

    assert "--appendonly yes" in command
    assert "--maxmemory-policy noeviction" in command
    assert redis["volumes"] == ["redis:/data"]
    assert "redis" in COMPOSE["volumes"]


@pytest.mark.parametrize("name", ["bot", "worker"])
def test_the_bot_waits_for_redis(name: str) -> None:
    """Each process of the bot starts once Redis is healthy, and gets its secrets from a file."""
    service = COMPOSE["services"][name]

    assert service["depends_on"] == {"redis": {"condition": "service_healthy"}}
    assert service["env_file"] == ".env"
    assert COMPOSE["services"]["redis"]["healthcheck"]["test"]


def test_the_compose_file_sets_only_settings() -> None:
    """Each variable that the compose file sets is a setting, and its values are accepted."""
    environment = COMPOSE["services"]["bot"]["environment"]
    known = {field.alias for field in settings.Settings.model_fields.values()}

    assert set(environment) <= known
    assert environment["REGISTRY_BOT_PORT"] == "8080"
