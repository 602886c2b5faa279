"""What `/registry whoami` says: how the bot sees somebody, and what they may do."""

from __future__ import annotations

from collections.abc import Sequence

from bot import forms, model
from bot.model import Standing
from handlers import parts
from handlers.parts import Code, Note, Paragraph, Points, Sentence

MOST = 20  # a list of more is nobody's answer

_STANDING = {
    Standing.MEMBER: "You are a full member here.",
    Standing.GUEST: "You are a guest here, and guests cannot use this bot.",
    Standing.OUTSIDER: "You belong to another organization, whose people cannot use this bot.",
    Standing.GONE: "This account is deactivated or a bot's own, and cannot use this bot.",
    Standing.UNKNOWN: "It could not be looked up now whether you are a full member, so you can do nothing.",
}
_PLATFORM = {model.Platform.SLACK: "Slack", model.Platform.TEAMS: "Teams"}


def whoami(seen: forms.Whoami) -> Note:
    """Return it, a sentence each."""
    who = seen.who
    told: list[Paragraph] = [
        ("You are ", who, ": ", Code(who.user), " of ", Code(who.tenant), f" on {_PLATFORM[who.platform]}."),
        (_STANDING[seen.standing],),
        _person(seen),
        _groups(seen),
    ]
    if seen.unknown:
        told.append(("⚠️ These groups could not be looked up: ", *parts.listed(_codes(seen.unknown)), "."))
    told += _allowed("You may ask for:", "No rule lets you ask for anything.", seen.may_ask)
    told += _allowed(
        "You may decide on what others ask for:", "You are no approver by any rule.", seen.may_decide
    )
    return (*told, ("This is by version ", Code(seen.policy_version), " of the policy."))


def _person(seen: forms.Whoami) -> Sentence:
    if seen.person is None:
        return (
            "The policy does not link this account to a person, so on another platform you are a stranger.",
        )
    tower: Sentence = (", in Tower ", Code(seen.tower)) if seen.tower else ()
    others: Sentence = (", also ", *parts.listed(_codes(seen.others))) if seen.others else ()
    return ("To the policy you are ", Code(seen.person), *tower, *others, ".")


def _groups(seen: forms.Whoami) -> Sentence:
    if not seen.groups:
        return ("You are in none of the policy's groups.",)
    return ("Your groups: ", *parts.listed(_codes(seen.groups), most=MOST), ".")


def _allowed(head: str, nothing: str, allowances: Sequence[forms.Allowance]) -> list[Paragraph]:
    if not allowances:
        return [(nothing,)]
    return [(head,), Points(tuple(_allowance(one) for one in allowances[:MOST])), *_more(allowances)]


def _allowance(one: forms.Allowance) -> Sentence:
    condition = f", {one.condition}" if one.condition else ""
    return (one.about, f"{condition} (rule ", Code(one.rule), ").")


def _more(allowances: Sequence[forms.Allowance]) -> list[Paragraph]:
    return [(f"And by {len(allowances) - MOST} more rules.",)] if len(allowances) > MOST else []


def _codes(names: Sequence[str]) -> list[Code]:
    return [Code(name) for name in names]
