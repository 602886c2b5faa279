"""The Web API's methods by family; `ALL` is what the server knows."""

from __future__ import annotations

from bot.sandbox.slack import calls
from bot.sandbox.slack.methods import apps, chat, conversations, users, views

ALL: dict[str, calls.Method] = {
    **apps.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **users.METHODS,
    **views.METHODS,
}
