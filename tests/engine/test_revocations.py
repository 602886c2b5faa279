"""Two revocations of one credential: the one at once goes first, whichever came first."""

from __future__ import annotations

import pytest

from bot import model
from bot.model import CredentialState, Kind
from bot.provision import holding
from bot.provision.work import Retry
from tests import builders

ROTATING, REVOKING, ACTIVE = CredentialState.ROTATING, CredentialState.REVOKING, CredentialState.ACTIVE


@pytest.mark.parametrize(
    ("state", "at_once", "waits"),
    [
        (ROTATING, False, False),
        (ROTATING, True, False),
        (REVOKING, True, False),
        (REVOKING, False, True),
        (ACTIVE, False, False),
    ],
)
def test_who_waits_for_whom(state: CredentialState, *, at_once: bool, waits: bool) -> None:
    """One that may wait for jobs never takes a credential from one that may not."""
    busy = None if state is ACTIVE else model.new_id()
    credential = builders.a_credential(state=state, busy=busy)
    spec = builders.a_spec(kind=Kind.REVOKE, credential=credential.id, at_once=at_once)

    found = holding.hindrance(credential, builders.a_request(spec=spec))

    assert isinstance(found, Retry) == waits
    assert waits or found is None
