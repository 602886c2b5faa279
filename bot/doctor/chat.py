"""Slack: the token, its scopes, the channels, the people, and how requests come in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pydantic import SecretStr

from bot import errors, model, ports
from bot.doctor import patient, reading, report

AREA = "slack"
SEEING = {"channels:read": "public channels", "groups:read": "private channels"}
_WHERE = "under OAuth & Permissions of the app on api.slack.com/apps, and install it again"
_SECRET = re.compile(r"[0-9a-f]{32}")
_UNFIT = {
    model.Standing.GUEST: "a guest",
    model.Standing.OUTSIDER: "of another organization",
    model.Standing.GONE: "deactivated, or a bot",
}

Line = report.Line


@dataclass(frozen=True, slots=True)
class Use:
    """What a channel is for. `vital`: without it, requests reach nobody."""

    what: str
    vital: bool


async def check_token(of: patient.Patient) -> Iterable[Line]:
    """Does Slack know the bot's token?"""
    app = await of.app.get()
    return [report.ok(AREA, "token", f"accepted in {app.name} ({app.team})")]


async def check_scopes(of: patient.Patient) -> Iterable[Line]:
    """May the token do what the bot does?"""
    app = await of.app.known()
    if app is None:
        return [report.unknown(AREA, "scopes", "Slack did not accept the token, or did not answer.")]
    return [judge_scopes(app.scopes, of.setup.scopes, wished=of.setup.wished)]


def judge_scopes(
    held: frozenset[str] | None, needed: frozenset[str], *, wished: frozenset[str] = frozenset()
) -> Line:
    """Hold the token's scopes against those that are needed, and those that are of use."""
    if held is None:
        change = f"Compare {', '.join(sorted(needed))} with the bot's scopes {_WHERE.partition(',')[0]}."
        return report.warning(AREA, "scopes", "Slack did not say which scopes the token has.", change)
    missing = sorted(needed - held)
    if missing:
        change = f"Add {', '.join(missing)} {_WHERE}."
        return report.failure(AREA, "scopes", f"missing: {', '.join(missing)}", change)
    if lacking := sorted(wished - held):
        seen = f"missing, and the bot works without: {', '.join(lacking)}"
        change = f"Add {', '.join(lacking)} {_WHERE}, so that no message is posted twice after a crash."
        return report.warning(AREA, "scopes", seen, change)
    needed |= wished
    more = sorted(held - needed)
    beside = f"; not needed: {', '.join(more)}" if more else ""
    return report.ok(AREA, "scopes", f"{', '.join(sorted(needed))}{beside}")


def uses(of: patient.Setup) -> dict[str, Use]:
    """Return what each channel is for."""
    told: dict[str, list[str]] = {}
    vital: set[str] = set()
    for rule in of.policy.rules if of.policy else ():
        told.setdefault(rule.terms.approval_channel, []).append(f"approvals of “{rule.name}”")
        vital.add(rule.terms.approval_channel)
        if rule.terms.told:
            told.setdefault(rule.terms.told, []).append(f"is told of “{rule.name}”")
    for channel, setting in of.channels.items():
        told.setdefault(channel, []).append(setting)
    return {channel: Use(", ".join(dict.fromkeys(what)), channel in vital) for channel, what in told.items()}


def _here(wanted: Mapping[str, Use]) -> dict[str, Use]:
    return {one: use for one, use in wanted.items() if model.platform_of(one) is model.Platform.SLACK}


async def check_channels(of: patient.Patient) -> Iterable[Line]:
    """Is the bot in the channels where it has something to say?"""
    app = await of.app.known()
    wanted = _here(uses(of.setup))
    if app is None:
        return [report.unknown(AREA, "channels", "Slack did not accept the token, or did not answer.")]
    blind = frozenset(SEEING) if app.scopes is None else frozenset(SEEING) - app.scopes
    if app.scopes is not None and blind == frozenset(SEEING):
        return [_unseen(wanted, blind)]
    found = await reading.each(wanted, of.probes.slack.channel, of=patient.SLACK)
    return judge_channels(found, wanted, blind=blind)


def judge_channels(
    found: Mapping[str, ports.Channel | errors.ServiceError],
    wanted: Mapping[str, Use],
    *,
    blind: frozenset[str],
) -> list[Line]:
    """Judge each channel; `blind` are scopes without which some cannot be seen."""
    unseen = {
        channel: wanted[channel]
        for channel, one in found.items()
        if isinstance(one, errors.Forbidden) or (blind and isinstance(one, errors.NotFound))
    }
    seen = [
        _channel(channel, one, wanted[channel]) for channel, one in found.items() if channel not in unseen
    ]
    return [*seen, _unseen(unseen, blind or frozenset(SEEING))] if unseen else seen


