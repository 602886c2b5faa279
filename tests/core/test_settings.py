"""Settings: what is refused, and in which words."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from bot import settings

MINIMAL = {
    "REDIS_URL": "redis://127.0.0.1",
    "SLACK_BOT_TOKEN": "xoxb-000000000001",
    "SLACK_SIGNING_SECRET": "s" * 32,
    "AZURE_SUBSCRIPTION_ID": "00000000-0000-0000-0000-00000000acce",
    "TOWER_ACCESS_TOKEN": "tower-token-000000001",
    "REGISTRY_BOT_APPROVERS": "U0BEN, U0CLEO",
    "REGISTRY_BOT_APPROVAL_CHANNEL": "C0APPROVALS",
    "REGISTRY_BOT_AUDIT_KEY": "k" * 32,
}


def read(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> settings.Settings:
    """Read settings from an environment of MINIMAL with changes; None leaves one out."""
    for name, value in {**MINIMAL, **changes}.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return settings.Settings()


def test_minimal_environment_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight settings start a deployment; the rest has defaults."""
    read_back = read(monkeypatch)

    assert read_back.approvers == ("U0BEN", "U0CLEO")
    assert read_back.tower_api_endpoint == "https://api.cloud.seqera.io"
    assert read_back.port == 8080


@pytest.mark.parametrize("name", sorted(set(MINIMAL) - {"SLACK_SIGNING_SECRET"}))
def test_each_of_them_is_needed(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Leaving a needed setting out is refused in words that name it."""
    with pytest.raises(ValidationError, match=name):
        read(monkeypatch, **{name: None})


def test_an_empty_variable_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """`NAME=` in an environment file leaves the default, and does not stand for what is needed."""
    read_back = read(monkeypatch, REGISTRY_BOT_PORT="", REGISTRY_BOT_POLICY="", SLACK_APP_TOKEN="")

    assert (read_back.port, read_back.policy, read_back.slack_app_token) == (8080, None, None)
    with pytest.raises(ValidationError, match="TOWER_ACCESS_TOKEN"):
        read(monkeypatch, TOWER_ACCESS_TOKEN="")


def test_a_policy_file_stands_for_approvers_and_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a file the two settings that it replaces are not needed."""
    read_back = read(
        monkeypatch,
        REGISTRY_BOT_POLICY="policy.toml",
        REGISTRY_BOT_APPROVERS=None,
        REGISTRY_BOT_APPROVAL_CHANNEL=None,
    )

    assert str(read_back.policy) == "policy.toml"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"REGISTRY_BOT_APPROVERS": " , "}, "nothing could ever be approved"),
        ({"REGISTRY_BOT_POLICY": "policy.toml"}, "exclude each other"),
        ({"REGISTRY_BOT_AUDIT_KEY": "short"}, "at least 32 characters"),
        ({"TOWER_API_ENDPOINT": "http://tower.example.org/api"}, "plain http"),
        ({"TOWER_API_ENDPOINT": "tower.example.org"}, "must be an address"),
        ({"WAVE_API_ENDPOINT": "ftp://wave"}, "must be an address"),
        ({"SLACK_SIGNING_SECRET": None}, "SLACK_SIGNING_SECRET"),
        ({"REGISTRY_BOT_APPROVAL_CHANNEL": "#approvals"}, "REGISTRY_BOT_APPROVAL_CHANNEL"),
        ({"AZURE_SUBSCRIPTION_ID": "../x"}, "AZURE_SUBSCRIPTION_ID"),
        ({"REGISTRY_BOT_LOG": "loud"}, "REGISTRY_BOT_LOG"),
        ({"SLACK_SIGNING_SECRET": "  \n"}, "SLACK_SIGNING_SECRET"),
        ({"SLACK_BOT_TOKEN": " "}, "SLACK_BOT_TOKEN"),
        ({"REGISTRY_BOT_AUDIT_KEY": " " * 40}, "REGISTRY_BOT_AUDIT_KEY"),
        ({"REGISTRY_BOT_APPROVERS": "ben"}, "REGISTRY_BOT_APPROVERS(.|\n)*member ids"),
        ({"REGISTRY_BOT_APPROVERS": "U0BEN,@cleo"}, "REGISTRY_BOT_APPROVERS"),
        ({"REGISTRY_BOT_APPROVERS": "U0BEN U0CLEO"}, "REGISTRY_BOT_APPROVERS"),
        (
            {"REGISTRY_BOT_REGISTRIES": "https://acme.azurecr.io"},
            "REGISTRY_BOT_REGISTRIES(.|\n)*login servers",
        ),
        ({"REGISTRY_BOT_REGISTRIES": "acme.azurecr.io/genomics"}, "REGISTRY_BOT_REGISTRIES"),
        ({"AZURE_RESOURCE_GROUP": "a/b"}, "AZURE_RESOURCE_GROUP"),
        ({"REGISTRY_BOT_KEEP_DAYS": "99999999999"}, "REGISTRY_BOT_KEEP_DAYS"),
        ({"SLACK_API_URL": "https://slack.com/api?x=1"}, "SLACK_API_URL(.|\n)*address alone"),
        ({"TOWER_API_ENDPOINT": "https://me:pw@tower.example.org"}, "TOWER_API_ENDPOINT"),
    ],
)
def test_wrong_values_are_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, str | None], words: str
) -> None:
    """A wrong value stops the start, and the words say what to set."""
    with pytest.raises(ValidationError, match=words):
        read(monkeypatch, **change)


