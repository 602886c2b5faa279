"""What becomes of an approved request, step by step."""

from __future__ import annotations

from bot import model
from tests.engine import parts


async def test_an_approved_request_ends_with_a_credential_that_works(engine: parts.Engine) -> None:
    """One token, one scope map and one Tower credential exist, and its password opens the repository."""
    request = await engine.approved()

    ended = await engine.drive(request)

    assert ended.state is model.State.DONE, ended
    assert engine.made(request) == engine.everything(request)
    assert engine.works(request)
