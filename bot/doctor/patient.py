"""Who is examined: what the settings say, and what was read of each service, once for all checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot import errors, model, ports, rules
from bot.doctor import reading

SLACK, TEAMS, AZURE, TOWER, WAVE, REDIS = "Slack", "Microsoft Teams", "Azure", "Seqera Tower", "Wave", "Redis"
SEATS_S = 9.0  # a Tower too old to list roles is asked about each workspace, at its own pace


@dataclass(frozen=True, slots=True)
class Setup:
    """What the settings say, as far as there is something to hold it against.

    `policy` None goes with `problem`, which says what is wrong with the file. `scopes` are those that
    the bot cannot do without, `wished` the others of its manifest. `vault` has the other secrets by
    setting: the audit key must be none.
    """

    policy: rules.Policy | None
    scopes: frozenset[str]
    audit_key: SecretStr
    problem: str = ""
    wished: frozenset[str] = frozenset()
    policy_setting: str = "REGISTRY_BOT_POLICY"
    registries: tuple[str, ...] = ()
    channels: Mapping[str, str] = field(default_factory=dict)  # setting by channel: where operators are told
    socket_mode: bool = False
    signing_secret: SecretStr | None = None
    vault: Mapping[str, SecretStr] = field(default_factory=dict)
    identity: str = ""  # which kind it is
    personal: bool = False
    tower: str = ""  # addresses
    wave: str = ""


@dataclass(frozen=True, slots=True)
class Probes:
    """What looks at each service; None for a chat platform that is not configured."""

    chat: ports.ChatProbe | None
    azure: ports.AzureProbe
    tower: ports.TowerProbe
    verify: ports.TowerProbe | None
    wave: ports.WaveProbe
    store: ports.StoreProbe
    teams: ports.TeamsProbe | None = None

    @property
    def platforms(self) -> frozenset[model.Platform]:
        """Return the chat platforms that are configured."""
        each = {model.Platform.SLACK: self.chat, model.Platform.TEAMS: self.teams}
        return frozenset(name for name, probe in each.items() if probe is not None)

    @property
    def slack(self) -> ports.ChatProbe:
        """Return what looks at Slack; raise NotFound where it is not configured."""
        if self.chat is None:
            raise errors.NotFound("Slack is not configured.", service=SLACK)
        return self.chat


People = Mapping[str, model.Standing | errors.ServiceError]
Usergroups = Mapping[str, frozenset[str] | errors.ServiceError]
Rosters = Mapping[str, Mapping[str, model.Standing] | errors.ServiceError]


class Patient:
    """The setup, the probes, and the readings that several checks share."""

    def __init__(self, setup: Setup, probes: Probes) -> None:
        self.setup = setup
        self.probes = probes
        self.app = reading.Reading(self._app, of=SLACK)
        self.registries = reading.Reading(probes.azure.registries, of=AZURE)
        self.site = reading.Reading(probes.tower.site, of=TOWER)
        self.account = reading.Reading(probes.tower.account, of=TOWER)
        self.seats = reading.Reading(probes.tower.seats, of=TOWER, within_s=SEATS_S)
        self.time = reading.Reading(probes.store.time, of=REDIS)
        self.rosters = reading.Reading(self._rosters, of=TEAMS, within_s=2 * reading.ASK_S)
        self.people = reading.Reading(self._people, of=SLACK, within_s=2 * reading.ASK_S)
        self.usergroups = reading.Reading(self._usergroups, of=SLACK, within_s=2 * reading.ASK_S)

    async def aclose(self) -> None:
        """End every reading that is under way; those that rest on others first."""
        await self.people.aclose()
        await self.usergroups.aclose()
        await self.rosters.aclose()
        for one in (self.app, self.registries, self.site, self.account, self.seats, self.time):
            await one.aclose()

    async def personal(self) -> str:
        """Return the name that rules know the account's own workspace by."""
        name = await self.account.get()
        return model.Workspace(id=0, org=None, name=name).full_name

    @property
    def groups(self) -> tuple[rules.Group, ...]:
        """Return the policy's groups."""
        return tuple(self.setup.policy.groups.values()) if self.setup.policy else ()

    @property
    def channels(self) -> frozenset[str]:
        """Return every channel of Teams where the policy or a setting says something."""
        rules_ = self.setup.policy.rules if self.setup.policy else ()
        named = {one for rule in rules_ for one in (rule.terms.approval_channel, rule.terms.told) if one}
        kept = {one for group in self.groups for one in group.teams_channels}
        every = named | kept | set(self.setup.channels)
        return frozenset(one for one in every if model.platform_of(one) is model.Platform.TEAMS)

    def named(self, platform: model.Platform) -> list[str]:
        """Return the ids of everybody whom the policy names in person on a platform."""
        return sorted({user(own) for group in self.groups for own in group.members if on(own) is platform})

    async def _app(self) -> ports.ChatApp:
        return await self.probes.slack.app()

    async def _people(self) -> People:
        """Look up everybody whom the policy names in person; a person's ids never look alike."""
        return {**await self._on_slack(), **await self._on_teams()}

    async def _on_slack(self) -> People:
        users, slack = self.named(model.Platform.SLACK), self.probes.chat
        if slack is None:
            missing = errors.NotFound("Slack is not configured.", service=SLACK)
            return dict.fromkeys(users, missing)
        team = (await self.app.get()).team
        return await reading.each(users, lambda one: slack.standing(one, team=team), of=SLACK)

    async def _on_teams(self) -> People:
        users = self.named(model.Platform.TEAMS)
        if self.probes.teams is None:
            missing = errors.NotFound("Microsoft Teams is not configured.", service=TEAMS)
            return dict.fromkeys(users, missing)
        rosters = [
            one for one in (await self.rosters.get()).values() if not isinstance(one, errors.ServiceError)
        ]
        # Nobody is looked up but in a roster: everything else would open a chat with them.
        absent = errors.NotFound("In none of the policy's Teams channels.", service=TEAMS)
        return {one: next((found[one] for found in rosters if one in found), absent) for one in users}

    async def _rosters(self) -> Rosters:
        """Look up who is in each channel of Teams."""
        if self.probes.teams is None:
            return {}
        return await reading.each(sorted(self.channels), self.probes.teams.roster, of=TEAMS)

    async def _usergroups(self) -> Usergroups:
        """Look up who is in the groups that a platform keeps."""
        wanted = sorted(one for group in self.groups for one in group.slack_usergroups)
        if wanted:
            await self.app.get()
        found = dict(await reading.each(wanted, self.probes.slack.usergroup, of=SLACK)) if wanted else {}
        kept = {one for group in self.groups for one in group.teams_channels}
        rosters = await self.rosters.get() if kept else {}
        return {**found, **{channel: _fit(rosters.get(channel)) for channel in kept}}


def _fit(
    roster: Mapping[str, model.Standing] | errors.ServiceError | None,
) -> frozenset[str] | errors.ServiceError:
    """Return the full members of a channel."""
    if isinstance(roster, errors.ServiceError):
        return roster
    return frozenset(one for one, standing in (roster or {}).items() if standing is model.Standing.MEMBER)


def on(own: str) -> model.Platform:
    """Return the platform of a member as groups name them."""
    return model.Platform(own.partition(":")[0])


def user(own: str) -> str:
    """Return the user id of a member as groups name them."""
    return own.partition(":")[2]
