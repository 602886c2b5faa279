"""The form as people name it, and the way to fill it in."""

from __future__ import annotations

from bot.forms import Field
from bot.sandbox import acme
from bot.sandbox.slack import people, reading
from handlers import replies
from handlers.slack import ids

NAME, WORKSPACE, REPOSITORY = (
    replies.LABELS[field] for field in (Field.NAME, Field.WORKSPACE, Field.REPOSITORY)
)
VALIDITY, REASON = replies.LABELS[Field.VALIDITY], replies.LABELS[Field.REASON]

ASKED = "Will ask: @Ben and @Cleo in #registry-approvals (1 approval needed, within 72 hours)."


async def opened(person: people.Person, channel: str = acme.GENOMICS) -> reading.Screen:
    """Open the form, and wait until it is filled."""
    await person.command(ids.COMMAND, channel=channel)
    return await person.awaits_modal("Will ask")


async def filled(person: people.Person) -> None:
    """Open the form and choose what is needed."""
    await opened(person)
    await person.choose(WORKSPACE, "acme/research")
    await person.pick(REPOSITORY, "aligner")
