"""Who is examined: what the settings say, and what was read of each service, once for all checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import SecretStr

from bot import errors, model, ports, rules
from bot.doctor import reading

SLACK, AZURE, TOWER, WAVE, REDIS = "Slack", "Azure", "Seqera Tower", "Wave", "Redis"
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
    """What looks at each service."""

    chat: ports.ChatProbe
    azure: ports.AzureProbe
    tower: ports.TowerProbe
    verify: ports.TowerProbe | None
    wave: ports.WaveProbe
    store: ports.StoreProbe


People = Mapping[str, model.Standing | errors.ServiceError]
Usergroups = Mapping[str, frozenset[str] | errors.ServiceError]


class Patient:
    """The setup, the probes, and the readings that several checks share."""

    def __init__(self, setup: Setup, probes: Probes) -> None:
        self.setup = setup
        self.probes = probes
        self.app = reading.Reading(probes.chat.app, of=SLACK)
        self.registries = reading.Reading(probes.azure.registries, of=AZURE)
        self.site = reading.Reading(probes.tower.site, of=TOWER)
        self.account = reading.Reading(probes.tower.account, of=TOWER)
        self.seats = reading.Reading(probes.tower.seats, of=TOWER, within_s=SEATS_S)
        self.time = reading.Reading(probes.store.time, of=REDIS)
        self.people = reading.Reading(self._people, of=SLACK, within_s=2 * reading.ASK_S)
        self.usergroups = reading.Reading(self._usergroups, of=SLACK, within_s=2 * reading.ASK_S)

    async def aclose(self) -> None:
        """End every reading that is under way; those that rest on others first."""
        await self.people.aclose()
        await self.usergroups.aclose()
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

    async def _people(self) -> People:
        """Look up everybody whom the policy names in person."""
        team = (await self.app.get()).team
        users = sorted(
            user
            for group in self.groups
            for user in (slack_user(own) for own in group.members)
            if user is not None
        )
        return await reading.each(users, lambda user: self.probes.chat.standing(user, team=team), of=SLACK)

    async def _usergroups(self) -> Usergroups:
        """Look up who is in the user groups that Slack keeps."""
        await self.app.get()
        wanted = sorted(one for group in self.groups for one in group.slack_usergroups)
        return await reading.each(wanted, self.probes.chat.usergroup, of=SLACK)


def slack_user(own: str) -> str | None:
    """Return the Slack user id of a member as groups name them, or None for another platform's."""
    platform, _, user = own.partition(":")
    return user if platform == model.Platform.SLACK else None
