"""The composition root: every collaborator of a process, opened on one exit stack.

The only module that sees both sides, and the only one that loads a platform.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime as dt
import functools
import gc
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import uvicorn
from pydantic import SecretStr
from starlette.types import ASGIApp

from bot import (
    alerts,
    attention,
    audit,
    authority,
    casebook,
    chats,
    clock,
    copies,
    errors,
    following,
    homes,
    inspection,
    listening,
    log,
    membership,
    metrics,
    model,
    policy_source,
    ports,
    reconcile,
    recorder,
    rules,
    service,
    settings,
    store,
    worker,
)
from bot.clients import azure, catalog, identity, tower, wave
from bot.ledger import auditor, feed, keeper
from bot.provision import saga, work
from handlers import http
from handlers.slack import manifest

Watch = Callable[[], Coroutine[Any, Any, None]]
ANSWER_WITHIN_S = 4  # after SIGTERM, for what has come in; Slack waits three


@dataclass(frozen=True, slots=True)
class Runtime:
    """What a process runs: the core, its worker, and what it answers over HTTP."""

    store: store.RedisStore
    service: service.RequestService
    worker: worker.Worker
    metrics: metrics.Metrics
    policy: policy_source.PolicySource
    web: ASGIApp
    watches: tuple[Watch, ...]  # run until they are cancelled


@contextlib.asynccontextmanager
async def build(
    config: settings.Settings,
    *,
    time: ports.Clock | None = None,
    chat: bool = True,
    timing: work.Timing | None = None,
) -> AsyncIterator[Runtime]:
    """Open everything a process needs, and close it in reverse.

    Without `chat` nothing comes in but probes: such a process only works. Raises ConfigurationError
    for what a setting must mend, and ServiceError when Slack does not know the bot's token or stays
    away for a minute; other services may be away. `timing` hurries the work along in tests.
    """
    time = time or clock.SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        kept = await stack.enter_async_context(_store(config, time))
        outside = await _services(config, time, stack)
        source = _policy(config)
        connected = await chats.connect(config, time, stack, source.name)
        measured = metrics.Metrics()
        trail = audit.Trail(config.audit_key.get_secret_value().encode())
        home = homes.Homes(kept.visitors, time)
        record = recorder.Recorder(kept, trail, time, observe=_both(measured.written, home.written))
        told = connected.notifier
        operators = alerts.Alerts(told, count=measured.alerts.inc)
        desk = work.Desk(record, outside, lambda: source.policy, time, timing or work.Timing())
        hands = worker.Worker(kept, _attention(kept, desk, told, operators), time, _owner())
        measured.attending.set_function(lambda: hands.held)
        people = membership.Membership(connected.directories, alert=operators.soon)
        core = service.RequestService(
            store=kept,
            record=record,
            inspector=_inspector(config, kept, outside),
            authority=authority.Authority(source, people, outside.tower, connected.homes, kept, time),
            clock=time,
            wake=hands.wake,
        )
        doors, checks = await connected.entrances(core, home.opened) if chat else ({}, {})
        web = http.build(core, doors=doors, checks=checks, metrics=measured.page)
        follow: Watch = functools.partial(source.watch, news=operators.news, alert=operators.alert)
        hourly = _hourly(desk, kept, operators)
        drawing: Watch = functools.partial(home.run, connected.drawing(core))
        looked_after = _log_watches(config, kept, trail, operators, connected, time)
        watches = (operators.run, follow, hourly, drawing, *looked_after)
        yield Runtime(kept, core, hands, measured, source, web, watches)


async def run(
    config: settings.Settings, *, chat: bool = True, worker: bool = True, time: ports.Clock | None = None
) -> None:
    """Answer chat, do the work, or both, until SIGTERM; then drain. Probes are answered either way."""
    log.configure(config.log, secrets=secrets_of(config))
    async with (
        listening.on(config.host, config.port) as sockets,
        build(config, time=time, chat=chat) as runtime,
        asyncio.TaskGroup() as group,
    ):
        # What is loaded now stays: looking through all of it at each full collection would hold
        # every acknowledgement up for a tenth of a second.
        gc.collect()
        gc.freeze()
        # Python's own 700 would be reached within a few deliveries, and take a sixth of all time.
        gc.set_threshold(20_000, 20, 50)
        server = _Server(
            uvicorn.Config(
                runtime.web,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=ANSWER_WITHIN_S,
            )
        )
        reactions = {
            signal.SIGTERM: server.stop,
            signal.SIGINT: server.stop,
            signal.SIGHUP: runtime.policy.reload,
        }
        with _reacting(reactions):
            watching = [group.create_task(watch()) for watch in runtime.watches]
            if worker:
                group.create_task(runtime.worker.run())
            await server.serve(sockets=sockets)
            for watch in watching:
                watch.cancel()
            # Only now, so that what the last click asked for is still started or handed over.
            runtime.worker.stop()


def _inspector(config: settings.Settings, kept: ports.Store, outside: work.Services) -> inspection.Inspector:
    wildcards = config.wildcards
    return inspection.Inspector(kept, outside.registries, outside.catalog, outside.tower, wildcards=wildcards)


def _attention(
    kept: store.RedisStore, desk: work.Desk, told: ports.Notifier, operators: alerts.Alerts
) -> attention.Attention:
    time = desk.clock
    follow = following.Following(desk.record, kept, desk.policy, time, operators)
    chat = copies.Chat(kept, told, time)
    return attention.Attention(desk.record, saga.Saga(desk), follow, chat, time, operators)


def _both(one: recorder.Observe, other: recorder.Observe) -> recorder.Observe:
    """Return an observer that tells two."""

    def observe(entry: audit.Entry, request: model.Request | None) -> None:
        one(entry, request)
        other(entry, request)

    return observe


def _hourly(desk: work.Desk, kept: store.RedisStore, operators: alerts.Alerts) -> Watch:
    """Return what compares Azure and Tower with the records while the process runs."""
    looking = _reconciler(desk.record, kept, desk.services, desk.clock)
    alert, news = operators.alert, operators.news
    return reconcile.Hourly(looking, kept, kept.log, desk.clock, alert=alert, news=news).run


def _reconciler(
    record: recorder.Recorder, kept: ports.Store, outside: work.Services, time: ports.Clock
) -> reconcile.Reconciler:
    return reconcile.Reconciler(kept, record, outside.registries, outside.tower, time)


def slack_manifest(url: str | None) -> dict[str, Any]:
    """Return the Slack app's manifest: for HTTP at a public address, or for Socket Mode."""
    return manifest.manifest(url)