def test_what_pasting_adds_to_a_secret_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line end behind a signing secret would refuse every delivery."""
    read_back = read(monkeypatch, SLACK_SIGNING_SECRET="made-up-secret\n", SLACK_APP_TOKEN=" ")

    assert read_back.slack_signing_secret is not None
    assert read_back.slack_signing_secret.get_secret_value() == "made-up-secret"
    assert read_back.slack_app_token is None


ODD = "is empty, or holds blanks or odd characters: copy the token, and nothing else"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("SLACK_APP_TOKEN", "xoxb-1", "holds a bot token (xoxb-…): set it to an app-level token (xapp-…)"),
        ("SLACK_APP_TOKEN", "xoxp-1", "holds a person's token (xoxp-…): set it to an app-level token"),
        ("SLACK_BOT_TOKEN", "xapp-1", "holds an app-level token (xapp-…): set it to a bot token (xoxb-…)"),
        ("SLACK_BOT_TOKEN", "xoxp-1", "holds a person's token (xoxp-…): set it to a bot token (xoxb-…)"),
        ("SLACK_BOT_TOKEN", "xoxb-1 2", ODD),
        ("TOWER_ACCESS_TOKEN", "a b", ODD),
        ("TOWER_ACCESS_TOKEN", "  ", ODD),
        ("TOWER_VERIFY_ACCESS_TOKEN", "a\tb", ODD),
        ("TOWER_VERIFY_ACCESS_TOKEN", "töken", ODD),
        ("REGISTRY_BOT_APPROVAL_CHANNEL", "#approvals", "takes the id of a channel such as C0123ABCD"),
        ("REGISTRY_BOT_OPERATORS_CHANNEL", "D0123ABCD", "takes the id of a channel such as C0123ABCD"),
        ("REGISTRY_BOT_AUDIT_CHANNEL", "audit", "takes the id of a channel such as C0123ABCD"),
        ("REGISTRY_BOT_REDIS_PREFIX", "r b", "takes 1 to 32 small letters, digits and dashes"),
        ("AZURE_SUBSCRIPTION_ID", "acme", "takes a subscription's id"),
        ("AZURE_RESOURCE_GROUP", "/a/b", "takes the name of a resource group, and no path"),
        ("REGISTRY_BOT_LOG", "loud", "takes debug, info, warning or error"),
        ("REGISTRY_BOT_PORT", "http", "takes a whole number"),
        ("REGISTRY_BOT_DEADLINE_HOURS", "soon", "takes a number"),
        ("REGISTRY_BOT_WILDCARDS", "maybe", "takes true or false"),
        ("REDIS_URL", None, "is not set, and the bot cannot do without it"),
    ],
)
def test_each_complaint_is_a_line_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str | None, said: str
) -> None:
    """It says what to set, in words: no pattern, and nothing of what was typed."""
    with pytest.raises(ValidationError) as caught:
        read(monkeypatch, **{name: value})

    (line,) = settings.complaints(caught.value)
    assert line.startswith(f"{name}: {said}")
    assert "pattern" not in line


@pytest.mark.parametrize("blank", ["", " ", "\n"])
def test_a_blank_verify_token_is_not_set(monkeypatch: pytest.MonkeyPatch, blank: str) -> None:
    """Wave then gets to see the other one, as without the setting."""
    assert read(monkeypatch, TOWER_VERIFY_ACCESS_TOKEN=blank).tower_verify_access_token is None


@pytest.mark.parametrize("host", ["acme.azurecr.io", "127.0.0.1:5001", "localhost:5001", "[::1]:5001"])
def test_a_login_server_may_have_a_port(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """That of a stand-in has one."""
    assert read(monkeypatch, REGISTRY_BOT_REGISTRIES=host).registries == (host,)


def test_refusals_do_not_repeat_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was typed into a secret setting does not come back in the error."""
    with pytest.raises(ValidationError) as caught:
        read(monkeypatch, REGISTRY_BOT_AUDIT_KEY="hunter2-hunter2")

    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.8.8.8"])
def test_http_to_loopback_is_fine(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    """Emulators speak plain http on this machine."""
    read_back = read(monkeypatch, SLACK_API_URL=f"http://{host}:9/api/")

    assert read_back.slack_api_url == f"http://{host}:9/api"


@pytest.mark.parametrize("host", [None, "", "example.org", "10.0.0.1", "127.0.0.1.example.org"])
def test_other_hosts_are_not_loopback(host: str | None) -> None:
    """A name that merely looks like this machine is not this machine."""
    assert not settings.is_loopback(host)


def test_lists_are_read_with_commas(monkeypatch: pytest.MonkeyPatch) -> None:
    """Registries come as a list of hosts, in lower case."""
    read_back = read(monkeypatch, REGISTRY_BOT_REGISTRIES="Acme.azurecr.io,other.azurecr.io")

    assert read_back.registries == ("acme.azurecr.io", "other.azurecr.io")


def test_secrets_do_not_print(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings can be printed without giving anything away."""
    shown = repr(read(monkeypatch))

    assert not [
        value for name, value in MINIMAL.items() if "TOKEN" in name or "KEY" in name if value in shown
    ]
