"""Top-up postings by one billing replica: inbox, sale, ledger and outbox, as its consumer does them."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiokafka import AIOKafkaProducer

from bench import topups
from bench.postgres import Postgres
from billing.consumers import handlers
from kit.consume import Intake
from kit.db import Database
from kit.kafka import Kafka
from kit.parked import Delivery
from kit.subscribe import BATCH_ROWS_MAX, Consumer

ENDS_WITHIN_S = 120


@dataclass(frozen=True, slots=True)
class Rate:
    """What a replica did, and in batches of which size on average."""

    per_s: float
    batch_rows: float


class Timed(Intake):
    """An intake that knows since when, until when and how much it took in."""

    def __init__(self, db: Database) -> None:
        super().__init__(db, handlers())
        self.began_s = self.ended_s = 0.0
        self.taken = self.batches = 0
        self.wanted = 0
        self.done = asyncio.Event()

    async def take(self, deliveries: Sequence[Delivery]) -> None:
        self.began_s = self.began_s or time.perf_counter()
        await super().take(deliveries)
        self.ended_s = time.perf_counter()
        self.taken, self.batches = self.taken + len(deliveries), self.batches + 1
        if self.taken >= self.wanted:
            self.done.set()

    def rate(self) -> Rate:
        return Rate(self.taken / (self.ended_s - self.began_s), self.taken / self.batches)


async def by_intake(postgres: Postgres, events: int) -> Rate:
    """`events` receipts through `Intake.take`, a full batch at a time: no broker, no fetching."""
    async with _waiting(postgres, "bench_intake", events) as (db, receipts):
        intake = Timed(db)
        for first in range(0, events, BATCH_ROWS_MAX):
            await intake.take(receipts[first : first + BATCH_ROWS_MAX])
        return intake.rate()


async def by_consumer(postgres: Postgres, kafka: Kafka, events: int) -> Rate:
    """`events` receipts that wait at the broker, from the first that the consumer takes to the last commit."""
    async with _waiting(postgres, "bench_consumer", events) as (db, receipts):
        await _published(kafka, receipts)
        intake = Timed(db)
        intake.wanted = events
        consumer = Consumer(intake, kafka, "bench-billing")
        await consumer.broker.start()
        try:
            await asyncio.wait_for(intake.done.wait(), ENDS_WITHIN_S)
        finally:
            await consumer.broker.stop()
        return intake.rate()


@asynccontextmanager
async def _waiting(postgres: Postgres, name: str, events: int) -> AsyncIterator[tuple[Database, list[Delivery]]]:
    """A database with `events` top-ups and their receipts; one batch was taken in before, so that all is warm."""
    db = await postgres.billing(name)
    admin = await postgres.superuser(name)
    await topups.fill(admin, events + BATCH_ROWS_MAX)
    receipts = [topups.receipt(number) for number in range(1, events + BATCH_ROWS_MAX + 1)]
    await Intake(db, handlers()).take(receipts[events:])
    yield db, receipts[:events]
    await topups.settled(admin, events + BATCH_ROWS_MAX)
    await admin.close()
    await db.engine.dispose()


async def _published(kafka: Kafka, receipts: Sequence[Delivery]) -> None:
    producer: AIOKafkaProducer = kafka.producer("bench")
    await producer.start()
    sent = []
    for one in receipts:
        raw = [(name, value.encode()) for name, value in one.headers.items()]
        sent.append(await producer.send(one.topic, one.body, one.key.encode(), headers=raw))
    await asyncio.gather(*sent)
    await producer.stop()
