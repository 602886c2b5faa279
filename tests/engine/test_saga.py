"""What becomes of an approved request, step by step."""

from __future__ import annotations

import pytest

from bot import audit, errors, model, ports, rules
from bot.provision import names
from tests import builders, fakes
from tests.engine import parts


async def test_an_approved_request_ends_with_a_credential_that_works(engine: parts.Engine) -> None:
    """One token, one scope map and one Tower credential exist, and its password opens the repository."""
    request = await engine.approved()

    ended = await engine.drive(request)

    assert (ended.state, ended.progress.verification) == (model.State.DONE, model.Verification.VERIFIED)
    assert engine.made(request) == engine.everything(request)
    assert engine.works(request)


async def test_what_exists_afterwards_is_written_down(engine: parts.Engine) -> None:
    """The store knows the credential by its request's id, with the names that Azure and Tower know."""
    request = await engine.approved(validity_days=30)

    await engine.drive(request)

    kept = await engine.healthy.credential(request.id)
    assert kept is not None
    assert (kept.token, kept.scope_map) == (names.token(request), names.token(request))
    assert (kept.slot, kept.tower_id, kept.owner) == ("password1", "tower1", builders.ANA)
    assert kept.expires is not None
    assert (kept.expires - kept.created).days in {29, 30}


async def test_each_step_is_one_audit_entry(engine: parts.Engine) -> None:
    """The trail names every step once, in order, and its chain holds."""
    request = await engine.approved()

    await engine.drive(request)

    entries = await engine.record.verified(request.id)
    assert [entry.event for entry in entries[2:]] == [
        audit.Event.STARTED,
        *[audit.Event.STEP_DONE] * 5,
        audit.Event.DONE,
    ]
    assert [entry.data["step"] for entry in entries[3:-1]] == [
        "check",
        "scope_map",
        "token",
        "deliver",
        "verify",
    ]


async def test_every_outside_call_follows_a_confirmation_of_the_lease(engine: parts.Engine) -> None:
    """At each outside call the lease was confirmed once more than there were calls before it."""
    request = await engine.approved()

    await engine.drive(request)

    confirmed, called = 0, 0
    for name in engine.journal.calls:
        # A message is posted under a write that proves the lease as well.
        confirmed += name in {"renew", "save_copy"}
        called += name in parts.OUTSIDE or name.startswith("show:")
        assert confirmed >= called, name
    assert called > len(engine.outside)


async def test_a_lease_lost_before_a_call_stops_that_call(engine: parts.Engine) -> None:
    """A process whose request was taken over makes no further outside call, and no write counts."""
    request = await engine.approved()
    held = await engine.claimed()
    assert held is not None
    await engine.healthy.settle(request.id, fence=held.fence, seen=0, due=engine.clock.now())
    successor = await engine.claimed()

    with pytest.raises(errors.LeaseLost):
        await engine.attention(held)

    assert successor is not None
    assert engine.outside == []
    assert (await engine.now(request)).state is model.State.APPROVED


async def test_independent_checks_are_asked_at_once(engine: parts.Engine) -> None:
    """After the registry itself, all that is checked is on its way before the first answer counts."""
    request = await engine.approved()

    await engine.drive(request)

    assert engine.outside[0] == "registry"
    assert set(engine.outside[1:7]) == {
        "room",
        "token",
        "scope_map",
        "credentials",
        "check_name",
        "newest_tag",
    }


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("acr-main", "registry-bot-acr-main-"),
        ("My_Team__Tools", "registry-bot-my-team-tools-"),
        ("____", "registry-bot-"),
        ("x" * 99, f"registry-bot-{'x' * 20}-"),
        (f"{'x' * 19}--y", f"registry-bot-{'x' * 19}-"),
    ],
)
def test_names_keep_to_what_a_registry_takes(name: str, expected: str) -> None:
    """A token's name is the slug of the request's name and six characters of its id, at most 40."""
    request = builders.a_request(spec=builders.a_spec(name=name))

    token = names.token(request)

    assert token == f"{expected}{model.short_id(request.id)}"
    assert len(token) <= 40


async def test_a_full_registry_is_refused_before_anything_is_made(engine: parts.Engine) -> None:
    """A registry that filled up since the form fails the request, naming the limit."""
    request = await engine.approved()
    engine.registries.limit = 0

    ended = await engine.drive(request)

    assert (ended.state, engine.made(request)) == (model.State.FAILED, [])
    assert ended.error == "The registry acmegenomics has no room for another token."
    assert "0 of 0" in (ended.remedy or "")


