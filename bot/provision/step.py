"""What a plan is made of: steps that can run again, and what the plan makes of a credential."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from bot import model
from bot.provision.work import Done, Outcome, Work

Act = Callable[[Work], Awaitable[Outcome]]


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `leaves` names what stays behind when `undo`, or a step that is `onward`, cannot finish.

    What `held_by` names has to go first: Azure keeps a scope map that a token uses. `otherwise` is
    for a step that must not fail a request: its outcome when tries are used up. After the failure of
    one that is `onward` the plan goes on, and the request fails in the end. What a step that
    `repoints` did is on the credential's record as soon as it is done.
    """

    name: str
    run: Act
    undo: Act | None = None
    leaves: Callable[[Work], str] | None = None
    otherwise: Done | None = None
    held_by: str | None = None
    onward: bool = False
    repoints: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps of a kind of request, and the credential's record once they are done."""

    steps: tuple[Step, ...]
    finish: Callable[[Work, model.Progress], model.Credential]


def left_token(work: Work) -> str:
    """Return what stays if the token does."""
    return f"the token {work.token} in {work.spec.login_server}"


def left_scope_map(work: Work) -> str:
    """Return what stays if the scope map does."""
    return f"the scope map {work.scope_map} in {work.spec.login_server}"


def left_credential(work: Work) -> str:
    """Return what stays if Tower's credential does."""
    return f"the credential {work.spec.name} in Tower's workspace {work.spec.workspace.full_name}"
