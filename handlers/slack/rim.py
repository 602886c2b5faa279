"""The rim of the Slack side: nothing passes it but an answer."""

from __future__ import annotations

from http import HTTPStatus

from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from bot import errors
from bot.forms import Field
from handlers import replies
from handlers.parts import Note
from handlers.slack import answers, background, blocks, faults, ids, parse
from handlers.slack.parse import Payload, text_at


class Rim:
    """Turns every error into what the person reads; the log gets its type and an id."""

    def __init__(self, tell: answers.Answers) -> None:
        self._tell = tell

    async def answer(self, error: Exception, body: Payload) -> BoltResponse:
        """Answer what a listener or a middleware raised: this is bolt's error handler."""
        if isinstance(error, parse.Malformed):
            return BoltResponse(status=HTTPStatus.BAD_REQUEST, body="")
        if isinstance(error, BoltUnhandledRequestError):
            return self._unknown(body)
        if isinstance(error, errors.BotError | TimeoutError):
            return self._expected(error, body)
        if isinstance(error, faults.RAISED):
            return self._expected(faults.ours(error), body)
        # Anything else is a bug: the person gets an id, never the words of an exception.
        error_id = background.failed("slack.listener.failed", error, kind=kind(body))
        return self._tell.acknowledge(body, (replies.unexpected(error_id),))

    def _expected(self, error: errors.BotError | TimeoutError, body: Payload) -> BoltResponse:
        if kind(body) == "event_callback":
            # Nobody reads an answer to an event; Slack delivers it again later.
            return BoltResponse(status=HTTPStatus.SERVICE_UNAVAILABLE, body="")
        note: Note = (replies.problem(error, looking=_looking(body)),)
        if text_at(body, "type") != "view_submission":
            return self._tell.acknowledge(body, note)
        if (
            isinstance(error, errors.Refused)
            and error.request is not None
            and text_at(body, "view", "callback_id") in {ids.FORM, ids.CHANGE}
            # Slack piles up three windows and no more.
            and not text_at(body, "view", "previous_view_id")
        ):
            return answers.beside(note)
        sentence = blocks.sentence(note, reader=text_at(body, "user", "id"))
        problems = error.problems if isinstance(error, errors.BadInput) else {_field(error): sentence}
        # Slack shows nothing at all for an error at a block that is not there.
        shown = {field: words for field, words in problems.items() if field in parse.inputs(body)}
        return answers.field_errors(shown) if shown else self._tell.acknowledge(body, note)

    def _unknown(self, body: Payload) -> BoltResponse:
        if kind(body) in {"event_callback", "view_closed"}:
            return BoltResponse(status=HTTPStatus.OK, body="")
        return self._tell.acknowledge(body, (replies.unknown_element(),))


def _looking(body: Payload) -> bool:
    """Tell whether somebody only wanted to see something."""
    words = text_at(body, "text").split()
    if "command" in body:
        return bool(words) and words[0].lower() in replies.LOOKS
    return parse.at(body, "actions", 0, "action_id") in {ids.DETAILS, ids.NEXT, ids.PREVIOUS, ids.MORE}


def kind(body: Payload) -> str:
    """Return which kind of payload this is, as a word that may be logged."""
    return "command" if "command" in body else text_at(body, "type")[:40]


def _field(error: errors.BotError | TimeoutError) -> str:
    """Return the field that an error about the whole form has to do with most."""
    if isinstance(error, errors.ServiceError):
        return Field.WORKSPACE if error.service == "Tower" else Field.REPOSITORY
    return ""
