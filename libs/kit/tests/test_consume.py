"""The intake: exactly once, in order, one bad message parked alone."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from conftest import eventually
from contracts import Message
from kit import consume, parked
from kit.consume import Handlers, Intake, StoppedByParking
from kit.db import Database, Tx
from kit.errors import Transient
from kit.parked import Delivery
from libs.kit.tests.toy import ORG, Counted, Sung, a_delivery, rows

INSERT = text("insert into tally values (:thing, :number)")


def counted(number: int, thing: str = "a") -> Delivery:
    return a_delivery(Counted(org_id=ORG, thing=thing, number=number), offset=number)


def counting(db: Database, fails_on: int | None = None) -> Intake:
    """An intake that writes each number down and tells a song about it."""
    handlers = Handlers()

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        await tx.conn.execute(INSERT, {"thing": message.thing, "number": message.number})
        tx.tell(Sung(org_id=ORG, thing=message.thing))
        if message.number == fails_on:
            raise ValueError("this one is not for us")

    return Intake(db, handlers)


async def numbers(db: Database) -> list[int]:
    return [row[0] for row in await rows(db, "select number from tally order by number")]


async def test_a_batch_is_handled_in_order_and_told_in_order(tallied: Database) -> None:
    await counting(tallied).take([counted(n) for n in range(5)])

    assert await rows(tallied, "select number from tally") == [(n,) for n in range(5)]
    assert await rows(tallied, "select key, type from outbox order by id") == [("a", Sung.TYPE)] * 5


async def test_a_redelivered_message_has_one_effect(tallied: Database) -> None:
    intake, message = counting(tallied), counted(1)

    await intake.take([message])
    await intake.take([message, message])

    assert await numbers(tallied) == [1]
    assert len(await rows(tallied, "select 1 from outbox")) == 1


async def test_one_message_twice_in_a_batch_has_one_effect(tallied: Database) -> None:
    message = counted(1)

    await counting(tallied).take([message, message])

    assert await numbers(tallied) == [1]


async def test_a_message_that_always_fails_is_parked_alone(tallied: Database) -> None:
    intake = counting(tallied, fails_on=2)
    messages = [counted(n, thing=str(n)) for n in range(5)]

    await intake.take(messages)
    await intake.take(messages)

    assert await numbers(tallied) == [0, 1, 3, 4]
    assert await rows(tallied, "select key, state, error from parked") == [
        ("2", "parked", "ValueError('this one is not for us')")
    ]
    assert len(await rows(tallied, "select 1 from outbox")) == 4


async def test_messages_behind_a_parked_one_wait_in_its_key_and_others_go_on(tallied: Database) -> None:
    intake = counting(tallied, fails_on=1)

    await intake.take([counted(1), counted(2), counted(3, thing="b")])
    await intake.take([counted(4)])

    assert await numbers(tallied) == [3]
    assert await rows(tallied, "select state from parked order by id") == [("parked",), ("held",), ("held",)]


async def test_retrying_a_parked_message_releases_its_key_in_order(tallied: Database) -> None:
    await counting(tallied, fails_on=1).take([counted(1), counted(2), counted(3)])
    mended = counting(tallied)
    async with tallied.begin() as tx:
        assert await parked.mark(tx, 1, parked.RETRY)

    await mended.retry_parked()

    assert await rows(tallied, "select number from tally") == [(1,), (2,), (3,)]
    assert await rows(tallied, "select 1 from parked") == []


async def test_retrying_without_mending_parks_it_again_and_holds_the_rest(tallied: Database) -> None:
    intake = counting(tallied, fails_on=1)
    await intake.take([counted(1), counted(2)])
    async with tallied.begin() as tx:
        await parked.mark(tx, 1, parked.RETRY)

    await intake.retry_parked()

    assert await numbers(tallied) == []
    assert await rows(tallied, "select state from parked order by id") == [("parked",), ("held",)]


async def test_dropping_a_parked_message_lets_the_rest_go_on(tallied: Database) -> None:
    intake = counting(tallied, fails_on=1)
    await intake.take([counted(1), counted(2)])
    async with tallied.begin() as tx:
        assert await parked.drop(tx, 1)

    await intake.retry_parked()

    assert await numbers(tallied) == [2]


async def test_a_dropped_message_does_not_come_back_with_a_replay(tallied: Database) -> None:
    intake, bad = counting(tallied, fails_on=1), counted(1)
    await intake.take([bad])
    async with tallied.begin() as tx:
        await parked.drop(tx, 1)

    await intake.take([bad])

    assert await rows(tallied, "select 1 from parked") == []


MALFORMED = [
    a_delivery(body=b"{not json"),
    a_delivery(body=b'{"org_id": 7}'),
    a_delivery(body=b"\xff\xfe"),
    a_delivery(headers={}),
    a_delivery(headers={"ce_type": Counted.TYPE, "ce_id": "\\xff"}),
    a_delivery(body=b"", key=""),
]


@pytest.mark.parametrize("bad", MALFORMED)
async def test_a_malformed_message_is_parked_once_and_nothing_else_stops(tallied: Database, bad: Delivery) -> None:
    intake = counting(tallied)

    await intake.take([bad, counted(1, thing="other")])
    await intake.take([replace(bad, offset=99), counted(2, thing="other")])

    assert await numbers(tallied) == [1, 2]
    assert len(await rows(tallied, "select 1 from parked")) == 1


async def test_an_unknown_type_is_skipped_and_counted(tallied: Database) -> None:
    labels = {"service": "toy", "type": "other", "outcome": "unknown"}
    before = REGISTRY.get_sample_value("savepoint_consumed_total", labels) or 0

    await counting(tallied).take([a_delivery(Sung(org_id=ORG, thing="a")), counted(1)])

    assert await numbers(tallied) == [1]
    assert await rows(tallied, "select 1 from parked") == []
    assert REGISTRY.get_sample_value("savepoint_consumed_total", labels) == before + 1


async def test_a_transient_failure_is_waited_out_in_place(tallied: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consume, "PAUSES_S", (0.0, 0.0, None))
    handlers, tries = Handlers(), 0

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        nonlocal tries
        tries += 1
        await tx.conn.execute(INSERT, {"thing": message.thing, "number": message.number})
        if tries < 3:
            raise Transient("the world is at fault")

    await Intake(tallied, handlers).take([counted(1)])

    assert (tries, await numbers(tallied)) == (3, [1])


async def test_a_transient_failure_that_lasts_gives_the_messages_back_unparked(
    tallied: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consume, "PAUSES_S", (0.0, None))
    handlers = Handlers()

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        raise Transient("the world is at fault")

    with pytest.raises(Transient):
        await Intake(tallied, handlers).take([counted(1)])

    assert await rows(tallied, "select 1 from parked union all select 1 from inbox") == []


async def test_too_many_parked_in_a_row_stop_the_intake_and_say_so(tallied: Database) -> None:
    handlers = Handlers()

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        raise ValueError("never")

    intake = Intake(tallied, handlers)

    with pytest.raises(StoppedByParking):
        await intake.take([counted(n, thing=str(n)) for n in range(50)])

    assert len(await rows(tallied, "select 1 from parked")) == consume.PARKED_IN_A_ROW_MAX + 1
    assert "savepoint parked list" in str(intake.health())


async def test_bad_messages_among_good_ones_stop_nothing(tallied: Database) -> None:
    handlers = Handlers()

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        if message.number % 2:
            raise ValueError("odd")

    intake = Intake(tallied, handlers)

    for n in range(3 * consume.PARKED_IN_A_ROW_MAX):
        await intake.take([counted(n, thing=str(n))])

    assert intake.health() is None


async def test_too_many_unreadable_in_a_row_stop_the_intake_too(tallied: Database) -> None:
    handlers = Handlers()

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None: ...

    intake = Intake(tallied, handlers)
    bad = [replace(counted(n, thing=str(n)), body=b"{}", message=None) for n in range(consume.PARKED_IN_A_ROW_MAX + 1)]
    for one in bad[:-1]:
        await intake.take([one])

    with pytest.raises(StoppedByParking):
        await intake.take(bad[-1:])

    assert len(await rows(tallied, "select 1 from parked")) == consume.PARKED_IN_A_ROW_MAX + 1


async def test_a_pool_without_a_free_connection_is_waited_for(
    tallied: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    pool: Any = tallied.engine.pool
    monkeypatch.setattr(pool, "_timeout", 0.05)
    held = [await tallied.engine.connect() for _ in range(pool.size() + pool._max_overflow)]
    taking = asyncio.create_task(counting(tallied).take([counted(1)]))

    async def refused() -> bool:
        return any("QueuePool limit" in record.getMessage() for record in caplog.records)

    await eventually(refused)
    for one in held:
        await one.close()
    await taking

    assert await numbers(tallied) == [1]


async def test_what_waited_behind_its_key_waits_on_when_the_world_is_at_fault(tallied: Database) -> None:
    handlers, tries = Handlers(), []

    @handlers.handle(Counted)
    async def count(tx: Tx, message: Counted, delivery: Delivery) -> None:
        tries.append(message.number)
        if message.number == 1:
            raise ValueError("never")
        if tries.count(2) == 1:
            raise Transient("a deadlock")

    intake = Intake(tallied, handlers)
    await intake.take([counted(1)])
    await intake.take([counted(2)])
    ((first,),) = await rows(tallied, "select id from parked where state = 'parked'")
    async with tallied.begin() as tx:
        await parked.drop(tx, first)

    await intake.retry_parked()
    assert await rows(tallied, "select state from parked") == [(parked.HELD,)]
    await intake.retry_parked()

    assert await rows(tallied, "select state from parked") == []


async def test_a_hot_handler_takes_what_a_batch_holds_at_once(tallied: Database) -> None:
    handlers, sizes = Handlers(), []

    @handlers.handle(Counted, in_sets=True)
    async def count(tx: Tx, some: list[tuple[Counted, Delivery]]) -> None:
        sizes.append(len(some))

    @handlers.handle(Sung)
    async def hear(tx: Tx, message: Sung, delivery: Delivery) -> None:
        sizes.append(-1)

    song: Message = Sung(org_id=ORG, thing="a")
    await Intake(tallied, handlers).take([counted(1), counted(2), a_delivery(song), counted(3)])

    assert sizes == [2, -1, 1]


async def test_two_owners_of_one_message_have_one_effect(tallied: Database) -> None:
    messages = [counted(n) for n in range(20)]

    await asyncio.gather(counting(tallied).take(messages), counting(tallied).take(messages[::-1]))

    assert await numbers(tallied) == list(range(20))
