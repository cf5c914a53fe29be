"""The relay: order per key under failures, no row given up, one active relay, replays."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from conftest import eventually
from kit import outbox, relay
from kit.db import Database
from kit.kafka import Kafka
from kit.relay import Relay
from libs.kit.tests.toy import ORG, Counted, rows


class Wire:
    """Stands for the broker: remembers what it confirmed, fails what it is told to fail."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, bytes]] = []
        self.fails: Callable[[str, bytes], bool] = lambda topic, body: False
        self.producers = 0

    def producer(self, client_id: str) -> Any:
        self.producers += 1
        return self

    async def start(self) -> None: ...

    async def stop(self) -> None: ...

    async def send_and_wait(self, topic: str, body: bytes, key: bytes, headers: Any) -> None:
        await asyncio.sleep(0)
        if self.fails(topic, body):
            raise ConnectionError("the broker does not answer")
        self.sent.append((key.decode(), body))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "PAUSES_S", (0.0,))
    monkeypatch.setattr(relay, "POLL_S", 0.01)


async def tell(db: Database, *messages: tuple[str, int]) -> None:
    async with db.begin() as tx:
        tx.tell(*(Counted(org_id=ORG, thing=thing, number=number) for thing, number in messages))


@asynccontextmanager
async def relaying(db: Database, wire: Wire, *, replicas: int = 1) -> AsyncIterator[list[Relay]]:
    relays = [Relay(db, wire) for _ in range(replicas)]  # type: ignore[arg-type]
    tasks = [asyncio.create_task(one.run()) for one in relays]
    yield relays
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def all_sent(db: Database) -> bool:
    return not await rows(db, "select 1 from outbox where published_at is null")


def order(wire: Wire, thing: str) -> list[int]:
    return [Counted.model_validate_json(body).number for key, body in wire.sent if key == thing]


async def test_what_is_told_is_sent_in_order_per_key(db: Database) -> None:
    wire = Wire()
    async with relaying(db, wire):
        await tell(db, *[(thing, n) for n in range(50) for thing in "abc"])
        await eventually(lambda: all_sent(db))

    assert [order(wire, thing) for thing in "abc"] == [list(range(50))] * 3


async def test_a_failed_send_is_not_overtaken_by_later_rows_of_its_key(db: Database) -> None:
    wire, failures = Wire(), iter([True, True, False])
    second = Counted(org_id=ORG, thing="a", number=2).body()
    wire.fails = lambda topic, body: body == second and next(failures, False)
    await tell(db, ("a", 1), ("a", 2), ("a", 3), ("b", 1))

    async with relaying(db, wire):
        await eventually(lambda: all_sent(db))

    assert (order(wire, "a"), order(wire, "b")) == ([1, 2, 3], [1])


async def test_no_row_is_given_up_however_long_the_broker_is_away(db: Database) -> None:
    wire, calls = Wire(), 0

    def away(topic: str, body: bytes) -> bool:
        nonlocal calls
        calls += 1
        return calls < 40

    wire.fails = away
    await tell(db, ("a", 1), ("a", 2))
    async with relaying(db, wire) as (one,):
        await eventually(lambda: all_sent(db))
        assert one.health() is None

    assert order(wire, "a") == [1, 2]
    assert wire.producers > 1, "a producer that confirms nothing is replaced: it may never recover"


async def test_a_relay_that_cannot_send_says_so(db: Database) -> None:
    wire = Wire()
    wire.fails = lambda topic, body: True
    await tell(db, ("a", 1))

    async with relaying(db, wire) as (one,):

        async def told() -> bool:
            return one.health() == "the broker confirmed nothing"

        await eventually(told)


async def test_a_relay_whose_database_came_back_is_well_with_nothing_to_send(
    postgres_db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "PAUSES_S", (0.2,))
    others = "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid()"
    async with relaying(postgres_db, Wire()) as (one,):

        async def well() -> bool:
            return one.health() is None

        async def cut() -> bool:
            """The relay's connection, as soon as it has one."""
            await rows(postgres_db, f"{others} and datname = current_database()")
            return not await well()

        await eventually(cut)

        await eventually(well)


async def test_one_broken_lane_does_not_hold_up_the_others(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "READ_ROWS_MAX", 5)
    wire = Wire()
    wire.fails = lambda topic, body: Counted.model_validate_json(body).thing == "broken"
    await tell(db, ("a", 0), *[("broken", n) for n in range(20)], ("a", 1))

    async with relaying(db, wire):

        async def passed() -> bool:
            return len(await rows(db, "select 1 from outbox where published_at is null")) == 20

        await eventually(passed)

    assert order(wire, "a") == [0, 1]


