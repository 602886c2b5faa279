"""What somebody can do by hand in Azure and Tower, each as one deed, by what is found then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from bot import model
from bot.provision import names
from bot.reconcile import Kind
from tests.reconcile.scene import Scene

Plant = Callable[[Scene, model.Request], None]


def disable(scene: Scene, request: model.Request) -> None:
    """Disable the token in the portal."""
    scene.outside.registry.tokens[names.token(request)].status = "disabled"


def rebind(scene: Scene, request: model.Request) -> None:
    """Give the token Azure's own scope map for everything."""
    scene.outside.registry.tokens[names.token(request)].scope_map = "_repositories_admin"


def drop_token(scene: Scene, request: model.Request) -> None:
    """Delete the token."""
    del scene.outside.registry.tokens[names.token(request)]


def drop_scope_map(scene: Scene, request: model.Request) -> None:
    """Delete the scope map."""
    del scene.outside.registry.scope_maps[names.token(request)]


def widen(scene: Scene, request: model.Request) -> None:
    """Let the token read, and write, something else."""
    found = scene.outside.registry.scope_maps[names.token(request)]
    found.actions = (*found.actions, "repositories/secret/content/read", "repositories/secret/content/write")


def narrow(scene: Scene, request: model.Request) -> None:
    """Take the repository away."""
    scene.outside.registry.scope_maps[names.token(request)].actions = ()


def drop_password(scene: Scene, request: model.Request) -> None:
    """Delete the password."""
    scene.outside.registry.tokens[names.token(request)].slots.clear()


def replace_password(scene: Scene, request: model.Request) -> None:
    """Press Generate in the portal, an hour later."""
    azure = scene.outside.azure
    azure.shift += dt.timedelta(hours=1)
    azure.generate(scene.outside.registry.tokens[names.token(request)], "password1", None)


def add_password(scene: Scene, request: model.Request) -> None:
    """Press Generate in the portal for the slot that nobody uses."""
    token = scene.outside.registry.tokens[names.token(request)]
    scene.outside.azure.generate(token, "password2", None)


def let_expire(scene: Scene, _: model.Request) -> None:
    """Let 91 days go by."""
    scene.clock.shift += dt.timedelta(days=91)


def drop_from_tower(scene: Scene, _: model.Request) -> None:
    """Delete the credential in Tower."""
    scene.outside.tower.state.credentials.clear()


def point_to_another_user(scene: Scene, request: model.Request) -> None:
    """Type in somebody else's token."""
    (held,) = scene.outside.tower.state.credentials[request.spec.workspace.id]
    scene.change_in_tower(held.id, user="somebody-elses")


def point_to_another_host(scene: Scene, request: model.Request) -> None:
    """Type in another registry."""
    (held,) = scene.outside.tower.state.credentials[request.spec.workspace.id]
    scene.change_in_tower(held.id, registry="other.azurecr.io")


def add_second(scene: Scene, request: model.Request) -> None:
    """Add a credential for the same registry by hand."""
    scene.plant_credential("by-hand", user="admin", workspace=request.spec.workspace.id)


PLANTED: dict[Kind, Plant] = {
    Kind.TOKEN_DISABLED: disable,
    Kind.TOKEN_REBOUND: rebind,
    Kind.TOKEN_GONE: drop_token,
    Kind.SCOPE_MAP_GONE: drop_scope_map,
    Kind.SCOPE_WIDER: widen,
    Kind.SCOPE_NARROWER: narrow,
    Kind.PASSWORD_GONE: drop_password,
    Kind.PASSWORD_REPLACED: replace_password,
    Kind.PASSWORD_EXPIRED: let_expire,
    Kind.PASSWORD_SECOND: add_password,
    Kind.TOWER_GONE: drop_from_tower,
    Kind.TOWER_REPOINTED: point_to_another_user,
    Kind.SECOND: add_second,
}
