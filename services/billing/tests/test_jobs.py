"""What time does to sales, also where one of them is bad."""

import logging
from datetime import timedelta

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from billing.jobs import Loops
from contracts import billing, fiscal
from kit.time import utc_now
from services.billing.tests.builders import Till, an_order, cash


def counted() -> float:
    labels = {"service": "billing", "loop": "a sale's time"}
    return REGISTRY.get_sample_value("savepoint_loop_failures_total", labels) or 0


async def test_a_bad_sale_does_not_stop_the_time_of_others(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    await till.a_shift()
    bad = an_order(payment={"tenders": [cash(300_00).model_dump()]})
    await till.hears(bad, till.receipt(fiscal.ReceiptUnknown, bad.sale_id, since=utc_now() - timedelta(minutes=5)))
    await Loops(till.db).time_passes()
    late = {"at": utc_now() - timedelta(minutes=1)}
    await till.hears(till.receipt(fiscal.ReceiptRefused, bad.sale_id, code="no_paper").model_copy(update=late))
    async with till.db.engine.begin() as conn:
        await conn.execute(text("update sale set sold_by = '{}'"))
    unpaid = [an_order(pay_by=utc_now() - timedelta(seconds=1)) for _ in range(3)]
    await till.hears(*unpaid)
    before = counted()

    with caplog.at_level(logging.ERROR):
        await Loops(till.db).time_passes()

    failed = {fact.sale_id for fact in await till.told(billing.SaleFailed)}
    assert failed == {order.sale_id for order in unpaid}
    assert str(bad.sale_id) in caplog.text
    assert counted() == before + 1
