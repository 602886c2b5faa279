"""REDIS_URL: every form that is understood, and clear words for the rest."""

from __future__ import annotations

import ssl
from typing import Any

import pytest

from bot import errors
from bot.store import address, connection
from bot.store.address import Address, Form

SECRET = "s3cr3t-pa55"


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("redis://redis", Address(Form.SINGLE, (("redis", 6379),))),
        ("redis://redis:7000/3", Address(Form.SINGLE, (("redis", 7000),), db=3)),
        ("redis://redis?db=4", Address(Form.SINGLE, (("redis", 6379),), db=4)),
        ("REDIS://[::1]:7000", Address(Form.SINGLE, (("::1", 7000),))),
        ("rediss://:p%2Fw@redis", Address(Form.SINGLE, (("redis", 6379),), tls=True, password="p/w")),
        ("redis://ana:p@w@redis/", Address(Form.SINGLE, (("redis", 6379),), user="ana", password="p@w")),
        ("unix:///run/r%20s.sock?db=1", Address(Form.SOCKET, path="/run/r s.sock", db=1)),
        ("unix://ana:pw@/run/r.sock", Address(Form.SOCKET, path="/run/r.sock", user="ana", password="pw")),
        (
            "redis+sentinel://ana:pw@h1:26380,h2/main/2",
            Address(
                Form.SENTINEL, (("h1", 26380), ("h2", 26379)), name="main", db=2, user="ana", password="pw"
            ),
        ),
        (
            "rediss+sentinel://h1/main?sentinel_password=other",
            Address(
                Form.SENTINEL,
                (("h1", 26379),),
                name="main",
                tls=True,
                options={"sentinel_password": "other"},
            ),
        ),
        ("redis+cluster://h1:7001,h2", Address(Form.CLUSTER, (("h1", 7001), ("h2", 6379)))),
        ("rediss+cluster://h1/0", Address(Form.CLUSTER, (("h1", 6379),), tls=True)),
    ],
)
def test_an_address_is_understood(url: str, expected: Address) -> None:
    """One server, a socket, Sentinels or a Cluster, with and without TLS."""
    assert address.parse(url) == expected


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "must begin with"),
        ("redis", "must begin with"),
        ("http://redis", "must begin with"),
        ("redis+magic://h", "must begin with"),
        ("unix+cluster:///s", "must begin with"),
        ("redis://", "no host"),
        ("redis://:pw@", "no host"),
        ("redis://h:port", "no host, or one that cannot be"),
        (f"redis://ana:{SECRET}/x@redis:99999", "%2F"),
        ("redis://h1,h2", "several hosts"),
        ("redis://h/one", "no number"),
        ("redis+sentinel://h1", "no primary"),
        ("redis+cluster://h1/3", "a cluster has none"),
        ("unix://", "no socket"),
        (f"redis://h?password={SECRET}", "unknown option 'password'"),
    ],
)
def test_a_wrong_address_is_named_and_not_quoted(url: str, words: str) -> None:
    """The sentence says which setting and what about it; no part that could be a secret."""
    with pytest.raises(errors.ConfigurationError, match=words) as caught:
        address.parse(url)

    assert str(caught.value).startswith("REDIS_URL ")
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("form", ["redis://", "unix://", "redis+sentinel://", "redis+cluster://"])
def test_no_credential_shows_in_a_repr(form: str) -> None:
    """Neither in the address's nor in the client's, which may end up in a log."""
    place = {"unix://": "/run/r.sock", "redis+sentinel://": "127.0.0.1/main"}.get(form, "127.0.0.1")
    url = f"{form}ana:{SECRET}@{place}?sentinel_password={SECRET}"

    shown = repr(address.parse(url)) + repr(connection.connect(url))

    assert SECRET not in shown
    assert "ana" not in shown


@pytest.mark.parametrize(
    "url",
    [
        "rediss://127.0.0.1?ssl_cert_reqs=perhaps",
        "rediss://127.0.0.1?ssl_ca_certs=/no/such/file.pem",
        "rediss://127.0.0.1?ssl_certfile=/no/such/file.pem",
    ],
)
def test_tls_that_cannot_work_is_a_matter_of_configuration(url: str) -> None:
    """A wrong word or a missing file is found when the store is opened."""
    with pytest.raises(errors.ConfigurationError, match="REDIS_URL"):
        connection.connect(url)


def test_certificates_are_checked_unless_told_otherwise() -> None:
    """TLS means that the server is who it says; only a deployment's own words can loosen that."""
    clients: list[Any] = [
        connection.connect(f"rediss://127.0.0.1{options}") for options in ("", "?ssl_check_hostname=false")
    ]

    contexts = [client.client.connection_pool.make_connection().ssl_context for client in clients]

    assert [context.cert_reqs for context in contexts] == [ssl.CERT_REQUIRED] * 2
    assert [context.check_hostname for context in contexts] == [True, False]
