"""auth.test, apps.connections.open, team.info, bots.info, blocks.validate."""

from __future__ import annotations

from bot.sandbox.slack import blockkit, calls
from bot.sandbox.slack.calls import ApiError, Call, Method, Tier, Token
from bot.sandbox.slack.entities import Json


def api_test(call: Call) -> Json:
    """Answer with the arguments."""
    return {"args": call.args}


def auth_test(call: Call) -> Json:
    """Tell whose token this is."""
    team, app = call.state.team, call.state.app
    answer = {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": app.name.lower().replace(" ", "_"),
        "team_id": team.id,
        "user_id": app.user_id,
        "bot_id": app.bot_id,
        "is_enterprise_install": False,
    }
    return {**answer, "enterprise_id": team.enterprise_id} if team.enterprise_id else answer


def connections_open(call: Call) -> Json:
    """Give out the address of a web socket."""
    return {"url": call.socket_url}


def team_info(call: Call) -> Json:
    """Describe the team."""
    team = call.state.team
    return {
        "team": {
            "id": team.id,
            "name": team.name,
            "domain": team.domain,
            "email_domain": "",
            "url": f"https://{team.domain}.slack.com/",
            "icon": {"image_default": True},
            **({"enterprise_id": team.enterprise_id} if team.enterprise_id else {}),
        }
    }


def bots_info(call: Call) -> Json:
    """Describe the bot."""
    app = call.state.app
    if call.required("bot") != app.bot_id:
        raise ApiError("bot_not_found")
    return {
        "bot": {
            "id": app.bot_id,
            "deleted": False,
            "name": app.name,
            "updated": 0,
            "app_id": app.id,
            "user_id": app.user_id,
            "icons": {},
        }
    }


def blocks_validate(call: Call) -> Json:
    """Check blocks, a view or a message, without a token (https://docs.slack.dev/reference/methods/blocks.validate)."""
    given = [name for name in ("blocks", "view", "message") if name in call.args]
    if len(given) != 1:
        raise calls.invalid_arguments("must provide exactly one of `blocks`, `view`, or `message`", "/")
    name = given[0]
    value = call.decoded(name, "invalid_arguments")
    checks = {"blocks": blockkit.check_blocks, "view": blockkit.check_view, "message": blockkit.check_message}
    problems = checks[name](value)
    if problems:
        raise ApiError(f"invalid_{name}", errors=[problem.as_json() for problem in problems])
    return {}


METHODS = {
    "api.test": Method(api_test, tier=Tier.T4, token=Token.NONE),
    "auth.test": Method(auth_test, tier=Tier.SPECIAL),
    "apps.connections.open": Method(connections_open, token=Token.APP),
    "team.info": Method(team_info, ("team:read",)),
    "bots.info": Method(bots_info, ("users:read",)),
    "blocks.validate": Method(blocks_validate, tier=Tier.T4, token=Token.NONE),
}
