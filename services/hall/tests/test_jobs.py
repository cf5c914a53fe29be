"""What time drives."""

import asyncio
from datetime import timedelta

import pytest

from hall import jobs
from hall.domain.session import Cause, State
from kit.db import Database
from kit.time import utc_now
from services.hall.tests.builders import Furnished, furnish, ordered, rows, started, stored, told


async def test_a_session_ends_when_its_time_is_over_and_not_before(db: Database, hall: Furnished) -> None:
    session = await started(db, hall)
    assert session.ends_at is not None
    ends_at = session.ends_at

    db.clock = lambda: ends_at - timedelta(milliseconds=1)
    await jobs.end_due(db)
    assert (await stored(db, session)).state is State.ACTIVE

    db.clock = lambda: ends_at
    await jobs.end_due(db)
    ended = await stored(db, session)
    assert (ended.state, ended.cause, ended.ended_at, ended.unused_s) == (State.ENDED, Cause.TIME, ends_at, 0)
    assert await told(db) == ["session.ended"]


async def test_an_order_that_waits_is_not_ended_however_long(db: Database, hall: Furnished) -> None:
    session = await ordered(db, hall)
    db.clock = lambda: utc_now() + timedelta(days=30)

    await jobs.end_due(db)

    assert (await stored(db, session)).state is State.ORDERED


async def test_many_replicas_end_each_session_once_in_batches(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "ENDED_AT_ONCE_MAX", 3)
    halls = [await furnish(db, pcs=5) for _ in range(3)]
    for hall in halls:
        for device in hall.devices:
            await started(db, hall, device)
    db.clock = lambda: utc_now() + timedelta(hours=4)

    await asyncio.gather(*(jobs.end_due(db) for _ in range(4)))

    assert await told(db) == ["session.ended"] * 15
    assert await rows(db, "select distinct state from session") == [("ended",)]
    assert await rows(db, "select deadlocks from pg_stat_database where datname = current_database()") == [(0,)]


async def test_old_changes_are_forgotten(db: Database, hall: Furnished) -> None:
    await ordered(db, hall)

    await jobs.forget_changes(db, timedelta(minutes=5))
    kept = await rows(db, "select count(*) from board_change")
    db.clock = lambda: utc_now() + timedelta(minutes=6)
    await jobs.forget_changes(db, timedelta(minutes=5))

    assert (kept, await rows(db, "select count(*) from board_change")) == ([(1,)], [(0,)])
