"""Transactions and looks, the same on both dialects."""

import asyncio

from sqlalchemy import text

from kit.db import Database
from libs.kit.tests.test_consume import INSERT
from libs.kit.tests.toy import rows


async def test_a_commit_wakes_those_who_wait_and_a_look_does_not(db: Database) -> None:
    changed = db.changed.next()

    async with db.look() as tx:
        await tx.conn.execute(text("select 1"))
    assert not changed.is_set()

    async with db.begin():
        pass
    assert changed.is_set()


async def test_a_look_sees_one_moment_and_holds_up_no_writer(tallied: Database) -> None:
    async def seen(tx: object) -> int:
        return len((await tx.conn.execute(text("select 1 from tally"))).all())  # type: ignore[attr-defined]

    async with tallied.look() as tx:
        assert await seen(tx) == 0

        async with asyncio.timeout(5), tallied.begin() as other:
            await other.conn.execute(INSERT, {"thing": "a", "number": 1})

        assert await seen(tx) == 0
    assert len(await rows(tallied, "select 1 from tally")) == 1
