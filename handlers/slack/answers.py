"""How one person is told something privately, whatever they did."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import structlog
from slack_bolt.response import BoltResponse
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from handlers.parts import Note
from handlers.slack import blocks, faults, modals, parse
from handlers.slack.background import Background
from handlers.slack.parse import Payload, text_at

AT_ONCE = 4  # private messages on their way

log = structlog.get_logger(__name__)


class Answers:
    """Answers in the acknowledgement where Slack shows it, and by a message of its own elsewhere."""

    def __init__(self, client: AsyncWebClient, background: Background) -> None:
        self._client = client
        self._background = background
        self._turns = asyncio.Semaphore(AT_ONCE)

    def acknowledge(self, payload: Payload, note: Note) -> BoltResponse:
        """Return an acknowledgement; what it cannot say is said right after it."""
        kind = text_at(payload, "type")
        if "command" in payload:
            return ephemeral(note)
        if kind == "block_suggestion":
            words = blocks.sentence(note, reader=text_at(payload, "user", "id"))
            return BoltResponse(status=HTTPStatus.OK, body={"options": [modals.hint(words)]})
        if kind == "view_submission":
            return self._on_view(payload, note)
        inside = text_at(payload, "view", "type") or text_at(payload, "container", "type") == "view"
        if kind == "block_actions" and not inside:
            self._background.start(self.whisper(payload, note), name="answer")
        elif kind in {"shortcut", "message_action", "block_actions"}:
            # Neither a shortcut nor a window nor somebody's home has a channel to answer in.
            self._background.start(self._window(payload, note), name="answer")
        return BoltResponse(status=HTTPStatus.OK, body="")

    async def whisper(self, payload: Payload, note: Note) -> None:
        """Show a note to the person alone, where they acted."""
        await self.show(payload, blocks.private(note))

    async def show(self, payload: Payload, message: blocks.Message) -> None:
        """Show a message to the person alone, where they acted."""
        # A crowd that is refused at once must not keep others' acknowledgements waiting.
        async with self._turns:
            await self._whisper(payload, message)

    async def replace(self, payload: Payload, message: blocks.Message) -> None:
        """Put a message in the place of the one that only this person sees, and that they acted on."""
        async with self._turns:
            await self._respond(payload, message, "replaced", replace=True)

    async def _whisper(self, payload: Payload, message: blocks.Message) -> None:
        channel = text_at(payload, "container", "channel_id") or text_at(payload, "channel", "id")
        thread = text_at(payload, "container", "thread_ts") or text_at(payload, "message", "thread_ts")
        try:
            await self._client.chat_postEphemeral(
                channel=channel or text_at(payload, "channel_id"),
                user=text_at(payload, "user", "id") or text_at(payload, "user_id"),
                thread_ts=thread or None,
                text=message.text,
                blocks=message.blocks,
            )
        except faults.RAISED as error:
            await self._respond(payload, message, faults.word(error))

    async def _respond(
        self, payload: Payload, message: blocks.Message, why: str, *, replace: bool = False
    ) -> None:
        # A response_url works where the bot is no member, for half an hour and five messages.
        url = text_at(payload, "response_url")
        if not url:
            log.warning("slack.answer.lost", error=why)
            return
        hook = AsyncWebhookClient(url, session=self._client.session, proxy=self._client.proxy)
        try:
            answer = await hook.send(
                text=message.text,
                blocks=message.blocks,
                response_type="ephemeral",
                replace_original=replace,
            )
        except faults.RAISED as error:
            log.warning("slack.answer.lost", error=faults.word(error))
            return
        if answer.status_code != HTTPStatus.OK:
            log.warning("slack.answer.lost", status=answer.status_code)

    async def _window(self, payload: Payload, note: Note) -> None:
        with faults.translated():
            inside = text_at(payload, "view", "type") == "modal"
            show = self._client.views_push if inside else self._client.views_open
            await show(trigger_id=parse.needed(payload, "trigger_id"), view=modals.notice(note))

    def _on_view(self, payload: Payload, note: Note) -> BoltResponse:
        field = parse.first_input(payload)
        if field is None:
            return BoltResponse(
                status=HTTPStatus.OK, body={"response_action": "update", "view": modals.notice(note)}
            )
        return field_errors({field: blocks.sentence(note, reader=text_at(payload, "user", "id"))})


def ephemeral(said: Note | blocks.Message) -> BoltResponse:
    """Return the answer to a command that only its sender sees."""
    message = said if isinstance(said, blocks.Message) else blocks.private(said)
    body = {"response_type": "ephemeral", "text": message.text, "blocks": message.blocks}
    return BoltResponse(status=HTTPStatus.OK, body=body)


def field_errors(problems: dict[str, str]) -> BoltResponse:
    """Return errors at fields of a form; what was typed stays."""
    return BoltResponse(status=HTTPStatus.OK, body={"response_action": "errors", "errors": problems})


def beside(note: Note) -> BoltResponse:
    """Return a window on top of the form: it can name people and channels, and what was typed stays below."""
    body = {"response_action": "push", "view": modals.notice(note)}
    return BoltResponse(status=HTTPStatus.OK, body=body)
