"""The manifest is Slack's, for HTTP and for Socket Mode, and says what the code does."""

from __future__ import annotations

import json
import os
from pathlib import Path

import jsonschema
import pytest

from handlers.slack import ids, manifest, scopes
from tests.handlers import kit

BESIDE = Path(__file__).parents[3] / "shared" / "vendor-specs"
SPECS = Path(os.environ.get("VENDOR_SPECS", BESIDE))  # noqa: TID251  # where the vendors' own files are, not a setting
SCHEMA = SPECS / "slack-manifest" / "manifest.schema.2.0.0.json"


@pytest.mark.skipif(not SCHEMA.exists(), reason="Slack's manifest schema is not beside the checkout")
@pytest.mark.parametrize("url", ["https://bot.example.com", None])
def test_slack_takes_the_manifest(url: str | None) -> None:
    """Both manifests are valid under Slack's own schema, version 2."""
    jsonschema.validate(manifest.manifest(url), json.loads(SCHEMA.read_text()))


def test_over_http_every_address_is_the_bots() -> None:
    """Command, clicks, searches and events all come to the one path that is served."""
    made = manifest.manifest("https://bot.example.com/")

    addresses = [
        *kit.find(made, "url"),
        *kit.find(made, "request_url"),
        *kit.find(made, "message_menu_options_url"),
    ]
    assert addresses == ["https://bot.example.com/slack/events"] * 4
    assert kit.find(made, "socket_mode_enabled") == [False]


def test_over_a_socket_there_is_no_address() -> None:
    """Socket Mode needs no public address, and a manifest with one would not be honest."""
    made = manifest.manifest(None)

    assert "http" not in json.dumps(made)
    assert kit.find(made, "socket_mode_enabled") == [True]


def test_the_manifest_asks_for_what_the_code_uses() -> None:
    """Command, shortcut and scopes are the code's own strings, and no more."""
    made = manifest.manifest(None)

    assert kit.find(made, "command") == [ids.COMMAND]
    assert kit.find(made, "callback_id") == [ids.SHORTCUT]
    assert kit.find(made, "bot") == [[*scopes.NEEDED, *scopes.SEARCH]]
    assert kit.find(made, "bot_events") == [["app_home_opened"]]
    assert kit.find(made, "home_tab_enabled") == [True]
    assert kit.find(made, "usage_hint") == ["[list | status | rotate | revoke | remove | whoami | help]"]
