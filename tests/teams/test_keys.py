"""The keys that Teams signs with: kept for a day, and never read at a stranger's will."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence

import pytest

from bot import errors
from bot.sandbox.teams.keys import SigningKey, claims
from handlers.teams import keys

OURS = SigningKey("ours")


class Server:
    """A key server that counts, and may be away."""

    def __init__(self, *published: Mapping[str, object]) -> None:
        self.published: Sequence[Mapping[str, object]] = published or [OURS.public()]
        self.readings = 0
        self.away = False

    async def read(self) -> Sequence[Mapping[str, object]]:
        """Return the keys."""
        self.readings += 1
        if self.away:
            raise errors.Temporary("The key server is away.", service="keys")
        return self.published


class Timed(keys.Keys):
    """Keys whose time is set by the test."""

    now = 1000.0

    def _now(self) -> float:  # type: ignore[override]  # a method where the other needs no object
        return self.now


async def test_one_reading_lasts_a_day() -> None:
    """Whoever comes meanwhile costs nothing."""
    server = Server()
    known = Timed(server.read)

    for hours in (0, 1, 23, 25):
        known.now = 1000.0 + hours * 3600
        assert await known.get("ours") is not None

    assert server.readings == 2


async def test_unknown_ids_cause_one_reading_a_minute() -> None:
    """However many there are; a key that is new by then is found."""
    server = Server()
    known = Timed(server.read)
    await known.get("ours")

    for number in range(100):
        known.now += 0.1
        assert await known.get(f"made-up-{number}") is None
    server.published = [OURS.public(), SigningKey("new", private=OURS.private).public()]
    known.now += 60
    found = await known.get("new")

    assert (server.readings, found is not None) == (2, True)


async def test_a_key_server_that_is_away_locks_nobody_out() -> None:
    """The old keys stay good; without any the next try comes after seconds."""
    server = Server()
    known, fresh = Timed(server.read), Timed(server.read)
    await known.get("ours")
    server.away = True
    known.now += 2 * keys.KEPT_S
    kept = await known.get("ours")
    nothing = await fresh.get("ours")
    server.away = False
    fresh.now += keys.FIRST_S
    found = await fresh.get("ours")

    assert (kept is not None, nothing, found is not None) == (True, None, True)


@pytest.mark.parametrize(
    "broken",
    [
        {"kid": "ours", "kty": "oct", "k": "AAAA"},
        {"kid": "ours", "kty": "RSA", "n": "rubbish"},
        {"kid": "ours", "kty": "RSA"},
        {"kid": 7, "kty": "RSA"},
        {"kty": "RSA"},
        {},
    ],
)
async def test_what_is_no_key_is_left_out(broken: Mapping[str, object]) -> None:
    """One bad entry does not take the others away."""
    other = SigningKey("other", private=OURS.private)
    known = Timed(Server(broken, other.public()).read)

    assert await known.get("ours") is None
    assert await known.get("other") is not None


async def test_a_key_without_endorsements_speaks_for_nobody() -> None:
    """What the key server leaves out is not taken for everything."""
    plain = {name: value for name, value in OURS.public().items() if name != "endorsements"}

    found = await Timed(Server(plain).read).get("ours")

    assert found is not None
    assert found.endorsements == frozenset()


@pytest.mark.parametrize("header", [{"alg": "RS512"}, {"kid": 7}, {"kid": None}, {"alg": None}])
async def test_a_header_of_another_shape_is_no_token(header: dict[str, object]) -> None:
    """The algorithm is ours to choose, and a key id is a text."""
    said = claims(audience="bot", service_url="https://x.example")
    parts = ({"alg": "RS256", "typ": "JWT", "kid": "ours", **header}, said)
    encoded = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts]
    token = ".".join([*encoded, "AAAA"])
    known = Timed(Server().read)

    assert await keys.verified(token, known, audience="bot", issuer=str(said["iss"])) is None


@pytest.mark.parametrize("service", ["audience", "issuer"])
async def test_a_good_token_is_read(service: str) -> None:
    """Its claims come back with the key that signed it; for another bot it is none."""
    said = claims(audience="bot", service_url="https://x.example")
    wanted = {"audience": "bot", "issuer": str(said["iss"])}
    known = Timed(Server().read)

    found = await keys.verified(OURS.token(said), known, **wanted)
    other = await keys.verified(OURS.token(said), known, **{**wanted, service: "another"})

    assert found is not None
    assert (found[0]["serviceurl"], sorted(found[1].endorsements)) == ("https://x.example", ["msteams"])
    assert other is None
