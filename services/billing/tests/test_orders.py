"""Orders that cannot be paid as they came: each ends with its reason, so that the hall frees the device."""

from uuid import uuid4

from contracts import billing
from services.billing.tests.builders import Till, an_order


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
