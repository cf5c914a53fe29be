"""One test per guarantee on the real protocol: Kafka's wire format, real Postgres."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import aiokafka
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import CommitFailedError, KafkaError
from aiokafka.structs import OffsetAndMetadata
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from sqlalchemy import text

from conftest import eventually
from contracts.headers import headers
from kit import membership
from kit.consume import Handlers, Intake
from kit.db import Database, Tx
from kit.guard import forever
from kit.kafka import Kafka
from kit.parked import Delivery
from kit.relay import Relay
from kit.subscribe import Consumer
from kit.time import new_id, utc_now
from libs.kit.tests.test_consume import INSERT
from libs.kit.tests.toy import ORG, Counted, Sung, rows


@pytest.fixture
async def db(postgres_db: Database) -> Database:
    async with postgres_db.engine.begin() as conn:
        await conn.execute(text("create table tally (thing text, number int)"))
    return postgres_db


@pytest.fixture
async def topic(kafka: Kafka, monkeypatch: pytest.MonkeyPatch) -> str:
    """A topic of its own for each test; the toys move there."""
    name = f"toy.{uuid4().hex}"
    await create(kafka, name)
    monkeypatch.setattr(Counted, "TOPIC", name)
    monkeypatch.setattr(Sung, "TOPIC", name)
    return name


async def create(kafka: Kafka, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka.servers)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()


def toy_handlers(fails_on: Sequence[int] = ()) -> Handlers:
    handlers = Handlers()

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        await tx.conn.execute(INSERT, {"thing": message.thing, "number": message.number})
        if message.number in fails_on:
            raise ValueError("this one is not for us")

    return handlers


@asynccontextmanager
async def consuming(db: Database, kafka: Kafka, handlers: Handlers, group: str) -> AsyncIterator[Consumer]:
    consumer = Consumer(Intake(db, handlers), kafka, group)
    running = asyncio.create_task(forever("toy", "consume", consumer.run, pause_s=0.05))
    try:
        yield consumer
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def produce(kafka: Kafka, topic: str, *messages: tuple[bytes, bytes, list[tuple[str, bytes]]]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka.servers) as producer:
        for key, body, header in messages:
            await producer.send_and_wait(topic, body, key, headers=header)


def wired(thing: str, number: int) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
    message = Counted(org_id=ORG, thing=thing, number=number)
    known = headers(message, new_id(), utc_now(), None)
    return thing.encode(), message.body(), [(name, value.encode()) for name, value in known.items()]


async def until_tallied(db: Database, *numbers: int) -> None:
    async def tallied() -> bool:
        return await rows(db, "select number from tally order by number") == [(n,) for n in sorted(numbers)]

    await eventually(tallied, within_s=15)


async def test_poison_of_every_kind_leaves_the_partition_moving(db: Database, kafka: Kafka, topic: str) -> None:
    def changed(key: bytes, body: bytes | None = None, **header: bytes) -> tuple[bytes, bytes, list[tuple[str, bytes]]]:
        _, good, known = wired("poison", 7)
        return key, good if body is None else body, [(name, header.get(name, value)) for name, value in known]

    await produce(
        kafka,
        topic,
        changed(b"broken-json", body=b"{"),
        (b"no-headers", b"{}", []),
        changed(b"bad-header", ce_id=b"\xff\xfe"),
        changed(b"nul\0in-key", body=b"{"),
        changed(b"nul-in-type", ce_type=b"toy\0"),
        changed(b"unknown", ce_type=b"toy.thing.invented.v9"),
        wired("fails", 13),
        wired("good", 1),
        wired("good", 2),
    )

    async with consuming(db, kafka, toy_handlers(fails_on=[13]), "poison"):
        await until_tallied(db, 1, 2)

    assert await rows(db, "select key from parked order by key") == [
        ("bad-header",), ("broken-json",), ("fails",), ("no-headers",), (r"nul\x00in-key",)
    ]  # fmt: skip


async def test_a_crash_between_commit_and_acknowledgement_leaves_one_effect(
    db: Database, kafka: Kafka, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await produce(kafka, topic, wired("a", 1), wired("a", 2))

    async def lost(self: Any, offsets: Any = None) -> None:
        raise ConnectionError("the process died here")

    with monkeypatch.context() as patch:
        patch.setattr(aiokafka.AIOKafkaConsumer, "commit", lost)
        async with consuming(db, kafka, toy_handlers(), "crash"):
            await until_tallied(db, 1, 2)
    await produce(kafka, topic, wired("a", 3))
    async with consuming(db, kafka, toy_handlers(), "crash"):
        await until_tallied(db, 1, 2, 3)


async def test_the_database_may_go_away_in_the_middle_and_nothing_is_lost(
    db: Database, kafka: Kafka, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.consume.PAUSES_S", (0.0, None))
    handlers, failing = Handlers(), True

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        if failing:
            raise ConnectionResetError("the database is away")
        await tx.conn.execute(INSERT, {"thing": message.thing, "number": message.number})

    await produce(kafka, topic, wired("a", 1), wired("b", 2), wired("a", 3))
    async with consuming(db, kafka, handlers, "away") as consumer:
        taken = consumer.intake.take
        attempts = 0

        async def watched(deliveries: Sequence[Delivery]) -> None:
            nonlocal attempts
            attempts += 1
            await taken(deliveries)

        monkeypatch.setattr(consumer.intake, "take", watched)

        async def redelivered() -> bool:
            return attempts >= 2

        await eventually(redelivered)
        failing = False
        await until_tallied(db, 1, 2, 3)

    assert await rows(db, "select number from tally where thing = 'a'") == [(1,), (3,)]


async def test_one_trace_runs_through_outbox_relay_broker_and_handler(db: Database, kafka: Kafka, topic: str) -> None:
    exporter = InMemorySpanExporter()
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(TracerProvider())
    provider = trace.get_tracer_provider()
    assert isinstance(provider, TracerProvider)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    handlers = Handlers()

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        tx.tell(Sung(org_id=ORG, thing=message.thing))

    @handlers.handle(Sung)
    async def hear(tx: Tx, message: Sung, delivery: Delivery) -> None:
        await tx.conn.execute(INSERT, {"thing": message.thing, "number": 1})

    relaying = asyncio.create_task(Relay(db, kafka).run())
    async with consuming(db, kafka, handlers, "trace"):
        with trace.get_tracer("test").start_as_current_span("click") as click:
            async with db.begin() as tx:
                tx.tell(Counted(org_id=ORG, thing="a", number=1))
        await until_tallied(db, 1)
    relaying.cancel()

    ours = {
        span.name
        for span in exporter.get_finished_spans()
        if span.context.trace_id == click.get_span_context().trace_id
    }
    assert ours >= {"click", f"publish {topic}", f"process {Counted.TYPE}", f"process {Sung.TYPE}"}


async def test_a_told_message_arrives_without_waiting_for_a_poll(db: Database, kafka: Kafka, topic: str) -> None:
    """The relay wakes by itself right after a commit: with polling off, messages still flow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kit.relay.POLL_S", 3600)
        relaying = asyncio.create_task(Relay(db, kafka).run())
        async with consuming(db, kafka, toy_handlers(), "wake"):
            for number in (1, 2):
                async with db.begin() as tx:
                    tx.tell(Counted(org_id=ORG, thing="a", number=number))
                await until_tallied(db, *range(1, number + 1))
        relaying.cancel()


