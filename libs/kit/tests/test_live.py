"""Pokes: told with the commit or not at all, numbered without gaps, however many commit at once."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from kit.db import Database
from kit.live import POKES, Change, Changes
from kit.time import utc_now

HERE, THERE = UUID(int=1), UUID(int=2)


async def seen(db: Database, club_id: UUID, after: int = 0, limit: int = 100) -> Changes:
    async with db.look() as tx:
        return await POKES.changes_after(tx.conn, club_id, after, limit)


async def test_a_poke_is_told_with_the_commit_once_and_to_its_club_alone(db: Database) -> None:
    async with db.begin() as tx:
        for number in (1, 1, 2):
            tx.poke(HERE, "thing.changed", thing_id=UUID(int=number))

    ids = [{"thing_id": str(UUID(int=number))} for number in (1, 2)]
    changes = tuple(Change(seq, "thing.changed", body) for seq, body in enumerate(ids, 1))
    assert await seen(db, HERE) == Changes(2, changes)
    assert await seen(db, HERE, after=1) == Changes(2, changes[1:])
    assert await seen(db, THERE) == Changes(0)


async def test_what_did_not_commit_was_not_told(db: Database) -> None:
    async def fails() -> None:
        async with db.begin() as tx:
            tx.poke(HERE, "thing.changed", thing_id=1)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fails()

    assert await seen(db, HERE) == Changes(0)


async def test_transactions_that_poke_the_same_clubs_in_any_order_all_get_numbers_without_gaps(db: Database) -> None:
    """Locks are taken in one order: none of them waits for another that waits for it."""

    async def poke(number: int) -> None:
        async with db.begin() as tx:
            for club_id in (HERE, THERE) if number % 2 else (THERE, HERE):
                tx.poke(club_id, "thing.changed", thing_id=number)

    await asyncio.gather(*(poke(number) for number in range(20)))

    for club_id in (HERE, THERE):
        found = await seen(db, club_id)
        assert [one.seq for one in found.changes] == list(range(1, 21))
        assert {one.body["thing_id"] for one in found.changes} == {str(number) for number in range(20)}


async def test_who_asks_for_what_is_forgotten_is_told_to_look_at_everything(db: Database) -> None:
    async with db.begin() as tx:
        tx.poke(HERE, "thing.changed", thing_id=1)
    async with db.begin() as tx:
        await POKES.forget(tx.conn, utc_now() + timedelta(seconds=1))

    assert await seen(db, HERE) == Changes(1, forgotten=True)
    assert await seen(db, HERE, after=1) == Changes(1)
