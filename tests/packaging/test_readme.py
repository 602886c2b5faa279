"""What the README says is so."""

from __future__ import annotations

import json
import re

import click
import pytest

from bot import cli, machine, metrics, model, policy_file, policy_shape
from bot.reconcile import findings
from bot.sandbox import journeys
from handlers.slack import manifest
from tests.packaging import tree

README_FILE = tree.ROOT / "README.md"
README = README_FILE.read_text()
LIFE = (tree.ROOT / "docs/life.md").read_text()
PAGES = "".join(page.read_text() for page in (README_FILE, *sorted((tree.ROOT / "docs").glob("*.md"))))
MAKEFILE = (tree.ROOT / "Makefile").read_text()
CODE_SPANS = re.findall(r"`([^`\n]+)`", PAGES) + re.findall(
    r"^```\w*\n(.*?)^```", PAGES, re.MULTILINE | re.DOTALL
)


def diagram() -> dict[tuple[str, str], str]:
    """Return the arrows of the README's state diagram."""
    arrows = re.findall(r"^\s+(\w+) --> (\w+): (.+)$", README, re.MULTILINE)
    return {(before, event.strip()): after for before, after, events in arrows for event in events.split(",")}


def commands(group: click.Group, path: str = "registry-bot") -> set[str]:
    """Return every command line that the program knows, without options."""
    found = {path}
    for name, command in group.commands.items():
        below = f"{path} {name}"
        found |= commands(command, below) if isinstance(command, click.Group) else {below}
    return found


def test_the_state_diagram_is_the_table() -> None:
    """The diagram's arrows are the state machine's transitions, no more and no fewer."""
    table = {(before.value, event.value): after.value for (before, event), after in machine.TABLE.items()}

    assert diagram() == table


def test_the_state_diagram_ends_where_requests_end() -> None:
    """Each state that nothing leads out of ends the diagram, and one begins it."""
    assert set(re.findall(r"^\s+(\w+) --> \[\*\]$", README, re.MULTILINE)) == {
        state.value for state in model.ENDED
    }
    assert re.findall(r"^\s+\[\*\] --> (\w+)", README, re.MULTILINE) == [model.State.PENDING.value]


def test_every_command_exists() -> None:
    """Each `registry-bot ...` that the README and the pages behind it show is a command."""
    shown = {
        " ".join(re.findall(r"[a-z]+(?:-[a-z]+)*", line.partition(" --")[0]))
        for span in CODE_SPANS
        for line in re.findall(r"^(?:\$ )?(registry-bot(?: [a-z]+)*)", span, re.MULTILINE)
    }

    assert {line for line in shown if line.replace("registry-bot", "", 1)} <= commands(cli.main)


def test_every_journey_is_told() -> None:
    """The README has each journey of the sandbox, with its own sentence."""
    rows = dict(re.findall(r"^\| `([a-z]+)` \| ([A-Z].+\.) \|$", README, re.MULTILINE))

    assert rows == {name: journey.about for name, journey in journeys.JOURNEYS.items()}


def test_every_policy_file_is_one() -> None:
    """The README's policy and the example can be used as they are."""
    shown = re.findall(r"^```toml\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    example = (tree.ROOT / "policy.example.toml").read_text()

    assert shown
    assert [policy_file.read(text)[1] for text in (*shown, example)] == [()] * (len(shown) + 1)


def test_the_example_explains_every_key() -> None:
    """`policy.example.toml` names each key that a policy file may have, in use or behind a '#'."""
    example = (tree.ROOT / "policy.example.toml").read_text()
    tables = (policy_shape.Defaults, policy_shape.Person, policy_shape.Group, policy_shape.Rule)

    keys = {key for table in tables for key in table.model_fields}

    assert {key for key in keys if not re.search(rf"^#?{key} = ", example, re.MULTILINE)} == set()


def test_every_make_target_exists() -> None:
    """Each `make ...` that the README shows is a target, and each documented target is shown."""
    shown = {name for span in CODE_SPANS for name in re.findall(r"^make ([a-z]+)", span, re.MULTILINE)}
    documented = set(re.findall(r"^([a-z]+):.*## ", MAKEFILE, re.MULTILINE))

    assert shown <= documented
    assert {"sandbox", "test", "lint", "bench"} <= shown


def test_every_kind_of_request_and_of_difference_is_explained() -> None:
    """The page of a credential's life has each kind that can be asked for, and each that can be found."""
    asked = re.findall(r"^\| \*\*(\w+)\*\* \|", LIFE, re.MULTILINE)
    cells = re.findall(r"^\| (`.+?) \|", LIFE.partition("\n## Reconcile")[2], re.MULTILINE)

    assert sorted(asked) == sorted(kind.value for kind in model.Kind)
    assert {name for cell in cells for name in cell.split("`")[1::2]} >= set(map(str, findings.Kind))


def test_every_link_leads_somewhere() -> None:
    """Each file that the README links to or shows as a picture is in the repository."""
    targets = re.findall(r"\]\((?!https?://|#)([^)#\s]+)", README)

    assert [target for target in targets if not (tree.ROOT / target).exists()] == []


def test_every_section_linked_to_exists() -> None:
    """Each link within the README names one of its headings."""
    titles = re.findall(r"^#+ (.+)$", README, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", title).lower().replace(" ", "-") for title in titles}

    assert [name for name in re.findall(r"\]\(#([^)]+)\)", README) if name not in anchors] == []


def test_every_path_of_the_layout_exists() -> None:
    """The map of the code names files and folders that are there."""
    layout = README.partition("\n## Layout")[2].partition("\n## ")[0]
    paths = [
        path for cell in re.findall(r"^\| (`.+?) \|", layout, re.MULTILINE) for path in cell.split("`")[1::2]
    ]

    assert paths
    assert [path for path in paths if not (tree.ROOT / path).exists()] == []


def test_every_metric_exists() -> None:
    """Each metric that the README names is on the page of metrics."""
    page = metrics.Metrics().page().decode()

    shown = set(re.findall(r"\bregistry_bot_\w+", README))

    assert shown
    assert {name for name in shown if f"# TYPE {name} " not in page} == set()


@pytest.mark.parametrize("url", [None, "https://bot.example.com"])
def test_the_scopes_are_the_manifest_s(url: str | None) -> None:
    """The README explains exactly the scopes that the manifest asks for."""
    scopes = json.loads(json.dumps(manifest.manifest(url)))["oauth_config"]["scopes"]["bot"]
    section = README.partition("\n### Slack")[2].partition("\n### ")[0]

    assert set(re.findall(r"^\| `([a-z:.]+)` \|", section, re.MULTILINE)) == set(scopes)
