"""Credentials that are there, changed through the real clients on the doubles of Azure, Tower and Wave."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest

from bot import clock, forms, model, ports
from bot.model import CredentialState, Kind, State, Verification
from bot.sandbox import acme, play, puller
from tests import builders
from tests.builders import ANA, BEN
from tests.e2e import inside
from tests.waiting import wait_until

OTHER = "genomics/variant-caller"
ENDS_S, LOOK_S = 30.0, 0.05


def inner(on: play.Play) -> inside.InsideBot:
    """Return the bot behind a play."""
    return cast("inside.InsideBot", on.stage.bots[0])


async def issued(on: play.Play) -> model.Credential:
    """Return the credential that Ana got."""
    await on.approve(asked := await on.ask())
    await on.done(asked)
    store = inner(on).runtime.store
    page = await store.page(ports.Index.LIVE, "")
    found = await store.credential(page.ids[0])
    assert found is not None
    return found


async def done(on: play.Play, request: model.Request) -> model.Request:
    """Let Ben approve a request if that is needed, and return it once it has ended."""
    runtime = inner(on).runtime
    if request.state is State.PENDING:
        await runtime.service.approve(builders.a_click(request))
    async with asyncio.timeout(ENDS_S):
        while True:
            snapshot = await runtime.store.load(request.id)
            if snapshot and snapshot.request.ended:
                return snapshot.request
            await clock.SystemClock().sleep(LOOK_S)


async def changed(
    on: play.Play, kind: Kind, credential: model.Credential, *, at_once: bool = False
) -> model.Request:
    """Ask for a change of a credential as its owner, or as an approver at once, and have it done."""
    by, place = BEN if at_once else ANA, builders.a_place(acme.GENOMICS)
    wish = forms.Change(by, place, kind, credential.id, op=model.new_id(), at_once=at_once)
    return await done(on, await inner(on).runtime.service.change(wish))


async def test_a_rotation_fails_no_pull(on: play.Play) -> None:
    """A pipeline that pulls all the time through Wave, caches and all, never sees the change."""
    credential = await issued(on)
    world = on.world
    world.wave.switches.keeps_bearers = False
    where = puller.Pipeline(
        world.wave.url, world.tower.endpoint, acme.RESEARCH, world.secrets.tower_person_token
    )
    image = f"{world.login_server()}/{acme.REPOSITORY}:{acme.TAG}"

    async with puller.Puller(where, [image], clock.SystemClock(), every_s=0.05) as pulling:
        await wait_until(lambda: pulling.pulls > 3, "the pipeline pulls")
        ended = await changed(on, Kind.ROTATE, credential)
        before = pulling.pulls
        await wait_until(lambda: pulling.pulls > before + 3, "the pipeline goes on")

    after = await inner(on).runtime.store.credential(credential.id)
    assert (ended.state, ended.progress.verification) == (State.DONE, Verification.VERIFIED), ended
    assert pulling.misses == []
    assert after is not None
    assert (credential.slot, after.slot, after.tower_id) == ("password1", "password2", credential.tower_id)


@pytest.mark.parametrize("at_once", [False, True], ids=["in order", "at once"])
async def test_a_revocation_leaves_nothing(on: play.Play, *, at_once: bool) -> None:
    """Tower's credential, the token and its scope map are gone."""
    credential = await issued(on)

    ended = await changed(on, Kind.REVOKE, credential, at_once=at_once)

    after = await inner(on).runtime.store.credential(credential.id)
    assert ended.state is State.DONE, ended
    assert after is not None
    assert after.state is CredentialState.REVOKED
    assert credential.token not in on.world.tokens()


async def test_an_extension_makes_more_readable(on: play.Play) -> None:
    """The form, sent once more for the same workspace, adds to what is there; no password is made."""
    credential = await issued(on)
    runtime, minted = inner(on).runtime, len(on.world.azure.minted)
    form = builders.a_submission(
        place=builders.a_place(acme.GENOMICS),
        name=credential.name,
        workspace_id=acme.RESEARCH,
        repositories=(ports.Repository(credential.login_server, OTHER),),
    )

    ended = await done(on, await runtime.service.submit(form))

    after = await runtime.store.credential(credential.id)
    assert (ended.state, ended.spec.kind) == (State.DONE, Kind.EXTEND), ended
    assert after is not None
    assert after.repositories == (*credential.repositories, OTHER)
    assert len(on.world.azure.minted) == minted
