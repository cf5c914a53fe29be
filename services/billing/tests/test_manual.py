"""Manual payment: what billing does with sales that ended without a document, and with refunds meanwhile."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from billing.domain.sale import Sale, State, Unfiscalised, What, step
from conftest import ORG
from contracts import billing, fiscal
from contracts.fiscal import Totals
from kit.time import utc_now
from services.billing.tests.builders import CLUB, REGISTER, TILL, Till, a_document, an_order, cash, paid
from services.billing.tests.test_flows import over
from services.billing.tests.test_refund import begun, gives, quoted, sold, topped_up


def by_hand(minutes: float = 60) -> fiscal.ManualPaymentStarted:
    ours = {"org_id": ORG, "register_id": REGISTER, "club_id": CLUB, "manual_payment_id": uuid4()}
    person = {"member_id": uuid4(), "name": "Анна К."}
    now = utc_now()
    return fiscal.ManualPaymentStarted(
        **ours, at=now, until=now + timedelta(minutes=minutes), reason="Касса молчит", by=person
    )


def as_usual(started: fiscal.ManualPaymentStarted) -> fiscal.ManualPaymentEnded:
    ours = {name: getattr(started, name) for name in ("org_id", "register_id", "club_id", "manual_payment_id")}
    return fiscal.ManualPaymentEnded(**ours, at=utc_now(), by=None)


async def unfiscalised(till: Till, sale_id: str) -> None:
    sale = await till.get(f"/v1/sales/{sale_id}")
    ours: dict[str, Any] = {"org_id": ORG, "sale_id": sale_id, "club_id": CLUB, "register_id": REGISTER}
    said = {"receipt_id": sale["receipt_id"], "code": "register_unreachable", "manual_payment_id": uuid4()}
    await till.hears(fiscal.ReceiptUnfiscalised(**ours, **said, at=utc_now()))


async def test_a_sale_without_a_document_is_paid_and_says_so(till: Till) -> None:
    await till.a_shift()
    order = an_order(payment=paid(cash(300_00)))
    await till.hears(order)

    await unfiscalised(till, str(order.sale_id))

    sale = await till.get(f"/v1/sales/{order.sale_id}")
    assert (sale["state"], sale["money"], sale["problem"]) == ("paid", "taken", None)
    assert [(one["step"], one["state"], one["problem"]) for one in sale["steps"] if one["step"] == "receipt"] == [
        ("receipt", "skipped", "unfiscalised")
    ]
    assert [fact.sale_id for fact in await till.told(billing.SalePaid)] == [order.sale_id]


async def test_a_top_up_without_a_document_is_on_the_balance(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client(0)
    tenders = [{"kind": "cash", "amount_kopecks": 500_00}]
    body = {"client_id": client_id, "till_id": str(TILL), "tenders": tenders}
    sale = (await till.post("/v1/top-ups", body)).json()

    await unfiscalised(till, sale["sale_id"])

    assert (await till.get(f"/v1/clients/{client_id}"))["balance_kopecks"] == 500_00


async def test_nothing_is_refunded_while_it_is_on(till: Till) -> None:
    await till.a_shift()
    sale_id = await sold(till, cash(300_00))
    started = by_hand()

    await till.hears(started)
    refused = await gives(till, sale_id)

    assert (refused.status_code, refused.json()["code"], refused.json()["money"]) == (409, "manual_payment_on", "none")
    quote = await quoted(till, sale_id)
    assert (quote["refused"], quote["refundable_kopecks"]) == ("manual_payment_on", 0)
    await till.hears(as_usual(started))
    await begun(till, sale_id)


async def test_it_is_over_when_its_time_is_told_or_not(till: Till) -> None:
    await till.a_shift()
    sale_id = await sold(till, cash(300_00))

    await till.hears(by_hand(minutes=-1))

    await begun(till, sale_id)


async def test_what_was_sold_without_a_document_goes_back_after_its_correction_alone(till: Till) -> None:
    await till.a_shift()
    client_id = await till.a_client(0)
    body = {"client_id": client_id, "till_id": str(TILL), "tenders": [{"kind": "cash", "amount_kopecks": 500_00}]}
    sale_id = (await till.post("/v1/top-ups", body)).json()["sale_id"]
    await unfiscalised(till, sale_id)
    printed = await topped_up(till, client_id, {"kind": "cash", "amount_kopecks": 100_00})

    refused = await gives(till, sale_id)

    assert (refused.status_code, refused.json()["code"]) == (409, "sale_unfiscalised")
    await begun(till, printed)


async def test_the_z_report_lacks_what_has_no_document_and_the_report_explains_it(till: Till) -> None:
    shift_id = await till.a_shift()
    for printed in (True, False):
        order = an_order(payment=paid(cash(300_00)))
        await till.hears(order)
        sale_id = str(order.sale_id)
        await (till.registered(sale_id) if printed else unfiscalised(till, sale_id))
        await over(till, order)
    await till.post(f"/v1/shifts/{shift_id}/close", {"cash_kopecks": 2600_00})

    totals = Totals(receipts=1, cash_kopecks=300_00, card_kopecks=0, advance_kopecks=0)
    ours = {"org_id": ORG, "club_id": CLUB, "register_id": REGISTER, "shift_id": shift_id, "number": 7}
    await till.hears(fiscal.ShiftClosed(**ours, at=utc_now(), document=a_document(9), totals=totals))

    register = (await till.get(f"/v1/shifts/{shift_id}"))["report"]["register"]
    assert (register["gap_kopecks"], register["unfiscalised_kopecks"], register["unexplained_kopecks"]) == (
        -300_00,
        300_00,
        0,
    )


@pytest.mark.parametrize(("what", "state"), [(What.SESSION, State.FAILED), (What.REFUND, State.FISCALISING)])
def test_what_failed_or_gives_money_back_is_never_done_without_a_document(what: What, state: State) -> None:
    sale = Sale(uuid4(), what, 300_00, utc_now(), state=state, attempt=1)

    with pytest.raises(AssertionError):
        step(sale, Unfiscalised(1))
