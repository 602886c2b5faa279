"""Block elements: https://docs.slack.dev/reference/block-kit/block-elements."""

from __future__ import annotations

from collections.abc import Mapping

from bot.sandbox.slack.blockkit import objects, rich
from bot.sandbox.slack.blockkit.rules import (
    Cross,
    Rule,
    among,
    boolean,
    listed,
    matching,
    one_of,
    ordered,
    record,
    string,
    whole,
)

_ID = {"action_id": objects.ID}
_FOCUS = {**_ID, "focus_on_load": boolean}
_MENU = {**_FOCUS, "placeholder": objects.plain(150), "confirm": objects.CONFIRM}
_WRITTEN = {**_FOCUS, "placeholder": objects.plain(150), "dispatch_action_config": objects.DISPATCH}
_SEVERAL = {**_MENU, "max_selected_items": whole(1)}
_OPTIONS = listed(objects.OPTION, most=100)
_GROUPS = listed(objects.GROUP, most=100)
_OFFERED = {"options": _OPTIONS, "option_groups": _GROUPS}
_DATE = matching(lambda text: bool(objects.DATE.fullmatch(text)), "a date as YYYY-MM-DD")
_TIME = matching(lambda text: bool(objects.TIME.fullmatch(text)), "a time as HH:mm")
_STYLE = among("primary", "danger")


def _number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


_NUMBER = matching(_number, "a number in a string")


def _choices(option: Rule, initial: Mapping[str, Rule], cross: Cross) -> Rule:
    return record(
        {"options": listed(option, most=10)},
        {**_FOCUS, "confirm": objects.CONFIRM, **initial},
        cross,
    )


BUTTON = record(
    {"text": objects.plain(75)},
    {
        **_ID,
        "url": objects.URL,
        "value": string(2000, shortest=0),  # link buttons are often made with an empty one
        "style": _STYLE,
        "confirm": objects.CONFIRM,
        "accessibility_label": string(75),
    },
)
_FEEDBACK = record({"text": objects.plain(75), "value": string(2000)}, {"accessibility_label": string(75)})

MENUS: dict[str, Rule] = {
    "static_select": record(
        {},
        {**_MENU, **_OFFERED, "initial_option": objects.OPTION},
        one_of("options", "option_groups"),
        objects.initial_among("initial_option"),
    ),
    "external_select": record({}, {**_MENU, "initial_option": objects.OPTION, "min_query_length": whole(0)}),
    "users_select": record({}, {**_MENU, "initial_user": string()}),
    "conversations_select": record(
        {},
        {
            **_MENU,
            "initial_conversation": string(),
            "default_to_current_conversation": boolean,
            "response_url_enabled": boolean,
            "filter": objects.FILTER,
        },
    ),
    "channels_select": record({}, {**_MENU, "initial_channel": string(), "response_url_enabled": boolean}),
    "multi_static_select": record(
        {},
        {**_SEVERAL, **_OFFERED, "initial_options": _OPTIONS},
        one_of("options", "option_groups"),
        objects.initial_among("initial_options"),
        objects.few_enough("initial_options"),
    ),
    "multi_external_select": record(
        {},
        {**_SEVERAL, "initial_options": _OPTIONS, "min_query_length": whole(0)},
        objects.few_enough("initial_options"),
    ),
    "multi_users_select": record({}, {**_SEVERAL, "initial_users": listed(string())}),
    "multi_conversations_select": record(
        {},
        {
            **_SEVERAL,
            "initial_conversations": listed(string()),
            "default_to_current_conversation": boolean,
            "filter": objects.FILTER,
        },
    ),
    "multi_channels_select": record({}, {**_SEVERAL, "initial_channels": listed(string())}),
}
PICKERS: dict[str, Rule] = {
    "datepicker": record({}, {**_MENU, "initial_date": _DATE}),
    "timepicker": record({}, {**_MENU, "initial_time": _TIME, "timezone": string()}),
    "datetimepicker": record(
        {}, {**_FOCUS, "confirm": objects.CONFIRM, "initial_date_time": whole(1_000_000_000, 9_999_999_999)}
    ),
    "checkboxes": _choices(
        objects.OPTION_MARKED,
        {"initial_options": listed(objects.OPTION_MARKED, most=10)},
        objects.initial_among("initial_options"),
    ),
    "radio_buttons": _choices(
        objects.OPTION_MARKED,
        {"initial_option": objects.OPTION_MARKED},
        objects.initial_among("initial_option"),
    ),
}
WRITTEN: dict[str, Rule] = {
    "plain_text_input": record(
        {},
        {
            **_WRITTEN,
            "initial_value": string(3000, shortest=0),
            "multiline": boolean,
            "min_length": whole(0, 3000),
            "max_length": whole(1, 3000),
        },
        ordered("min_length", "max_length"),
    ),
    "email_text_input": record({}, {**_WRITTEN, "initial_value": string()}),
    "url_text_input": record({}, {**_WRITTEN, "initial_value": string()}),
    "number_input": record(
        {"is_decimal_allowed": boolean},
        {**_WRITTEN, "initial_value": _NUMBER, "min_value": _NUMBER, "max_value": _NUMBER},
        ordered("min_value", "max_value"),
    ),
    "rich_text_input": record({}, {**_WRITTEN, "initial_value": rich.RICH_TEXT}),
    "file_input": record({}, {**_ID, "filetypes": listed(string()), "max_files": whole(1, 10)}),
}
BUTTONS: dict[str, Rule] = {
    "button": BUTTON,
    "overflow": record(
        {"options": listed(objects.OPTION_LINKED, most=5)}, {**_ID, "confirm": objects.CONFIRM}
    ),
    "workflow_button": record(
        {
            "text": objects.plain(75),
            "workflow": record(
                {
                    "trigger": record(
                        {"url": objects.URL},
                        {
                            "customizable_input_parameters": listed(
                                record({"name": string(), "value": string(shortest=0)})
                            )
                        },
                    )
                }
            ),
        },
        {**_ID, "style": _STYLE, "accessibility_label": string(75)},
    ),
}
CONTEXT_ACTIONS: dict[str, Rule] = {
    "feedback_buttons": record({"positive_button": _FEEDBACK, "negative_button": _FEEDBACK}, _ID),
    "icon_button": record(
        {"icon": string(), "text": objects.plain(75)},
        {
            **_ID,
            "value": string(2000),
            "confirm": objects.CONFIRM,
            "accessibility_label": string(75),
            "visible_to_user_ids": listed(string(), most=10),
        },
    ),
}

IN_INPUT: dict[str, Rule] = {**MENUS, **PICKERS, **WRITTEN}
# "Compatible elements" of the actions block's own page; written input other than rich text is not.
IN_ACTIONS: dict[str, Rule] = {
    **MENUS,
    **PICKERS,
    **BUTTONS,
    "rich_text_input": WRITTEN["rich_text_input"],
}
# As the section's accessory: no field to write in, and no date with a time.
IN_SECTION: dict[str, Rule] = {
    **MENUS,
    **{kind: rule for kind, rule in PICKERS.items() if kind != "datetimepicker"},
    **BUTTONS,
    "image": objects.IMAGE,
}
