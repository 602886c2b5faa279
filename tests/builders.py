"""Values to test with: valid by default, and each part replaceable by name."""

from __future__ import annotations

import datetime as dt
from typing import Any

from bot import forms, model, ports, rules

TENANT = "T0SANDBOX"
HOST = "acmegenomics.azurecr.io"
RULE = "everything"


def now() -> dt.datetime:
    """Return the present moment."""
    return dt.datetime.now(dt.UTC)


def a_principal(user: str = "U0ANA", **fields: Any) -> model.Principal:
    """Return somebody of the sandbox's Slack workspace."""
    return model.Principal(**({"platform": model.Platform.SLACK, "tenant": TENANT, "user": user} | fields))


ANA, BEN, CLEO = a_principal("U0ANA"), a_principal("U0BEN"), a_principal("U0CLEO")


def a_place(channel: str = "C0GENOMICS", **fields: Any) -> model.Place:
    """Return a channel of the sandbox's Slack workspace."""
    values: dict[str, Any] = {"platform": model.Platform.SLACK, "tenant": TENANT, "channel": channel}
    return model.Place(**(values | fields))


def a_workspace(**fields: Any) -> model.Workspace:
    """Return a Tower workspace."""
    return model.Workspace(**({"id": 101, "org": "acme", "name": "research"} | fields))


def a_registry(**fields: Any) -> model.Registry:
    """Return a registry that Wave can reach and that lets nobody in without a login."""
    values: dict[str, Any] = {
        "login_server": HOST,
        "name": "acmegenomics",
        "resource_group": "rg-registries",
        "sku": "Standard",
    }
    return model.Registry(**(values | fields))


def a_spec(**fields: Any) -> model.Spec:
    """Return what a form asks for."""
    values: dict[str, Any] = {
        "kind": model.Kind.ISSUE,
        "name": "acr-main",
        "workspace": a_workspace(),
        "login_server": HOST,
        "repositories": ("team/tool",),
    }
    return model.Spec(**(values | fields))


def a_decision(request: model.Request, by: model.Principal = BEN, **fields: Any) -> model.Decision:
    """Return an approval of exactly what was shown."""
    values: dict[str, Any] = {
        "by": by,
        "verdict": model.Verdict.APPROVE,
        "digest": request.digest,
        "at": request.changed,
    }
    return model.Decision(**(values | fields))


def a_request(*, state: model.State = model.State.PENDING, **fields: Any) -> model.Request:
    """Return a request as it looks in a state; one that was approved has Ben's decision."""
    made = now()
    spec = fields.pop("spec", None) or a_spec()
    values: dict[str, Any] = {
        "id": model.new_id(),
        "spec": spec,
        "requester": ANA,
        "place": a_place(),
        "approval": a_place("C0APPROVALS"),
        "approvers": (BEN, CLEO),
        "rule": RULE,
        "rule_version": a_rule().version,
        "policy_version": "1",
        "digest": spec.digest("1"),
        "state": state,
        "created": made,
        "changed": made,
        "deadline": made + dt.timedelta(hours=72),
    }
    request = model.Request(**(values | fields))
    approved = {model.State.APPROVED, model.State.RUNNING, model.State.DONE, model.State.FAILED}
    if state in approved and not request.decisions:
        return request.model_copy(update={"decisions": (a_decision(request),)})
    return request


def a_credential(request: model.Request | None = None, **fields: Any) -> model.Credential:
    """Return the credential that a request made (else one of Ana's), as it looks right after."""
    request = request or a_request(state=model.State.DONE)
    spec = request.spec
    values: dict[str, Any] = {
        "id": request.id,
        "name": spec.name,
        "workspace": spec.workspace,
        "login_server": spec.login_server,
        "repositories": spec.repositories,
        "token": f"registry-bot-{spec.name}",
        "scope_map": f"registry-bot-{spec.name}",
        "slot": model.PASSWORD1,
        "tower_id": "tower1",
        "owner": request.requester,
        "by": request.id,
        "created": request.changed,
        "minted": request.changed,
        "validity_days": spec.validity_days,
    }
    return model.Credential(**(values | fields))


def a_copy(role: model.Role = model.Role.APPROVAL, **fields: Any) -> model.Copy:
    """Return a copy that was posted and shows the first version."""
    values: dict[str, Any] = {
        "role": role,
        "platform": model.Platform.SLACK,
        "channel": "C0APPROVALS",
        "message": "1.1",
        "shown": 1,
    }
    return model.Copy(**(values | fields))


def a_submission(**fields: Any) -> forms.Submission:
    """Return a form as Ana sends it."""
    values: dict[str, Any] = {
        "by": ANA,
        "place": a_place(),
        "name": "acr-main",
        "workspace_id": 101,
        "repositories": (ports.Repository(HOST, "team/tool"),),
        "op": model.new_id(),
    }
    return forms.Submission(**(values | fields))


def a_click(request: model.Request, by: model.Principal = BEN, **fields: Any) -> forms.Click:
    """Return a click on a request's button."""
    values: dict[str, Any] = {"by": by, "request_id": request.id, "op": model.new_id()}
    return forms.Click(**(values | fields))


def a_rule(name: str = RULE, *, match: dict[str, Any] | None = None, **fields: Any) -> rules.Rule:
    """Return a rule by which the group `approvers` decides on everything."""
    values: dict[str, Any] = {
        "approvers": ("approvers",),
        "deadline": dt.timedelta(hours=72),
        "approval_channel": "C0APPROVALS",
    }
    return rules.Rule(name=name, match=rules.Match(**(match or {})), terms=rules.Terms(**(values | fields)))


def a_policy(*listed: rules.Rule, **fields: Any) -> rules.Policy:
    """Return a policy by which Ben and Cleo approve."""
    approvers = rules.Group(name="approvers", members=frozenset({"slack:U0BEN", "slack:U0CLEO"}))
    values: dict[str, Any] = {"version": "1", "groups": {"approvers": approvers}}
    return rules.Policy(**(values | {"rules": listed or (a_rule(),)} | fields))
