"""What the Bot Connector signs with: RSA keys, their public side with endorsements, and tokens.

https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

ISSUER = "https://api.botframework.com"
ALGORITHM = "RS256"
LASTS_S = 3600
_BITS = 2048


def _fresh() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=_BITS)


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A key of the Connector's, and the channels that it may speak for."""

    id: str = "connector-1"
    endorsements: tuple[str, ...] = ("msteams",)
    private: rsa.RSAPrivateKey = field(default_factory=_fresh, repr=False)

    def public(self) -> dict[str, object]:
        """Return the key as the key server shows it."""
        shown: dict[str, object] = json.loads(RSAAlgorithm.to_jwk(self.private.public_key()))
        return {
            **shown,
            "kid": self.id,
            "use": "sig",
            "x5t": self.id,
            "endorsements": list(self.endorsements),
        }

    def token(self, claims: Mapping[str, object], *, headers: Mapping[str, object] | None = None) -> str:
        """Return a signed token with exactly these claims; `headers` replaces parts of its header."""
        return jwt.encode(
            dict(claims), self.private, algorithm=ALGORITHM, headers={"kid": self.id, **(headers or {})}
        )


def claims(*, audience: str, service_url: str, **changes: object) -> dict[str, object]:
    """Return what the Connector says in a token; a change to None leaves that claim out."""
    now = int(time.time())
    said: dict[str, object] = {
        "iss": ISSUER,
        "aud": audience,
        "iat": now,
        "nbf": now - 10,
        "exp": now + LASTS_S,
        "serviceurl": service_url,
        **changes,
    }
    return {name: value for name, value in said.items() if value is not None}
