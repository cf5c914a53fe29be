"""Orders that cannot be paid as they came: each ends with its reason, so that the hall frees the device."""

from datetime import timedelta
from uuid import uuid4

from contracts import billing, fiscal
from kit.time import utc_now
from services.billing.tests.builders import Till, an_order, balance


async def test_an_order_of_an_unknown_till_for_an_unknown_client_fails_its_sale_and_is_not_parked(till: Till) -> None:
    order = an_order(till_id=uuid4(), client_id=uuid4())

    await till.hears(order)

    (failed,) = await till.told(billing.SaleFailed)
    assert (failed.session_id, failed.code, failed.client_id) == (order.session_id, "unknown_till", None)
    assert await till.rows("select type from parked") == []


async def test_many_such_orders_do_not_stop_billing(till: Till) -> None:
    await till.hears(*[an_order(till_id=uuid4(), client_id=uuid4()) for _ in range(21)])

    assert till.intake.stopped is None
    assert len(await till.told(billing.SaleFailed)) == 21


async def test_an_order_with_its_payment_that_comes_after_its_time_takes_nothing(till: Till) -> None:
    """Billing was down for two hours; the guest has left."""
    await till.a_shift()
    client_id = await till.a_client(1000_00)
    receipts = await till.told(fiscal.PrintReceipt)
    late = {"ordered_at": utc_now() - timedelta(hours=2), "pay_by": utc_now() - timedelta(minutes=110)}
    order = an_order(client_id=client_id, payment={"tenders": [balance(300_00).model_dump()]}, **late)

    await till.hears(order)

    (failed,) = await till.told(billing.SaleFailed)
    assert (failed.session_id, failed.code, failed.money) == (order.session_id, "not_paid_in_time", "none")
    client = await till.get(f"/v1/clients/{client_id}")
    assert (client["balance_kopecks"], client["held_kopecks"]) == (1000_00, 0)
    assert await till.told(fiscal.PrintReceipt) == receipts


async def test_a_payment_at_the_desk_after_its_time_is_refused_with_a_reason(till: Till) -> None:
    await till.a_shift()
    order = an_order(pay_by=utc_now() - timedelta(seconds=1))
    await till.hears(order)

    answer = await till.post(
        f"/v1/sales/{order.sale_id}/payment", {"tenders": [{"kind": "cash", "amount_kopecks": 300_00}]}
    )

    assert (answer.status_code, answer.json()["code"], answer.json()["money"]) == (409, "not_paid_in_time", "none")
    assert "Order again" in answer.json()["detail"]
    assert await till.told(fiscal.PrintReceipt) == []