def _channel(channel: str, found: ports.Channel | errors.ServiceError, use: Use) -> Line:
    name = f"channel {channel}"
    bad = report.failure if use.vital else report.warning
    if isinstance(found, errors.NotFound):
        seen = f"{use.what}: there is no such channel, or it is private and the bot is not in it."
        return bad(AREA, name, seen, "Correct the id, or invite the bot there with /invite.")
    if isinstance(found, errors.ServiceError):
        return report.trouble(AREA, name, found)
    if found.archived:
        seen = f"#{found.name} is archived; {use.what}"
        return bad(AREA, name, seen, "Name another channel, or unarchive it.")
    if not found.member:
        seen = f"The bot is not in #{found.name}; {use.what}"
        return bad(AREA, name, seen, f"In #{found.name}: /invite the bot.")
    return report.ok(AREA, name, f"the bot is in #{found.name}; {use.what}")


def _unseen(wanted: Mapping[str, Use], blind: frozenset[str]) -> Line:
    channels = ", ".join(f"{channel} ({use.what})" for channel, use in wanted.items())
    scopes = " and ".join(f"{scope} ({SEEING[scope]})" for scope in sorted(blind))
    change = (
        "Look in Slack whether the bot is a member there. It works without these scopes: add none for this."
    )
    return report.warning(AREA, "channels", f"{channels} cannot be checked without {scopes}.", change)


async def check_people(of: patient.Patient) -> Iterable[Line]:
    """Does everybody whom the policy names exist, as a full member?"""
    if await of.app.known() is None:
        return [report.unknown(AREA, "people", "Slack did not accept the token, or did not answer.")]
    named, found = of.named(model.Platform.SLACK), await of.people.get()
    return judge_people({user: one for user, one in found.items() if user in named})


def judge_people(found: patient.People) -> list[Line]:
    """Judge the accounts that the policy names."""
    bad = [line for user, one in found.items() if (line := _person(user, one)) is not None]
    fit = sum(one is model.Standing.MEMBER for one in found.values())
    return [report.ok(AREA, "people", f"{fit} of {len(found)} named by the policy are members"), *bad]


def _person(user: str, found: model.Standing | errors.ServiceError) -> Line | None:
    name, change = f"person {user}", "Take them out of the policy, or correct the id."
    if isinstance(found, errors.NotFound):
        return report.failure(AREA, name, str(found), "Correct the id in the policy.")
    if isinstance(found, errors.ServiceError):
        return report.trouble(AREA, name, found)
    if found in _UNFIT:
        return report.warning(AREA, name, f"is {_UNFIT[found]}, and can neither ask nor decide", change)
    return None


async def check_usergroups(of: patient.Patient) -> Iterable[Line]:
    """Can the user groups that the policy names be read, and is anybody in them?"""
    wanted = sorted({one for group in of.groups for one in group.slack_usergroups})
    if not wanted:
        return []
    if await of.app.known() is None:
        return [report.unknown(AREA, "user groups", "Slack did not accept the token, or did not answer.")]
    found = await of.usergroups.get()
    return judge_usergroups({one: found[one] for one in wanted if one in found})


def judge_usergroups(found: patient.Usergroups) -> list[Line]:
    """Judge the user groups that the policy names."""
    return [_usergroup(one, members) for one, members in found.items()]


def _usergroup(usergroup: str, found: frozenset[str] | errors.ServiceError) -> Line:
    name = f"user group {usergroup}"
    if isinstance(found, errors.NotFound):
        return report.failure(AREA, name, str(found), "Correct the id in the policy: it begins with S.")
    if isinstance(found, errors.ServiceError):
        return report.trouble(AREA, name, found)
    if not found:
        return report.warning(AREA, name, "nobody is in it", "Put people into it in Slack.")
    return report.ok(AREA, name, f"{len(found)} people")


async def check_events(of: patient.Patient) -> Iterable[Line]:
    """Can Slack's events reach the bot?"""
    if of.setup.socket_mode:
        await reading.bounded(of.probes.slack.socket(), of=patient.SLACK)
        return [report.ok(AREA, "events", "Socket Mode: the app token opens it")]
    return [judge_signing_secret(of.setup.signing_secret)]


def judge_signing_secret(secret: SecretStr | None) -> Line:
    """Judge the signing secret by its looks: only a request of Slack's proves it."""
    if secret is not None and _SECRET.fullmatch(secret.get_secret_value()):
        return report.ok(AREA, "events", "over HTTP; only Slack's first request proves the signing secret")
    seen = "SLACK_SIGNING_SECRET does not look like one: they have 32 digits of 0-9 and a-f."
    return report.warning(
        AREA, "events", seen, "Copy it from App Credentials of the app on api.slack.com/apps."
    )
