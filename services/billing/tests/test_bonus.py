"""Bonuses: given with a reason, spent as a discount within the tariff's cap, and never lost or spent twice."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy.exc import IntegrityError

from billing.domain.ledger import Entry, Posting
from billing.jobs import Loops
from billing.store import ledger
from conftest import ORG
from contracts import billing, fiscal, hall
from contracts.money import Line
from kit.time import new_id, utc_now
from services.billing.tests.builders import CLUB, TILL, Till, an_order, balance, cash, paid

LINES = (
    Line(name="Игровое время", quantity=1, price_kopecks=200_01, amount_kopecks=200_01),
    Line(name="Аренда гарнитуры", quantity=3, price_kopecks=33_33, amount_kopecks=99_99),
)


async def gives(till: Till, client_id: str, kopecks: int, key: str | None = None) -> Any:
    body = {"amount_kopecks": kopecks, "reason": "день рождения"}
    return await till.post(f"/v1/clients/{client_id}/bonuses", body, key)


async def a_client(till: Till, bonus_kopecks: int, balance_kopecks: int = 0) -> str:
    client_id = await till.a_client(balance_kopecks)
    answer = await gives(till, client_id, bonus_kopecks)
    assert answer.status_code == 201, answer.text
    return client_id


async def ordered(till: Till, client_id: str | None, **changes: Any) -> hall.SessionOrdered:
    order = an_order(client_id=client_id, lines=LINES, bonus_cap_percent=30, **changes)
    await till.hears(order)
    return order


def payment(bonus_kopecks: int, *tenders: Any) -> dict[str, Any]:
    return paid(*tenders) | {"bonus_kopecks": bonus_kopecks}


async def pays(till: Till, order: hall.SessionOrdered, bonus_kopecks: int, *tenders: Any) -> Any:
    return await till.post(f"/v1/sales/{order.sale_id}/payment", payment(bonus_kopecks, *tenders))


async def sums(till: Till) -> dict[str, int]:
    """Every account's sum, by the kind of account; those of the database's own keeping agree."""
    kept = "select account, balance_kopecks from account order by 1"
    posted = (
        "select account, sum(amount_kopecks)::bigint from posting where account ~ '^(client|held|bonus|bonus_held):'"
    )
    assert [row for row in await till.rows(kept) if row[1]] == [
        row for row in await till.rows(f"{posted} group by 1 order by 1") if row[1]
    ]
    query = "select split_part(account, ':', 1), sum(amount_kopecks)::bigint from posting group by 1"
    return {name: total for name, total in await till.rows(query) if total}


async def test_bonuses_lower_the_lines_to_the_kopeck_and_the_receipt_shows_them(till: Till) -> None:
    await till.a_shift()
    client_id = await a_client(till, 100_00, balance_kopecks=50_00)
    order = await ordered(till, client_id)
    options = await till.get(f"/v1/sales/{order.sale_id}/payment-options")
    assert (options["total_kopecks"], options["bonus_max_kopecks"]) == (300_00, 90_00)

    answer = (await pays(till, order, 90_00, balance(50_00), cash(160_00))).json()
    held = await till.get(f"/v1/clients/{client_id}")
    await till.registered(str(order.sale_id))

    assert (answer["total_kopecks"], answer["discount_kopecks"]) == (210_00, 90_00)
    assert [(s["step"], s["state"], s["amount_kopecks"]) for s in answer["steps"]][:2] == [
        ("bonus", "done", 90_00),
        ("balance", "done", 50_00),
    ]
    receipt = (await till.told(fiscal.PrintReceipt))[-1]
    assert [(one.price_kopecks, one.amount_kopecks) for one in receipt.lines] == [(200_01, 140_01), (33_33, 69_99)]
    assert (receipt.cash_kopecks, receipt.balance_kopecks, receipt.card_kopecks) == (160_00, 50_00, 0)
    assert sum(one.amount_kopecks for one in receipt.lines) == 210_00
    assert (held["bonus_kopecks"], held["balance_kopecks"], held["held_kopecks"]) == (10_00, 0, 50_00)
    (told,) = [one for one in await till.told(billing.SalePaid) if one.sale_id == order.sale_id]
    assert (told.total_kopecks, told.discount_kopecks) == (210_00, 90_00)
    sale = await till.get(f"/v1/sales/{order.sale_id}")
    assert [line["amount_kopecks"] for line in sale["lines"]] == [140_01, 69_99]
    assert await sums(till) == {
        "cash": -210_00,
        "revenue": 210_00,
        "bonus": 10_00,
        "bonus_issued": -100_00,
        "bonus_spent": 90_00,
    }


@pytest.mark.parametrize("times", [1, 2])
async def test_a_refused_receipt_gives_the_bonuses_back_once(till: Till, times: int) -> None:
    await till.a_shift()
    client_id = await a_client(till, 100_00)
    order = await ordered(till, client_id)
    await pays(till, order, 90_00, cash(210_00))
    refused = till.receipt(fiscal.ReceiptRefused, order.sale_id, code="no_paper", device_text=None)

    await till.hears(*[type(refused).model_validate(refused.model_dump()) for _ in range(times)])

    assert (await till.get(f"/v1/clients/{client_id}"))["bonus_kopecks"] == 100_00
    assert await sums(till) == {"bonus": 100_00, "bonus_issued": -100_00}
    sale = await till.get(f"/v1/sales/{order.sale_id}")
    assert (sale["steps"][0]["step"], sale["steps"][0]["state"]) == ("bonus", "returned")


async def test_an_unknown_receipt_keeps_the_bonuses_held_until_it_is_known(till: Till) -> None:
    await till.a_shift()
    client_id = await a_client(till, 100_00)
    order = await ordered(till, client_id)
    await pays(till, order, 90_00, cash(210_00))

    await till.hears(till.receipt(fiscal.ReceiptUnknown, order.sale_id, since=utc_now()))
    assert await sums(till) == {"bonus": 10_00, "bonus_held": 90_00, "bonus_issued": -100_00}
    assert (await till.get(f"/v1/clients/{client_id}"))["bonus_kopecks"] == 10_00

    registered = till.receipt(fiscal.ReceiptRegistered, order.sale_id, document=None)
    await till.hears(registered)
    await till.hears(type(registered).model_validate(registered.model_dump()))
    expected = {"bonus": 10_00, "bonus_issued": -100_00, "bonus_spent": 90_00, "cash": -210_00, "revenue": 210_00}
    assert await sums(till) == expected


async def test_bonuses_stay_held_while_a_refused_receipt_of_a_running_session_is_printed_again(till: Till) -> None:
    await till.a_shift()
    client_id = await a_client(till, 100_00)
    order = await ordered(till, client_id)
    await pays(till, order, 90_00, cash(210_00))
    long_ago = utc_now().replace(year=2025)
    await till.hears(till.receipt(fiscal.ReceiptUnknown, order.sale_id, since=long_ago))
    await Loops(till.db).time_passes()
    refused = till.receipt(fiscal.ReceiptRefused, order.sale_id, code="no_paper", device_text=None)
    await till.hears(refused.model_copy(update={"at": long_ago}))
    await Loops(till.db).time_passes()

    first, second = [one for one in await till.told(fiscal.PrintReceipt) if one.sale_id == order.sale_id]
    assert (first.lines, first.receipt_id == second.receipt_id) == (second.lines, False)
    assert await sums(till) == {"bonus": 10_00, "bonus_held": 90_00, "bonus_issued": -100_00}
    await till.registered(str(order.sale_id), attempt=2)
    assert (await sums(till))["bonus_spent"] == 90_00


async def test_bonuses_alone_may_pay_where_the_tariff_lets_them(till: Till) -> None:
    await till.a_shift()
    client_id = await a_client(till, 300_00)
    order = an_order(client_id=client_id, bonus_cap_percent=100)
    await till.hears(order)

    answer = await pays(till, order, 300_00)
    await till.registered(str(order.sale_id))

    assert (answer.status_code, answer.json()["total_kopecks"], answer.json()["tenders"]) == (202, 0, [])
    assert (await till.get(f"/v1/sales/{order.sale_id}"))["state"] == "paid"
    assert await sums(till) == {"bonus_issued": -300_00, "bonus_spent": 300_00}


async def test_what_bonuses_cannot_pay_is_refused_and_holds_nothing(till: Till) -> None:
    await till.a_shift()
    client_id = await a_client(till, 50_00)
    ours, guests = await ordered(till, client_id), await ordered(till, None)
    assert (await till.get(f"/v1/sales/{ours.sale_id}/payment-options"))["bonus_max_kopecks"] == 50_00
    assert (await till.get(f"/v1/sales/{guests.sale_id}/payment-options"))["bonus_max_kopecks"] == 0
    cases = [(ours, 90_01, "bonus_over_cap"), (ours, 50_01, "bonus_too_low"), (guests, 1, "bonus_not_possible")]

    for order, bonus, code in cases:
        answer = await pays(till, order, bonus, cash(300_00 - bonus))
        assert (answer.status_code, answer.json()["code"], answer.json()["money"]) == (409, code, "none")

    assert await sums(till) == {"bonus": 50_00, "bonus_issued": -50_00}
    assert await till.told(fiscal.PrintReceipt) == []


async def test_bonuses_are_not_negative_and_not_true(till: Till) -> None:
    await till.a_shift()
    order = await ordered(till, await a_client(till, 100_00))
    for wrong in (-1, True, "5", 1.5, None):
        body: dict[str, Any] = {"tenders": [], "bonus_kopecks": wrong}
        answer = await till.post(f"/v1/sales/{order.sale_id}/payment", body)
        assert answer.status_code == 422, wrong


async def test_of_payments_in_the_same_instant_one_spends_the_bonuses(till: Till) -> None:
    await till.a_shift()
    client_id = await a_client(till, 100_00)
    orders = [await ordered(till, client_id) for _ in range(4)]

    answers = await asyncio.gather(*(pays(till, order, 90_00, cash(210_00)) for order in orders))

    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409]
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"bonus_too_low"}
    assert await sums(till) == {"bonus": 10_00, "bonus_held": 90_00, "bonus_issued": -100_00}


async def test_bonuses_are_given_and_taken_back_with_a_reason_and_never_below_nothing(till: Till) -> None:
    client_id = await till.a_client()

    first = await gives(till, client_id, 100_00)
    too_many = await gives(till, client_id, -100_01)
    back = await gives(till, client_id, -40_00)
    nothing = await gives(till, client_id, 0)

    assert [one.status_code for one in (first, too_many, back, nothing)] == [201, 409, 201, 422]
    assert (too_many.json()["code"], too_many.json()["params"]) == ("bonus_too_low", {"bonus_kopecks": 100_00})
    assert (first.json()["bonus_kopecks"], back.json()["bonus_kopecks"]) == (100_00, 60_00)
    rows = (await till.get(f"/v1/clients/{client_id}/operations", account="bonus"))["items"]
    shown = [(one["kind"], one["amount_kopecks"], one["balance_after_kopecks"], one["person"]) for one in rows]
    assert shown == [("bonus_grant", -40_00, 60_00, "Анна К."), ("bonus_grant", 100_00, 100_00, "Анна К.")]
    assert (rows[0]["note"], rows[0]["sale_id"]) == ("день рождения", None)
    assert (await till.get(f"/v1/clients/{client_id}/operations"))["items"] == []
    assert (await till.get("/v1/clients", q="Иванов"))["items"][0]["bonus_kopecks"] == 60_00


async def test_bonuses_pressed_for_twice_are_given_once(till: Till) -> None:
    client_id = await till.a_client()

    answers = [await gives(till, client_id, 100_00, key="one press") for _ in range(2)]

    assert [one.status_code for one in answers] == [422, 422], "a key has no spaces"
    answers = [await gives(till, client_id, 100_00, key="one-press") for _ in range(2)]
    assert [one.json()["bonus_kopecks"] for one in answers] == [100_00, 100_00]
    assert await sums(till) == {"bonus": 100_00, "bonus_issued": -100_00}


async def test_takings_back_in_the_same_instant_leave_no_less_than_nothing(till: Till) -> None:
    client_id = await a_client(till, 100_00)

    answers = await asyncio.gather(*(gives(till, client_id, -60_00) for _ in range(4)))

    assert sorted(one.status_code for one in answers) == [201, 409, 409, 409]
    assert await sums(till) == {"bonus": 40_00, "bonus_issued": -40_00}


async def test_the_database_itself_keeps_bonuses_from_going_below_nothing(till: Till) -> None:
    client_id = await a_client(till, 100_00)
    spent = (Posting(f"bonus:{client_id}", -100_01), Posting(f"bonus_spent:{CLUB}", 100_01))

    async def post() -> None:
        async with till.db.begin() as tx:
            await ledger.post(tx, [(ORG, Entry(new_id(), uuid4(), None, "bonus-spend", spent), None)])

    with pytest.raises(IntegrityError, match="account_not_overdrawn"):
        await post()


async def test_giving_bonuses_needs_its_own_permission_and_a_client_of_the_org(till: Till) -> None:
    client_id = await till.a_client()
    body: dict[str, Any] = {"amount_kopecks": 1, "reason": "x"}
    path, key = f"/v1/clients/{client_id}/bonuses", {"Idempotency-Key": "k"}
    without = await till.http.post(path, json=body, headers=till.issuer.header("billing.client.manage") | key)
    other = till.issuer.header("billing.bonus.grant", org=str(UUID(int=9))) | key

    assert (without.status_code, without.json()["params"]["permission"]) == (403, "billing.bonus.grant")
    assert (await till.http.post(path, json=body, headers=other)).status_code == 404
    for wrong in ({"amount_kopecks": 1}, {"amount_kopecks": "1", "reason": "x"}, body | {"reason": "  "}):
        assert (await till.post(path, wrong)).status_code == 422


async def test_a_shift_counts_no_bonuses(till: Till) -> None:
    shift_id = await till.a_shift()
    order = await ordered(till, await a_client(till, 100_00), till_id=TILL)
    await pays(till, order, 90_00, cash(210_00))
    await till.registered(str(order.sale_id))

    shift = await till.get(f"/v1/shifts/{shift_id}")

    assert (shift["expected_cash_kopecks"], shift["taken"]["cash_kopecks"]) == (2210_00, 210_00)