async def test_what_is_as_we_make_it_is_ours(engine: parts.Engine) -> None:
    """A store that lost its last second finds what it made before, and goes on with it."""
    request = await engine.approved()
    name = names.token(request)
    engine.registries.limit = 1
    engine.registries.held_maps[name] = names.actions(request)
    engine.registries.held_tokens[name] = fakes.HeldToken(name)
    engine.tower.add(101, name=request.spec.name, registry=builders.HOST, user=name)

    ended = await engine.drive(request)

    assert ended.state is model.State.DONE, ended
    assert engine.made(request) == engine.everything(request)


@pytest.mark.parametrize("what", ["scope map", "token"])
async def test_what_somebody_else_made_under_our_name_stays(engine: parts.Engine, what: str) -> None:
    """Something foreign with our name fails the request and is not touched."""
    request = await engine.approved()
    name = names.token(request)
    if what == "token":
        engine.registries.held_tokens[name] = fakes.HeldToken("_repositories_admin")
    else:
        engine.registries.held_maps[name] = ("repositories/other/content/write",)

    ended = await engine.drive(request)

    assert ended.state is model.State.FAILED
    assert f"already has a {what} named {name}" in (ended.error or "")
    assert engine.made(request) == [f"{what} {name}"]


async def test_a_host_taken_by_hand_since_the_form_is_refused(engine: parts.Engine) -> None:
    """A second credential for a host would fail silently, so the request fails loudly."""
    request = await engine.approved()
    engine.tower.add(101, registry=builders.HOST.upper())

    ended = await engine.drive(request)

    assert (ended.state, engine.made(request)) == (model.State.FAILED, [])
    assert "that the bot did not make" in (ended.error or "")


async def test_a_name_taken_since_the_form_is_refused(engine: parts.Engine) -> None:
    """A name that somebody else's credential got meanwhile fails the request."""
    request = await engine.approved()
    engine.tower.add(101, name=request.spec.name, registry="other.azurecr.io")

    ended = await engine.drive(request)

    assert (ended.state, engine.made(request)) == (model.State.FAILED, [])
    assert "another credential named acr-main" in (ended.error or "")


async def test_a_name_that_tower_calls_bad_is_refused(engine: parts.Engine) -> None:
    """A Tower with other rules for names has the last word."""
    request = await engine.approved()
    engine.tower.bad_names.add(request.spec.name)

    ended = await engine.drive(request)

    assert (ended.state, engine.made(request)) == (model.State.FAILED, [])
    assert ended.error == "Tower does not take the name acr-main. Please ask again with another one."


@pytest.mark.parametrize(
    "stricter",
    [builders.a_rule(quorum=2), builders.a_rule("another"), builders.a_rule(longest_validity_days=9)],
)
async def test_rules_that_changed_after_the_approval_count(
    store: ports.Store, store_clock: fakes.FakeClock, stricter: rules.Rule
) -> None:
    """What the rules do not say any more when the work begins is not made."""
    engine = parts.Engine(store, store_clock)
    request = await engine.approved()
    engine.source.policy = builders.a_policy(stricter)

    ended = await engine.drive(request)

    assert ended.state is model.State.FAILED
    assert "rules for this request have changed" in (ended.error or "")
    assert engine.outside == []


async def test_an_edit_elsewhere_in_the_policy_voids_nothing(
    store: ports.Store, store_clock: fakes.FakeClock
) -> None:
    """Another rule is none of this request's business."""
    engine = parts.Engine(store, store_clock, wildcards=True)
    wanted = ports.Repository(builders.HOST, "team/*")
    request = await engine.approved(repositories=(wanted,), validity_days=30)
    engine.source.policy = builders.a_policy(builders.a_rule("another"), builders.a_rule(), version="2")

    ended = await engine.drive(request)

    assert ended.state is model.State.DONE, ended
    assert engine.registries.held_maps[names.token(request)] == ("repositories/team/*/content/read",)


async def test_an_unexpected_error_is_not_swallowed(engine: parts.Engine) -> None:
    """A mistake of ours in a step is left to the worker's rim, and the request stays where it was."""
    request = await engine.approved()
    engine.journal.faults.append(fakes.Fault("put_token", RuntimeError("a mistake")))
    held = await engine.claimed()
    assert held is not None

    with pytest.raises(RuntimeError):
        await engine.attention(held)

    assert (await engine.now(request)).progress.steps == ("check", "scope_map")
