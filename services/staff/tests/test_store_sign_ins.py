"""Tries, sign-ins and refresh tokens against real Postgres."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from kit.db import Database, Tx
from services.staff.tests.builders import NOW, added, rows
from staff.domain.lockout import Tries
from staff.domain.member import Member
from staff.domain.vault import secret_hash
from staff.store import sign_ins


async def test_parallel_tries_of_one_login_wait_for_each_other(db: Database) -> None:
    async def one_more() -> None:
        async with db.begin() as tx:
            tries = await sign_ins.tries_for_update(tx, "a key")
            await asyncio.sleep(0)
            await sign_ins.save_tries(tx, "a key", Tries(tries.failures + 1))

    await asyncio.gather(*(one_more() for _ in range(15)))

    async with db.begin() as tx:
        assert await sign_ins.tries(tx, "a key") == Tries(15)


async def a_sign_in(db: Database, member: Member, secret: str) -> str:
    async with db.begin() as tx:
        await sign_ins.begin(tx, member.member_id, secret_hash(secret))
    return secret_hash(secret)


async def test_a_rotated_token_is_used_and_its_follower_is_good(db: Database) -> None:
    member = await added(db)
    first = await a_sign_in(db, member, "first")
    async with db.begin() as tx:
        found = await sign_ins.refresh(tx, first)
        assert found is not None
        assert found.verdict(tx.now) == "good"
        await sign_ins.rotate(tx, found, first, secret_hash("second"))

    async with db.begin() as tx:
        verdicts = [await sign_ins.refresh(tx, secret_hash(secret)) for secret in ("first", "second", "third")]
        assert [found and found.verdict(tx.now) for found in verdicts] == ["again", "good", None]
        assert await sign_ins.whose(tx, secret_hash("second")) == member.member_id


async def test_a_sign_in_has_one_unused_token_whatever_the_code_does(db: Database) -> None:
    first = await a_sign_in(db, await added(db), "first")
    async with db.engine.connect() as conn, conn.begin():
        tx = Tx(conn, NOW)
        found = await sign_ins.refresh(tx, first)
        assert found is not None
        with pytest.raises(IntegrityError):
            await sign_ins.rotate(tx, found, secret_hash("another"), secret_hash("second"))


async def test_ending_all_sign_ins_of_a_member_leaves_those_of_others(db: Database) -> None:
    anna, boris = await added(db), await added(db)
    hashes = [await a_sign_in(db, member, secret) for member, secret in ((anna, "a"), (anna, "b"), (boris, "c"))]

    async with db.begin() as tx:
        await sign_ins.end_all(tx, anna.member_id)

        found = [await sign_ins.refresh(tx, one) for one in hashes]
        assert [one is not None and one.ended for one in found] == [True, True, False]


async def test_what_is_over_is_forgotten_and_what_counts_is_kept(db: Database) -> None:
    member = await added(db)
    over, good = await a_sign_in(db, member, "over"), await a_sign_in(db, member, "good")
    async with db.begin() as tx:
        await tx.conn.execute(
            text(
                "update sign_in set began_at = now() - interval '31 days', ends_at = now() - interval '1 day'"
                " where sign_in_id = (select sign_in_id from refresh_token where token_hash = :over)"
            ),
            {"over": over},
        )
        for login, locked_until in (("old", None), ("locked", tx.now + timedelta(hours=1)), ("fresh", None)):
            await sign_ins.tries_for_update(tx, login)
            await sign_ins.save_tries(tx, login, Tries(3, locked_until))
        await tx.conn.execute(
            text("update login_tries set last_at = now() - interval '2 days' where login_key <> 'fresh'")
        )

    async with db.begin() as tx:
        await sign_ins.prune(tx)

    assert await rows(db, "select token_hash from refresh_token") == [(good,)]
    assert await rows(db, "select login_key from login_tries order by 1") == [("fresh",), ("locked",)]
