"""A person settles a receipt in doubt: who said what is kept, the worker is asked, and its answer is told."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from conftest import eventually
from contracts import branch, fiscal
from contracts.branch import EnteredDocument
from contracts.fiscal import Totals
from kit.time import utc_now
from services.fiscal.tests.central import PERMISSIONS, Central, a_document, a_shift, an_order, answer

SETTLE = "fiscal.receipt.settle"


async def an_unknown(central: Central, **changes: Any) -> tuple[fiscal.PrintReceipt, branch.Print]:
    if not (await central.call("GET", "/v1/registers")).json()["items"]:
        await central.a_register()
    order = an_order(**changes)
    await central.hears(order)
    job = (await central.told(branch.Print))[-1]
    await central.hears(answer(branch.JobUnknown, job, since=utc_now()))
    return order, job


async def settle(central: Central, receipt_id: Any, body: Any, key: str | None = None, **claims: Any) -> httpx.Response:
    permissions = claims.pop("permissions", [*PERMISSIONS, SETTLE])
    headers = central.issuer.header(*permissions, **claims) | {"Idempotency-Key": key or str(uuid4())}
    return await central.http.request("POST", f"/v1/receipts/{receipt_id}/settlement", json=body, headers=headers)


async def shown(central: Central, receipt_id: UUID) -> Any:
    return (await central.call("GET", f"/v1/receipts/{receipt_id}")).json()


async def test_the_worker_is_asked_and_who_said_it_is_shown(central: Central) -> None:
    order, job = await an_unknown(central)

    said = await settle(central, order.receipt_id, {"fd": 15, "reason": "Номер с чека"})

    assert said.status_code == 202, said.text
    assert said.headers["location"].endswith(f"/v1/receipts/{order.receipt_id}")
    (asked,) = await central.told(branch.Settle)
    assert (asked.job_id, asked.register_id, asked.fd) == (job.job_id, job.register_id, 15)
    assert (asked.by.name, asked.reason) == ("Анна К.", "Номер с чека")
    receipt = await shown(central, order.receipt_id)
    assert receipt == said.json()
    assert receipt["state"] == "unknown"
    settlement = receipt["settlement"]
    assert (settlement["state"], settlement["fd"], settlement["said_by"]["name"]) == ("checking", 15, "Анна К.")


async def test_one_press_is_one_word(central: Central) -> None:
    order, _ = await an_unknown(central)

    first = await settle(central, order.receipt_id, {"fd": 15}, key="press-1")
    again = await settle(central, order.receipt_id, {"fd": 15}, key="press-1")

    assert (again.status_code, again.json()) == (202, first.json())
    assert len(await central.told(branch.Settle)) == 1


async def test_a_number_that_holds_registers_the_receipt(central: Central) -> None:
    order, job = await an_unknown(central)
    await settle(central, order.receipt_id, {"fd": 15})

    await central.hears(answer(branch.JobDone, job, document=a_document(15)))

    receipt = await shown(central, order.receipt_id)
    assert (receipt["state"], receipt["settlement"]["state"]) == ("registered", "accepted")
    assert [fact.document.fd for fact in await central.told(fiscal.ReceiptRegistered)] == [15]


async def test_that_there_is_none_refuses_the_receipt(central: Central) -> None:
    order, job = await an_unknown(central)
    await settle(central, order.receipt_id, {"fd": None, "reason": "Бумага не выходила"})

    await central.hears(answer(branch.JobRefused, job, code="no_document"))

    receipt = await shown(central, order.receipt_id)
    assert (receipt["state"], receipt["code"], receipt["settlement"]["state"]) == ("refused", "no_document", "accepted")
    assert [fact.code for fact in await central.told(fiscal.ReceiptRefused)] == ["no_document"]


async def test_who_says_that_there_is_none_is_overruled_by_the_register(central: Central) -> None:
    order, job = await an_unknown(central)
    await settle(central, order.receipt_id, {"fd": None, "reason": "Бумага не выходила"})

    await central.hears(answer(branch.JobDone, job, document=a_document(15)))

    receipt = await shown(central, order.receipt_id)
    assert (receipt["state"], receipt["document"]["fd"]) == ("registered", 15)
    assert receipt["settlement"]["state"] == "overruled"


WATER = EnteredDocument(fd=15, kind="Приход", total_kopecks=45_00, card_kopecks=0, advance_kopecks=0, names=("Вода",))
WORDS = [
    ("document_differs", ("total", "lines"), WATER, "its total is 45.00 and not 300.00; it is for «Вода»"),
    ("document_differs", ("kind",), WATER.model_copy(update={"kind": "Закрытие смены"}), "«Закрытие смены»"),
    ("document_differs", ("card", "advance"), WATER, "its part by card is 0.00 and not 0.00; its part by advance"),
    ("document_not_found", (), None, "shows no document 15"),
    ("document_of_another", (), WATER, "Document 15 was printed for something else"),
    ("document_too_early", (), WATER, "was there before"),
    ("not_sent", (), None, "goes on by itself"),
    ("job_unknown", (), None, "Try again in 5 minutes"),
    ("of a later version", (), None, "does not show what was said"),
]


@pytest.mark.parametrize(("code", "differs", "found", "words"), WORDS)
async def test_a_word_that_does_not_hold_says_why_and_leaves_the_receipt_unknown(
    central: Central, code: str, differs: tuple[str, ...], found: EnteredDocument | None, words: str
) -> None:
    order, job = await an_unknown(central)
    await settle(central, order.receipt_id, {"fd": 15})
    (asked,) = await central.told(branch.Settle)
    no = answer(branch.JobUnsettled, job, settlement_id=asked.settlement_id, code=code, differs=differs, found=found)

    await central.hears(no, no)

    receipt = await shown(central, order.receipt_id)
    settlement = receipt["settlement"]
    assert (receipt["state"], settlement["state"], settlement["code"]) == ("unknown", "refused", code)
    assert words in settlement["detail"]
    assert (await settle(central, order.receipt_id, {"fd": 16})).status_code == 202


async def test_a_worker_does_not_refuse_what_was_said_about_anothers_receipt(central: Central) -> None:
    order, job = await an_unknown(central)
    _, of_another = await an_unknown(central)
    await settle(central, order.receipt_id, {"fd": 15})
    (asked,) = await central.told(branch.Settle)
    no = answer(branch.JobUnsettled, job, settlement_id=asked.settlement_id, code="document_not_found")

    for changes in ({"club_id": uuid4()}, {"job_id": of_another.job_id}, {"job_id": uuid4()}):
        await central.hears(no.model_copy(update=changes))

    assert (await shown(central, order.receipt_id))["settlement"]["state"] == "checking"
    async with central.db.begin() as tx:
        assert (await tx.conn.execute(text("select type from parked"))).scalars().all() == [no.TYPE] * 3


async def test_an_answer_that_is_waited_for_is_a_problem_where_the_register_shows_something_else(
    central: Central,
) -> None:
    order, job = await an_unknown(central)
    headers = central.issuer.header(*PERMISSIONS, SETTLE) | {"Idempotency-Key": "press-2", "Prefer": "wait=10"}

    async def press() -> httpx.Response:
        return await central.http.post(f"/v1/receipts/{order.receipt_id}/settlement", json={"fd": 15}, headers=headers)

    async def worker() -> bool:
        asked = await central.told(branch.Settle)
        if asked:
            said = {"settlement_id": asked[0].settlement_id, "code": "document_differs", "differs": ("total",)}
            await central.hears(answer(branch.JobUnsettled, job, **said, found=WATER))
        return bool(asked)

    refused, _ = await asyncio.gather(press(), eventually(worker))

    assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
    problem = refused.json()
    assert (problem["code"], problem["receipt"], problem["retry"]) == ("document_differs", "unknown", "new_key")
    assert problem["params"]["found"]["total_kopecks"] == 45_00
    assert "45.00 and not 300.00" in problem["detail"]


async def test_the_last_word_takes_the_place_of_those_before(central: Central) -> None:
    order, job = await an_unknown(central)
    await settle(central, order.receipt_id, {"fd": 14})
    await settle(central, order.receipt_id, {"fd": 15})

    await central.hears(answer(branch.JobDone, job, document=a_document(15)))

    said = (await central.call("GET", f"/v1/settlements?receipt_id={order.receipt_id}")).json()["items"]
    assert [(one["fd"], one["state"]) for one in said] == [(15, "accepted"), (14, "superseded")]


@pytest.mark.parametrize("state", ["ordered", "waiting", "registered", "refused"])
async def test_only_a_receipt_in_doubt_can_be_settled(central: Central, state: str) -> None:
    await central.a_register()
    order = an_order()
    await central.hears(order)
    (job,) = await central.told(branch.Print)
    words = {
        "waiting": answer(branch.JobWaiting, job, code="no_paper"),
        "registered": answer(branch.JobDone, job, document=a_document()),
        "refused": answer(branch.JobRefused, job, code="register_refused"),
    }
    if state in words:
        await central.hears(words[state])

    refused = await settle(central, order.receipt_id, {"fd": 15})

    assert (refused.status_code, refused.json()["code"]) == (409, f"receipt_{state}")
    assert await central.told(branch.Settle) == []
    assert (await central.call("GET", "/v1/settlements")).json()["items"] == []


BAD = [{}, {"fd": 0}, {"fd": -1}, {"fd": "15"}, {"fd": 1.5}, {"fd": True}, {"fd": 2**32}, {"fd": None}]
BAD += [{"fd": None, "reason": ""}, {"fd": None, "reason": "  "}, {"fd": 15, "reason": "x" * 201}, {"fd": 1, "by": "я"}]


@pytest.mark.parametrize("body", BAD)
async def test_bad_words_are_a_problem(central: Central, body: Any) -> None:
    order, _ = await an_unknown(central)

    refused = await settle(central, order.receipt_id, body)

    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json"), refused.text


async def test_another_clubs_receipts_cannot_be_settled_nor_seen(central: Central) -> None:
    order, _ = await an_unknown(central)
    await settle(central, order.receipt_id, {"fd": 15})

    for claims in ({"org": str(uuid4())}, {"clubs": [str(uuid4())]}):
        assert (await settle(central, order.receipt_id, {"fd": 15}, **claims)).status_code == 404
        assert (await central.call("GET", "/v1/settlements", **claims)).json()["items"] == []
    assert (await settle(central, uuid4(), {"fd": 15})).status_code == 404
    assert (await settle(central, order.receipt_id, {"fd": 15}, permissions=PERMISSIONS)).status_code == 403
    assert len(await central.told(branch.Settle)) == 1


async def test_settlements_are_listed_page_by_page_newest_first(central: Central) -> None:
    orders = [(await an_unknown(central))[0] for _ in range(3)]
    for order in orders:
        await settle(central, order.receipt_id, {"fd": 15})

    first = (await central.call("GET", "/v1/settlements?limit=2")).json()
    rest = (await central.call("GET", f"/v1/settlements?limit=2&after={first['next']}")).json()

    said = [one["receipt_id"] for one in first["items"] + rest["items"]]
    assert said == [str(order.receipt_id) for order in reversed(orders)]
    assert rest["next"] is None
    listed = (await central.call("GET", "/v1/receipts")).json()["items"]
    assert {one["receipt_id"]: one["settlement"]["receipt_id"] for one in listed} == {one: one for one in said}


async def test_what_was_said_is_never_changed_or_taken_back(central: Central) -> None:
    order, job = await an_unknown(central)
    await settle(central, order.receipt_id, {"fd": 15})
    await central.hears(answer(branch.JobDone, job, document=a_document(15)))

    for table in ("settlement", "settlement_end"):
        for statement in (f"update {table} set settlement_id = settlement_id", f"delete from {table}"):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with central.db.engine.begin() as conn:
                    await conn.execute(text(statement))


async def test_a_receipt_that_was_found_after_its_shift_had_rotated_is_not_foreign(central: Central) -> None:
    shift_id = uuid4()
    _, job = await an_unknown(central, shift_id=shift_id)
    nothing = Totals(receipts=0, cash_kopecks=0, card_kopecks=0, advance_kopecks=0)
    foreign = tuple({"fd": fd, "total_kopecks": 300_00, "cash_kopecks": 100_00} for fd in (15, 16))
    rotated = a_rotation(job)
    await central.hears(
        answer(branch.JobDone, rotated, document=a_document(17), fiscal_shift=3, totals=nothing, foreign=foreign),
        answer(branch.JobDone, job, document=a_document(15)),
        a_shift(fiscal.CloseShift, shift_id),
    )
    (closing,) = await central.told(branch.CloseShift)

    await central.hears(answer(branch.JobDone, closing, document=a_document(19), fiscal_shift=4, totals=nothing))

    closed = (await central.told(fiscal.ShiftClosed))[-1]
    assert (closed.shift_id, closed.totals.receipts, [one.fd for one in closed.foreign]) == (shift_id, 1, [16])


def a_rotation(like: branch.Print) -> branch.CloseShift:
    """A close that the worker makes by itself."""
    kept = like.model_dump(exclude={"receipt", "job_id"})
    return branch.CloseShift(**kept, job_id=uuid4())
