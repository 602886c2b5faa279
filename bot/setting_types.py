"""What a setting's value may be, and the sentence that says so: shapes, secrets and tokens."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode


def is_loopback(host: str | None) -> bool:
    """Tell whether a host name or address is this machine's own."""
    if host in {"localhost", "localhost."}:
        return True
    try:
        return ipaddress.ip_address((host or "").strip("[]")).is_loopback
    except ValueError:
        return False


def _endpoint(value: str) -> str:
    parts = urlsplit(value)
    if not parts.hostname or parts.scheme not in {"http", "https"}:
        raise ValueError("must be an address such as https://api.cloud.seqera.io")
    if parts.query or parts.fragment or parts.username or parts.password:
        raise ValueError("must be an address alone, without a query, a fragment or a password")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http is accepted for a loopback address only: use https")
    return value.rstrip("/")


def _long_enough(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value().strip()) < 32:  # noqa: PLR2004  # as the comment at the field says
        raise ValueError("needs at least 32 characters, for example from: openssl rand -hex 32")
    return value


def _fit_for_a_header(value: SecretStr | None) -> SecretStr | None:
    text = value.get_secret_value() if value is not None else "-"
    if not text or not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError("is empty, or holds blanks or odd characters: copy the token, and nothing else")
    return value


def _no(wrong: Mapping[str, str], *, but: str) -> Callable[[SecretStr | None], SecretStr | None]:
    """Return what refuses a token of another kind, which its first letters tell."""

    def check(value: SecretStr | None) -> SecretStr | None:
        text = value.get_secret_value() if value else ""
        for start, what in wrong.items():
            if text.startswith(start):
                raise ValueError(f"holds {what}: set it to {but}")
        return value

    return check


def shaped(pattern: str, words: str) -> AfterValidator:
    """Return what refuses a text of another shape, in words instead of the pattern."""
    shape = re.compile(pattern)

    def check(value: str | None) -> str | None:
        if value is not None and not shape.fullmatch(value):
            raise ValueError(words)
        return value

    return AfterValidator(check)


def _stripped(value: object) -> object:
    """Return a secret without the spaces and line ends that pasting adds."""
    return value.strip() if isinstance(value, str) else value


def _bare(value: object) -> object:
    """Return the same; nothing but spaces and line ends is not set."""
    return _stripped(value) or None


def people(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return people's ids in Slack or Entra; refuse names."""
    if not all(_PERSON.fullmatch(one) for one in values):
        raise ValueError(
            "takes member ids such as U0123ABCD (in Teams, Entra object ids), with commas, and no names"
        )
    return values


def hosts(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return login servers in small letters; refuse addresses."""
    if not all(_HOST.fullmatch(one) for one in values):
        raise ValueError("takes login servers such as acme.azurecr.io, without https:// and without a path")
    return tuple(host.lower() for host in values)


def tenants(values: tuple[str, ...]) -> tuple[str, ...]:
    """Return tenant ids in small letters; refuse domain names."""
    return tuple(_guid(value) for value in values)


def _guid(value: str) -> str:
    if not re.fullmatch(_GUID, value.strip()):
        raise ValueError("takes an id such as 11111111-2222-3333-4444-555555555555")
    return value.strip().lower()


_GUID = r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_PERSON = re.compile(rf"[UW][A-Za-z0-9_]+|{_GUID}")
_HOST = re.compile(r"[A-Za-z0-9.\-]+(:\d+)?|\[[0-9A-Fa-f:]+\](:\d+)?")
_APP_TOKEN, _BOT_TOKEN = "an app-level token (xapp-…)", "a bot token (xoxb-…)"
_USER_TOKEN = "a person's token (xoxp-…)"
Endpoint = Annotated[str, AfterValidator(_endpoint)]
Key = Annotated[SecretStr, AfterValidator(_long_enough)]
Listed = Annotated[tuple[str, ...], NoDecode]
Guid = Annotated[str, AfterValidator(_guid)]
Pasted = Annotated[SecretStr | None, BeforeValidator(_bare)]
Token = Annotated[Pasted, AfterValidator(_fit_for_a_header)]
NeededToken = Annotated[SecretStr, BeforeValidator(_stripped), AfterValidator(_fit_for_a_header)]
BotToken = Annotated[
    Token,
    AfterValidator(
        _no(
            {"xapp-": _APP_TOKEN, "xoxp-": _USER_TOKEN},
            but=f"{_BOT_TOKEN}, which stands under OAuth & Permissions of the app",
        )
    ),
]
AppToken = Annotated[
    Token,
    AfterValidator(
        _no(
            {"xoxb-": _BOT_TOKEN, "xoxp-": _USER_TOKEN},
            but=f"{_APP_TOKEN} with connections:write, which is made under Basic Information of the app; "
            "unset it to take events over HTTP",
        )
    ),
]
Channel = Annotated[
    str,
    shaped(
        r"[CG][A-Z0-9]{2,}|19:[^\s;/]+@[a-z0-9.]+",
        "takes the id of a channel such as C0123ABCD, which stands at the end of its link, and no name "
        "(in Teams 19:…@thread.tacv2, which stands in its link)",
    ),
]
Prefix = Annotated[
    str, shaped(r"[a-z0-9-]{1,32}", "takes 1 to 32 small letters, digits and dashes, such as rb")
]
