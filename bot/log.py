"""One structlog pipeline for us and for every library; secrets are taken out before a line is written.

The first net is `SecretStr`. This is the second: fields named like secrets, values shaped like
tokens, and the very values of this deployment's own secrets never reach a line.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any, TextIO

import structlog

HIDDEN = "[hidden]"
_SECRET_FIELD = re.compile(
    r"passw|secret|token|authorization|api_?key|credential_value|signature", re.IGNORECASE
)
# Slack tokens, bearer and basic headers, JSON web tokens.
_SHORTEST = 8  # anything shorter is a word, not a secret
_SECRET_SHAPE = re.compile(
    r"xox[a-z]-[\w-]{8,}|xapp-[\w-]{8,}|(?i:bearer|basic)\s+[\w.~+/=-]{8,}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]*"
)
# These fields are named like secrets and are none: names and ids that an operator needs.
_PLAIN_FIELDS = frozenset({"token", "token_name", "tokens"})

# Libraries that would write bodies, headers or signed addresses at the level given or below.
_QUIET = {
    "slack_bolt": logging.WARNING,  # logs the whole body of a request with a bad signature at INFO
    "slack_sdk": logging.INFO,  # logs every argument at DEBUG
    "azure": logging.WARNING,  # logs addresses with signed queries at INFO
    "msal": logging.WARNING,
    "httpx": logging.WARNING,
    "httpcore": logging.INFO,
    "aiohttp": logging.WARNING,
    "uvicorn.access": logging.WARNING,
}


class Redactor:
    """A structlog processor that hides secrets wherever they stand in an event."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = sorted((re.escape(one) for one in secrets if len(one) >= _SHORTEST), key=len, reverse=True)
        self._known = re.compile("|".join(known)) if known else None

    def __call__(self, _: object, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        """Return the event without secrets; this is what structlog calls."""
        for field, value in event.items():
            event[field] = self._field(field, value)
        return event

    def text(self, value: str) -> str:
        """Return a text without secrets."""
        if self._known:
            value = self._known.sub(HIDDEN, value)
        return _SECRET_SHAPE.sub(HIDDEN, value)

    def _field(self, field: str, value: Any) -> Any:
        if field not in _PLAIN_FIELDS and _SECRET_FIELD.search(field):
            return HIDDEN
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, dict):
            return {key: self._field(str(key), one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._field("", one) for one in value]
        return value if isinstance(value, int | float | bool | None) else self.text(repr(value))


def configure(setting: str, *, secrets: Iterable[str] = (), stream: TextIO = sys.stdout) -> None:
    """Set up logging for the process from a setting such as `info` or `debug,json`."""
    level, _, form = setting.partition(",")
    redact = Redactor(secrets)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    columns = form == "columns" or (form in {"", "auto"} and stream.isatty())
    render = _columns(redact) if columns else _json(redact)
    handler = logging.StreamHandler(stream)
    handler.addFilter(_may_speak)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *render],
        )
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name, floor in _QUIET.items():
        logging.getLogger(name).setLevel(max(floor, logging.getLevelName(level.upper())))


def _may_speak(record: logging.LogRecord) -> bool:
    """Tell whether a line is not below the floor of the library that wrote it.

    The level of a library's first logger is not enough: slack_bolt gives each one below it the
    root's level (https://github.com/slackapi/bolt-python/blob/main/slack_bolt/logger/__init__.py).
    """
    floors = (floor for name, floor in _QUIET.items() if f"{record.name}.".startswith(f"{name}."))
    return all(record.levelno >= floor for floor in floors)


def _json(redact: Redactor) -> list[structlog.typing.Processor]:
    # A traceback is formatted first, so that the redactor reads it too.
    return [structlog.processors.format_exc_info, redact, structlog.processors.JSONRenderer()]


def _columns(redact: Redactor) -> list[structlog.typing.Processor]:
    return [structlog.processors.format_exc_info, redact, structlog.dev.ConsoleRenderer()]
