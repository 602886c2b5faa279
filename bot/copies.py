"""Brings each message that shows a request to its newest committed state."""

from __future__ import annotations

import asyncio
import datetime as dt
import math
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from bot import errors, lease, messages, model, ports, posts
from bot.model import Copy, Role, State

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Chat:
    """What showing needs: where copies are kept, who shows them, and how patiently.

    A message is updated at most every `pace_s`. A chat platform that fails for `give_up_s` after a
    request's last change is not asked again about it.
    """

    store: ports.Store
    notifier: ports.Notifier
    clock: ports.Clock
    pace_s: float = 1.0
    retry_s: float = 2.0
    longest_retry_s: float = 300.0
    give_up_s: float = 24 * 3600.0


class Display:
    """Keeps a request's copies up to date beside the work on it, under the same lease.

    Entered, it shows what it is told: the newest state, skipping what came between. It never holds
    up who tells it.
    """

    def __init__(self, chat: Chat, held: lease.Lease, snapshot: ports.Snapshot) -> None:
        self._chat = chat
        self._lease = held
        self._posts = posts.Posts(chat.store, chat.notifier, chat.clock, held)
        self._request = snapshot.request
        self._copies = dict(snapshot.copies)
        self._duplicates = snapshot.duplicates
        self._phase = snapshot.request.version  # since when its state is what it is, as far as we know
        self._working = False
        self._hushed = False
        # By a copy's key:
        self._busy: set[str] = set()  # being shown just now
        self._failed: dict[str, float] = {}  # when to try again, by the loop's clock
        self._updated: dict[str, float] = {}
        self._outdated: set[str] = set()  # being shown with what is not so any more
        self._remedies: dict[str, str] = {}  # what an operator should change
        self.unasked: str | None = None  # why nobody could be asked, where that is news
        self._news = asyncio.Event()
        self._quiet = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def behind(self) -> bool:
        """Tell whether any copy that can be shown now shows an older state."""
        return bool(self._behind())

    @property
    def unheard(self) -> bool:
        """Tell whether the newest warning has no place where its owner could read it."""
        life, copy = self._request.life, self._copies.get(Role.WARNING)
        if life is None or life.warned is None:
            return False
        if copy is None or messages.of_older_warning(self._request, copy):
            return messages.reply(Role.WARNING, self._request, self._copies) is None
        return copy.message is None and copy.error is not None

    def learn(self, duplicates: tuple[Copy, ...]) -> None:
        """Hear of messages that somebody found since."""
        known = {copy.key for copy in self._duplicates}
        self._duplicates += tuple(copy for copy in duplicates if copy.key not in known)
        self._news.set()

    def tell(self, request: model.Request, *, working: bool = False) -> None:
        """Hear of a committed version. While `working`, only the progress follows every one."""
        if request.state is not self._request.state:
            self._phase = request.version
        self._request, self._working = request, working
        self._quiet.clear()
        self._news.set()

    def hush(self) -> None:
        """Begin no further message: the work wants to go on, and shows them then."""
        self._hushed = True
        self._news.set()

    async def caught_up(self, *, unless: asyncio.Event, within_s: float) -> bool:
        """Wait until all that can be shown is shown; False if `unless` is set or time is up first.

        Raises what stopped the display, such as LeaseLost.
        """
        shown, woken = asyncio.create_task(self._quiet.wait()), asyncio.create_task(unless.wait())
        tasks = {shown, woken} | ({self._task} if self._task else set())
        try:
            await asyncio.wait(tasks, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            shown.cancel()
            woken.cancel()
        if self._task and self._task.done():
            await self._task
        return self._quiet.is_set()

    def due(self) -> dt.datetime | None:
        """Return when to try those copies again that the platform could not show."""
        if not self._failed:
            return None
        wait = min(self._failed.values()) - asyncio.get_running_loop().time()
        return self._chat.clock.now() + dt.timedelta(seconds=max(0.0, wait))

    async def abandon(self, why: str) -> None:
        """Mark what is behind as impossible to show, so that nobody tries for ever."""
        for copy in self._behind():
            await self._save(copy.model_copy(update={"error": why}), self._request.version)

    async def _follow(self) -> None:
        async with asyncio.TaskGroup() as group:
            while True:
                await self._hear()
                self._news.clear()
                for copy in self._next():
                    self._busy.add(copy.key)
                    group.create_task(self._show(copy))
                if not self._busy:
                    self._quiet.set()

    async def _hear(self) -> None:
        """Wait for news, or for the time to try a failed copy again."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(min(self._failed.values(), default=None)):
                await self._news.wait()
        except TimeoutError:
            self._failed = {key: at for key, at in self._failed.items() if at > loop.time()}

    def _next(self) -> list[Copy]:
        """Return what to show now: updates all at once, but posts one after the other, in order."""
        ready = [copy for copy in self._behind() if copy.key not in self._busy]
        posted = {copy.key for copy in (*self._copies.values(), *self._duplicates) if copy.message}
        posts = [copy for copy in ready if not copy.message]
        updates = [copy for copy in ready if copy.message]
        return (posts[:1] if self._busy <= posted else []) + updates

    def _behind(self) -> list[Copy]:
        shown = {(copy.channel, copy.message) for copy in self._copies.values()}
        # A click may come before its message is saved: what became a copy meanwhile is no duplicate.
        others = (copy for copy in self._duplicates if (copy.channel, copy.message) not in shown)
        return [
            copy for copy in (*messages.wanted(self._request, self._copies), *others) if self._needs(copy)
        ]

    def _needs(self, copy: Copy) -> bool:
        if self._hushed or copy.key in self._failed:
            return False
        if self._asks_nobody(copy):
            return True
        if copy.shown >= self._request.version:
            return False
        # A place that cannot be written to gets one more chance, when the request has ended.
        if copy.error and not self._request.ended:
            return False
        return not self._working or copy.role is Role.PROGRESS or copy.shown < self._phase

    def _asks_nobody(self, copy: Copy) -> bool:
        """Tell whether this should ask the approvers and could not: it is tried until they are asked."""
        unseen = copy.role is Role.APPROVAL and copy.message is None and copy.error is not None
        return unseen and self._request.state is State.PENDING

    async def _show(self, copy: Copy) -> None:
        loop = asyncio.get_running_loop()
        since = loop.time() - self._updated.get(copy.key, -math.inf)
        if since < self._chat.pace_s:
            await self._chat.clock.sleep(self._chat.pace_s - since)
        request = self._request  # after waiting: the newest state wins
        await self._step_aside(copy)
        shown = await self._asked(request, copy)
        self._updated[copy.key] = loop.time()
        if shown is not None:
            await self._compare(self._copies.get(copy.role), shown)
            await self._save(shown, 0 if shown.key in self._outdated else request.version)
            self._outdated.discard(shown.key)
        self._busy.discard(copy.key)
        self._news.set()

    async def _compare(self, before: Copy | None, now: Copy) -> None:
        """See to what else changes with a message that cannot be shown, or can be shown again."""
        failed = before is not None and before.error is not None
        if self._asks_nobody(now):
            self._failed[now.key] = asyncio.get_running_loop().time() + self._patience()
            why = " ".join(filter(None, (now.error, self._remedies.get(now.key))))
            self.unasked = self.unasked if failed else why
        elif failed and now.error is None:
            await self._retell()

    async def _retell(self) -> None:
        """Have those shown again that tell of others' failures; one that is being shown comes too early."""
        for copy in [one for role in (Role.ORIGIN, Role.DIRECT) if (one := self._copies.get(role))]:
            if copy.key in self._busy:
                self._outdated.add(copy.key)
            elif copy.message:
                # Kept before the recovered one is: a crash in between must not leave a false warning.
                await self._save(copy, 0)

    async def _step_aside(self, copy: Copy) -> None:
        """Keep the message of an older warning among the duplicates, so that it stays up to date too."""
        older = self._copies.get(copy.role)
        if copy.role is Role.WARNING and copy.message is None and older and older.message:
            await self._save(older.model_copy(update={"duplicate": True}), older.shown)

    def _patience(self) -> float:
        """Return how long to wait: the older the news, the longer. A back-off that needs no counter."""
        age_s = (self._chat.clock.now() - self._request.changed).total_seconds()
        return max(min(age_s / 2, self._chat.longest_retry_s), self._chat.retry_s)

    async def _asked(self, request: model.Request, copy: Copy) -> Copy | None:
        """Have a copy shown; return it as it is now, or None if it is to be tried again later."""
        try:
            return await self._posts.show(request, copy, copies=dict(self._copies))
        except errors.Temporary as error:
            return self._later(request, copy, error)
        except errors.ServiceError as error:
            self._remedies[copy.key] = error.remedy or ""
            return copy.model_copy(update={"error": str(error), "posting": None})

    def _later(self, request: model.Request, copy: Copy, error: errors.Temporary) -> Copy | None:
        """Plan another try, or give up on a platform that has been failing for long."""
        chat, age_s = self._chat, (self._chat.clock.now() - request.changed).total_seconds()
        if age_s > chat.give_up_s:
            return copy.model_copy(update={"error": str(error)})
        wait = max(self._patience(), error.retry_after_s or 0.0)
        self._failed[copy.key] = asyncio.get_running_loop().time() + wait
        log.warning("copy put off", request_id=request.id, role=copy.role.value, error=str(error))
        return None

    async def _save(self, copy: Copy, version: int) -> None:
        saved = copy.model_copy(update={"shown": version})
        if saved.duplicate:
            others = (one for one in self._duplicates if one.key != saved.key)
            self._duplicates = (*others, saved)
        else:
            self._copies[saved.role] = saved
        outcome = await self._chat.store.save_copy(self._lease.request_id, saved, fence=self._lease.fence)
        if outcome is ports.Outcome.STALE:
            raise errors.LeaseLost(self._lease.request_id)
        if saved.error:
            log.warning(
                "copy not shown",
                request_id=self._lease.request_id,
                role=copy.role.value,
                error=saved.error,
                remedy=self._remedies.get(copy.key),
            )
