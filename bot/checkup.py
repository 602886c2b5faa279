"""`registry-bot doctor`: opens what looks at each service, and hands it to the doctor.

A composition root of its own beside `wiring`: nothing here can write.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable

from pydantic import SecretStr

from bot import clock, doctor, errors, log, policy_source, ports, rules, settings, wiring
from bot.clients import azure_probe, connector, identity, tower_probe
from bot.store import probe as store_probe
from handlers.slack import probe as slack_probe
from handlers.slack import scopes as slack_scopes
from handlers.teams import probe as teams_probe


def unreadable(problems: Iterable[str]) -> doctor.Report:
    """Return the report of settings that cannot be read."""
    return doctor.unreadable(problems)


async def run(config: settings.Settings) -> doctor.Report:
    """Examine a deployment, with everything that libraries have to say on standard error."""
    log.configure("error", secrets=wiring.secrets_of(config), stream=sys.stderr)
    return await examined(config)


async def examined(config: settings.Settings, *, time: ports.Clock | None = None) -> doctor.Report:
    """Hold the settings against the services; a setting that nothing can be opened with ends it at once."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            probes = await _probes(config, time or clock.SystemClock(), stack)
        except errors.ConfigurationError as error:
            found = doctor.unreadable([str(error)])
        else:
            found = await doctor.examine(_setup(config), probes)
    return found.hidden(log.Redactor(wiring.secrets_of(config)).text)


async def _probes(
    config: settings.Settings, time: ports.Clock, stack: contextlib.AsyncExitStack
) -> doctor.Probes:
    enter, verify = stack.enter_async_context, config.tower_verify_access_token
    credential = await enter(identity.open_identity(config))
    own = tower_probe.connect(config, config.tower_access_token, setting="TOWER_ACCESS_TOKEN", clock=time)
    weaker = (
        tower_probe.connect(config, verify, setting="TOWER_VERIFY_ACCESS_TOKEN", clock=time)
        if verify
        else contextlib.nullcontext()
    )
    return doctor.Probes(
        chat=await enter(slack_probe.connect(config, time)) if config.slack_bot_token else None,
        teams=await _teams(config, time, stack),
        azure=await enter(azure_probe.AzureProbe(config, credential, time)),
        tower=await enter(own),
        verify=await enter(weaker),
        wave=await enter(tower_probe.connect_wave(config, time)),
        store=await enter(
            store_probe.open_probe(
                config.redis_url.get_secret_value(), prefix=config.redis_prefix, clock=time
            )
        ),
    )


async def _teams(
    config: settings.Settings, time: ports.Clock, stack: contextlib.AsyncExitStack
) -> ports.TeamsProbe | None:
    if config.teams_client_id is None:
        return None
    sender = await stack.enter_async_context(connector.connect(config, time))
    return teams_probe.TeamsProbe(sender, tenants=config.teams_homes)


def _setup(config: settings.Settings) -> doctor.Setup:
    policy, problem = _policy(config)
    told = {
        "REGISTRY_BOT_OPERATORS_CHANNEL": config.operators_channel,
        "REGISTRY_BOT_AUDIT_CHANNEL": config.audit_channel,
    }
    return doctor.Setup(
        policy=policy,
        problem=problem,
        policy_setting="REGISTRY_BOT_POLICY" if config.policy else rules.BY_SETTINGS,
        scopes=frozenset(slack_scopes.NEEDED),
        wished=frozenset(slack_scopes.SEARCH),
        audit_key=config.audit_key,
        registries=config.registries,
        channels={channel: setting for setting, channel in told.items() if channel},
        socket_mode=config.slack_app_token is not None,
        signing_secret=config.slack_signing_secret,
        vault=_vault(config),
        identity=identity.kind(config).value,
        personal=config.personal_workspace,
        tower=config.tower_api_endpoint,
        wave=config.wave_api_endpoint,
    )


def _policy(config: settings.Settings) -> tuple[rules.Policy | None, str]:
    """Return the policy, or what is wrong with its file: that stops no other check."""
    if config.policy is None:
        return wiring.by_settings(config), ""
    try:
        return policy_source.read(config.policy), ""
    except errors.ConfigurationError as error:
        return None, str(error)


def _vault(config: settings.Settings) -> dict[str, SecretStr]:
    """Return every secret but the audit key, by its setting."""
    fields = type(config).model_fields.items()
    values = {field.alias or name: getattr(config, name) for name, field in fields if name != "audit_key"}
    return {setting: value for setting, value in values.items() if isinstance(value, SecretStr)}
