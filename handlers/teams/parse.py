"""Teams' activities to our types. Pure; whatever is missing or of the wrong kind is `Malformed`.

What stands in `value` was sent by a client and proves nothing; who acts and where is Teams' word.
"""

from __future__ import annotations

import html
import re

from bot import forms, model
from bot.forms import Field
from handlers import buttons, payload, text
from handlers.entry import Entry
from handlers.payload import Payload, at, text_at
from handlers.teams import ids

_THREAD = ";messageid="
_CHANNEL = re.compile(r"19:[^\s;]+@thread\.(tacv2|skype)")
_AT = re.compile(r"<at[^>]*>.*?</at>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"<[^>]{0,200}>")
_SLASH = re.compile(rf"/?{re.escape(text.COMMAND.lstrip('/'))}\b", re.IGNORECASE)
_ROLES = {role.value: role for role in model.Role}


def tenant(activity: Payload) -> str:
    """Return the tenant in which somebody acts."""
    found = text_at(activity, "conversation", "tenantId") or text_at(activity, "channelData", "tenant", "id")
    return found.lower()


def principal(activity: Payload) -> model.Principal:
    """Return who acts; a payload that names nobody gives a user that no policy knows."""
    user = text_at(activity, "from", "aadObjectId").lower()
    return model.Principal(platform=model.Platform.TEAMS, tenant=tenant(activity), user=user)


def split(conversation: str) -> tuple[str, str | None]:
    """Return a conversation's own id, and the first message of the thread that is meant."""
    base, _, root = conversation.partition(_THREAD)
    return base, root or None


def joined(channel: str, thread: str | None) -> str:
    """Return the conversation id of a thread; only channels have any."""
    return f"{channel}{_THREAD}{thread}" if thread and _CHANNEL.fullmatch(channel) else channel


def place(activity: Payload) -> model.Place | None:
    """Return where something is asked; a personal chat is no place to show others anything."""
    base, root = split(text_at(activity, "conversation", "id"))
    personal = text_at(activity, "conversation", "conversationType") == "personal"
    if personal or not base.startswith("19:"):
        return None
    if root is None and text_at(activity, "type") == "message" and _CHANNEL.fullmatch(base):
        root = text_at(activity, "id") or None  # a new post: the thread is its own
    return model.Place(platform=model.Platform.TEAMS, tenant=tenant(activity), channel=base, thread=root)


def words(activity: Payload) -> str:
    """Return what was typed to the bot: without mentions, markup and the command's own name."""
    typed = _TAG.sub(" ", _AT.sub(" ", text_at(activity, "text")))
    # Entities last, so that a typed `<` is never taken for a tag.
    plain = " ".join(html.unescape(typed).split())
    return _SLASH.sub("", plain, count=1).strip() if _SLASH.match(plain) else plain


def data(activity: Payload) -> Payload:
    """Return what a button carried, with the inputs around it."""
    for path in (("value", "action", "data"), ("value", "data")):
        found = at(activity, *path)
        if isinstance(found, dict):
            return found
    return {}


def action(activity: Payload) -> str:
    """Return which button was pressed."""
    return text_at(data(activity), "action") or text_at(activity, "value", "action", "verb")


def automatic(activity: Payload) -> bool:
    """Tell whether a client acts by itself, as for a refresh: such a click is nobody's decision."""
    return text_at(activity, "value", ids.ORIGINAL).lower() == "automatic"


def click(activity: Payload, by: model.Principal) -> forms.Click:
    """Return a pressed button."""
    carried = payload.needed(data(activity), "value")
    where, message = text_at(activity, "conversation", "id"), text_at(activity, "replyToId")
    # Teams sends a click again with the same id; one that it sends with a new one finds it done.
    op = payload.token(by.key, where, message, text_at(activity, "id"), action(activity), carried)
    return buttons.click(carried, by, op=op, seen_at=_copy(activity, message))


def role(activity: Payload) -> model.Role | None:
    """Return which of the request's copies was clicked, by the card's own word."""
    return _ROLES.get(text_at(data(activity), "role"))


def _copy(activity: Payload, message: str) -> model.Copy | None:
    base, root = split(text_at(activity, "conversation", "id"))
    which = role(activity)
    if which is None or not base or not message:
        return None
    thread = root if root != message else None
    return model.Copy(role=which, platform=model.Platform.TEAMS, channel=base, message=message, thread=thread)


def reason(activity: Payload) -> str:
    """Return the reason typed beside a button."""
    return text_at(data(activity), Field.REASON.value)


def entry(activity: Payload) -> Entry:
    """Return a form as it was sent."""
    found = data(activity)
    typed = {field: _typed(found, field) for field in Field}
    # A hint among the results is nothing to ask for.
    chosen = (one for one in typed[Field.REPOSITORY].split(",") if one.strip() != ids.NOTHING)
    typed[Field.REPOSITORY] = ",".join(chosen)
    return Entry(window=text_at(found, "form")[:64], typed=typed)


def _typed(found: Payload, field: Field) -> str:
    # A number's input comes as text from some clients, and as a number from others.
    value = found.get(field.value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:.10g}"
    return text_at(found, field.value)


def query(activity: Payload) -> tuple[str, int]:
    """Return what is searched for, and how many results the client wants at most."""
    top = at(activity, "value", "queryOptions", "top")
    wanted = top if isinstance(top, int) and not isinstance(top, bool) and top > 0 else ids.MOST_RESULTS
    return text_at(activity, "value", "queryText").strip(), min(wanted, ids.MOST_RESULTS)


def sender(activity: Payload) -> tuple[str, str]:
    """Return how the Connector names who acts to this bot, and their display name."""
    return text_at(activity, "from", "id"), text_at(activity, "from", "name")
