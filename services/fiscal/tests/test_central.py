"""The central app: what is ordered becomes one job, and its answers become facts."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from contracts import branch, fiscal
from contracts.fiscal import RegisterState, Totals
from kit.time import utc_now
from services.fiscal.tests.builders import CLUB, ORG
from services.fiscal.tests.central import Central, a_document, a_shift, an_order, answer


async def test_an_ordered_receipt_becomes_one_job_with_nothing_left_to_decide(central: Central) -> None:
    register_id = await central.a_register()
    order = an_order()

    await central.hears(order, an_order(receipt_id=order.receipt_id))

    (job,) = await central.told(branch.Print)
    assert (job.register_id, job.device.num_device, job.cashier_name) == (register_id, 1, "Анна К.")
    assert job.send_by == order.ordered_at + timedelta(minutes=10)
    receipt = job.receipt
    assert (receipt.tax_system, receipt.cash_kopecks, receipt.card_kopecks, receipt.advance_kopecks) == (
        0,
        500_00,
        0,
        200_00,
    )
    (line,) = receipt.lines
    assert (line.tax, line.method, line.subject, line.amount_kopecks) == (22, 4, 4, 300_00)
    assert central.branches.declared == [CLUB]
    assert [watch.device.num_device for watch in await central.told(branch.WatchRegister)] == [1]


CASES = [
    ("advance", "2026-06-01", (0, 122, 3, 10)),
    ("settlement", "2026-06-01", (0, 22, 4, 4)),
    ("advance", "2025-06-01", (1, -1, 3, 10)),
    ("settlement", "2025-06-01", (1, -1, 4, 4)),
]


@pytest.mark.parametrize(("purpose", "day", "signs"), CASES)
async def test_signs_and_vat_are_those_of_the_day(
    central: Central, purpose: str, day: str, signs: tuple[int, ...]
) -> None:
    await central.a_register()

    await central.hears(an_order(purpose=purpose, ordered_at=f"{day}T12:00:00Z"))

    (job,) = await central.told(branch.Print)
    (line,) = job.receipt.lines
    assert (job.receipt.tax_system, line.tax, line.method, line.subject) == signs


async def test_the_new_year_begins_in_the_clubs_own_time(central: Central) -> None:
    await central.a_register()

    await central.hears(an_order(ordered_at="2025-12-31T20:59:59Z"), an_order(ordered_at="2025-12-31T21:00:00Z"))

    assert [job.receipt.lines[0].tax for job in await central.told(branch.Print)] == [-1, 22]


@pytest.mark.parametrize("mode", ["none", "off"])
async def test_without_a_register_of_ours_a_receipt_is_refused_or_passed_over(central: Central, mode: str) -> None:
    if mode == "off":
        await central.a_register("off")
    order = an_order()

    await central.hears(order)

    assert await central.told(branch.Print) == []
    if mode == "off":
        (fact,) = await central.told(fiscal.ReceiptRegistered)
        assert (fact.receipt_id, fact.document) == (order.receipt_id, None)
    else:
        (refused,) = await central.told(fiscal.ReceiptRefused)
        assert refused.code == "register_not_configured"


async def test_a_receipt_before_the_tax_is_set_is_refused(central: Central) -> None:
    await central.a_register()
    await central.call("PUT", f"/v1/clubs/{CLUB}/tax", {"settings": []})

    await central.hears(an_order())

    assert [fact.code for fact in await central.told(fiscal.ReceiptRefused)] == ["tax_not_configured"]


async def test_a_done_job_registers_its_receipt_with_its_document(central: Central) -> None:
    await central.a_register()
    order = an_order()
    await central.hears(order)
    (job,) = await central.told(branch.Print)
    done = answer(branch.JobDone, job, document=a_document(), answer={"URL": "x"})

    await central.hears(
        answer(branch.JobUnknown, job, since=utc_now()), done, answer(branch.JobDone, job, document=a_document())
    )

    (fact,) = await central.told(fiscal.ReceiptRegistered)
    assert (fact.receipt_id, fact.sale_id, fact.document) == (order.receipt_id, order.sale_id, a_document())
    assert len(await central.told(fiscal.ReceiptUnknown)) == 1
    shown = (await central.call("GET", f"/v1/receipts?sale_id={order.sale_id}")).json()["items"]
    assert [(one["state"], one["document"]["fd"]) for one in shown] == [("registered", 15)]


async def test_a_job_without_an_answer_is_sent_again_and_its_receipt_is_unknown(central: Central) -> None:
    await central.a_register()
    order = an_order()
    await central.hears(order)

    async with central.db.engine.begin() as conn:
        await conn.execute(text("update job set ask_at = now() - interval '1 second'"))
    await central.loops.ask_again()
    await central.loops.ask_again()

    first, again = await central.told(branch.Print)
    assert again == first.model_copy(update={"asked": 1})
    assert [fact.receipt_id for fact in await central.told(fiscal.ReceiptUnknown)] == [order.receipt_id]


async def test_a_register_that_waits_is_told_with_its_reason(central: Central) -> None:
    await central.a_register()
    await central.hears(an_order())
    (job,) = await central.told(branch.Print)

    await central.hears(answer(branch.JobWaiting, job, code="no_paper"))

    assert [fact.code for fact in await central.told(fiscal.ReceiptWaiting)] == ["no_paper"]


async def test_a_tills_shift_opens_and_closes_the_registers(central: Central) -> None:
    await central.a_register()
    shift_id = uuid4()
    await central.hears(
        a_shift(fiscal.OpenShift, shift_id), an_order(shift_id=shift_id), a_shift(fiscal.CloseShift, shift_id)
    )
    (opening,), (job,), (closing,) = [
        await central.told(m) for m in (branch.OpenShift, branch.Print, branch.CloseShift)
    ]
    totals = Totals(receipts=1, cash_kopecks=100_00, card_kopecks=0, advance_kopecks=200_00)
    foreign = ({"fd": 17, "total_kopecks": 45_00, "cash_kopecks": 45_00},)

    await central.hears(
        answer(branch.JobDone, opening, document=a_document(14), fiscal_shift=3),
        answer(branch.JobDone, job, document=a_document(15), fiscal_shift=3),
        answer(branch.JobDone, closing, document=a_document(16), fiscal_shift=3, totals=totals, foreign=foreign),
    )

    assert [(fact.shift_id, fact.number) for fact in await central.told(fiscal.ShiftOpened)] == [(shift_id, 3)]
    (closed,) = await central.told(fiscal.ShiftClosed)
    assert (closed.shift_id, closed.number, closed.totals) == (shift_id, 3, totals)
    assert [one.fd for one in closed.foreign] == [17]


async def test_documents_of_others_in_a_rotated_shift_are_told_with_the_next_close(central: Central) -> None:
    register_id = await central.a_register()
    shift_id = uuid4()
    await central.hears(a_shift(fiscal.CloseShift, shift_id))
    (closing,) = await central.told(branch.CloseShift)
    nothing = Totals(receipts=0, cash_kopecks=0, card_kopecks=0, advance_kopecks=0)
    rotated = closing.model_copy(update={"job_id": uuid4(), "register_id": register_id})
    foreign = ({"fd": 17, "total_kopecks": 45_00, "cash_kopecks": 45_00},)

    await central.hears(
        answer(branch.JobDone, rotated, document=a_document(18), fiscal_shift=3, totals=nothing, foreign=foreign),
        answer(branch.JobDone, closing, document=a_document(20), fiscal_shift=4, totals=nothing),
    )

    by_itself, for_the_till = await central.told(fiscal.ShiftClosed)
    assert (by_itself.shift_id, for_the_till.shift_id) == (None, shift_id)
    assert [one.fd for one in for_the_till.foreign] == [17]


async def test_a_refused_z_report_is_told(central: Central) -> None:
    await central.a_register()
    shift_id = uuid4()
    await central.hears(a_shift(fiscal.CloseShift, shift_id))
    (closing,) = await central.told(branch.CloseShift)

    await central.hears(answer(branch.JobRefused, closing, code="register_refused", device_text="Нет бумаги"))

    (refused,) = await central.told(fiscal.ShiftRefused)
    assert (refused.shift_id, refused.action, refused.device_text) == (shift_id, "close", "Нет бумаги")


async def test_a_registers_state_is_kept_and_told(central: Central) -> None:
    register_id = await central.a_register()
    state = RegisterState(reachable=False, since=utc_now(), last_error="нет связи")

    await central.hears(
        branch.RegisterObserved(org_id=ORG, club_id=CLUB, register_id=register_id, state=state, at=utc_now())
    )

    assert (await central.call("GET", f"/v1/registers/{register_id}")).json()["reachable"] is False
    assert (await central.told(fiscal.RegisterChanged))[-1].state == state


async def test_a_club_has_one_register(central: Central) -> None:
    await central.a_register()

    second = await central.call("POST", "/v1/registers", {"club_id": str(CLUB), "name": "Вторая"})

    assert (second.status_code, second.json()["code"]) == (409, "register_exists")


BAD = [
    ("POST", "/v1/registers", {"club_id": "x", "name": "a"}, 422),
    ("POST", "/v1/registers", {"club_id": str(CLUB), "name": ""}, 422),
    ("POST", "/v1/registers", {"club_id": str(CLUB), "name": "a", "mode": "cloud"}, 422),
    ("POST", "/v1/registers", {"club_id": str(CLUB), "name": "a", "num_device": -1}, 422),
    ("POST", "/v1/registers", {"club_id": str(CLUB), "name": "a", "inn": "12"}, 422),
    ("POST", "/v1/registers", {"club_id": str(CLUB), "name": "a\u0000"}, 422),
    ("POST", "/v1/registers", {"club_id": str(uuid4()), "name": "a"}, 404),
    ("GET", f"/v1/registers/{uuid4()}", None, 404),
    ("PATCH", f"/v1/registers/{uuid4()}", {"name": "b"}, 404),
    ("GET", "/v1/registers/x", None, 422),
    ("PUT", f"/v1/clubs/{uuid4()}/tax", {"settings": []}, 404),
    ("PUT", f"/v1/clubs/{CLUB}/tax", {"settings": [{"since": "2026-01-01", "system": "osn", "vat": "5"}]}, 422),
    ("PUT", f"/v1/clubs/{CLUB}/tax", {"settings": [{"since": "2026-01-01", "system": "osn", "vat": "20"}]}, 422),
    ("PUT", f"/v1/clubs/{CLUB}/tax", {"settings": [{"since": "2025-01-01", "system": "osn", "vat": "22"}]}, 422),
    ("PUT", f"/v1/clubs/{CLUB}/tax", {"settings": [{"since": "2026-01-01", "system": "osn", "vat": "22"}] * 2}, 422),
    ("GET", f"/v1/receipts/{uuid4()}", None, 404),
    ("GET", "/v1/receipts?limit=0", None, 422),
    ("GET", "/v1/receipts?fd=99999999999999999999", None, 422),
    ("GET", "/v1/receipts?state=lost", None, 422),
    ("GET", "/v1/receipts?colour=red", None, 422),
]


@pytest.mark.parametrize(("method", "path", "body", "status"), BAD)
async def test_bad_input_is_a_problem(central: Central, method: str, path: str, body: Any, status: int) -> None:
    refused = await central.call(method, path, body)

    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json"), refused.text


async def test_another_orgs_and_another_clubs_things_do_not_exist(central: Central) -> None:
    register_id = await central.a_register()
    await central.hears(an_order())

    for claims in ({"org": str(uuid4())}, {"clubs": [str(uuid4())]}):
        assert (await central.call("GET", f"/v1/registers/{register_id}", **claims)).status_code == 404
        assert (await central.call("PATCH", f"/v1/registers/{register_id}", {"name": "b"}, **claims)).status_code == 404
        assert (await central.call("GET", f"/v1/clubs/{CLUB}/tax", **claims)).status_code == 404
        assert (await central.call("GET", "/v1/receipts", **claims)).json()["items"] == []
        assert (await central.call("GET", "/v1/registers", **claims)).json()["items"] == []
