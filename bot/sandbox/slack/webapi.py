"""The Web API over HTTP: arguments, tokens, scopes, rate limits; and the response URLs."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable

from aiohttp import web

from bot.sandbox.slack import calls, limits, methods, passes, state
from bot.sandbox.slack.calls import ApiError, Token
from bot.sandbox.slack.entities import Json
from bot.sandbox.slack.methods import chat


class WebApi:
    """Answers `/api/<method>` and the paths of response URLs. Business errors have status 200."""

    def __init__(self, known: state.State, allowed: limits.Limits, socket_url: Callable[[], str]) -> None:
        self._state = known
        self._limits = allowed
        self._socket_url = socket_url
        self.revoked: str | None = None  # a word such as token_revoked, answered to every token

    def routes(self) -> list[web.RouteDef]:
        """Return the routes."""
        return [
            web.route("*", "/api/{method}", self.method),
            web.post("/{kind:commands|actions}/{team}/{number}/{secret}", self.response_url),
        ]

    async def method(self, request: web.Request) -> web.Response:
        """Run one method."""
        name = request.match_info["method"]
        method = methods.ALL.get(name)
        if method is None:  # Slack says so before it looks at the token
            return _answer({"ok": False, "error": "unknown_method", "req_method": name})
        try:
            args = await _arguments(request)
            self._authenticate(request, args, method)
            wait = self._limits.wait_s(name, method.tier, str(args.get("channel", "")))
            if wait:
                return _throttled(wait)
            call = calls.Call(self._state, args, self._socket_url() if method.token is Token.APP else "")
            call.require(*method.scopes)
            result = method.run(call)
        except ApiError as error:
            return self._with_scopes({"ok": False, "error": error.code, **error.extra}, method)
        return self._with_scopes({"ok": True, **result}, method)

    def _with_scopes(self, body: Json, method: calls.Method) -> web.Response:
        response = _answer(body)
        if method.token is Token.BOT:
            response.headers["x-oauth-scopes"] = ",".join(sorted(self._state.app.scopes))
            response.headers["x-accepted-oauth-scopes"] = ",".join(method.scopes)
        return response

    def _authenticate(self, request: web.Request, args: Json, method: calls.Method) -> None:
        # The token leaves the arguments here, so that no method can echo it.
        header = request.headers.get("Authorization", "")
        token = header.removeprefix("Bearer ").strip() or str(args.pop("token", ""))
        if method.token is Token.NONE:
            return
        if not token:
            raise ApiError("not_authed")
        app = self._state.app
        kinds = {app.bot_token: Token.BOT, **({app.app_token: Token.APP} if app.app_token else {})}
        # The order of the refusals is Slack's: whose token, is it alive, is it of the right kind.
        if token not in kinds:
            raise ApiError("invalid_auth")
        if self.revoked:
            raise ApiError(self.revoked)
        if kinds[token] is not method.token:
            raise ApiError("not_allowed_token_type")

    async def response_url(self, request: web.Request) -> web.Response:
        """Take a post to a response URL; the address itself is the secret, so there is no token."""
        # A refused post costs one of the five uses as well.
        url = self._state.passes.use(request.path)
        if isinstance(url, passes.Refusal):
            self._state.complain(f"response_url: {url.value}")
            return _answer({"ok": False, "error": url.value}, status=404)
        try:
            body = await _arguments(request)
            chat.respond(self._state, url, body)
        except ApiError as error:
            return _answer({"ok": False, "error": error.code, **error.extra}, status=400)
        return _answer({"ok": True})


async def _arguments(request: web.Request) -> Json:
    if request.method == "GET":
        return dict(request.query)
    if request.content_type == "application/json":
        return _object(await request.read())
    form = await request.post()
    return {**request.query, **{name: value for name, value in form.items() if isinstance(value, str)}}


def _object(body: bytes) -> Json:
    try:
        decoded = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError("invalid_json") from error
    if not isinstance(decoded, dict):
        raise ApiError("json_not_object")
    return decoded


def _throttled(wait_s: int) -> web.Response:
    response = _answer({"ok": False, "error": "ratelimited"}, status=429)
    response.headers["Retry-After"] = str(wait_s)
    return response


def _answer(body: Json, *, status: int = 200) -> web.Response:
    response = web.json_response(body, status=status)
    response.headers["x-slack-req-id"] = secrets.token_hex(16)
    return response
