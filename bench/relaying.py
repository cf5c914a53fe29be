"""The relay: rows of a full outbox to the broker, in order per key."""

import asyncio
import time
from contextlib import suppress
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from bench import topups
from bench.postgres import Postgres
from contracts.billing import LedgerPosted
from kit.db import Database
from kit.kafka import Kafka
from kit.relay import Relay
from kit.time import new_id

ENDS_WITHIN_S = 120
ROWS_PER_TRANSACTION = 1000


class Timed(Relay):
    """A relay that knows since when, until when and how much it sent."""

    def __init__(self, db: Database, kafka: Kafka, wanted: int) -> None:
        super().__init__(db, kafka)
        self.began_s = self.ended_s = 0.0
        self.sent, self.wanted = 0, wanted
        self.done = asyncio.Event()

    async def send_some(self, connection: AsyncConnection) -> int:
        self.began_s = self.began_s or time.perf_counter()
        sent = await super().send_some(connection)
        self.ended_s = time.perf_counter()
        self.sent += sent
        if self.sent >= self.wanted:
            self.done.set()
        return sent


async def rate(postgres: Postgres, kafka: Kafka, rows: int, keys: int) -> float:
    """Rows a second, from the relay's first look to the mark on the last row."""
    db = await postgres.billing("bench_relay")
    await _fill(db, rows, keys)
    admin = await postgres.superuser("bench_relay")
    await admin.execute("vacuum analyze")
    await admin.execute("checkpoint")
    await admin.close()
    relay = Timed(db, kafka, rows)
    running = asyncio.create_task(relay.run())
    try:
        await asyncio.wait_for(relay.done.wait(), ENDS_WITHIN_S)
    finally:
        running.cancel()
        with suppress(asyncio.CancelledError):
            await running
        await db.engine.dispose()
    return relay.sent / (relay.ended_s - relay.began_s)


async def _fill(db: Database, rows: int, keys: int) -> None:
    """Tell of `rows` postings on `keys` accounts in turn."""
    for first in range(0, rows, ROWS_PER_TRANSACTION):
        async with db.begin() as tx:
            for number in range(first, min(first + ROWS_PER_TRANSACTION, rows)):
                account = f"client:{UUID(int=number % keys)}"
                moved = {"account": account, "amount_kopecks": 1000_00, "reason": "top-up", "posted_at": tx.now}
                posted = LedgerPosted(org_id=topups.ORG, entry_id=new_id(), sale_id=new_id(), **moved)
                tx.tell(posted, trace=topups.TRACE)
