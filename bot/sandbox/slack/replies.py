"""What Slack does with the app's answer: messages, the next view, or a notice that it failed."""

from __future__ import annotations

from bot.sandbox.slack import blockkit, calls, entities, inputs, parcels, screens, state
from bot.sandbox.slack.entities import Json
from bot.sandbox.slack.methods import chat, views

# Slack's users see these codes after a slash command. What stands beside a button that failed is
# not documented, so the same two are used there.
CODES = {
    parcels.Fate.TIMEOUT: "operation_timeout",
    parcels.Fate.FAILED: "dispatch_failed",
    parcels.Fate.UNREACHABLE: "dispatch_failed",
}
TROUBLE = "We had some trouble connecting. Try again?"
MOST_OPTIONS = 100


def to_command(known: state.State, sent: dict[str, str], ack: parcels.Ack) -> entities.Notice | None:
    """Post what a slash command answered, or tell the person that it failed."""
    user, channel, command = sent["user_id"], sent["channel_id"], sent["command"]
    code = CODES.get(ack.fate)
    if ack.ok and ack.answer:
        # What a command answers is a message like any other, and checked like one.
        try:
            said = chat.content(calls.Call(known, ack.answer), what=f"the answer to {command}")
        except calls.ApiError as error:
            code = error.code
        else:
            public = ack.answer.get("response_type") == "in_channel"
            if said.text or said.blocks or said.attachments:
                chat.answer(known, channel, user, said, public=public)
    if code is None:
        return None
    text = f'{command} failed with the error "{code}"'
    return known.notify(entities.Notice(user, code, text, channel=channel))


def to_action(
    known: state.State, user: str, ack: parcels.Ack, *, channel: str | None = None, view: str | None = None
) -> entities.Notice | None:
    """Tell the person when an action failed; what an app answers to one is not shown."""
    code = CODES.get(ack.fate)
    if code is None:
        return None
    text = f'{known.app.name} failed with the error "{code}"'
    return known.notify(entities.Notice(user, code, text, channel=channel, view=view))


def to_search(known: state.State, ack: parcels.Ack) -> Json:
    """Return the options that a search shows; anything wrong with them shows as no result."""
    if not ack.ok:
        known.complain(f"block_suggestion: {ack.fate}")
        return {}
    problems = blockkit.check_options(ack.answer)
    if problems:
        sentences = "; ".join(str(problem) for problem in problems)
        known.complain(f"block_suggestion shows no result: {sentences}")
        return {}
    return ack.answer


def to_submission(known: state.State, view: entities.View, ack: parcels.Ack) -> entities.Notice | None:
    """Close, clear, update or push, show errors at fields, or say that it failed."""
    # The app may have updated the view, or the person closed it, while the answer was on its way.
    present = known.screens.views.get(view.id)
    if present is None:
        return None
    problem = CODES.get(ack.fate) or _follow(known, present, ack.answer)
    if problem is None:
        return None
    known.screens.touch(known.screens.views[view.id], trouble=TROUBLE)
    return known.notify(entities.Notice(view.user, problem, TROUBLE, view=view.id))


def _follow(known: state.State, view: entities.View, answer: Json) -> str | None:
    action = answer.get("response_action")
    if not answer:  # a plain acknowledgement closes this one view, not those below it
        known.screens.close(view.user)
    elif action == "clear":
        known.screens.clear(view.user)
    elif action == "errors":
        return _show_errors(known, view, answer.get("errors"))
    elif action in {"update", "push"}:
        return _show_next(known, view, action, answer.get("view"))
    else:
        known.complain(f"view_submission: not an answer: {sorted(answer)}")
        return "invalid_response"
    return None


def _show_errors(known: state.State, view: entities.View, errors: object) -> str | None:
    # Slack shows an error below an input block only; one for any other block breaks the whole answer.
    fields = {spot.block_id for spot in inputs.spots(view.blocks) if spot.is_input}
    good = (
        isinstance(errors, dict)
        and errors
        and all(block in fields and isinstance(text, str) and text for block, text in errors.items())
    )
    if not good:
        known.complain(
            f"view_submission: errors must name input blocks of the view, each with a text: {errors!r}"
        )
        return "invalid_errors"
    known.screens.touch(view, errors=dict(errors), trouble=None)  # type: ignore[call-overload]  # checked above
    return None


def _show_next(known: state.State, view: entities.View, action: str, given: object) -> str | None:
    try:
        body = views.checked(known, given, what=f"the view to {action}")
    except calls.ApiError as error:
        return error.code
    if action == "update":
        known.screens.update(view, body)
        return None
    if known.screens.push(view.user, body) is None:
        known.complain(f"view_submission: a stack holds at most {screens.DEEPEST} views")
        return "push_limit_reached"
    return None