class _Server(uvicorn.Server):
    """Uvicorn without its own signal handlers: it would raise the signal again, before the drain."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self) -> None:
        self.should_exit = True


@contextlib.contextmanager
def _reacting(reactions: Mapping[signal.Signals, Callable[[], None]]) -> Iterator[None]:
    """Do what each signal asks for."""
    loop = asyncio.get_running_loop()
    for number, react in reactions.items():
        loop.add_signal_handler(number, react)
    yield
    for number in reactions:
        loop.remove_signal_handler(number)


def _store(
    config: settings.Settings, time: ports.Clock
) -> contextlib.AbstractAsyncContextManager[store.RedisStore]:
    url = config.redis_url.get_secret_value()
    return store.open_store(url, prefix=config.redis_prefix, clock=time, keep_days=config.keep_days)


async def _services(
    config: settings.Settings, time: ports.Clock, stack: contextlib.AsyncExitStack
) -> work.Services:
    enter = stack.enter_async_context
    credential = await enter(identity.open_identity(config))
    registries = await enter(azure.AzureRegistries(config, credential, time))
    return work.Services(
        registries=registries,
        catalog=await enter(catalog.AcrCatalog(config, credential, registries, time)),
        tower=await enter(tower.connect(config, time)),
        wave=await enter(wave.connect(config, time)),
    )


def _log_watches(
    config: settings.Settings,
    kept: store.RedisStore,
    trail: audit.Trail,
    operators: alerts.Alerts,
    connected: chats.Chats,
    time: ports.Clock,
) -> tuple[Watch, ...]:
    """Return what looks after the audit log while the process runs."""
    every = dt.timedelta(minutes=config.checkpoint_minutes)
    checkpoints = keeper.Keeper(kept.log, trail, time, write=_print, alert=operators.alert, every=every)
    if config.audit_channel is None:
        return (checkpoints.run,)
    channel = connected.feed(config.audit_channel)
    return (checkpoints.run, feed.Feeder(kept.log, kept, trail, channel, time).run)


def _print(line: str) -> None:
    """Write a line to standard output, past the log and its level."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


