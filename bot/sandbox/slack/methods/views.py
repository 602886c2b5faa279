"""views.open, push, update, publish."""

from __future__ import annotations

import json

from bot.sandbox.slack import blockkit, entities, passes, payloads, state
from bot.sandbox.slack.calls import ApiError, Call, Method, Tier
from bot.sandbox.slack.entities import Json

LARGEST = 250_000


def body(call: Call, kind: str) -> Json:
    """Read and check the view of a call."""
    given = call.decoded("view", "invalid_arguments")
    if given is None:
        call.required("view")
    view = checked(call.state, given, what=f"a {kind} view")
    if view["type"] != kind:
        raise refusal(call.state, f"a {kind} view", [blockkit.Problem("/view/type", f"must be {kind}")])
    return view


def checked(known: state.State, given: object, *, what: str) -> Json:
    """Return a view that Slack would take, or refuse it in Slack's shape."""
    if len(json.dumps(given)) > LARGEST:
        raise ApiError("view_too_large")
    problems = blockkit.check_view(given)
    if problems or not isinstance(given, dict):
        raise refusal(known, what, problems)
    return given


def refusal(known: state.State, what: str, problems: list[blockkit.Problem]) -> ApiError:
    """Return the refusal of a view, which Slack calls invalid_arguments, and keep a complaint."""
    sentences = [str(problem) for problem in problems]
    known.complain(f"{what}: invalid_arguments: {'; '.join(sentences)}")
    return ApiError(
        "invalid_arguments",
        errors=sentences,
        response_metadata={"messages": [f"[ERROR] {sentence}" for sentence in sentences]},
    )


def _trigger(call: Call) -> entities.Trigger:
    wanted = call.text("trigger_id") or call.required("interactivity_pointer")
    trigger = call.state.passes.exchange(wanted)
    if isinstance(trigger, passes.Refusal):
        call.state.complain(f"views: {trigger.value}")
        raise ApiError(trigger.value)
    return trigger


def _unique(call: Call, view: Json, *, own: str | None = None) -> None:
    if call.state.screens.external_taken(view.get("external_id", ""), by=own):
        raise ApiError("duplicate_external_id")


def _shown(call: Call, view: entities.View) -> Json:
    sender = payloads.Sender(call.state.team, call.state.app, call.state.users[view.user])
    return {"view": payloads.view(sender, view)}


def opened(call: Call) -> Json:
    """Open a modal for whoever caused the trigger."""
    # The view is checked first, so that a refused one leaves the trigger to be used.
    view = body(call, "modal")
    _unique(call, view)
    trigger = _trigger(call)
    return _shown(call, call.state.screens.open(trigger.user, view))


def pushed(call: Call) -> Json:
    """Put a modal on top of the one that was acted in."""
    view = body(call, "modal")
    _unique(call, view)
    trigger = _trigger(call)
    # Only something done in a modal may push onto it, and only while that modal is open.
    if trigger.view not in call.state.screens.stacks.get(trigger.user, ()):
        raise ApiError("not_found")
    added = call.state.screens.push(trigger.user, view)
    if added is None:
        raise ApiError("push_limit_reached")
    return _shown(call, added)


def _fresh(call: Call, view: entities.View) -> None:
    # Without a hash the last writer wins, whatever it was looking at.
    wanted = call.text("hash")
    if wanted and wanted != view.hash:
        raise ApiError("hash_conflict")


def updated(call: Call) -> Json:
    """Replace an open view, found by its id or the app's own."""
    screens = call.state.screens
    by_external = call.text("external_id")
    known = (
        screens.by_external_id(by_external) if by_external else screens.views.get(call.required("view_id"))
    )
    if known is None:
        raise ApiError("not_found")
    view = body(call, known.body["type"])
    _fresh(call, known)
    _unique(call, view, own=known.id)
    return _shown(call, screens.update(known, view))


def published(call: Call) -> Json:
    """Show a person's App Home."""
    if not call.state.app.home_tab:
        raise ApiError("not_enabled")
    user = call.user(call.required("user_id"))
    view = body(call, "home")
    known = call.state.screens.home(user.id)
    if known:
        _fresh(call, known)
    _unique(call, view, own=known.id if known else None)
    return _shown(call, call.state.screens.publish(user.id, view))


METHODS = {
    "views.open": Method(opened, tier=Tier.T4),
    "views.push": Method(pushed, tier=Tier.T4),
    "views.update": Method(updated, tier=Tier.T4),
    "views.publish": Method(published, tier=Tier.T4),
}
