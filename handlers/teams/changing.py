"""The cards that rotate, narrow and revoke: they say what would happen before anything is sent."""

from __future__ import annotations

import secrets

from bot import forms, model
from bot.model import Kind
from handlers import kinds, payload, plans, text
from handlers.parts import Note, Points
from handlers.payload import Malformed, Payload, text_at
from handlers.service import Service
from handlers.teams import answers, cards, ids, markup, parse
from handlers.teams.markup import Json
from handlers.teams.names import Names
from handlers.teams.people import People

_MOST_NAMES = 20  # credentials of one name that a card lists
YES = "true"


class Changing:
    """What is shown is the service's plan; what is done, its answer to what was sent."""

    def __init__(self, service: Service, who: People, names: Names) -> None:
        self._service = service
        self._who = who
        self._names = names

    async def named(
        self, by: model.Principal, place: model.Place | None, kind: Kind, *, name: str
    ) -> cards.Message:
        """Return the card for the credential of a name; of several, the ones to choose from."""
        rows = await self._service.find(by, name)
        known = [row.credential for row in rows if row.credential][:_MOST_NAMES]
        if len(known) == 1:
            plan = await self._service.plan(by, place, kind, known[0].id)
            return cards.Message(markup.spoken(plans.told(plan), self._names), self._card(plan))
        points = Points(tuple(plans.candidate(one) for one in known))
        note: Note = (*plans.which(name, rows), points, *plans.missing(_WORDS[kind]))
        return cards.private(note, self._names)

    async def sent(self, activity: Payload) -> Json:
        """Ask for the change that a card's button was about."""
        by, carried = await self._who.who(activity), parse.data(activity)
        request = await self._service.change(_change(carried, by, parse.place(activity)))
        done: Note = (text.status(request, to_requester=True),)
        return answers.card(cards.private(done, self._names).card)

    def _card(self, plan: forms.Plan) -> Json:
        shown = (*plans.told(plan), *plans.asked(plan))
        body = cards.fitted(markup.blocks(shown, self._names), [*_inputs(plan)])
        carried: Json = {
            "kind": plan.kind.value,
            "credential": plan.credential.id,
            "form": secrets.token_urlsafe(12),
        }
        return cards.card(body, [cards.execute(plans.submit(plan), ids.CHANGE, carried)])


_WORDS = {Kind.ROTATE: "rotate", Kind.REVOKE: "revoke", Kind.NARROW: "remove"}


def _inputs(plan: forms.Plan) -> list[Json]:
    reason: Json = {
        "type": "Input.Text",
        "id": forms.Field.REASON.value,
        "label": plans.REASON_LABEL,
        "isMultiline": True,
        "maxLength": forms.LONGEST_REASON,
    }
    extra: list[Json] = []
    if plan.kind is Kind.REVOKE:
        box: Json = {"type": "Input.Toggle", "id": ids.AT_ONCE, "title": plans.AT_ONCE}
        extra.append({**box, "value": "false", "valueOn": YES})
    if plan.kind is Kind.NARROW:
        names = plan.credential.repositories[: kinds.MOST]
        extra.append(
            {
                "type": "Input.ChoiceSet",
                "id": ids.REMOVE,
                "label": plans.REMOVE_LABEL,
                "isMultiSelect": True,
                "choices": [{"title": name, "value": name} for name in names],
            }
        )
    return [*extra, reason]


def _change(carried: Payload, by: model.Principal, place: model.Place | None) -> forms.Change:
    """Return a card as it was sent. Its `op` names this card with these values."""
    try:
        kind = Kind(text_at(carried, "kind"))
    except ValueError:
        raise Malformed("This button changes nothing.") from None
    reason = text_at(carried, forms.Field.REASON.value).strip()
    at_once = kind is Kind.REVOKE and text_at(carried, ids.AT_ONCE) == YES
    remove = tuple(filter(None, text_at(carried, ids.REMOVE).split(",")))
    credential, card = payload.needed(carried, "credential"), text_at(carried, "form")
    return forms.Change(
        by=by,
        place=place,
        kind=kind,
        credential_id=credential,
        op=payload.token(by.key, card, kind, credential, ",".join(remove), str(at_once), reason),
        reason=reason,
        remove=remove,
        at_once=at_once,
    )
