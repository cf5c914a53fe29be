"""What billing tells for the journal: shifts with their difference, sales called off, bonuses given."""

from contracts.journal import BillingAct
from services.billing.tests.builders import TILL, Till, an_order


async def test_a_shift_is_told_with_what_was_counted_and_why_it_differs(till: Till) -> None:
    shift = await till.a_shift()
    await till.post("/v1/shifts", {"till_id": str(TILL), "float_kopecks": 2000_00})

    closing = {"cash_kopecks": 1950_00, "reason": "разменяли"}
    for _ in range(2):
        await till.post(f"/v1/shifts/{shift}/close", closing)

    opened, closed = await till.told(BillingAct)
    assert (opened.act, opened.subject, opened.after) == (
        "billing.shift.opened",
        shift,
        {"till_id": str(TILL), "float_kopecks": 2000_00},
    )
    assert (closed.act, closed.reason, closed.after["difference_kopecks"]) == (
        "billing.shift.closed",
        "разменяли",
        -50_00,
    )
    assert closed.after["counted"][0] == {"kind": "cash", "expected_kopecks": 2000_00, "counted_kopecks": 1950_00}
    assert closed.club_id is not None


async def test_a_cancelled_sale_and_given_bonuses_are_told_once(till: Till) -> None:
    await till.a_shift()
    order = an_order()
    await till.hears(order)
    client = await till.a_client()

    for _ in range(2):
        await till.post(f"/v1/sales/{order.sale_id}/cancel")
    gift = {"amount_kopecks": 100_00, "reason": "день рождения"}
    await till.post(f"/v1/clients/{client}/bonuses", gift)
    await till.post(f"/v1/clients/{client}/bonuses", {"amount_kopecks": -500_00, "reason": "ошибка"})

    _, cancelled, given = await till.told(BillingAct)
    assert (cancelled.act, cancelled.subject) == ("billing.sale.cancelled", str(order.sale_id))
    assert (given.act, given.after, given.reason) == (
        "billing.bonus.granted",
        {"amount_kopecks": 100_00},
        "день рождения",
    )
