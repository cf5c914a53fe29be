"""The last line of defence: the database keeps the ledger balanced whatever the program does."""

import asyncio

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from services.billing.tests.builders import Till, an_order, balance

FORBIDDEN = [
    "update posting set amount_kopecks = 1",
    "delete from posting",
    "truncate posting",
    "update entry set reason = 'x'",
    "delete from entry",
    "update account set balance_kopecks = 1000000",
    "delete from account",
    "insert into account (account, org_id, client_id, balance_kopecks) select 'x', org_id, client_id, 1 from client",
    "drop trigger posting_to_ledger on posting",
    "alter table posting disable trigger all",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
async def test_the_service_itself_cannot_rewrite_the_ledger(till: Till, statement: str) -> None:
    await till.a_shift()
    await till.a_client(1000_00)
    before = await till.rows("select * from posting order by entry_id, account")

    with pytest.raises(DBAPIError, match=r"permission denied|must be owner"):
        async with till.db.engine.begin() as conn:
            await conn.execute(text(statement))

    assert await till.rows("select * from posting order by entry_id, account") == before


async def test_an_entry_that_does_not_add_up_is_refused(till: Till) -> None:
    client_id = await till.a_client()
    async with till.db.engine.connect() as conn:
        await conn.begin()
        await conn.execute(
            text("insert into entry values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), null, 'x', now())")
        )
        one_sided = f"insert into posting select entry_id, 'client:{client_id}', 1 from entry"
        with pytest.raises(IntegrityError, match="does not add up to zero"):
            await conn.execute(text(one_sided))


async def test_a_balance_is_the_sum_of_its_postings(till: Till) -> None:
    shift = await till.a_shift()
    client_id = await till.a_client(1000_00)
    order = an_order(client_id=client_id, payment={"tenders": [balance(300_00).model_dump()]})
    await till.hears(order)
    await till.registered(str(order.sale_id))

    sums = "select account, sum(amount_kopecks)::bigint from posting where account ~ '^(client|held):' group by 1"
    kept = "select account, balance_kopecks from account"
    assert sorted(await till.rows(sums)) == sorted(await till.rows(kept))
    assert await till.rows(f"select sum(amount_kopecks)::bigint from posting where account = 'cash:{shift}'") == [
        (-1000_00,)
    ]
    assert await till.rows("select sum(amount_kopecks)::bigint from posting") == [(0,)]


async def test_two_payments_in_the_same_instant_cannot_spend_one_balance_twice(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client(500_00)
    orders = [an_order(client_id=client_id) for _ in range(4)]
    await till.hears(*orders)
    pay = {"tenders": [{"kind": "balance", "amount_kopecks": 300_00}]}

    answers = await asyncio.gather(*(till.post(f"/v1/sales/{order.sale_id}/payment", pay) for order in orders))

    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"balance_too_low"}
    client = await till.get(f"/v1/clients/{client_id}")
    assert (client["balance_kopecks"], client["held_kopecks"]) == (200_00, 300_00)


async def test_a_temporary_account_table_does_not_divert_balances(till: Till, postgres: str) -> None:
    """Even where somebody gave the service the right to make temporary tables again."""
    admin = await asyncpg.connect(postgres)
    await admin.execute(f'grant temporary on database "{till.db.engine.url.database}" to billing')
    await admin.close()
    await till.a_shift()
    client_id = await till.a_client(300_00)
    before = await till.rows("select account, balance_kopecks from public.account order by 1")

    async with till.db.engine.connect() as conn:
        await conn.begin()
        await conn.execute(text("create temporary table account as select * from public.account"))
        await conn.execute(text("grant all on pg_temp.account to public"))
        entry = "values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), null, 'x', now())"
        entry_id = await conn.scalar(text(f"insert into entry {entry} returning entry_id"))
        moved = f"values ('{entry_id}', 'client:{client_id}', -10000), ('{entry_id}', 'held:{client_id}', 10000)"
        await conn.execute(text(f"insert into posting {moved}"))
        real = (await conn.execute(text("select account, balance_kopecks from public.account order by 1"))).all()
        diverted = (await conn.execute(text("select account, balance_kopecks from pg_temp.account order by 1"))).all()

    assert [tuple(row) for row in diverted] == before
    assert dict(tuple(row) for row in real) == {f"client:{client_id}": 200_00, f"held:{client_id}": 100_00}


async def test_no_function_with_its_owners_rights_looks_for_temporary_tables_first(till: Till) -> None:
    found = await till.rows("select proname, array_to_string(proconfig, ';') from pg_proc where prosecdef")

    assert found == [("post_to_ledger", "search_path=public, pg_temp")]
