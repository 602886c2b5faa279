"""What ARM's answers mean, and how long the steps between reads are."""

from __future__ import annotations

import datetime as dt
import email.utils

import pytest
from azure.core import exceptions
from azure.mgmt.containerregistry import models

from bot import errors
from bot.clients import azure_errors, azure_parse, azure_wait

WRITE = azure_errors.Call("make the token", "tokens/write", "the registry acme", write=True)
READ = azure_errors.Call("read the token", "tokens/read", "the registry acme")


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (400, "InvalidTokenName", errors.Permanent),
        (400, "QuotaExceeded", errors.LimitReached),
        (403, "TokenLimitReached", errors.LimitReached),
        (409, "MaximumTokensReached", errors.LimitReached),
        (401, "InvalidAuthenticationToken", errors.Forbidden),
        (403, "AuthorizationFailed", errors.Forbidden),
        (404, "ResourceNotFound", errors.NotFound),
        (408, None, errors.Temporary),
        (409, "TokenNotActive", errors.NotYet),
        (409, "ScopeLocked", errors.Permanent),
        (418, None, errors.Permanent),
        (429, "TooManyRequests", errors.Throttled),
        (429, "RateLimitExceeded", errors.Throttled),
        (500, "QuotaServiceBroken", errors.Temporary),
        (504, None, errors.Temporary),
    ],
)
def test_each_refusal_has_its_meaning(status: int, code: str | None, kind: type[Exception]) -> None:
    """Status and documented code decide, the most specific first."""
    failure = azure_errors.refused(WRITE, status, code, None)

    assert type(failure) is kind
    assert failure.service == "Azure"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ('{"error": {"code": "AuthorizationFailed", "message": "secret-ish"}}', "AuthorizationFailed"),
        ('{"error": {"code": "<script>"}}', None),
        ('{"error": {"code": "' + "x" * 65 + '"}}', None),
        ('{"error": {"code": 7}}', None),
        ('{"error": "text"}', None),
        ("[1]", None),
        ("<html>", None),
        ("", None),
    ],
)
def test_only_a_documented_code_is_kept(body: str, code: str | None) -> None:
    """Of a body nothing but a code of the documented shape gets into a message."""
    assert azure_errors.code_of(body) == code


def test_a_wish_may_be_a_date() -> None:
    """Retry-After is also an HTTP date."""
    later = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=90)

    wait_s = azure_errors.wait_of({"Retry-After": email.utils.format_datetime(later, usegmt=True)})

    assert wait_s == pytest.approx(90, abs=2)


@pytest.mark.parametrize(
    ("call", "error", "kind"),
    [
        (WRITE, exceptions.ServiceResponseError("cut"), errors.Unknown),
        (WRITE, exceptions.ServiceRequestError("cut, says azure-core"), errors.Unknown),
        (WRITE, exceptions.ServiceRequestTimeoutError("no connection"), errors.Temporary),
        (WRITE, ValueError("no JSON"), errors.Unknown),
        (READ, exceptions.ServiceResponseError("cut"), errors.Temporary),
    ],
)
def test_only_a_write_that_left_is_unknown(
    call: azure_errors.Call, error: Exception, kind: type[Exception]
) -> None:
    """What never left, and what changes nothing, may simply be done again."""
    assert type(azure_errors.lost(call, error)) is kind


def test_steps_grow_with_the_time_waited() -> None:
    """Short at first, then a fifteenth of the time so far, and never more than a second."""
    assert [azure_wait.step(waited) for waited in (0.0, 0.5, 3.0, 60.0)] == [0.05, 0.05, 0.2, 1.0]


@pytest.mark.parametrize("seconds", [0.5, 1.0, 5.0])
def test_the_last_step_is_a_small_part_of_the_whole(seconds: float) -> None:
    """However long ARM takes, what comes on top by waiting stays within a tenth of it."""
    waited = 0.0
    while waited < seconds:
        waited += azure_wait.step(waited)

    assert waited <= seconds * 1.1


@pytest.mark.parametrize(
    "described",
    [
        {},
        {"properties": {}},
        {"properties": {"loginServer": None}},
        {"properties": {"loginServer": "x.azurecr.io", "provisioningState": "Deleting"}},
    ],
)
def test_a_registry_that_is_not_there_yet_is_none(described: dict[str, object]) -> None:
    """What has no login server, or is being deleted, is not served."""
    assert azure_parse.registry(models.Registry({"id": "/s/x/g/rg/p", "name": "x"} | described)) is None


@pytest.mark.parametrize(
    ("properties", "public"),
    [
        ({}, True),
        ({"publicNetworkAccess": "Enabled", "networkRuleSet": {"defaultAction": "Allow"}}, True),
        ({"publicNetworkAccess": "Enabled", "networkRuleSet": {"defaultAction": "Deny"}}, False),
        ({"publicNetworkAccess": "Disabled"}, False),
        ({"publicNetworkAccess": "SecuredByPerimeter"}, False),
    ],
)
def test_reach_is_what_the_firewall_says(properties: dict[str, object], *, public: bool) -> None:
    """Wave reaches a registry that is open to the public network without rules, and no other."""
    path = "/subscriptions/s/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/acme"
    described = {"id": path, "properties": {"loginServer": "ACME.azurecr.io"} | properties}

    found = azure_parse.registry(models.Registry(described))

    assert found is not None
    assert (found.public, found.login_server, found.name, found.resource_group) == (
        public,
        "acme.azurecr.io",
        "acme",
        "rg",
    )


def test_a_token_that_says_nothing_has_settled() -> None:
    """The vendor's own examples leave out the state, the passwords, or both."""
    seen = azure_parse.token(models.Token({"name": "t", "properties": {"scopeMapId": "/a/scopeMaps/m"}}))

    assert (seen.done, seen.value.scope_map, seen.value.passwords) == (True, "m", ())


def test_a_moment_that_is_none_is_left_out() -> None:
    """A time that cannot be read is no reason to fail."""
    password = {"name": "password1", "creationTime": "yesterday", "expiry": None}

    seen = azure_parse.token(models.Token({"properties": {"credentials": {"passwords": [password]}}}))

    assert [(one.slot, one.created, one.expires) for one in seen.value.passwords] == [
        ("password1", None, None)
    ]
