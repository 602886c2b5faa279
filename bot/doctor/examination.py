"""All checks at once, each within its own time, and none able to hold up or break another."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

from bot import errors, model
from bot.doctor import azure, chat, keys, patient, policy, report, store, teams, tower

LONGEST_S = 12.0  # for one check, whatever it waits for; the whole is to end within 15 s

_Ask = Callable[[patient.Patient], Awaitable[Iterable[report.Line]]]


@dataclass(frozen=True, slots=True)
class Check:
    """One thing to look at; what it meets itself is told under its name.

    One of a chat platform is asked only where that is configured.
    """

    area: str
    name: str
    ask: _Ask
    platform: model.Platform | None = None


_SLACK, _TEAMS = model.Platform.SLACK, model.Platform.TEAMS


CHECKS = (
    Check(chat.AREA, "token", chat.check_token, _SLACK),
    Check(chat.AREA, "scopes", chat.check_scopes, _SLACK),
    Check(chat.AREA, "events", chat.check_events, _SLACK),
    Check(chat.AREA, "channels", chat.check_channels, _SLACK),
    Check(chat.AREA, "people", chat.check_people, _SLACK),
    Check(chat.AREA, "user groups", chat.check_usergroups, _SLACK),
    Check(teams.AREA, "token", teams.check_token, _TEAMS),
    Check(teams.AREA, "channels", teams.check_channels, _TEAMS),
    Check(teams.AREA, "people", teams.check_people, _TEAMS),
    Check(azure.AREA, "identity", azure.check_identity),
    Check(azure.AREA, "registries", azure.check_registries),
    Check(tower.AREA, "service", tower.check_site),
    Check(tower.AREA, "token", tower.check_token),
    Check(tower.AREA, "workspaces", tower.check_workspaces),
    Check(tower.AREA, "verify token", tower.check_verify_token),
    Check(tower.WAVE, "service", tower.check_wave),
    Check(store.AREA, "server", store.check_server),
    Check(store.AREA, "latency", store.check_latency),
    Check(store.AREA, "expiry", store.check_marks),
    Check(store.CLOCK, "Redis's", store.check_redis_clock),
    Check(store.CLOCK, "Slack's", store.check_slack_clock, _SLACK),
    Check(store.CLOCK, "Tower's", store.check_tower_clock),
    Check(policy.AREA, "file", policy.check_file),
    Check(policy.AREA, "channels", policy.check_places),
    Check(policy.AREA, "approvers", policy.check_approvers),
    Check(policy.AREA, "matches", policy.check_matches),
    Check(keys.AREA, "key", keys.check_key),
)


async def examine(setup: patient.Setup, probes: patient.Probes) -> report.Report:
    """Look at everything, and return what was seen in the order of `CHECKS`."""
    of, there = patient.Patient(setup, probes), (None, *probes.platforms)
    checks = [check for check in CHECKS if check.platform in there]
    try:
        answers = await asyncio.gather(*(_run(check, of) for check in checks), return_exceptions=True)
    finally:
        await of.aclose()
    told = (_told(check, answer) for check, answer in zip(checks, answers, strict=True))
    return report.Report(tuple(line for lines in told for line in lines))


async def _run(check: Check, of: patient.Patient, *, within_s: float = LONGEST_S) -> Iterable[report.Line]:
    try:
        async with asyncio.timeout(within_s):
            return await check.ask(of)
    except TimeoutError:
        seen, change = f"no answer within {within_s:g} s", "Look at the network on the way to the service."
        return [report.failure(check.area, check.name, seen, change)]
    except (errors.ServiceError, errors.NotAccepted) as error:
        return [report.trouble(check.area, check.name, error)]


def _told(check: Check, answer: Iterable[report.Line] | BaseException) -> Iterable[report.Line]:
    # A fault of this program must not hide what the others saw. Nor must a cancelled one: whoever
    # cancels the examination as a whole does not come here.
    if isinstance(answer, BaseException):
        seen = f"This check broke ({type(answer).__name__})."
        return [report.failure(check.area, check.name, seen, "Report it: it is a fault of the bot itself.")]
    return answer
