"""Every string that renderers, parsers, registrations and the manifest share; it stands here once."""

from __future__ import annotations

ENDPOINT = "/api/messages"
CHANNEL = "msteams"

# What a button wants. The SDK finds a listener by `data.action`; Teams itself sends nothing for a
# button without `verb` (https://github.com/microsoft/teams.py/issues/421): both hold the same word.
OPEN = "open_form"  # opens the dialog
HERE = "form_here"  # shows the form in the chat
FORM = "form"
APPROVE = "approve"
DENY = "deny"
CANCEL = "cancel"
CHANGE = "change"  # of a credential; the card says which
PLAN = "plan"  # shows what a change would do: in a dialog, or in the chat
LIST, DETAILS = "list", "details"
AT_ONCE, REMOVE = "at_once", "remove"  # inputs of that card

ASK = "ask"  # the message extension's command
REPOSITORIES = "repositories"  # what is searched as somebody types
NOTHING = "~"  # value of a choice that is only a hint

ORIGINAL = (
    "registryBotTrigger"  # what a click's `trigger` was before the guard made it one that the SDK takes
)

# https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/dynamic-search
MOST_RESULTS = 15
MOST_CHOICES = 40  # in the list that stands in where searching does not work
LARGEST_CARD = 25_000  # of JSON; Teams refuses cards in threads from some 28 kB on
ANSWER_S = 8.0  # the Bot Connector gives up after 10 to 15 s, and sends an invoke again
