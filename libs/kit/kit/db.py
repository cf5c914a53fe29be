"""A service's own database: Postgres (asyncpg), or SQLite (aiosqlite) beside a fiscal worker.

A transaction carries what it tells: the messages enter the outbox just before the commit, so that a change of state
and the word about it are one thing. Everybody in this process who waits for a change is woken right after.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from contracts import Message
from kit import live, outbox
from kit.errors import Transient
from kit.time import Clock, utc_now

# Postgres: deadlock, serialization, time-outs of locks and statements, standby, too many clients, shutdown, start-up.
TRANSIENT_STATES = ("40", "55P03", "57", "25006", "53", "08")
READING: dict[str, Any] = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
READING_SQLITE: dict[str, Any] = {"sqlite_begin": "BEGIN"}


class Tx:
    """An open transaction: statements go through `conn`, messages through `tell`."""

    def __init__(self, conn: AsyncConnection, now: datetime) -> None:
        self.conn, self.now = conn, now
        self.told: list[dict[str, Any]] = []
        self.poked: list[live.Poke] = []

    def tell(self, *messages: Message, trace: str | None = None) -> None:
        """Send these after the commit, in this order per key. Lock the thing that they are about first.

        `trace` is the traceparent they belong to, where that is not the open span's.
        """
        self.told.extend(outbox.row(message, self.now, trace) for message in messages)

    def poke(self, club_id: UUID, event: str, **ids: object) -> None:
        """Tell those who look at this club live, after the commit, that something changed there: its kind and its ids.

        They read it again, so nothing is said of it that somebody may not read.
        """
        self.poked.append((club_id, event, tuple((name, str(one)) for name, one in ids.items())))


class Signal:
    """Wakes everyone who waits, each time it is given."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def give(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    def next(self) -> asyncio.Event:
        """What the next `give` sets: take it before looking, `wait` for it after, and nothing is missed."""
        return self._event

    @staticmethod
    async def wait(event: asyncio.Event, timeout_s: float, *others: asyncio.Event) -> None:
        """Wait for any of the events, but not longer than `timeout_s`: other processes change things too."""
        waiting = [asyncio.create_task(one.wait()) for one in (event, *others)]
        try:
            await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()


class Database:
    """Transactions of one service. `source` names the service in what it tells; `role`: act as that Postgres role."""

    def __init__(self, url: str, source: str, clock: Clock = utc_now, connections: int = 20, role: str = "") -> None:
        self.source, self.clock = source, clock
        self.engine = _sqlite(url) if url.startswith("sqlite") else _postgres(url, connections, role)
        self.changed = Signal()
        """Given after each commit of this process."""
        self.told = Signal()
        """Given after each commit that told something: the relay listens."""

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Tx]:
        """All of it commits, or none. Raises Transient where the database or the way to it is at fault."""
        with _whose_fault(self.source):
            async with self.engine.begin() as conn:
                tx = Tx(conn, self.clock())
                yield tx
                await outbox.put(conn, tx.told, self.source)
                await live.put(conn, tx.poked, tx.now)
        self.changed.give()
        if tx.told:
            self.told.give()

    @asynccontextmanager
    async def look(self) -> AsyncIterator[Tx]:
        """One snapshot for all statements inside; nothing can be written, nobody who waits for a change is woken."""
        with _whose_fault(self.source):
            async with self.engine.connect() as conn:
                await conn.execution_options(**(READING if conn.dialect.name == "postgresql" else READING_SQLITE))
                yield Tx(conn, self.clock())


@contextmanager
def _whose_fault(source: str) -> Iterator[None]:
    try:
        yield
    except (DBAPIError, PoolTimeout, OSError, TimeoutError) as failure:
        if not is_transient(failure):
            raise
        raise Transient(f"the database of {source}: {failure!r}") from failure


def is_transient(failure: BaseException) -> bool:
    """Whether the world, and not the statement, is at fault."""
    if not isinstance(failure, DBAPIError):
        return isinstance(failure, (PoolTimeout, OSError, TimeoutError))
    state = getattr(failure.orig, "sqlstate", None)
    if state is None:  # no answer from Postgres at all, or SQLite: busy, disk full
        return failure.connection_invalidated or type(failure).__name__ in ("OperationalError", "InterfaceError")
    return str(state).startswith(TRANSIENT_STATES)


def _postgres(url: str, connections: int, role: str) -> AsyncEngine:
    limits = {"statement_timeout": "30000", "lock_timeout": "10000", "jit": "off"}
    arguments = {"timeout": 5, "server_settings": limits | ({"role": role} if role else {})}
    # Errors name statements, never their parameters: those may be secrets, and errors are logged.
    pool = {"pool_size": connections, "max_overflow": 0, "pool_timeout": 10}
    return create_async_engine(url, hide_parameters=True, connect_args=arguments, **pool)


def _sqlite(url: str) -> AsyncEngine:
    """One writer at a time, each commit on the disk before it is believed (`synchronous=FULL`)."""
    engine = create_async_engine(url, hide_parameters=True, connect_args={"timeout": 10})

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection: Any) -> None:
        # Taking the write lock at once avoids the deadlock of two readers that both want to write.
        connection.exec_driver_sql(connection.get_execution_options().get("sqlite_begin", "BEGIN IMMEDIATE"))

    return engine
