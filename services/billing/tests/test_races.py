"""Money in two transactions at once: each test holds one open and lets the other run into it.

Each fails without the lock that it is about: on the till's shift (`store/payment.py`, `api/shifts.py`), and on the
client (`store/payment.py`); or without the constraint by which a phone is one client's.
"""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest

from billing import store
from billing.consumers import handlers
from billing.domain.shift import counts
from billing.store import closing, payment, sales, shifts
from conftest import ORG, eventually
from contracts import Message
from contracts.money import Tender
from edge.scope import Scope
from kit.db import Tx
from services.billing.tests.builders import ANNA, TILL, Till, an_order, balance, delivered

HERE = Scope(ORG)
CASH = [{"kind": "cash", "amount_kopecks": 100_00}]


async def runs_into_it(till: Till, call: Coroutine[Any, Any, httpx.Response]) -> "asyncio.Task[httpx.Response]":
    """The call, started, and either answered or waiting for a lock of the open transaction."""
    task = asyncio.create_task(call)
    waits = "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"

    async def stands() -> bool:
        return task.done() or bool(await till.rows(waits))

    await eventually(stands)
    return task


async def takes(tx: Tx, message: Message) -> None:
    """Handle a message without the commit."""
    ours = handlers()
    await ours.run(tx, [ours.read(delivered(message))])


async def pays(tx: Tx, sale_id: UUID, *tenders: Tender) -> None:
    """Pay a sale without the commit."""
    stored = await sales.find(tx, HERE, sale_id, lock=True)
    assert stored is not None
    await payment.pay(tx, HERE, stored, tenders)


async def begins_to_close(tx: Tx, shift_id: str) -> None:
    """What a close does before its commit."""
    shift = await shifts.find(tx, HERE, UUID(shift_id), lock=True)
    assert shift is not None
    assert await closing.blockers(tx, shift) == []
    counted = counts(shift.float_kopecks, await shifts.taken(tx, shift.shift_id), 2000_00, None)
    await closing.begin(tx, shift, ANNA, counted, None)


async def test_a_shift_does_not_close_over_a_payment_that_is_being_taken(till: Till) -> None:
    """The sale is opened and paid in one transaction, so that nothing but the shift tells of it."""
    shift_id = await till.a_shift()
    order = an_order(payment={"tenders": [{"kind": "cash", "amount_kopecks": 300_00}]})

    async with till.db.begin() as tx:
        await takes(tx, order)
        pressed = await runs_into_it(till, till.post(f"/v1/shifts/{shift_id}/close", {"cash_kopecks": 2000_00}))

    answer = await pressed
    assert (answer.status_code, answer.json()["code"]) == (409, "shift_blocked")
    (blocker,) = answer.json()["params"]["blockers"]
    assert (blocker["code"], blocker["params"]["sale_id"]) == ("payment_in_progress", str(order.sale_id))


async def test_a_payment_does_not_enter_a_shift_that_is_being_closed(till: Till) -> None:
    shift_id, client_id = await till.a_shift(), await till.a_client()
    top_up = {"client_id": client_id, "till_id": str(TILL), "tenders": CASH}

    async with till.db.begin() as tx:
        await begins_to_close(tx, shift_id)
        pressed = await runs_into_it(till, till.post("/v1/top-ups", top_up))

    answer = await pressed
    assert (answer.status_code, answer.json()["code"]) == (409, "shift_closing")
    assert await till.rows("select 1 from sale") == []


async def test_of_two_payments_from_one_balance_the_second_reads_what_the_first_left(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client(300_00)
    first, second = an_order(client_id=client_id), an_order(client_id=client_id)
    await till.hears(first, second)
    body = {"tenders": [balance(300_00).model_dump()]}

    async with till.db.begin() as tx:
        await pays(tx, first.sale_id, balance(300_00))
        pressed = await runs_into_it(till, till.post(f"/v1/sales/{second.sale_id}/payment", body))

    answer = await pressed
    assert (answer.status_code, answer.json()["code"]) == (409, "balance_too_low")
    states = {str(sale_id): state for sale_id, state in await till.rows("select sale_id, state from sale")}
    assert (states[str(first.sale_id)], states[str(second.sale_id)]) == ("fiscalising", "open")


async def test_of_two_clients_who_get_one_phone_at_once_one_gets_it_and_the_other_reads_why(till: Till) -> None:
    first, second = await till.a_client(), await till.a_client()
    phone = "+79990001122"

    async with till.db.begin() as tx:
        known = await store.client(tx, HERE, UUID(first), lock=True)
        assert known is not None
        assert await store.change_client(tx, replace(known, phone=phone)) is None
        pressed = await runs_into_it(till, till.patch(f"/v1/clients/{second}", {"phone": phone}))

    answer = await pressed
    assert (answer.status_code, answer.json()["code"]) == (409, "phone_taken")
    assert await till.rows(f"select client_id::text from client where phone = '{phone}'") == [(first,)]


@pytest.mark.parametrize("kept", [True, False])
async def test_a_client_who_is_answered_as_registered_is_stored(till: Till, kept: bool) -> None:
    """Whether the change that takes the same phone at the same instant is kept or not."""
    before, phone = await till.a_client(), "+79990001122"

    async with till.db.begin() as tx:
        known = await store.client(tx, HERE, UUID(before), lock=True)
        assert known is not None
        assert await store.change_client(tx, replace(known, phone=phone)) is None
        pressed = await runs_into_it(till, till.post("/v1/clients", {"phone": phone, "name": "Пётр"}))
        if not kept:
            await tx.conn.rollback()

    answer = await pressed
    assert (answer.status_code, answer.json().get("code")) == ((409, "phone_taken") if kept else (201, None))
    found = await till.rows("select name from client where name = 'Пётр'")
    assert found == ([] if kept else [("Пётр",)])