@contextlib.asynccontextmanager
async def open_log(config: settings.AuditSettings) -> AsyncIterator[auditor.Auditor]:
    """Open what the audit commands work with; raise ConfigurationError without a REDIS_URL."""
    if config.redis_url is None:
        raise errors.ConfigurationError("REDIS_URL is not set: only a file can be verified without it.")
    # Standard output is the command's own: an export may go there.
    log.configure("warning", secrets=secrets_of(config), stream=sys.stderr)
    time = clock.SystemClock()
    url = config.redis_url.get_secret_value()
    async with store.open_store(url, prefix=config.redis_prefix, clock=time, keep_days=1) as kept:
        trail = audit.Trail(config.audit_key.get_secret_value().encode())
        yield auditor.Auditor(kept, kept.log, trail, time, _print)


@contextlib.asynccontextmanager
async def open_casebook(config: settings.AuditSettings) -> AsyncIterator[casebook.Casebook]:
    """Open what the commands on requests work with; raise ConfigurationError without a REDIS_URL."""
    if config.redis_url is None:
        raise errors.ConfigurationError("REDIS_URL is not set: that is where the requests are kept.")
    async with open_log(config) as at:
        yield casebook.Casebook(at.store, at.trail)


@contextlib.asynccontextmanager
async def open_reconciler(config: settings.Settings) -> AsyncIterator[reconcile.Reconciler]:
    """Open what compares Azure and Tower with the records; nothing of chat is needed for it."""
    log.configure("warning", secrets=secrets_of(config), stream=sys.stderr)
    time = clock.SystemClock()
    async with contextlib.AsyncExitStack() as stack:
        kept = await stack.enter_async_context(_store(config, time))
        trail = audit.Trail(config.audit_key.get_secret_value().encode())
        outside = await _services(config, time, stack)
        yield _reconciler(recorder.Recorder(kept, trail, time), kept, outside, time)


def _policy(config: settings.Settings) -> policy_source.PolicySource:
    """Return the policy in force: the file's, or the one that a few settings make."""
    if config.policy is not None:
        return policy_source.PolicySource.of_file(config.policy)
    return policy_source.PolicySource(by_settings(config))


def by_settings(config: settings.Settings) -> rules.Policy:
    """Return the policy of a deployment without a policy file."""
    return policy_source.one_list(
        config.approvers,
        channel=config.approval_channel or "",
        deadline_hours=config.deadline_hours,
        longest_validity_days=config.longest_validity_days,
    )


def secrets_of(config: settings.Settings | settings.AuditSettings) -> list[str]:
    """Return the values that must never be logged, whoever logs them."""
    values = (getattr(config, name) for name in type(config).model_fields)
    return [value.get_secret_value() for value in values if isinstance(value, SecretStr)]


def _owner() -> str:
    """Return this process's name on its leases, for operators to read."""
    return f"{socket.gethostname()}:{os.getpid()}"
