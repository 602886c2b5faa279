"""Every string that renderers, parsers, registrations and the manifest share; it stands here once."""

from __future__ import annotations

from bot.forms import Field
from bot.model import Kind, Role

COMMAND = "/registry"
SHORTCUT = "registry_request"  # the global shortcut
FORM = "registry_form"  # callback id of the form, and of its skeleton
DENIAL = "registry_denial"  # callback id of the window that asks for a reason
CHANGE = "registry_change"  # callback id of the window that rotates, narrows or revokes
LIST = "registry_list"  # callback id of a window with a list, or with one of its entries
NOTICE = "registry_notice"  # callback id of a window that only says something

APPROVE = "request_approve"
DENY = "request_deny"
CANCEL = "request_cancel"

CHANGES = {  # what a button does to a credential; its value is the credential's id
    Kind.ROTATE: "credential_rotate",
    Kind.NARROW: "credential_narrow",
    Kind.REVOKE: "credential_revoke",
}

CHOOSE = "credential_choose"  # of several with one name
DETAILS = "show_details"  # its value is a request's id
NEXT, PREVIOUS, MORE = "list_next", "list_previous", "list_more"  # their values are places in a list
NEW = "home_new"  # opens the form
HERE = "buttons_here"  # block id of a request's buttons where no copy of it is
AT_ONCE = "at_once"  # block id, and value, of the box in the window that revokes

PREVIEW = "preview"  # block id of the line that says who will be asked
NOTHING = "~"  # value of an option that is only a hint

HOME_OPENED = "app_home_opened"  # Slack's name of the event
EVENTS_PATH = "/slack/events"

# Slack's limits (https://docs.slack.dev/reference/block-kit).
OPTION_TEXT = 75
MOST_OPTIONS = 100
MOST_ROWS = 40  # of a window without pages
MOST_CHOSEN = 100  # repositories of one sending: a window that is drawn again holds all of them
ACK_S = 2.5  # Slack waits 3 s for an acknowledgement; the rest is for the way


def action(field: Field) -> str:
    """Return the action id of a form's element; its block id is the field's own name.

    Both stay the same whenever the view is updated, so that what was typed stays as well.
    """
    return f"form_{field.value}"


def buttons(role: Role) -> str:
    """Return the block id of a copy's buttons: it tells which copy was clicked."""
    return f"buttons_{role.value}"


ROLES = {buttons(role): role for role in Role}
