"""What Tower's refusals mean, in sentences of ours: what happened, and what an operator can change."""

from __future__ import annotations

from http import HTTPStatus

from bot import errors
from bot.clients import http, tower_api, tower_jobs

_NAME = tower_api.TOWER.name


def refused(answer: http.Answer) -> errors.ServiceError:
    """Return what a 4xx means when nothing more is known about the call."""
    if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        # a bad token is 403 by the documentation, and 401 without a body by tower-cli's experience
        return errors.Forbidden(
            "Seqera Tower does not accept the bot's access token.",
            service=_NAME,
            remedy="TOWER_ACCESS_TOKEN is not accepted: make a new token in Tower and set it.",
        )
    if answer.status == HTTPStatus.NOT_FOUND:
        return errors.NotFound(
            "Seqera Tower does not know what the bot asked for.",
            service=_NAME,
            remedy="Check TOWER_API_ENDPOINT; of an own Tower it is https://<tower>/api.",
        )
    return errors.Permanent(
        f"Seqera Tower refused the request (HTTP {answer.status}).",
        service=_NAME,
        remedy="Check that TOWER_API_ENDPOINT is a Tower of version 22.4 or newer.",
    )


def lacks_role(where: str, *, user: str) -> errors.Forbidden:
    """Return the error for a workspace where the bot's account may not manage credentials."""
    return errors.Forbidden(
        f"The bot may not manage credentials in the Tower workspace {where}.",
        service=_NAME,
        remedy=f"Give {user} the role Admin or Owner in {where}: it needs credentials:write.",
    )


def personal_off() -> errors.Forbidden:
    """Return the error for the personal workspace where the settings do not allow it."""
    return errors.Forbidden(
        "The bot does not use the personal workspace of its Tower account.",
        service=_NAME,
        remedy="Set REGISTRY_BOT_PERSONAL_WORKSPACE=true to allow it.",
    )


def name_taken() -> errors.AlreadyThere:
    """Return the error for a name that another credential of the workspace has."""
    return errors.AlreadyThere("A credential of this name is already in the Tower workspace.", service=_NAME)


def name_bad() -> errors.Permanent:
    """Return the error for a name that Tower does not take."""
    return errors.Permanent(
        "Seqera Tower does not accept this name: letters, digits, dash and underscore, 2 to 99.",
        service=_NAME,
    )


def gone() -> errors.NotFound:
    """Return the error for a credential that the workspace does not have."""
    return errors.NotFound("The credential is no longer in the Tower workspace.", service=_NAME)


def in_use(jobs: tower_jobs.Jobs) -> errors.InUse:
    """Return the error for a credential that Tower keeps because jobs use it."""
    return errors.InUse(
        "Seqera Tower keeps the credential while running jobs use it.",
        service=_NAME,
        remedy="Wait for the jobs to end, or end them.",
        jobs=jobs.names,
        count=jobs.count,
    )


def login_refused() -> errors.NotYet:
    """Return the error for a save that only Tower's login test can have refused.

    Tower says the same of a password that the registry does not know yet and of a registry that
    Wave cannot reach (https://github.com/seqeralabs/wave/pull/1074): the worker bounds the wait.
    """
    return errors.NotYet(
        "Seqera Tower's test of the new login has not succeeded yet.",
        service=_NAME,
        remedy="Tower tests a login through Wave: check that both reach the registry (firewall, private "
        "endpoint).",
    )