async def test_what_is_confirmed_is_marked_while_another_lane_waits_for_its_broker(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replay that runs in between must find it marked: the broker that confirmed it may be gone."""
    monkeypatch.setattr(relay, "MARK_WITHIN_S", 0.01)
    wire, answered = Wire(), asyncio.Event()
    confirm = wire.send_and_wait

    async def slow(topic: str, body: bytes, key: bytes, headers: Any) -> None:
        if key == b"slow":
            await answered.wait()
        await confirm(topic, body, key, headers)

    monkeypatch.setattr(wire, "send_and_wait", slow)
    await tell(db, ("slow", 1), ("a", 1), ("a", 2))

    async with relaying(db, wire):

        async def marked() -> bool:
            return await rows(db, "select key from outbox where published_at is null") == [("slow",)]

        await eventually(marked)
        async with db.begin() as tx:
            assert await outbox.replay(tx.conn, tx.now - timedelta(days=1)) == 2
        answered.set()
        await eventually(lambda: all_sent(db))

    assert order(wire, "a") == [1, 2, 1, 2]


async def test_a_lane_that_is_mended_does_not_wait_for_the_others_to_fall_silent(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "READ_ROWS_MAX", 5)
    monkeypatch.setattr(relay, "ASIDE_S", 0)
    wire, tries = Wire(), iter(range(3))
    wire.fails = lambda topic, body: Counted.model_validate_json(body).thing == "once" and next(tries, None) is not None
    await tell(db, ("once", 0), *[("busy", n) for n in range(100)])

    async with relaying(db, wire):
        await eventually(lambda: all_sent(db))

    assert [key for key, _ in wire.sent].index("once") < 50


async def test_the_rows_of_one_thing_follow_its_history_not_its_transactions_start(postgres_db: Database) -> None:
    """A transaction that began earlier and committed later is sent later: its lock was taken later."""
    wire = Wire()
    async with postgres_db.engine.begin() as conn:
        await conn.exec_driver_sql("create table thing (name text primary key)")
        await conn.exec_driver_sql("insert into thing values ('a')")
    lock = "select 1 from thing where name = 'a' for update"
    async with postgres_db.begin() as early:
        await early.conn.exec_driver_sql("select 1")
        async with postgres_db.begin() as late:
            await late.conn.exec_driver_sql(lock)
            late.tell(Counted(org_id=ORG, thing="a", number=1))
        await early.conn.exec_driver_sql(lock)
        early.tell(Counted(org_id=ORG, thing="a", number=2))

    async with relaying(postgres_db, wire):
        await eventually(lambda: all_sent(postgres_db))

    assert order(wire, "a") == [1, 2]


async def test_of_several_relays_one_sends_and_another_takes_over(postgres_db: Database) -> None:
    wire = Wire()
    first, second = Relay(postgres_db, wire), Relay(postgres_db, wire)  # type: ignore[arg-type]
    one, other = asyncio.create_task(first.run()), asyncio.create_task(second.run())
    await tell(postgres_db, *[("a", n) for n in range(200)])
    await eventually(lambda: all_sent(postgres_db))
    assert order(wire, "a") == list(range(200))

    one.cancel()
    await asyncio.gather(one, return_exceptions=True)
    await tell(postgres_db, ("a", 200))
    await eventually(lambda: all_sent(postgres_db))
    other.cancel()

    assert order(wire, "a") == list(range(201))


async def test_a_replay_sends_the_same_ids_again(db: Database) -> None:
    wire = Wire()
    async with relaying(db, wire):
        await tell(db, ("a", 1), ("b", 2))
        await eventually(lambda: all_sent(db))
        before = await rows(db, "select id, event_id, body from outbox order by id")
        async with db.begin() as tx:
            assert await outbox.replay(tx.conn, tx.now - timedelta(days=1)) == 2
        await eventually(lambda: all_sent(db))

    assert sorted(wire.sent) == sorted(wire.sent[:2] * 2)
    assert await rows(db, "select id, event_id, body from outbox order by id") == before


async def test_rows_are_forgotten_only_when_sent_and_old(db: Database) -> None:
    await tell(db, ("a", 1), ("b", 2))
    async with db.begin() as tx:
        await tx.conn.exec_driver_sql("update outbox set published_at = created_at where key = 'a'")
        await outbox.prune(tx.conn, tx.now - timedelta(days=7))
        assert len((await tx.conn.exec_driver_sql("select 1 from outbox")).all()) == 2
        await outbox.prune(tx.conn, tx.now + timedelta(seconds=1))

    assert await rows(db, "select key from outbox") == [("b",)]


async def test_a_message_too_big_for_a_broker_never_enters_the_outbox(db: Database) -> None:
    with pytest.raises(AssertionError, match="a broker takes"):
        async with db.begin() as tx:
            tx.tell(Counted(org_id=ORG, thing="x" * 1_000_000, number=1))


def test_a_producer_believes_only_what_all_replicas_confirmed() -> None:
    """What aiokafka is really given: acks=1 and no idempotence are its defaults, and lose money."""
    seen: dict[str, Any] = {}

    def spy(**given: Any) -> None:
        seen.update(given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("kit.kafka.AIOKafkaProducer", spy)
        Kafka("localhost:9092").producer("billing")
        assert (seen["acks"], seen["enable_idempotence"]) == ("all", True)
        Kafka("localhost:9092", kind="embedded").producer("billing")
        assert (seen["acks"], seen["enable_idempotence"]) == ("all", False)
