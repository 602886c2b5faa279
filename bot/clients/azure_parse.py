"""ARM's resources to our types, and our wishes to ARM's bodies; pure."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from azure.mgmt.containerregistry import models
from pydantic import SecretStr

from bot import errors, model, ports
from bot.clients import azure_errors, moments

T = TypeVar("T")
API_VERSION = "2025-11-01"  # the one that azure-mgmt-containerregistry 15 speaks
# Tokens, and likewise scope maps, of one registry; support cannot raise them
# (MicrosoftDocs/azure-docs, includes/container-registry-limits.md).
LIMITS = {"Basic": 100, "Standard": 500, "Premium": 50_000}
# Compared in lower case: the case of such a word means nothing to the SDK either
# (azure.core.CaseInsensitiveEnumMeta), but its models hand on what came over the wire.
_DONE, _BROKEN, _GOING = "succeeded", frozenset({"failed", "canceled"}), "deleting"
_RUNNING = frozenset({"accepted", "creating", "inprogress", "running", "updating"})


@dataclass(frozen=True, slots=True)
class Provisioned(Generic[T]):
    """A resource, and how far ARM is with it."""

    value: T
    state: str

    @property
    def done(self) -> bool:
        """Tell whether ARM has finished with it."""
        return self.state.lower() == _DONE

    @property
    def broken(self) -> bool:
        """Tell whether ARM has given up on it."""
        return self.state.lower() in _BROKEN

    @property
    def going(self) -> bool:
        """Tell whether it is being deleted."""
        return self.state.lower() == _GOING

    @property
    def ended(self) -> bool:
        """Tell whether waiting for it makes sense no longer."""
        return self.done or self.broken or self.going


def registry(found: models.Registry) -> model.Registry | None:
    """Return a registry, or None for one that is not there yet or is going."""
    properties, parts = found.properties, (found.id or "").split("/")
    if properties is None or not properties.login_server or _low(properties.provisioning_state) == _GOING:
        return None
    rules = properties.network_rule_set
    firewalled = rules is not None and _low(rules.default_action) == "deny"
    return model.Registry(
        # never built from the name: a registry with a domain name label has a hash in its host
        login_server=properties.login_server.lower(),
        name=found.name or parts[-1],
        resource_group=parts[4],
        sku=_plain(found.sku.name).capitalize() if found.sku else "",
        anonymous_pull=bool(properties.anonymous_pull_enabled),
        public=_low(properties.public_network_access) in {"", "enabled"} and not firewalled,
        abac=_low(properties.role_assignment_mode) == "abacrepositorypermissions",
    )


def scope_map(found: models.ScopeMap) -> Provisioned[ports.ScopeMap]:
    """Return a scope map with its sorted actions."""
    properties = found.properties
    actions = tuple(sorted(properties.actions or ())) if properties else ()
    return Provisioned(ports.ScopeMap(found.name or "", actions), _state(properties))


def token(found: models.Token) -> Provisioned[ports.Token]:
    """Return a token with its filled slots."""
    properties = found.properties
    credentials = properties.credentials if properties else None
    made = ports.Token(
        name=found.name or "",
        scope_map=((properties.scope_map_id or "") if properties else "").rsplit("/", 1)[-1],
        enabled=properties is not None and _low(properties.status) != "disabled",
        passwords=tuple(_password(one) for one in (credentials.passwords if credentials else None) or ()),
        created=_moment(properties.creation_date) if properties else None,
    )
    return Provisioned(made, _state(properties))


def _password(found: models.TokenPassword) -> ports.Password:
    return ports.Password(_low(found.name), _moment(found.creation_time), _moment(found.expiry))


def _state(properties: models.ScopeMapProperties | models.TokenProperties | None) -> str:
    # the vendor's own example of a scope map's update has no state: what says nothing has settled
    return _plain(properties.provisioning_state if properties else None) or _DONE


def _plain(word: str | None) -> str:
    """Return an enum of the SDK's as the word that came over the wire."""
    return str(getattr(word, "value", word) or "")


def _low(word: str | None) -> str:
    """Return an enum of the SDK's in lower case, whichever way it was written."""
    return _plain(word).lower()


def _moment(found: object) -> dt.datetime | None:
    return found.astimezone(dt.UTC) if isinstance(found, dt.datetime) else None


def actions(repositories: Sequence[str]) -> tuple[str, ...]:
    """Return the sorted actions that let one pull; lower case, as azure-cli writes them."""
    return tuple(sorted({f"repositories/{repository.lower()}/content/read" for repository in repositories}))


def registry_path(subscription: str, one: model.Registry) -> str:
    """Return a registry's ARM id."""
    return (
        f"/subscriptions/{subscription}/resourceGroups/{one.resource_group}"
        f"/providers/{azure_errors.PROVIDER}/{one.name}"
    )


def mint_body(path: str, token_name: str, slot: str, expires: dt.datetime | None) -> dict[str, str]:
    """Return the body of generateCredentials. Without `name` it would fill both slots."""
    body = {"tokenId": f"{path}/tokens/{token_name}", "name": slot}
    if expires is not None:
        body["expiry"] = f"{expires.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
    return body


def minted(
    body: bytes, *, user: str, slot: str, expires: dt.datetime | None
) -> ports.Minted | errors.ServiceError | None:
    """Take the one fresh value out of generateCredentials' result; None while it is being made.

    Errors are returned, not raised: a traceback's frames would hold what the body says. Both
    slots are listed and only the new one has a value
    (https://github.com/hashicorp/terraform-provider-azurerm/pull/13782), so it is chosen by name.
    """
    result = _result(body)
    status = str(result.get("status")).lower() if result else ""
    if result is None or status in _RUNNING:
        return None
    if status in _BROKEN:
        return errors.Temporary("Azure gave up on making the password.", service=azure_errors.SERVICE)
    listed = result.get("passwords")
    entries = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    fresh = [one for one in entries if isinstance(one.get("value"), str) and one["value"]]
    if len(fresh) != 1 or str(fresh[0].get("name")).lower() != slot:
        words = f"Azure's answer does not hold exactly one new password, for {slot}."
        return errors.Permanent(words, service=azure_errors.SERVICE)
    name = result.get("username")
    return ports.Minted(
        user=name if isinstance(name, str) and name else user,
        password=SecretStr(fresh[0]["value"]),
        slot=slot,
        expires=moments.read(fresh[0].get("expiry")) or expires,
    )


def _result(body: bytes) -> Mapping[str, object] | None:
    """Return the result, which a status monitor may give bare or wrapped in its operation."""
    try:
        found = json.loads(body)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    inner = found.get("properties")
    return inner if "passwords" not in found and isinstance(inner, dict) else found
