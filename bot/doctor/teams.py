"""Microsoft Teams: the token, the channels and who is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from bot import errors, model
from bot.doctor import chat, patient, reading, report

AREA = "teams"
_UNFIT = {
    model.Standing.GUEST: "a guest",
    model.Standing.OUTSIDER: "of another organization",
    model.Standing.UNKNOWN: "of no role that Teams tells",
}

Line = report.Line


async def check_token(of: patient.Patient) -> Iterable[Line]:
    """Is the bot given a token for the Bot Connector?"""
    if of.probes.teams is not None:
        await reading.bounded(of.probes.teams.token(), of=patient.TEAMS)
    return [report.ok(AREA, "token", "given out by Microsoft Entra")]


async def check_channels(of: patient.Patient) -> Iterable[Line]:
    """Does the bot reach the channels where it has something to say, and can it read who is there?"""
    return judge_channels(await of.rosters.get(), chat.uses(of.setup))


def judge_channels(found: patient.Rosters, wanted: Mapping[str, chat.Use]) -> list[Line]:
    """Judge each channel."""
    return [_channel(one, roster, wanted.get(one)) for one, roster in found.items()]


def _channel(
    channel: str, found: Mapping[str, model.Standing] | errors.ServiceError, use: chat.Use | None
) -> Line:
    name, what = f"channel {channel}", use.what if use else "members of a group"
    bad = report.failure if use is None or use.vital else report.warning
    if isinstance(found, errors.NotFound | errors.Forbidden):
        change = "Correct the id, and install the app in that team, from the team's own Apps tab."
        return bad(AREA, name, f"{what}: the bot does not reach this channel. {found}", change)
    if isinstance(found, errors.ServiceError):
        return report.trouble(AREA, name, found)
    full = sum(one is model.Standing.MEMBER for one in found.values())
    others = f", {len(found) - full} of them guests or strangers" if full < len(found) else ""
    return report.ok(AREA, name, f"reached, {len(found)} people can be read{others}; {what}")


async def check_people(of: patient.Patient) -> Iterable[Line]:
    """Is everybody whom the policy names in one of its channels, as a full member?"""
    named = of.named(model.Platform.TEAMS)
    if not named:
        return []
    found = await of.people.get()
    return judge_people({user: found[user] for user in named if user in found})


def judge_people(found: patient.People) -> list[Line]:
    """Judge the accounts that the policy names."""
    bad = [line for user, one in found.items() if (line := _person(user, one)) is not None]
    fit = sum(one is model.Standing.MEMBER for one in found.values())
    return [report.ok(AREA, "people", f"{fit} of {len(found)} named by the policy are members"), *bad]


def _person(user: str, found: model.Standing | errors.ServiceError) -> Line | None:
    name = f"person {user}"
    if isinstance(found, errors.NotFound):
        change = "Correct the object id in the policy, or add them to the approvers' channel."
        return report.warning(AREA, name, str(found), change)
    if isinstance(found, errors.ServiceError):
        return report.trouble(AREA, name, found)
    if found in _UNFIT:
        change = "Take them out of the policy, or correct the id."
        return report.warning(AREA, name, f"is {_UNFIT[found]}, and can neither ask nor decide", change)
    return None
