"""Seqera Tower with the bot's token: `ports.Tower`, sent by `http`, spelled by `tower_api`."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from http import HTTPStatus

import aiolimiter
from pydantic import SecretStr

from bot import errors, model, ports, settings
from bot.clients import http, tower_api, tower_errors, tower_jobs, tower_workspaces

# Tower allows 20 calls a second and token. A bucket of 7 that refills at 10 a second lets at most
# 17 through in any one second, so that a hiccup on the way does not make it 21; a bucket of 17
# would let 34 through in the first. Seven are what a form and an approval right after it take.
_BURST, _PERIOD_S = 7, 7 / 10

_REFUSED_CONTENT = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_REFUSED_THING = frozenset({HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})
_PLAIN = re.compile(r"[\w.@-]{1,64}")


@contextlib.asynccontextmanager
async def connect(config: settings.Settings, clock: ports.Clock) -> AsyncIterator[TowerClient]:
    """Open the client that the settings describe, and close it in the end."""
    auth = http.Bearer(config.tower_access_token, setting="TOWER_ACCESS_TOKEN")
    async with http.open_client(config.tower_api_endpoint, auth=auth) as client:
        limiter = aiolimiter.AsyncLimiter(_BURST, _PERIOD_S)
        sender = http.Sender(client, tower_api.TOWER, clock=clock, limiter=limiter)
        yield TowerClient(sender, clock=clock, personal=config.personal_workspace)


class TowerClient:
    """`ports.Tower`. `personal` says whether the account's own workspace may be used.

    That workspace is `model.Workspace(id=0, org=None)`; see `tower_api`.
    """

    def __init__(self, sender: http.Sender, *, clock: ports.Clock, personal: bool) -> None:
        self._sender = sender
        self._personal = personal
        self._workspaces = tower_workspaces.Workspaces(sender, clock=clock, personal=personal)

    async def workspaces(self, *, fresh: bool = False) -> tuple[model.Workspace, ...]:
        """List the workspaces where the bot may write credentials; cached for a minute."""
        return await self._workspaces.listed(fresh=fresh)

    async def participates(self, workspace: model.Workspace, user: str) -> bool:
        """Tell whether a Tower user is a participant of a workspace."""
        return await self._workspaces.participates(workspace, user)

    async def credentials(self, workspace_id: int) -> tuple[ports.TowerCredential, ...]:
        """List a workspace's credentials, in Tower's own order."""
        answer = await self._ask(tower_api.build_credentials(workspace_id), workspace_id)
        listed = tower_api.parse_credentials(answer)
        return tuple([(await self._whole(each, workspace_id)).told() for each in listed])

    async def check_name(self, workspace_id: int, name: str) -> ports.NameCheck:
        """Ask whether a credential's name is well-formed and free; an old Tower's list tells."""
        answer = await self._send(tower_api.build_name_check(workspace_id, name), workspace_id)
        said = tower_api.parse_name_check(answer)
        if said:
            return said
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            raise await self._refusal(answer, workspace_id)
        if any(each.name == name for each in await self.credentials(workspace_id)):
            return ports.NameCheck.TAKEN
        bad = answer.status in _REFUSED_CONTENT or not tower_api.well_formed(name)
        return ports.NameCheck.BAD if bad else ports.NameCheck.FREE

    async def create(
        self, workspace_id: int, *, name: str, registry: str, user: str, password: SecretStr
    ) -> str:
        """Make a container-registry credential and return its id."""
        keys = tower_api.Keys(name, registry, user, password)
        answer = await self._send(tower_api.build_create(workspace_id, keys), workspace_id)
        if not answer.ok:
            raise await self._not_created(answer, workspace_id, name)
        return tower_api.parse_created(answer)

    async def update(  # noqa: PLR0913  # one call, all that Tower keeps
        self,
        workspace_id: int,
        credential_id: str,
        *,
        name: str,
        registry: str,
        user: str,
        password: SecretStr,
        description: str | None = None,
    ) -> None:
        """Replace a credential's keys in place, and its description if one is given; its id stays."""
        keys = tower_api.Keys(name, registry, user, password, description)
        call = tower_api.build_update(workspace_id, credential_id, keys)
        answer = await self._send(call, workspace_id)
        if not answer.ok:
            raise await self._not_updated(answer, workspace_id, credential_id, name)

    async def delete(self, workspace_id: int, credential_id: str, *, checked: bool = False) -> None:
        """Delete a credential; one that is not there is fine. `checked`: not while jobs use it."""
        call = tower_api.build_delete(workspace_id, credential_id, checked=checked)
        answer = await self._send(call, workspace_id)
        if answer.ok or answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}:
            return
        if answer.status == HTTPStatus.CONFLICT:
            raise tower_errors.in_use(tower_jobs.parse(answer))
        # Tower also says 403 or 400 about an id that it does not have: only the list tells.
        listed = await self._listed(workspace_id)
        if listed is None or any(each.id == credential_id for each in listed):
            raise await self._refusal(answer, workspace_id)

    async def ping(self) -> None:
        """Raise unless Tower accepts the bot's token."""
        await self._workspaces.user()

    async def _send(self, call: http.Call, workspace_id: int) -> http.Answer:
        if workspace_id == tower_api.PERSONAL and not self._personal:
            raise tower_errors.personal_off()
        return await self._sender.send(call)

    async def _ask(self, call: http.Call, workspace_id: int) -> http.Answer:
        answer = await self._send(call, workspace_id)
        if not answer.ok:
            raise await self._refusal(answer, workspace_id)
        return answer

    async def _whole(self, listed: tower_api.Credential, workspace_id: int) -> tower_api.Credential:
        """Fill in the keys where a list leaves them out: a host unseen is a conflict unseen."""
        if listed.provider != tower_api.CONTAINER_REGISTRY or listed.keys is not None:
            return listed
        call = tower_api.build_credential(workspace_id, listed.id)
        return tower_api.parse_credential(await self._ask(call, workspace_id))

    async def _listed(self, workspace_id: int) -> tuple[tower_api.Credential, ...] | None:
        """List credentials to explain a refusal; None where even that is refused."""
        try:
            answer = await self._ask(tower_api.build_credentials(workspace_id), workspace_id)
            return tower_api.parse_credentials(answer)
        except errors.ServiceError:
            return None

    async def _not_created(self, answer: http.Answer, workspace_id: int, name: str) -> errors.ServiceError:
        """Explain a refused creation: by the name's state, since a message is not to be relied on."""
        if answer.status == HTTPStatus.CONFLICT:
            return tower_errors.name_taken()
        if answer.status not in _REFUSED_CONTENT:
            return await self._refusal(answer, workspace_id)
        try:
            said = await self.check_name(workspace_id, name)
        except errors.ServiceError:
            said = ports.NameCheck.FREE  # unknown rather: then the worker's next try will tell
        if said is ports.NameCheck.TAKEN or tower_api.says_taken(answer):
            return tower_errors.name_taken()
        return tower_errors.name_bad() if said is ports.NameCheck.BAD else tower_errors.login_refused()

    async def _not_updated(
        self, answer: http.Answer, workspace_id: int, credential_id: str, name: str
    ) -> errors.ServiceError:
        """Explain a refused update: by what the workspace lists."""
        if answer.status == HTTPStatus.CONFLICT:
            return tower_errors.name_taken()
        if answer.status not in {*_REFUSED_CONTENT, *_REFUSED_THING}:
            return await self._refusal(answer, workspace_id)
        listed = await self._listed(workspace_id)
        if listed is not None and all(each.id != credential_id for each in listed):
            return tower_errors.gone()
        if answer.status in _REFUSED_THING:
            return await self._refusal(answer, workspace_id)
        others = {each.name for each in listed or () if each.id != credential_id}
        taken = name in others or tower_api.says_taken(answer)
        return tower_errors.name_taken() if taken else tower_errors.login_refused()

    async def _refusal(self, answer: http.Answer, workspace_id: int) -> errors.ServiceError:
        """Explain a 4xx; after a 403, the account's own page tells a bad token from a missing role."""
        if answer.status != HTTPStatus.FORBIDDEN:
            return tower_errors.refused(answer)
        try:
            name = (await self._workspaces.user()).name
        except errors.Forbidden as bad_token:
            return bad_token
        except errors.ServiceError:
            name = ""
        user = f"the Tower account {name}" if _PLAIN.fullmatch(name) else "the bot's Tower account"
        return tower_errors.lacks_role(await self._workspaces.named(workspace_id), user=user)
