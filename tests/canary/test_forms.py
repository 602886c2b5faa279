"""The canary's eye: in which disguises it knows a secret, and what it takes for none."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest

from bot.sandbox import canary

SECRET = canary.Secret(canary.Kind.PASSWORD, 'ACR+x7/Qv"2mZ 9kLpW_4tRbN-8sYcD0fHgJ')
RAW = SECRET.value.encode()

DISGUISES = {
    "as it is": RAW,
    "the first half": RAW[:20],
    "the second half": RAW[-20:],
    "backwards": RAW[::-1],
    "in base64": base64.b64encode(RAW),
    "in base64 behind a user name": base64.b64encode(b"user:" + RAW),
    "in base64 behind another": base64.b64encode(b"user1:" + RAW),
    "in base64 behind a third": base64.b64encode(b"user22:" + RAW + b" and more"),
    "in base64 for addresses": base64.urlsafe_b64encode(RAW),
    "in hexadecimal": RAW.hex().encode(),
    "in UTF-16": SECRET.value.encode("utf-16"),
    "URL-encoded": quote(SECRET.value, safe="").encode(),
    "as a form's field": quote_plus(SECRET.value).encode(),
    "in JSON": json.dumps({"password": SECRET.value}).encode(),
    "in a repr": repr(SECRET.value).encode(),
}


@pytest.mark.parametrize("disguise", DISGUISES)
def test_a_disguised_secret_is_found(disguise: str) -> None:
    """However a secret was encoded or cut, it is found."""
    place = canary.Place("a log", b'{"event": "' + DISGUISES[disguise] + b'"}')

    found = canary.Canary([SECRET]).search([place])

    assert [(each.kind, each.place) for each in found] == [(canary.Kind.PASSWORD, "a log")]


@pytest.mark.parametrize("text", [b"", b"ACR", b"a password was minted", RAW[: canary.PIECE - 1]])
def test_harmless_text_is_no_finding(text: bytes) -> None:
    """Words about secrets, and fewer characters than could identify one, are no findings."""
    assert canary.Canary([SECRET]).search([canary.Place("a log", text)]) == []


@pytest.mark.parametrize(("times", "findings"), [(0, 0), (1, 0), (2, 1)])
def test_an_allowed_secret_may_stand_there_once(times: int, findings: int) -> None:
    """Where a kind of secret is allowed, one appearance is none too many, and two are."""
    place = canary.Place("Tower's body", RAW * times, frozenset({canary.Kind.PASSWORD}))

    found = canary.Canary([SECRET]).search([place])

    assert len(found) == findings


def test_an_allowed_secret_may_not_stand_there_in_another_form() -> None:
    """A permit is for the secret as it is: an encoded copy beside it is a leak."""
    content = RAW + b" " + base64.b64encode(RAW)
    place = canary.Place("Tower's body", content, frozenset({canary.Kind.PASSWORD}))

    found = canary.Canary([SECRET]).search([place])

    assert [each.form for each in found] == ["in base64"]


def test_a_permit_is_for_one_kind_only() -> None:
    """A place that may hold the password may hold no token."""
    token = canary.Secret(canary.Kind.TOWER_TOKEN, "eyJ0aWQiOiA3fS5hYmNkZWZnaGlqa2xtbm9w")
    place = canary.Place("Tower's body", token.value.encode(), frozenset({canary.Kind.PASSWORD}))

    found = canary.Canary([SECRET, token]).search([place])

    assert [each.kind for each in found] == [canary.Kind.TOWER_TOKEN]


def test_a_finding_never_shows_the_secret() -> None:
    """What is reported can be printed: a secret in the place's own name is hidden, too."""
    place = canary.Place(f"the key {SECRET.value}", RAW)

    (found,) = canary.Canary([SECRET]).search([place])

    assert str(found) == "registry password (as it is) in the key [hidden]"
    assert SECRET.value not in repr([found, SECRET])


def test_a_secret_shorter_than_a_piece_is_looked_for_as_a_whole() -> None:
    """A short password of somebody's Redis is found as well."""
    short = canary.Secret(canary.Kind.REDIS_PASSWORD, "hunter2!")

    found = canary.Canary([short]).search([canary.Place("a log", b"redis://:hunter2!@cache:6379")])

    assert len(found) == 1
