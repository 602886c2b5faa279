"""The cards and dialogs that rotate, narrow and revoke: what would happen is said before it is sent."""

from __future__ import annotations

from bot import errors, forms, model
from bot.model import Kind
from handlers import payload, plans, replies, text
from handlers.parts import Note
from handlers.payload import Malformed, Payload, text_at
from handlers.service import Service
from handlers.teams import answers, cards, change_form, ids, markup, parse
from handlers.teams.change_form import Typed
from handlers.teams.markup import Json
from handlers.teams.names import Names
from handlers.teams.people import People
from handlers.teams.sending import Sending


class Changing:
    """What is shown is the service's plan; what is done, its answer to what was sent."""

    def __init__(self, service: Service, who: People, names: Names, sending: Sending) -> None:
        self._service = service
        self._who = who
        self._names = names
        self._sending = sending

    async def named(
        self, by: model.Principal, place: model.Place | None, kind: Kind, *, name: str
    ) -> cards.Message:
        """Return the card for the credential of a name; of several, the ones to choose from."""
        rows = await self._service.find(by, name)
        known = [row.credential for row in rows if row.credential]
        if len(known) == 1:
            return await self._planned(by, place, kind, known[0].id)
        return change_form.choose(name, rows, kind, self._names)

    async def here(self, activity: Payload) -> Json:
        """Show what a change would do in the chat: in the place of the card, if nobody else reads it."""
        place = parse.place(activity)
        by, (kind, credential) = await self._who.who(activity), _wish(parse.data(activity))
        shown = await self._planned(by, place, kind, credential)
        if place is None:
            return answers.card(shown.card)
        said = await self._sending.privately(by, shown)
        return answers.told(cards.plain(said, self._names))

    async def opened(self, activity: Payload) -> Json:
        """Show in a dialog what a change would do, asked for by a button."""
        kind, credential = _wish(parse.data(activity))
        by, place = await self._who.who(activity), parse.place(activity)
        return self._dialog(await self._service.plan(by, place, kind, credential), Typed.fresh())

    async def sent(self, activity: Payload) -> Json:
        """Ask for the change that a card's button was about."""
        request = await self._service.change(await self._change(activity))
        return answers.card(cards.private(_done(request), self._names).card)

    async def sent_dialog(self, activity: Payload) -> Json:
        """Ask for the change that a dialog was about; it comes back if something is wrong."""
        change = await self._change(activity)
        try:
            request = await self._service.change(change)
        except errors.BotError as error:
            plan = await self._service.plan(change.by, change.place, change.kind, change.credential_id)
            return self._dialog(plan, _typed(parse.data(activity)), (replies.problem(error),))
        return answers.dismissed(cards.plain(_done(request), self._names))

    def _dialog(self, plan: forms.Plan, typed: Typed, problem: Note = ()) -> Json:
        shown = change_form.card(plan, typed, self._names, dialog=True, problem=problem)
        return answers.dialog(shown, plans.TITLES[plan.kind])

    async def _planned(
        self, by: model.Principal, place: model.Place | None, kind: Kind, credential: str
    ) -> cards.Message:
        plan = await self._service.plan(by, place, kind, credential)
        shown = change_form.card(plan, Typed.fresh(), self._names, dialog=False)
        return cards.Message(markup.spoken(plans.told(plan), self._names), shown)

    async def _change(self, activity: Payload) -> forms.Change:
        """Return what was sent. Its `op` names this card or dialog with these values."""
        carried, by = parse.data(activity), await self._who.who(activity)
        kind, credential = _wish(carried)
        typed = _typed(carried)
        at_once = kind is Kind.REVOKE and typed.at_once
        said = (kind, credential, ",".join(typed.remove), str(at_once), typed.reason.strip())
        return forms.Change(
            by=by,
            place=parse.place(activity),
            kind=kind,
            credential_id=credential,
            op=payload.token(by.key, typed.form, *said),
            reason=typed.reason.strip(),
            remove=typed.remove,
            at_once=at_once,
        )


def _done(request: model.Request) -> Note:
    return (text.status(request, to_requester=True),)


def _wish(carried: Payload) -> tuple[Kind, str]:
    try:
        kind = Kind(text_at(carried, "kind"))
    except ValueError:
        raise Malformed("This button changes nothing.") from None
    if kind not in plans.TITLES:
        raise Malformed("This button changes nothing.")
    return kind, payload.needed(carried, "credential")


def _typed(carried: Payload) -> Typed:
    return Typed(
        form=text_at(carried, "form")[:64],
        reason=text_at(carried, forms.Field.REASON.value),
        at_once=text_at(carried, ids.AT_ONCE) == change_form.YES,
        remove=tuple(filter(None, text_at(carried, ids.REMOVE).split(","))),
    )
