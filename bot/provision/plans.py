"""Which plan a request is carried out by."""

from __future__ import annotations

from bot import model
from bot.model import Kind
from bot.provision import adopt, extend, issue, revoke, rotate
from bot.provision.step import Plan

_BY_KIND = {
    Kind.ISSUE: issue.PLAN,
    Kind.EXTEND: extend.PLAN,
    Kind.NARROW: extend.PLAN,
    Kind.ROTATE: rotate.PLAN,
    Kind.REVOKE: revoke.PLAN,
    Kind.ADOPT: adopt.PLAN,
}


def of(spec: model.Spec) -> Plan:
    """Return the plan for what is asked for."""
    at_once = spec.kind is Kind.REVOKE and spec.at_once
    return revoke.AT_ONCE if at_once else _BY_KIND[spec.kind]
