"""From the deciding approval to the end of the work, beside what the services themselves take."""

from __future__ import annotations

import time
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.containerregistry.aio import ContainerRegistryManagementClient

from bot import audit
from bot.sandbox import acme, arm_answers, pace, world
from tests.bench import figures, stage

BAR = 1.10
SHAPES = {
    "operations, 1.0/1.0/0.5 s": arm_answers.Shape(scope_map_s=1.0, token_s=1.0, generate_s=0.5),
    "recorded, 0.4/5.0/0.4 s": arm_answers.Shape(scope_map_s=0.4, token_s=5.0, generate_s=0.4, recorded=True),
}


async def measure() -> list[figures.Figure]:
    """Measure both shapes of Azure's writes, and the plain SDK at its defaults beside them."""
    return [await _shape(name, shape) for name, shape in SHAPES.items()]


async def _shape(name: str, shape: arm_answers.Shape) -> figures.Figure:
    async with stage.opened(pace.Pace(shape=shape, replication_s=1.0, caches=60.0)) as outside:
        ours = await _ours(outside) / outside.azure.server_seconds
        before = outside.azure.server_seconds
        plain = await _plain(outside)
        plain /= outside.azure.server_seconds - before
    return figures.Figure(
        f"provisioning, Approve to done ÷ the services' own time ({name})",
        f"≤ {BAR:.2f}",
        f"{ours:.3f} (plain SDK at its defaults, three calls: {plain:.1f})",
        ours <= BAR,
    )


async def _ours(outside: world.World) -> float:
    async with stage.bot(outside):
        ana, ben = outside.slack.person(acme.ANA), outside.slack.person(acme.BEN)
        await ana.command("/registry", "", acme.GENOMICS)
        await ana.awaits_modal("Repository")
        await ana.choose("Tower workspace", "acme/research")
        await ana.pick("Repository", "genomics/aligner")
        await ana.submit()
        asked = await ben.awaits(acme.APPROVALS, "waiting for approval")
        await ben.click(asked, "Approve")
        await ana.awaits(acme.GENOMICS, "is done", within_s=30)
        return await _took(outside)


async def _took(outside: world.World) -> float:
    """Return the seconds between the sealed approval and the sealed end."""
    async with stage.records(outside) as (store, _):
        entries = [audit.Entry.model_validate_json(one.text) for one in await store.log.page(limit=100)]
    at = {entry.event: entry.at for entry in entries}
    return (at[audit.Event.DONE] - at[audit.Event.APPROVED]).total_seconds()


class _Bearer(SansIOHTTPPolicy[Any, Any]):
    """A token over plain http, which the SDK's own policy refuses."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self._token = token

    def on_request(self, request: Any) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self._token}"


class _Nobody:
    async def get_token(self, *_: str, **__: Any) -> AccessToken:
        """Return nothing: the policy above has the token."""
        return AccessToken("", 0)


async def _plain(outside: world.World) -> float:
    """Make scope map, token and password with the SDK's own pollers, one after the other."""
    registry = outside.azure.registries[acme.REGISTRY]
    where = (acme.RESOURCE_GROUP, registry.name)
    client = ContainerRegistryManagementClient(
        _Nobody(),  # type: ignore[arg-type]  # what is used of it
        acme.SUBSCRIPTION,
        base_url=outside.arm.url,
        authentication_policy=_Bearer(next(iter(outside.azure.bearers))),
    )
    actions = ["repositories/genomics/aligner/content/read"]
    async with client:
        began = time.perf_counter()
        poller = await client.scope_maps.begin_create(*where, "plain", {"properties": {"actions": actions}})
        made = await poller.result()
        token: Any = {"properties": {"scopeMapId": made.id, "status": "enabled"}}
        held = await (await client.tokens.begin_create(*where, "plain-token", token)).result()
        wanted: Any = {"tokenId": held.id, "name": "password1"}
        await (await client.registries.begin_generate_credentials(*where, wanted)).result()
        return time.perf_counter() - began