async def test_subscribers_are_given_the_settings_that_keep_money(
    db: Database, kafka: Kafka, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[dict[str, Any]] = []
    original = aiokafka.AIOKafkaConsumer.__init__

    def spy(self: Any, *topics: str, **given: Any) -> None:
        seen.append(given)
        original(self, *topics, **{**given, "group_instance_id": None, "session_timeout_ms": 4000})

    monkeypatch.setattr(aiokafka.AIOKafkaConsumer, "__init__", spy)
    real = Kafka(kafka.servers, kind="kafka", instance="3")

    async with consuming(db, real, toy_handlers(), "settings") as consumer:
        assert consumer.broker.config.graceful_timeout == 20

        async def started() -> bool:
            return bool(seen)

        await eventually(started)

    (given,) = seen
    wanted = {
        "group_id": "settings",
        "group_instance_id": "settings-3",
        "client_id": "settings-3",
        "enable_auto_commit": False,
        "auto_offset_reset": "earliest",
        "session_timeout_ms": 45_000,
        "max_poll_interval_ms": 300_000,
    }
    assert {name: given[name] for name in wanted} == wanted


async def test_a_consumer_that_aiokafka_gave_up_begins_anew(db: Database, kafka: Kafka, topic: str) -> None:
    await produce(kafka, topic, wired("a", 1))
    async with consuming(db, kafka, toy_handlers(), "given-up") as consumer:
        await until_tallied(db, 1)

        consumer.subscribers[0].consumer._coordinator._coordination_task.cancel()

        await produce(kafka, topic, wired("a", 2))
        await until_tallied(db, 1, 2)
        assert consumer.health() is None


@pytest.mark.parametrize("task", ["_heartbeat_task", "_commit_refresh_task"])
async def test_a_consumer_whose_group_waits_for_ever_begins_anew(
    db: Database, kafka: Kafka, topic: str, task: str
) -> None:
    """aiokafka's group goes on only when a failed task of these was replaced, and replaces it only when it goes on."""

    async def fails() -> None:
        raise KafkaError("not in aiokafka's list of errors")

    async with consuming(db, kafka, toy_handlers(), f"waits{task}") as consumer:
        await produce(kafka, topic, wired("a", 1))
        await until_tallied(db, 1)

        setattr(consumer.subscribers[0].consumer._coordinator, task, asyncio.create_task(fails()))

        async def said() -> bool:
            return "task ended" in (consumer.health() or "")

        await eventually(said)
        await produce(kafka, topic, wired("a", 2))
        await until_tallied(db, 1, 2)


async def test_a_commit_ends_with_the_membership_that_it_was_made_in(db: Database, kafka: Kafka, topic: str) -> None:
    """A broker that lost its disk would believe it, and what lies below it in the new log would never be read."""
    await produce(kafka, topic, wired("a", 1))
    async with consuming(db, kafka, toy_handlers(), "late") as consumer:
        await until_tallied(db, 1)
        reader, place = consumer.subscribers[0].consumer, TopicPartition(topic, 0)
        before = reader._subscription.subscription.assignment

        reader._coordinator.request_rejoin()

        async def joined_again() -> bool:
            return not before.active and bool(reader.assignment())

        await eventually(joined_again)
        # What aiokafka does with a commit that no broker has taken yet.
        with pytest.raises(CommitFailedError):
            await reader._coordinator.commit_offsets(before, {place: OffsetAndMetadata(57, "")})

        assert await reader.committed(place) in (None, 1)


async def test_a_batch_that_fails_after_the_group_was_joined_again_is_read_from_what_is_committed(
    db: Database, kafka: Kafka, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The places of its messages may be those of a log that a broker has lost."""
    monkeypatch.setattr("kit.consume.PAUSES_S", (None,))
    sought: list[int] = []
    monkeypatch.setattr(AIOKafkaConsumer, "seek", lambda self, partition, offset: sought.append(offset))
    handlers, failing = Handlers(), True

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        if failing:
            await join_again()
            raise ConnectionResetError("the database is away")
        await tx.conn.execute(INSERT, {"thing": message.thing, "number": message.number})

    async with consuming(db, kafka, handlers, "again") as consumer:

        async def join_again() -> None:
            nonlocal failing
            reader = consumer.subscribers[0].consumer
            before = membership.assignment(reader)
            reader._coordinator.request_rejoin()

            async def joined() -> bool:
                return membership.assignment(reader) is not before

            await eventually(joined)
            failing = False

        await produce(kafka, topic, wired("a", 1), wired("b", 2), wired("a", 3))
        await until_tallied(db, 1, 2, 3)

    assert sought == []


async def test_topics_that_come_later_are_followed_and_speak_of_their_own_club_alone(
    db: Database, kafka: Kafka, topic: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Counted, "TOPIC", f"{topic}.*.words")
    monkeypatch.setattr(Counted, "club", property(lambda counted: counted.thing))
    async with consuming(db, kafka, toy_handlers(), "pattern"):
        for number, club in enumerate(["first", "second"]):
            await create(kafka, f"{topic}.{club}.words")
            await create(kafka, f"{topic}.{club}.other")

            await produce(kafka, f"{topic}.{club}.other", wired(club, 99))
            await produce(kafka, f"{topic}.{club}.words", wired(club, number))

            await until_tallied(db, *range(number + 1))

        await produce(kafka, f"{topic}.first.words", wired("second", 99), wired("first", 2))
        await until_tallied(db, 0, 1, 2)

    assert await rows(db, "select key, error from parked") == [("second", f"belongs to {topic}.second.words")]


async def test_readiness_tells_a_consumer_without_partitions(db: Database, kafka: Kafka, topic: str) -> None:
    consumer = Consumer(Intake(db, toy_handlers()), kafka, "idle")
    assert consumer.health() == "no partition is assigned"

    async with consuming(db, kafka, toy_handlers(), "ready") as ready:

        async def healthy() -> bool:
            return ready.health() is None

        await eventually(healthy)
