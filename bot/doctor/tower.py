"""Tower and Wave: what they are, and what the bot's two tokens may do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

from bot import errors, ports
from bot.doctor import patient, reading, report

AREA, WAVE = "tower", "wave"
OLDEST = (22, 4)
HOSTED = ("seqera.io", "tower.nf")
# Reading a credential's keys, which Wave does with the token, takes one of these.
LAUNCHERS = frozenset({"owner", "admin", "maintain", "launch"})
LESSER = frozenset({"connect", "view"})
_NUMBERS = re.compile(r"(\d+)\.(\d+)")

Line = report.Line
Seats = Sequence[ports.Seat]


async def check_site(of: patient.Patient) -> Iterable[Line]:
    """Is this a Tower that the bot can work with?"""
    site = await of.site.get()
    return [judge_version(site), judge_wave_enabled(site)]


def judge_version(site: ports.TowerSite) -> Line:
    """Judge Tower's version."""
    found = _NUMBERS.match(site.version)
    if found is None:
        return report.warning(
            AREA, "version", "Tower does not tell its version.", "Check that TOWER_API_ENDPOINT is its API."
        )
    if (int(found[1]), int(found[2])) < OLDEST:
        return report.failure(AREA, "version", f"{site.version} is too old.", "Use Tower 22.4 or newer.")
    return report.ok(AREA, "version", site.version)


def judge_wave_enabled(site: ports.TowerSite) -> Line:
    """Judge whether Tower works with Wave at all."""
    if site.wave is None:
        change = "Look at TOWER_ENABLE_WAVE of the installation: without Wave, credentials are of no use."
        return report.warning(AREA, "Wave enabled", "Tower does not tell.", change)
    if not site.wave:
        change = "Set TOWER_ENABLE_WAVE=true and WAVE_SERVER_URL in the Tower installation."
        return report.failure(AREA, "Wave enabled", "Wave is switched off in this Tower.", change)
    return report.ok(AREA, "Wave enabled", "yes")


async def check_token(of: patient.Patient) -> Iterable[Line]:
    """Does Tower accept the bot's token?"""
    return [report.ok(AREA, "token", f"accepted for {await of.account.get()}")]


async def check_workspaces(of: patient.Patient) -> Iterable[Line]:
    """Where may the bot write credentials?"""
    return judge_workspaces(await of.seats.get(), personal=of.setup.personal)


def judge_workspaces(seats: Seats, *, personal: bool) -> list[Line]:
    """Judge the account's workspaces by its roles there."""
    writable = [seat.workspace.full_name for seat in seats if seat.writes]
    other = [_with_roles(seat) for seat in seats if not seat.writes]
    change = "Give the bot's account the role Admin or Owner there, if it shall serve them."
    lines = []
    if writable or personal:
        shown = [*writable, *(["its personal workspace"] if personal else [])]
        lines.append(report.ok(AREA, "workspaces", f"credentials can be written in {', '.join(shown)}"))
    else:
        seen = "There is no workspace where the bot's account may write credentials."
        give = "Give the account the role Admin or Owner in each workspace that the bot shall serve."
        lines.append(report.failure(AREA, "workspaces", seen, give))
    if other:
        # Being a lesser member is how the verifying account is meant to be, and no fault of this one.
        lines.append(report.ok(AREA, "other workspaces", f"not offered: {', '.join(other)}. {change}"))
    return lines


def _with_roles(seat: ports.Seat) -> str:
    roles = ", ".join(seat.roles or ())
    return f"{seat.workspace.full_name} ({roles})" if roles else seat.workspace.full_name


async def check_verify_token(of: patient.Patient) -> Iterable[Line]:
    """Is the token that Wave gets to see accepted, and weaker than the bot's own?"""
    probe = of.probes.verify
    if probe is None:
        seen = "not set: Wave gets to see TOWER_ACCESS_TOKEN when it verifies"
        return [report.ok(AREA, "verify token", seen)]
    try:
        account = await reading.bounded(probe.account(), of=patient.TOWER)
    except errors.Forbidden:
        seen = "Tower does not accept it: verifications will fail."
        change = "Make a token for an account with the role Launch, and set TOWER_VERIFY_ACCESS_TOKEN."
        return [report.failure(AREA, "verify token", seen, change)]
    seats = await reading.bounded(probe.seats(), of=patient.TOWER, within_s=patient.SEATS_S)
    served = await of.seats.known()
    return judge_verify_token(account, seats, served or ())


def judge_verify_token(account: str, seats: Seats, served: Seats) -> list[Line]:
    """Judge the account of the token that Wave sees."""
    name = "verify token"
    strong = [seat.workspace.full_name for seat in seats if seat.writes]
    if strong:
        seen = f"accepted for {account}, which is no weaker: it may write in {', '.join(strong)}"
        change = "Use an account with the role Launch, so that Wave sees a token that can change nothing."
        return [report.warning(AREA, name, seen, change)]
    able = {seat.workspace.id for seat in seats if _may_launch(seat)}
    blind = [seat.workspace.full_name for seat in served if seat.writes and seat.workspace.id not in able]
    if blind:
        seen = f"accepted for {account}, which cannot verify in {', '.join(blind)}"
        return [report.warning(AREA, name, seen, f"Give {account} the role Launch there.")]
    return [report.ok(AREA, name, f"accepted for {account}, weaker than the bot's own")]


def _may_launch(seat: ports.Seat) -> bool:
    """Tell whether a role may read keys; one that is not known gets the benefit of the doubt."""
    roles = {role.lower() for role in seat.roles or ()}
    return bool(roles & LAUNCHERS) or not roles & LESSER


async def check_wave(of: patient.Patient) -> Iterable[Line]:
    """Does Wave answer, and may it be the one that this Tower is paired with?"""
    version = await reading.bounded(of.probes.wave.version(), of=patient.WAVE)
    return [report.ok(WAVE, "service", version or "answers"), judge_pairing(of.setup.tower, of.setup.wave)]


def judge_pairing(tower: str, wave: str) -> Line:
    """Judge the pair of addresses: whether the two know each other only a request with a token shows."""
    if _hosted(tower) and not _hosted(wave):
        seen = f"TOWER_API_ENDPOINT is the hosted Tower, and {urlsplit(wave).hostname} is not its Wave."
        return report.warning(WAVE, "pairing", seen, "Unset WAVE_API_ENDPOINT: it is https://wave.seqera.io.")
    return report.ok(
        WAVE, "pairing", "the addresses fit; only the first verification proves that they are paired"
    )


def _hosted(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return any(host == domain or host.endswith(f".{domain}") for domain in HOSTED)
