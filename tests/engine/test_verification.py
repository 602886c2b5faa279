"""What is said about a credential that Wave did or did not read a repository with."""

from __future__ import annotations

import pytest

from bot import errors, model, ports
from bot.model import Verification
from bot.ports import Inspection, Sight
from tests import builders, fakes
from tests.engine import parts

PATH = f"{builders.HOST}/team/tool"
REFUSED = Inspection(Sight.UNAUTHORIZED, "The registry refused the login.")


@pytest.mark.parametrize(
    ("answer", "expected", "detail"),
    [
        (Inspection(Sight.READ), Verification.VERIFIED, None),
        (Inspection(Sight.UNREACHABLE, "No route."), Verification.UNREACHABLE, "No route."),
        (Inspection(Sight.REJECTED, "Not paired."), Verification.UNAVAILABLE, "Not paired."),
    ],
)
async def test_an_answer_that_is_final_is_taken_at_once(
    engine: parts.Engine, answer: Inspection, expected: Verification, detail: str | None
) -> None:
    """Wave is asked once when its answer cannot change."""
    request = await engine.approved()
    engine.wave.answers = [answer]

    ended = await engine.drive(request)

    assert (ended.state, ended.progress.verification) == (model.State.DONE, expected)
    assert (ended.progress.detail, ended.progress.image) == (detail, f"{PATH}:{parts.TAG}")
    assert engine.journal.count("inspect") == 1


@pytest.mark.parametrize("sight", [Sight.UNAUTHORIZED, Sight.NOT_FOUND])
async def test_caches_that_do_not_know_yet_are_waited_for(engine: parts.Engine, sight: Sight) -> None:
    """A refusal right after the delivery is asked about again in steps, until Wave reads the image."""
    request = await engine.approved()
    engine.wave.answers = [Inspection(sight)] * 4

    ended = await engine.drive(request)

    assert ended.progress.verification is Verification.VERIFIED
    assert engine.clock.slept.count(12.0) == 4


@pytest.mark.parametrize(
    ("answer", "expected", "detail"),
    [
        (REFUSED, Verification.REFUSED, "The registry refused the login."),
        (Inspection(Sight.NOT_FOUND), Verification.NO_TAG, f"Wave did not find {PATH}:{parts.TAG}."),
    ],
)
async def test_what_stays_unread_is_said_so(
    engine: parts.Engine, answer: Inspection, expected: Verification, detail: str
) -> None:
    """After two minutes the request is done all the same, and says why it is not verified."""
    request = await engine.approved()
    engine.wave.answers = [answer] * 100

    ended = await engine.drive(request)

    assert (ended.state, ended.progress.verification) == (model.State.DONE, expected)
    assert ended.progress.detail == detail
    assert engine.journal.count("inspect") in {10, 11}


@pytest.mark.parametrize("answer", [Inspection(Sight.READ), REFUSED])
async def test_with_a_second_credential_nothing_is_proved(engine: parts.Engine, answer: Inspection) -> None:
    """Somebody made one for this host by hand meanwhile: Wave's answer may be about that one."""
    request = await engine.approved()
    engine.wave.answers = [answer]
    real = engine.wave.inspect

    async def inspect(image: str, workspace_id: int) -> Inspection:
        engine.tower.add(101, registry=builders.HOST, name="by-hand")
        return await real(image, workspace_id)

    engine.wave.inspect = inspect  # type: ignore[method-assign]  # a world that changes under way

    ended = await engine.drive(request)

    assert (ended.state, ended.progress.verification) == (model.State.DONE, Verification.UNAVAILABLE)
    assert ended.progress.detail == (
        f"acme/research has another credential for {builders.HOST} by now, by-hand, and Wave uses only one "
        "of the two. Remove that one in Tower if it is not needed."
    )


async def test_a_crash_does_not_lengthen_the_window(engine: parts.Engine) -> None:
    """The two minutes count from the delivery, however often the process dies in them."""
    request = await engine.approved()
    engine.wave.answers = [REFUSED] * 100
    crashes = [fakes.Fault("inspect", fakes.Crash(), after=True) for _ in range(3)]
    engine.journal.faults += [fakes.Fault("newest_tag", None), *crashes]

    ended = await engine.drive(request)

    assert ended.progress.verification is Verification.REFUSED
    assert engine.clock.slept.count(12.0) <= 10


async def test_a_busy_wave_is_given_its_time(engine: parts.Engine) -> None:
    """A wish for 40 s is longer than our step, and counts."""
    request = await engine.approved()
    busy = errors.Throttled("Slow down.", service="Wave", retry_after_s=40.0)
    engine.journal.faults.append(fakes.Fault("inspect", busy))

    ended = await engine.drive(request)

    assert ended.progress.verification is Verification.VERIFIED
    assert 40.0 in engine.clock.slept


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"anonymous_pull": True}, Verification.ANONYMOUS_PULL),
        ({"public": False}, Verification.UNREACHABLE),
    ],
)
async def test_a_proof_that_would_prove_nothing_is_not_asked_for(
    engine: parts.Engine, fields: dict[str, bool], expected: Verification
) -> None:
    """Where anybody may pull, or Wave cannot come, neither Wave nor the catalog is asked."""
    engine.registries.known[builders.HOST] = builders.a_registry(**fields)
    request = await engine.approved()

    ended = await engine.drive(request)

    assert ended.progress.verification is expected
    assert (engine.journal.count("inspect"), engine.journal.count("newest_tag")) == (0, 0)


async def test_of_several_repositories_the_empty_one_is_named(engine: parts.Engine) -> None:
    """Who reads that there was no image to read learns in which of them."""
    wanted = tuple(ports.Repository(builders.HOST, name) for name in ("team/full", "team/hollow"))
    engine.catalog.tags |= {wanted[0].path: "1.0", wanted[1].path: None}
    request = await engine.approved(repositories=wanted)

    ended = await engine.drive(request)

    assert ended.progress.verification is Verification.NO_TAG
    assert ended.progress.detail == "The repository team/hollow has no tag yet."


async def test_an_empty_repository_cannot_be_verified(engine: parts.Engine) -> None:
    """A repository without a tag is not verified, and Wave is not asked."""
    engine.catalog.tags[PATH] = None
    request = await engine.approved()

    ended = await engine.drive(request)

    assert ended.progress.verification is Verification.NO_TAG
    assert ended.progress.detail == "The repository has no tag yet."
    assert engine.journal.count("inspect") == 0


async def test_a_wildcard_names_no_image(store: ports.Store, store_clock: fakes.FakeClock) -> None:
    """A wildcard is not verified, for want of something to read."""
    engine = parts.Engine(store, store_clock, wildcards=True)
    request = await engine.approved(repositories=(ports.Repository(builders.HOST, "team/*"),))

    ended = await engine.drive(request)

    assert ended.progress.verification is Verification.NO_TAG
    assert ended.progress.detail == "A wildcard names no image of its own."


async def test_a_catalog_that_was_silent_is_asked_again(engine: parts.Engine) -> None:
    """The check does not wait for a catalog that fails; the proof asks it once more."""
    request = await engine.approved()
    silent = errors.Temporary("The registry did not answer.", service="registry")
    engine.journal.faults.append(fakes.Fault("newest_tag", silent))

    ended = await engine.drive(request)

    assert ended.progress.verification is Verification.VERIFIED
    assert engine.journal.count("newest_tag") == 2
