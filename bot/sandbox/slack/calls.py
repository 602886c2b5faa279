"""One call of a Web API method: its arguments, what it may do, and how it is refused."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.slack import entities, state
from bot.sandbox.slack.entities import Json


class ApiError(Exception):
    """A refusal in Slack's own word, with what else belongs into the answer. Its HTTP status is 200."""

    def __init__(self, code: str, **extra: Any) -> None:
        super().__init__(code)
        self.code = code
        self.extra = extra


class Tier(enum.IntEnum):
    """Calls a minute, for a method and a team (https://docs.slack.dev/apis/web-api/rate-limits)."""

    T1 = 1
    T2 = 20
    T3 = 50
    T4 = 100
    SPECIAL = 600  # "hundreds per minute"


class Token(enum.StrEnum):
    """Which kind of token a method takes."""

    BOT = "bot"
    APP = "app"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Call:
    """The arguments of a call, and the state that it is about."""

    state: state.State
    args: Json
    socket_url: str = ""

    def required(self, name: str) -> str:
        """Return a text argument; refuse the call without it."""
        value = self.args.get(name)
        if value is None or value == "":
            raise invalid_arguments(f"missing required field: {name}", f"/{name}")
        return str(value)

    def text(self, name: str) -> str | None:
        """Return an optional text argument."""
        value = self.args.get(name)
        return None if value in {None, ""} else str(value)

    def flag(self, name: str) -> bool:
        """Return an optional yes or no."""
        return str(self.args.get(name, "")).lower() in {"true", "1"}

    def number(self, name: str, default: int) -> int:
        """Return an optional whole number."""
        try:
            return int(self.args.get(name) or default)
        except (TypeError, ValueError) as error:
            raise ApiError(f"invalid_{name}") from error

    def decoded(self, name: str, error: str) -> Any:
        """Return a nested argument, which a form body brings as JSON text."""
        # slack_sdk sends JSON; older clients, and the documentation's own samples, send forms.
        value = self.args.get(name)
        if not isinstance(value, str) or not value:
            return value
        try:
            return json.loads(value)
        except ValueError as broken:
            raise ApiError(error) from broken

    def require(self, *scopes: str) -> None:
        """Refuse the call unless one of the scopes was granted."""
        granted = self.state.app.scopes
        if scopes and not granted & set(scopes):
            raise ApiError("missing_scope", needed=",".join(scopes), provided=",".join(sorted(granted)))

    def user(self, user_id: str, error: str = "user_not_found") -> entities.User:
        """Return a user, or refuse in the word that the method uses."""
        user = self.state.users.get(user_id)
        if user is None:
            raise ApiError(error)
        return user


def invalid_arguments(message: str, pointer: str) -> ApiError:
    """Return the refusal of arguments, in Slack's shape."""
    return ApiError(
        "invalid_arguments",
        response_metadata={"messages": [f"[ERROR] {message} [json-pointer:{pointer}]"]},
    )


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the Web API: what runs, what it needs, how often it may be called."""

    run: Callable[[Call], Json]
    scopes: tuple[str, ...] = ()
    tier: Tier = Tier.T3
    token: Token = Token.BOT
