"""Sales, top-ups and shifts as other services and the desk see them."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from billing.jobs import Loops
from billing.store import sales
from conftest import ORG, eventually
from contracts import billing, fiscal, hall
from contracts.fiscal import ForeignDocument, Totals
from kit.time import utc_now
from services.billing.tests.builders import CLUB, REGISTER, TILL, Till, a_document, an_order, balance, cash, paid

CASH = {"tenders": [{"kind": "cash", "amount_kopecks": 300_00, "received_kopecks": 500_00}]}


async def sale_of(till: Till, order: hall.SessionOrdered) -> dict[str, Any]:
    sale: dict[str, Any] = await till.get(f"/v1/sales/{order.sale_id}")
    return sale


async def test_an_ordered_session_is_paid_in_cash_with_change(till: Till) -> None:
    shift = await till.a_shift()
    order = an_order()
    await till.hears(order)

    answer = await till.post(f"/v1/sales/{order.sale_id}/payment", CASH)

    assert (answer.status_code, answer.json()["state"]) == (202, "fiscalising")
    assert answer.json()["tenders"][0]["change_kopecks"] == 200_00
    (receipt,) = await till.told(fiscal.PrintReceipt)
    assert (receipt.purpose, receipt.cash_kopecks, receipt.cash_received_kopecks) == ("settlement", 300_00, 500_00)
    assert receipt.cashier.name == "Анна К."
    await till.registered(str(order.sale_id))
    sale = await sale_of(till, order)
    assert (sale["state"], sale["money"], sale["shift_id"], sale["problem"]) == ("paid", "taken", shift, None)
    assert [(s["step"], s["state"]) for s in sale["steps"]] == [
        ("cash", "done"),
        ("receipt", "done"),
        ("start", "pending"),
    ]
    assert [fact.sale_id for fact in await till.told(billing.SalePaid)] == [order.sale_id]


async def test_an_order_that_says_how_it_is_paid_needs_no_further_press(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client(1000_00)
    order = an_order(client_id=client_id, payment=paid(balance(200_00), cash(100_00)))

    await till.hears(order)
    held = await till.get(f"/v1/clients/{client_id}")
    await till.registered(str(order.sale_id))
    after = await till.get(f"/v1/clients/{client_id}")

    assert (held["balance_kopecks"], held["held_kopecks"]) == (800_00, 200_00)
    assert (after["balance_kopecks"], after["held_kopecks"]) == (800_00, 0)
    receipts = await till.told(fiscal.PrintReceipt)
    assert [(r.purpose, r.cash_kopecks, r.balance_kopecks) for r in receipts] == [
        ("advance", 1000_00, 0),
        ("settlement", 100_00, 200_00),
    ]


IMPOSSIBLE = [
    ("no_open_shift", {"payment": paid(cash(300_00))}),
    ("tenders_do_not_add_up", {"payment": paid(cash(1_00))}),
    ("unknown_client", {"client_id": uuid4()}),
    ("unknown_till", {"till_id": uuid4()}),
    ("balance_not_possible", {"payment": paid(balance(300_00))}),
]


@pytest.mark.parametrize(("code", "changes"), IMPOSSIBLE)
async def test_an_order_that_cannot_be_paid_fails_and_says_why(
    till: Till, code: str, changes: dict[str, object]
) -> None:
    if code != "no_open_shift":
        await till.a_shift()
    order = an_order(**changes)

    await till.hears(order)

    (failed,) = await till.told(billing.SaleFailed)
    assert (failed.sale_id, failed.session_id, failed.code, failed.money) == (
        order.sale_id,
        order.session_id,
        code,
        "none",
    )
    assert await till.told(fiscal.PrintReceipt) == []


async def test_a_refused_receipt_gives_the_balance_back_and_frees_the_device(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client(300_00)
    order = an_order(client_id=client_id, payment=paid(balance(300_00)))
    await till.hears(order)

    refused = till.receipt(fiscal.ReceiptRefused, order.sale_id, code="register_refused", device_text="Нет бумаги")
    await till.hears(refused, refused)

    client = await till.get(f"/v1/clients/{client_id}")
    assert (client["balance_kopecks"], client["held_kopecks"]) == (300_00, 0)
    (failed,) = await till.told(billing.SaleFailed)
    assert (failed.code, failed.device_text, failed.money) == ("register_refused", "Нет бумаги", "none")
    problem = (await sale_of(till, order))["problem"]
    assert isinstance(problem, dict)
    assert (problem["receipt"], problem["retry"], problem["device_text"]) == ("none", "new_key", "Нет бумаги")


async def test_a_cash_payment_whose_receipt_is_refused_tells_to_give_the_money_back(till: Till) -> None:
    await till.a_shift()
    order = an_order()
    await till.hears(order)
    pressing = asyncio.create_task(till.post(f"/v1/sales/{order.sale_id}/payment", CASH, Prefer="wait=20"))
    await eventually(lambda: till.told(fiscal.PrintReceipt))

    await till.hears(till.receipt(fiscal.ReceiptRefused, order.sale_id, code="no_paper", device_text=None))

    answer = await pressing
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    problem = answer.json()
    assert (problem["code"], problem["money"], problem["receipt"], problem["retry"]) == (
        "no_paper",
        "returning",
        "none",
        "new_key",
    )
    assert "300.00" in problem["detail"]


async def test_a_waiting_press_gets_the_paid_sale(till: Till) -> None:
    await till.a_shift()
    order = an_order()
    await till.hears(order)
    pressing = asyncio.create_task(till.post(f"/v1/sales/{order.sale_id}/payment", CASH, Prefer="wait=20"))
    await eventually(lambda: till.told(fiscal.PrintReceipt))

    await till.registered(str(order.sale_id))

    assert ((await pressing).status_code, (await pressing).json()["state"]) == (200, "paid")


async def test_a_second_payment_of_one_sale_is_refused_with_another_key(till: Till) -> None:
    await till.a_shift()
    order = an_order()
    await till.hears(order)
    first = await till.post(f"/v1/sales/{order.sale_id}/payment", CASH)
    second = await till.post(f"/v1/sales/{order.sale_id}/payment", CASH)

    assert (first.status_code, second.status_code, second.json()["code"]) == (202, 409, "sale_fiscalising")
    assert len(await till.told(fiscal.PrintReceipt)) == 1


async def test_ten_tills_paying_one_sale_at_once_pay_it_once(till: Till) -> None:
    await till.a_shift()
    order = an_order()
    await till.hears(order)

    answers = await asyncio.gather(*(till.post(f"/v1/sales/{order.sale_id}/payment", CASH) for _ in range(10)))

    assert sorted(answer.status_code for answer in answers) == [202] + [409] * 9
    assert len(await till.told(fiscal.PrintReceipt)) == 1


async def test_facts_that_come_twice_or_late_change_nothing(till: Till) -> None:
    await till.a_shift()
    order = an_order(payment=paid(cash(300_00)))
    facts = [order, till.receipt(fiscal.ReceiptUnknown, order.sale_id, since=utc_now())]
    facts += [till.receipt(fiscal.ReceiptRegistered, order.sale_id, document=a_document())]

    await till.hears(*facts)
    before = await till.rows("select * from sale") + await till.rows("select * from posting order by 1, 2")
    await till.hears(*[type(fact).model_validate(fact.model_dump()) for fact in facts[1:]])

    assert await till.rows("select * from sale") + await till.rows("select * from posting order by 1, 2") == before
    assert len(await till.told(billing.SalePaid)) == 1


async def test_a_receipt_of_a_sale_that_nobody_opened_is_parked(till: Till) -> None:
    await till.hears(till.receipt(fiscal.ReceiptRegistered, uuid4(), document=None))

    assert await till.rows("select type, state from parked") == [(fiscal.ReceiptRegistered.TYPE, "parked")]


async def test_receipts_of_many_sales_settle_in_one_set(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client()
    top_up = {
        "client_id": client_id,
        "till_id": str(TILL),
        "tenders": [{"kind": "card", "amount_kopecks": 100_00, "slip": "1"}],
    }
    ids = [(await till.post("/v1/top-ups", top_up)).json()["sale_id"] for _ in range(20)]

    await till.hears(
        *[till.receipt(fiscal.ReceiptRegistered, sale_id, document=a_document(n)) for n, sale_id in enumerate(ids)]
    )

    assert (await till.get(f"/v1/clients/{client_id}"))["balance_kopecks"] == 2000_00
    operations = (await till.get(f"/v1/clients/{client_id}/operations", limit=200))["items"]
    assert sorted(one["balance_after_kopecks"] for one in operations) == [n * 100_00 for n in range(1, 21)]


async def test_an_unpaid_sale_is_failed_by_time_and_frees_the_device(till: Till) -> None:
    order = an_order(pay_by=utc_now() - timedelta(seconds=1))
    await till.hears(order)

    await Loops(till.db).time_passes()
    await Loops(till.db).time_passes()

    (failed,) = await till.told(billing.SaleFailed)
    assert (failed.code, failed.session_id) == ("not_paid_in_time", order.session_id)


async def test_20_seconds_into_an_unknown_receipt_the_session_may_start(till: Till) -> None:
    await till.a_shift()
    order = an_order(payment=paid(cash(300_00)))
    await till.hears(order, till.receipt(fiscal.ReceiptUnknown, order.sale_id, since=utc_now() - timedelta(seconds=21)))

    await Loops(till.db).time_passes()
    await Loops(till.db).time_passes()

    assert [fact.session_id for fact in await till.told(billing.SaleUnconfirmed)] == [order.session_id]
    sale = await sale_of(till, order)
    assert (sale["state"], sale["handed_over"]) == ("fiscalising", True)
    assert isinstance(sale["problem"], dict)
    assert sale["problem"]["receipt"] == "unknown"


async def test_a_club_that_waits_for_its_receipts_does_not_start(till: Till) -> None:
    club = {"org_id": ORG, "club_id": CLUB, "name": "Лиговский", "time_zone": "Europe/Moscow"}
    await till.hears(hall.ClubChanged(**club, start_on_unknown_receipt=False))
    await till.a_shift()
    order = an_order(payment=paid(cash(300_00)))
    await till.hears(order, till.receipt(fiscal.ReceiptUnknown, order.sale_id, since=utc_now() - timedelta(minutes=5)))

    await Loops(till.db).time_passes()

    assert await till.told(billing.SaleUnconfirmed) == []


async def test_sales_that_wait_for_a_person_do_not_keep_others_from_their_time(till: Till) -> None:
    club = {"org_id": ORG, "club_id": CLUB, "name": "Лиговский", "time_zone": "Europe/Moscow"}
    await till.hears(hall.ClubChanged(**club, start_on_unknown_receipt=False))
    await till.a_shift()
    waiting = an_order(payment=paid(cash(300_00)))
    await till.hears(
        waiting, till.receipt(fiscal.ReceiptUnknown, waiting.sale_id, since=utc_now() - timedelta(hours=1))
    )
    unpaid = an_order(pay_by=utc_now() - timedelta(seconds=1))
    await till.hears(unpaid)

    async with till.db.begin() as tx:
        found = await sales.due(tx, limit=1)

    assert [one.sale.sale_id for one in found] == [unpaid.sale_id]


async def test_a_cancelled_sale_frees_the_device(till: Till) -> None:
    order = an_order()
    await till.hears(order)

    cancelled = await till.post(f"/v1/sales/{order.sale_id}/cancel")

    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert [fact.session_id for fact in await till.told(billing.SaleCancelled)] == [order.session_id]
    again = await till.post(f"/v1/sales/{order.sale_id}/payment", CASH)
    assert (again.status_code, again.json()["code"]) == (409, "sale_cancelled")


async def test_one_shift_per_till_even_in_the_same_instant(till: Till) -> None:
    body = {"till_id": str(TILL), "float_kopecks": 2000_00}

    answers = await asyncio.gather(*(till.post("/v1/shifts", body) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 4
    assert len(await till.told(fiscal.OpenShift)) == 1


async def test_a_shift_does_not_close_while_anything_is_unfinished_and_names_it(till: Till) -> None:
    shift = await till.a_shift()
    unpaid, playing, unknown = an_order(), an_order(payment=paid(cash(300_00))), an_order(payment=paid(cash(300_00)))
    await till.hears(unpaid, playing, unknown, till.receipt(fiscal.ReceiptUnknown, unknown.sale_id, since=utc_now()))
    await till.registered(str(playing.sale_id))

    answer = await till.post(f"/v1/shifts/{shift}/close", {"cash_kopecks": 2300_00})

    assert (answer.status_code, answer.json()["code"]) == (409, "shift_blocked")
    named = {one["code"]: one for one in answer.json()["params"]["blockers"]}
    assert set(named) == {"payment_pending", "session_running", "receipt_unconfirmed"}
    assert named["session_running"]["link"] == f"/api/hall/v1/sessions/{playing.session_id}"
    assert named["receipt_unconfirmed"]["link"] == f"/api/billing/v1/sales/{unknown.sale_id}"
    assert named["receipt_unconfirmed"]["params"]["receipt_id"] == str(sales.receipt_id(unknown.sale_id, 1))
    assert await till.get(f"/v1/shifts/{shift}/blockers") == list(answer.json()["params"]["blockers"])
    assert await till.told(fiscal.CloseShift) == []


async def over(till: Till, order: hall.SessionOrdered) -> None:
    """The session of an order ran and ended."""
    common: dict[str, Any] = {"org_id": ORG, "session_id": order.session_id, "sale_id": order.sale_id, "club_id": CLUB}
    common |= {"device_id": order.device_id, "device_name": order.device_name}
    now = utc_now()
    await till.hears(
        hall.SessionStarted(**common, started_at=now, ends_at=now, paid_s=10800),
        hall.SessionEnded(**common, ended_at=now, cause="time", unused_s=0),
    )


async def test_a_counted_shift_closes_with_its_z_report_and_every_gap_named(till: Till) -> None:
    shift = await till.a_shift()
    order = an_order(payment=paid(cash(300_00, received=500_00)))
    await till.hears(order)
    await till.registered(str(order.sale_id))
    await over(till, order)

    short = await till.post(f"/v1/shifts/{shift}/close", {"cash_kopecks": 2250_00})
    assert (short.status_code, short.json()["code"]) == (409, "count_differs")
    assert short.json()["params"]["counts"][0]["difference_kopecks"] == -50_00
    answer = await till.post(f"/v1/shifts/{shift}/close", {"cash_kopecks": 2250_00, "reason": "разменяли"})
    assert (answer.status_code, answer.json()["state"]) == (202, "closing")
    paying = await till.post(
        "/v1/top-ups", {"client_id": await till.a_client(), "till_id": str(TILL), "tenders": CASH["tenders"]}
    )
    assert (paying.status_code, paying.json()["code"]) == (409, "shift_closing")

    totals = Totals(receipts=1, cash_kopecks=300_00, card_kopecks=0, advance_kopecks=0)
    foreign = (ForeignDocument(fd=7, total_kopecks=45_00, cash_kopecks=45_00),)
    ours = {
        "org_id": ORG,
        "club_id": CLUB,
        "register_id": REGISTER,
        "shift_id": UUID(shift),
        "number": 1,
        "at": utc_now(),
    }
    z = fiscal.ShiftClosed(**ours, document=a_document(9), totals=totals, foreign=foreign)
    await till.hears(z, fiscal.ShiftClosed.model_validate(z.model_dump()))

    closed = await till.get(f"/v1/shifts/{shift}")
    report = closed["report"]
    assert (closed["state"], report["reason"]) == ("closed", "разменяли")
    assert (report["register"]["gap_kopecks"], report["register"]["unexplained_kopecks"]) == (45_00, 0)
    (fact,) = await till.told(billing.ShiftClosed)
    assert (fact.outcome, fact.register_gap_kopecks) == ("differs", 45_00)
    assert await till.a_shift() != shift


async def test_a_register_that_refuses_its_z_report_leaves_the_shift_open(till: Till) -> None:
    shift = await till.a_shift()
    pressing = asyncio.create_task(till.post(f"/v1/shifts/{shift}/close", {"cash_kopecks": 2000_00}, Prefer="wait=20"))
    await eventually(lambda: till.told(fiscal.CloseShift))
    ours = {
        "org_id": ORG,
        "club_id": CLUB,
        "register_id": REGISTER,
        "shift_id": UUID(shift),
        "number": None,
        "at": utc_now(),
    }
    await till.hears(fiscal.ShiftRefused(**ours, action="close", code="register_refused", device_text="Нет бумаги"))

    answer = await pressing
    assert (answer.status_code, answer.json()["code"], answer.json()["device_text"]) == (
        409,
        "register_did_not_close",
        "Нет бумаги",
    )
    assert (await till.get(f"/v1/shifts/{shift}"))["state"] == "open"
    again = await till.post(f"/v1/shifts/{shift}/close", {"cash_kopecks": 2000_00})
    assert again.status_code == 202
    await till.z_report(shift)
    assert (await till.get(f"/v1/shifts/{shift}"))["state"] == "closed"


async def test_a_phone_belongs_to_one_client_of_the_org(till: Till) -> None:
    first = await till.post("/v1/clients", {"phone": "+79161234567", "name": "Иван"})
    second = await till.post("/v1/clients", {"phone": "8 916 123 45 67", "name": "Другой"})

    assert (first.status_code, second.status_code, second.json()["code"]) == (201, 409, "phone_taken")
