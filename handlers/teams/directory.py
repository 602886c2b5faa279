"""`ports.Directory` on Teams: what an account is, and who is in a channel, as of now."""

from __future__ import annotations

from bot import errors, model, ports
from handlers.teams.seen import Seen

SERVICE = "Microsoft Teams"
_GUEST_LOGIN = "#ext#"  # in the user principal name of every guest
_ROLES = frozenset({"user", "owner", "member", "admin"})


class TeamsDirectory:
    """Asks Teams each time. `tenants` are those whose people count."""

    def __init__(self, connector: ports.Connector, seen: Seen, *, tenants: frozenset[str]) -> None:
        self._connector = connector
        self._seen = seen
        self._tenants = tenants

    async def standing(self, who: model.Principal) -> model.Standing:
        """Return what Teams says of somebody where they acted last, or in their personal chat."""
        if who.tenant not in self._tenants:
            return model.Standing.OUTSIDER
        if not who.user:
            return model.Standing.UNKNOWN
        member = await self._there(who) or await self._personally(who)
        if member is None:
            return model.Standing.GONE
        self._seen.learn([member])
        return self.judge(member) if member.user == who.user else model.Standing.UNKNOWN

    async def usergroup(self, usergroup: str) -> frozenset[str]:
        """Return the full members of a channel: guests, and people of other tenants, do not count."""
        members = await self._connector.roster(usergroup)
        self._seen.learn(members)
        fit = (one for one in members if self.judge(one) is model.Standing.MEMBER)
        return frozenset(one.user for one in fit if one.user)

    def judge(self, member: ports.Member) -> model.Standing:
        """Return what a roster's entry says of somebody; what it does not say counts against them."""
        if member.tenant and member.tenant not in self._tenants:
            return model.Standing.OUTSIDER
        if member.role == "guest" or _GUEST_LOGIN in member.login:
            return model.Standing.GUEST
        if member.role == "anonymous":
            return model.Standing.OUTSIDER
        # Some answers leave the role out; a login without the guests' mark says as much.
        fit = member.role in _ROLES or (not member.role and bool(member.login))
        return model.Standing.MEMBER if fit else model.Standing.UNKNOWN

    async def _there(self, who: model.Principal) -> ports.Member | None:
        sight = self._seen.sight(who)
        if sight is None:
            return None
        try:
            return await self._connector.member(sight.conversation, sight.member)
        except (errors.NotFound, errors.Forbidden):
            return None  # they, or the bot, left that conversation

    async def _personally(self, who: model.Principal) -> ports.Member | None:
        """Look somebody up who was not seen acting, as in a process that only works."""
        try:
            conversation = await self._connector.direct(who.user, tenant=who.tenant)
            members = await self._connector.roster(conversation)
        except errors.NotFound:
            return None
        except errors.Forbidden:
            # That the bot is not installed for one person is nothing an administrator must hear of.
            raise errors.Permanent(
                "Teams does not let the bot look this person up.", service=SERVICE
            ) from None
        return next((one for one in members if one.user == who.user), None)
