"""A running service: its database, its relay, its consumer and its loops, started and stopped together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from kit import inbox, live, migrate, outbox, telemetry
from kit.db import Database
from kit.guard import attempt, forever
from kit.relay import Relay
from kit.subscribe import Consumer

OUTBOX_KEPT = timedelta(days=7)
INBOX_KEPT = timedelta(days=30)
"""Longer than any topic or outbox keeps messages: a replay never meets a forgotten id."""
POKES_KEPT = timedelta(minutes=10)
"""A stream that was cut goes on where it was; after longer than that it reads everything again."""


@dataclass(frozen=True, slots=True)
class Loop:
    """Work driven by time: `run` again and again, `pause_s` apart."""

    name: str
    run: Callable[[], Awaitable[object]]
    pause_s: float


class Service:
    """What all services have in common; each composes its own in `app.py`. `package` has the migrations beside it."""

    def __init__(
        self, package: str, db: Database, relay: Relay, consumer: Consumer | None = None, loops: Sequence[Loop] = ()
    ) -> None:
        self.package, self.name, self.db, self.relay, self.consumer = package, db.source, db, relay, consumer
        self.loops = [*loops, Loop("forget old", self.forget_old, pause_s=3600)]
        if consumer is not None:
            # It begins as soon as the broker answers; HTTP is served meanwhile.
            self.loops.append(Loop("consume", consumer.run, pause_s=1))
            self.loops.append(Loop("retry parked", consumer.intake.retry_parked, pause_s=1))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Refuses to start on a schema that is not this version's; stops gracefully: a running batch ends first."""
        await migrate.check(self.db, self.package)
        tasks = [asyncio.create_task(forever(self.name, one.name, one.run, one.pause_s)) for one in self.loops]
        tasks.append(asyncio.create_task(self.relay.run()))
        try:
            yield
        finally:
            if self.consumer is not None:
                await attempt(self.consumer.broker.stop())
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self.db.engine.dispose()
            await asyncio.to_thread(telemetry.flush)

    async def wrong(self) -> dict[str, str]:
        """What keeps this service from doing its work, by part; empty when it is ready."""
        failure = await attempt(asyncio.wait_for(self._ping(), timeout=3))
        parts = {
            "database": repr(failure) if failure else None,
            "relay": self.relay.health(),
            "consumer": self.consumer.health() if self.consumer else None,
        }
        return {part: problem for part, problem in parts.items() if problem}

    async def _ping(self) -> None:
        async with self.db.begin() as tx:
            await tx.conn.execute(select(1))

    async def forget_old(self) -> None:
        """Prune what no replay or repetition needs any more."""
        async with self.db.begin() as tx:
            await outbox.prune(tx.conn, tx.now - OUTBOX_KEPT)
            await inbox.prune(tx.conn, tx.now - INBOX_KEPT)
            await live.POKES.forget(tx.conn, tx.now - POKES_KEPT)
