"""The only publisher: sends outbox rows in order per key, gives up on none, and says how old the oldest is.

One relay of a service is active at a time (a session's advisory lock); another idles until the first is gone. Rows with
one topic and key form a lane; a lane sends one row at a time and stops at its first failure, so that no row overtakes
an earlier one. A crash between a send and its mark sends the row again; readers know it by its id.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from aiokafka import AIOKafkaProducer
from sqlalchemy import Row, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from kit import telemetry
from kit.db import Database
from kit.guard import attempt
from kit.kafka import Kafka
from kit.metrics import RELAY_FAILURES, RELAYED, UNSENT_SECONDS
from kit.outbox import oldest_unsent, rows, unsent

log = logging.getLogger(__name__)

READ_ROWS_MAX = 500
POLL_S = 0.1
"""How soon rows of another process of this service are seen; rows of this one wake the relay at once."""
PAUSES_S = (0.1, 0.3, 1, 3, 5)
UNSENT_AGE_MAX_S = 60
ASIDE_S = 10
MARK_WITHIN_S = 1
"""Far below the time in which a broker is replaced and its topics are filled again."""
LOCK = 0x5A7E_0001

Lane = tuple[str, str]


class Relay:
    """Publishes what one service tells, for as long as `run` runs."""

    def __init__(self, db: Database, kafka: Kafka) -> None:
        self.db, self.kafka = db, kafka
        self._unsent_age_s = 0.0
        self._failing: str | None = None
        self._failures = 0
        self._producer: AIOKafkaProducer | None = None
        self._stuck: set[Lane] = set()
        """Lanes that failed while others went on; left aside until the others have nothing left, or `ASIDE_S`."""
        self._stuck_since_s = 0.0

    def health(self) -> str | None:
        """What is wrong with sending; None when nothing is."""
        late = f"the oldest unsent row is {self._unsent_age_s:.0f} s old"
        return self._failing or (late if self._unsent_age_s > UNSENT_AGE_MAX_S else None)

    async def run(self) -> None:
        """Send for ever; every failure is waited out with growing pauses, and shouted."""
        try:
            while True:
                await self._pause(repr(await attempt(self._while_active())))
        finally:
            await self._drop_producer()

    async def _while_active(self) -> None:
        """Hold the lock on one connection and send until something breaks."""
        connection = await self.db.engine.connect()
        try:
            while not await self._alone(connection):
                self._recovered()
                await asyncio.sleep(1)
            while True:
                told = self.db.told.next()
                if not await self.send_some(connection):
                    await self.db.told.wait(told, POLL_S)
        finally:
            # Ended for real, not put back into the pool: that gives the lock up.
            await connection.invalidate()
            await connection.close()

    async def _alone(self, connection: AsyncConnection) -> bool:
        async with connection.begin():
            postgres = connection.dialect.name == "postgresql"  # an SQLite file has one process
            return not postgres or bool(await connection.scalar(select(func.pg_try_advisory_lock(LOCK))))

    async def send_some(self, connection: AsyncConnection) -> int:
        """Send the oldest rows, at most `READ_ROWS_MAX`; how many a broker confirmed."""
        oldest = select(rows).where(unsent).order_by(rows.c.id).limit(READ_ROWS_MAX)
        if time.monotonic() - self._stuck_since_s > ASIDE_S:
            self._stuck.clear()
        if self._stuck:
            oldest = oldest.where(tuple_(rows.c.topic, rows.c.key).not_in(self._stuck))
        async with connection.begin():
            found = (await connection.execute(oldest)).all()
            since = found[0].created_at if found and not self._stuck else await oldest_unsent(connection)
        self._unsent_age_s = (self.db.clock() - since).total_seconds() if since else 0.0
        UNSENT_SECONDS.labels(self.db.source).set(self._unsent_age_s)
        if not found:
            if not self._stuck:
                self._recovered()
            self._stuck.clear()
            return 0
        lanes: dict[Lane, list[Row[Any]]] = defaultdict(list)
        for row in found:
            lanes[row.topic, row.key].append(row)
        failed, sent = await self._send(connection, lanes)
        if sent:
            self._recovered()
            self._stuck_since_s = self._stuck_since_s if self._stuck else time.monotonic()
            self._stuck |= failed
        else:
            # An idempotent producer that met a fatal error never recovers: the next pass makes a new one.
            await self._drop_producer()
            await self._pause("the broker confirmed nothing")
        return sent

    async def _send(self, connection: AsyncConnection, lanes: dict[Lane, list[Row[Any]]]) -> tuple[set[Lane], int]:
        """Send all lanes at once; those that failed, and how many rows were confirmed.

        What is confirmed is marked soon, whatever other lanes wait for: a replay passes over rows that are not marked,
        so a mark that came after it would be of what another broker had confirmed, and that one may be gone.
        """
        producer, confirmed, marked = await self._ready_producer(), list[int](), 0
        sending = {asyncio.create_task(self._lane(producer, some, confirmed)): lane for lane, some in lanes.items()}
        try:
            waiting: set[asyncio.Task[bool]] = set(sending)
            while waiting:
                _, waiting = await asyncio.wait(waiting, timeout=MARK_WITHIN_S)
                ids, confirmed[:] = confirmed[:], []
                await self._mark(connection, ids)
                marked += len(ids)
        finally:
            for one in sending:
                one.cancel()
        return {lane for one, lane in sending.items() if not one.result()}, marked

    async def _mark(self, connection: AsyncConnection, sent: list[int]) -> None:
        if sent:
            async with connection.begin():
                await connection.execute(update(rows).where(rows.c.id.in_(sent)).values(published_at=self.db.clock()))
            RELAYED.labels(self.db.source).inc(len(sent))

    async def _lane(self, producer: AIOKafkaProducer, some: Sequence[Row[Any]], confirmed: list[int]) -> bool:
        """Send one key's rows in order until the first failure; `confirmed` gets the others' ids. Whether all went."""
        for row in some:
            with telemetry.publishing(row.topic, row.headers) as headers:
                raw = [(name, value.encode()) for name, value in headers.items()]
                failure = await attempt(producer.send_and_wait(row.topic, row.body, row.key.encode(), headers=raw))
            if failure is not None:
                RELAY_FAILURES.labels(self.db.source).inc()
                log.warning("row %d for %s was not confirmed: %r", row.id, row.topic, failure)
                return False
            confirmed.append(row.id)
        return True

    def _recovered(self) -> None:
        self._failures, self._failing = 0, None

    async def _pause(self, why: str) -> None:
        log.error("the relay of %s pauses: %s", self.db.source, why)
        self._failing = why
        pause_s = PAUSES_S[min(self._failures, len(PAUSES_S) - 1)]
        self._failures += 1
        await asyncio.sleep(pause_s)

    async def _ready_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = self.kafka.producer(self.db.source)
            failure = await attempt(producer.start())
            if failure is not None:
                await attempt(producer.stop())
                raise failure
            self._producer = producer
        return self._producer

    async def _drop_producer(self) -> None:
        if self._producer is not None:
            await attempt(self._producer.stop())
            self._producer = None
