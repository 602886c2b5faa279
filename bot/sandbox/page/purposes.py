"""What a request is for, in words: from service, method and path."""

from __future__ import annotations

import re

SERVICES = {
    "slack": "Slack",
    "teams": "Teams",
    "identity": "Azure identity",
    "arm": "Azure",
    "tower": "Tower",
    "wave": "Wave",
}
_API = r"(GET|POST) /api/"
_TABLE = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (rf"slack {_API}auth\.test", "Ask whose bot token this is"),
        (rf"slack {_API}views\.open", "Open a window"),
        (rf"slack {_API}views\.update", "Change what a window shows"),
        (rf"slack {_API}views\.push", "Open a window on top"),
        (rf"slack {_API}views\.publish", "Show an App Home"),
        (rf"slack {_API}chat\.postMessage", "Post a message"),
        (rf"slack {_API}chat\.postEphemeral", "Tell one person something"),
        (rf"slack {_API}chat\.update", "Change a message"),
        (rf"slack {_API}chat\.getPermalink", "Ask for a message's address"),
        (rf"slack {_API}conversations\.open", "Open a direct conversation"),
        (rf"slack {_API}users\.info", "Ask who somebody is"),
        (rf"slack {_API}apps\.connections\.open", "Connect to Slack"),
        (r"slack POST /(commands|actions)/", "Answer what somebody did"),
        (r"teams GET /v1/\.well-known/", "Read the keys that Teams signs with"),
        (r"teams POST /[^/]+/oauth2/", "Get a token for the Bot Connector"),
        (r"teams POST /v3/conversations$", "Open a personal chat"),
        (r"teams POST /v3/conversations/\S+/activities", "Post a message"),
        (r"teams PUT /v3/conversations/\S+/activities/", "Change a message"),
        (r"teams GET /v3/conversations/\S+/(paged)?members", "Ask who is in a conversation"),
        (r"identity .*resource=\S*containerregistry", "Get a token to look into registries"),
        (r"identity ", "Get a token for Azure, without a secret of its own"),
        (r"arm GET \S*/operationStatuses/", "Ask Azure whether the work is done"),
        (r"arm POST \S*/generateCredentials", "Ask Azure to make a password"),
        (r"arm PUT \S*/scopeMaps/", "Make a scope map: read this one repository"),
        (r"arm PATCH \S*/scopeMaps/", "Change which repositories the scope map names"),
        (r"arm DELETE \S*/scopeMaps/", "Take a scope map back"),
        (r"arm GET \S*/scopeMaps/", "Look at the scope map"),
        (r"arm GET \S*/scopeMaps\b", "Count the scope maps"),
        (r"arm PUT \S*/tokens/", "Make a token for that scope map"),
        (r"arm PATCH \S*/tokens/", "Change the token"),
        (r"arm DELETE \S*/tokens/", "Take a token back"),
        (r"arm GET \S*/tokens/", "Look at the token"),
        (r"arm GET \S*/tokens\b", "Count the tokens"),
        (r"arm GET \S*/listUsages", "Ask how much room there is"),
        (r"arm GET \S*/registries\b", "List the registries"),
        (r"acr:\S+ POST /oauth2/exchange", "Sign in to look at repositories"),
        (r"acr:\S+ POST /oauth2/token", "Get a right to look"),
        (r"acr:\S+ GET /acr/v1/_catalog", "List the repositories"),
        (r"acr:\S+ GET /acr/v1/\S+/_tags", "Look for the newest tag"),
        (r"acr:\S+ GET /acr/v1/", "Look at a repository"),
        (r"tower GET /user-info", "Ask whose Tower token this is"),
        (r"tower GET /(user/\d+/workspaces|orgs)", "List the workspaces"),
        (r"tower GET /credentials/validate", "Ask whether the name is free"),
        (r"tower GET /credentials/", "Look at a credential"),
        (r"tower GET /credentials\b", "Look for credentials of this registry"),
        (r"tower (POST|PUT) /credentials\b", "Hand the password to Tower"),
        (r"tower DELETE /credentials/", "Take a credential back"),
        (r"tower GET /service-info", "Ask whether Tower is there"),
        (r"wave POST /v1alpha1/inspect", "Let Wave read the repository, as a pipeline would"),
        (r"wave GET /service-info", "Ask whether Wave is there"),
    )
)


def service(to: str) -> str:
    """Return what people call a service."""
    return SERVICES.get(to) or f"Registry {to.removeprefix('acr:')}"


def family(to: str) -> str:
    """Return which colour a service gets."""
    return "registry" if to.startswith("acr:") else to


def purpose(to: str, method: str, path: str) -> str:
    """Return what a request is for; what is not known is shown as it stands."""
    line = f"{to} {method} {path}"
    return next(
        (words for pattern, words in _TABLE if pattern.match(line)), f"{method} {path.partition('?')[0][:60]}"
    )
