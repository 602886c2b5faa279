"""Block Kit of the windows that rotate, narrow and revoke. Pure; the wording is `handlers.plans`'s."""

from __future__ import annotations

from bot import forms
from bot.forms import Field
from bot.model import Kind
from handlers import plans
from handlers.slack import blocks, ids, markup, modals, wishes
from handlers.slack.markup import Json
from handlers.slack.wishes import Wish


def loading(wish: Wish) -> Json:
    """Return the skeleton that stands while it is looked up what a change would do."""
    note = ((plans.LOADING,),)
    return modals.window(ids.CHANGE, plans.TITLES[wish.kind], markup.blocks(note), wish.meta())


def window(plan: forms.Plan, wish: Wish) -> Json:
    """Return the window that says what will happen and who is asked, and asks what it needs to know."""
    shown = [
        *markup.blocks(plans.told(plan)),
        *([_removal(plan)] if plan.kind is Kind.NARROW else []),
        *([_at_once()] if plan.kind is Kind.REVOKE else []),
        _reason(),
        *_asked(plan),
    ]
    return {
        **modals.window(ids.CHANGE, plans.TITLES[plan.kind], shown, wish.meta(), close=plans.CLOSE),
        "submit": markup.plain_text(plans.submit(plan), modals.TITLE),
    }


def choose(name: str, rows: tuple[forms.Row, ...], wish: Wish) -> Json:
    """Return the window in which one of several credentials of a name is chosen."""
    found = [row.credential for row in rows if row.credential][: ids.MOST_ROWS]
    options: list[Json] = [
        {
            "type": "section",
            "text": {"type": "mrkdwn", "text": markup.mrkdwn(plans.candidate(one)), "verbatim": True},
            "accessory": blocks.plain_button(plans.CHOOSE, ids.CHOOSE, one.id),
        }
        for one in found
    ]
    head = markup.blocks(plans.which(name, rows))
    return modals.window(ids.CHANGE, plans.CHOOSE_TITLE, [*head, *options], wish.meta())


def _asked(plan: forms.Plan) -> list[Json]:
    lines = [markup.mrkdwn(line) for line in plans.asked(plan)]
    elements = [{"type": "mrkdwn", "text": line, "verbatim": True} for line in lines]
    return [{"type": "context", "block_id": ids.PREVIEW, "elements": elements}]


def _removal(plan: forms.Plan) -> Json:
    names = plan.credential.repositories
    options = [_option(name) for name in names]
    most = ids.MOST_OPTIONS
    # A list holds a hundred options, and a hundred groups of such lists.
    groups = [
        {"label": markup.plain_text(f"{start + 1} to {min(start + most, len(names))}"), "options": part}
        for start in range(0, len(options), most)
        if (part := options[start : start + most])
    ]
    element: Json = {
        "type": "multi_static_select",
        "action_id": ids.action(Field.REPOSITORY),
        "placeholder": markup.plain_text(plans.REMOVE_PLACEHOLDER, 150),
        **({"options": options} if len(groups) == 1 else {"option_groups": groups}),
    }
    label = markup.plain_text(plans.REMOVE_LABEL)
    return {"type": "input", "block_id": Field.REPOSITORY.value, "label": label, "element": element}


def _option(name: str) -> Json:
    words = markup.middle(name, ids.OPTION_TEXT)
    return {"text": markup.plain_text(words), "value": wishes.key(name)}


def _at_once() -> Json:
    box = {"text": markup.plain_text(plans.AT_ONCE), "value": ids.AT_ONCE}
    return {
        "type": "input",
        "block_id": ids.AT_ONCE,
        "optional": True,
        "label": markup.plain_text(plans.AT_ONCE_LABEL),
        "element": {"type": "checkboxes", "action_id": ids.AT_ONCE, "options": [box]},
    }


def _reason() -> Json:
    return {
        "type": "input",
        "block_id": Field.REASON.value,
        "optional": True,
        "label": markup.plain_text(plans.REASON_LABEL),
        "hint": markup.plain_text(plans.REASON_HINT, 2000),
        "element": {
            "type": "plain_text_input",
            "action_id": ids.action(Field.REASON),
            "multiline": True,
            "max_length": forms.LONGEST_REASON,
        },
    }
