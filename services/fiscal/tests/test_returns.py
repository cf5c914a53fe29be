"""Receipts that return what was sold: taxed as it was sold, one document each, and taken off what a shift took."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from conftest import eventually
from contracts import branch, fiscal
from fiscal.worker.domain.document import RETURN, SALE, Found, Wanted
from services.fiscal.tests.builders import Club, a_close, a_print
from services.fiscal.tests.central import Central, a_document, a_shift, an_order, answer


def a_return(of: fiscal.PrintReceipt, **changes: Any) -> fiscal.ReturnReceipt:
    """All of it goes back in cash."""
    sums = {"cash_kopecks": 300_00, "cash_received_kopecks": 300_00, "balance_kopecks": 0}
    own = {"receipt_id": uuid4(), "sale_id": uuid4(), "returned_receipt_id": of.receipt_id}
    return fiscal.ReturnReceipt.model_validate(of.model_dump() | sums | own | changes)


SIGNS = [
    ("advance", "2025-06-01", (1, -1, 3, 10)),
    ("settlement", "2025-06-01", (1, -1, 4, 4)),
    ("advance", "2026-06-01", (0, 122, 3, 10)),
    ("settlement", "2026-06-01", (0, 22, 4, 4)),
]


@pytest.mark.parametrize(("purpose", "sold_on", "signs"), SIGNS)
async def test_what_is_returned_is_taxed_as_it_was_sold(
    central: Central, purpose: str, sold_on: str, signs: tuple[int, ...]
) -> None:
    await central.a_register()
    sold = an_order(purpose=purpose, ordered_at=f"{sold_on}T12:00:00Z")
    returned = a_return(sold, ordered_at=sold.ordered_at + timedelta(days=300))

    await central.hears(sold, returned, fiscal.ReturnReceipt.model_validate(returned.model_dump()))

    (job,) = await central.told(branch.PrintReturn)
    (line,) = job.receipt.lines
    assert (job.receipt.tax_system, line.tax, line.method, line.subject) == signs
    assert (job.receipt.cash_kopecks, job.receipt.advance_kopecks) == (300_00, 0)
    assert len(await central.told(branch.Print)) == 1


async def test_a_return_is_registered_as_any_receipt_and_taken_off_its_shift(central: Central) -> None:
    await central.a_register()
    shift_id = uuid4()
    sold = an_order(shift_id=shift_id)
    returned = a_return(sold, cash_kopecks=50_00, balance_kopecks=250_00)
    await central.hears(sold, returned)
    (first,), (second,) = await central.told(branch.Print), await central.told(branch.PrintReturn)

    done = [
        answer(branch.JobDone, first, document=a_document(15)),
        answer(branch.JobDone, second, document=a_document(16)),
    ]
    await central.hears(*done)
    await central.hears(a_shift(fiscal.CloseShift, shift_id))
    (closing,) = await central.told(branch.CloseShift)
    await central.hears(answer(branch.JobDone, closing, document=a_document(17), fiscal_shift=3))

    facts = await central.told(fiscal.ReceiptRegistered)
    assert [(one.sale_id, one.document.fd) for one in facts] == [(sold.sale_id, 15), (returned.sale_id, 16)]
    (closed,) = await central.told(fiscal.ShiftClosed)
    totals = (closed.totals.receipts, closed.totals.cash_kopecks, closed.totals.advance_kopecks)
    assert totals == (2, 50_00, -50_00)
    kinds = {one["purpose"] for one in (await central.call("GET", "/v1/receipts")).json()["items"]}
    assert kinds == {"settlement", "refund"}


async def test_a_return_of_what_was_never_sold_is_parked(central: Central) -> None:
    await central.a_register()

    await central.hears(a_return(an_order()))

    assert await central.told(branch.PrintReturn) == []
    assert await central.told(fiscal.ReceiptRefused) == []


def a_return_job(**changes: Any) -> branch.PrintReturn:
    job = a_print()
    receipt = job.receipt.model_copy(update={"cash_kopecks": 300_00})
    return branch.PrintReturn.model_validate(
        job.model_dump() | {"receipt": receipt.model_dump(), "job_id": uuid4()} | changes
    )


FAULTS = [None, "cut_before", "cut_after", "error_after", "lost_journal", "restart", "garbage", "double_answer"]


@pytest.mark.parametrize("what", FAULTS)
async def test_whatever_happens_to_the_answer_there_is_one_return(club: Club, what: str | None) -> None:
    sold, returned = a_print(), a_return_job()
    await club.order(sold)
    await eventually(lambda: club.ended(sold.job_id))
    if what is not None:
        await club.fault(what, error="Замялась бумага") if what == "error_after" else await club.fault(what)

    await club.order(returned)
    done = await eventually(lambda: club.ended(returned.job_id), within_s=20)

    assert isinstance(done, branch.JobDone), done
    assert done.document is not None
    assert [one["kind"] for one in await club.documents()] == ["open_shift", "sale", "sale_return"]
    (document,) = await club.documents("sale_return")
    assert (done.document.fd, document["total"]) == (document["number"], "300.00")


async def test_a_shift_is_told_less_what_it_gave_back(club: Club) -> None:
    sold, returned, closing = a_print(), a_return_job(), a_close()
    for job in (sold, returned, closing):
        await club.order(job)
        await eventually(lambda job=job: club.ended(job.job_id), within_s=20)  # type: ignore[misc]

    done = await club.ended(closing.job_id)

    assert isinstance(done, branch.JobDone)
    assert done.totals is not None
    assert (done.totals.receipts, done.totals.cash_kopecks, done.foreign) == (2, 0, ())


@pytest.mark.parametrize(
    ("kind", "wanted", "same"), [(RETURN, RETURN, True), (SALE, RETURN, False), (RETURN, SALE, False)]
)
def test_a_sale_is_never_taken_for_its_return(kind: str, wanted: str, same: bool) -> None:
    lines = (("Игровое время", 300_00),)
    found = Found(7, "1", kind, 300_00, 0, 0, lines)

    assert Wanted(300_00, 0, 0, lines, wanted).is_made_by(found) is same
