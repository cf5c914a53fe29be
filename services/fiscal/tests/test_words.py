"""What a worker may say: about its own jobs alone, and nothing that undoes what is certain."""

from typing import Any
from uuid import uuid4

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import text

from contracts import Message, branch, fiscal
from kit.consume import PARKED_IN_A_ROW_MAX
from kit.time import utc_now
from services.fiscal.tests.central import Central, a_document, an_order, answer

COUNTED = "savepoint_receipts_contradicted_total"


async def parked(central: Central) -> list[str]:
    async with central.db.begin() as tx:
        return list((await tx.conn.execute(text("select type from parked order by id"))).scalars())


async def test_a_refusal_of_a_receipt_that_has_its_document_is_counted_and_stops_nothing(central: Central) -> None:
    await central.a_register()
    order = an_order()
    await central.hears(order)
    (job,) = await central.told(branch.Print)
    await central.hears(answer(branch.JobDone, job, document=a_document()))
    before = REGISTRY.get_sample_value(COUNTED) or 0

    for _ in range(PARKED_IN_A_ROW_MAX + 1):
        await central.hears(answer(branch.JobRefused, job, code="register_refused", device_text="x"))

    assert await central.told(fiscal.ReceiptRefused) == []
    assert await parked(central) == []
    assert REGISTRY.get_sample_value(COUNTED) == before + PARKED_IN_A_ROW_MAX + 1
    assert (await central.call("GET", f"/v1/receipts/{order.receipt_id}")).json()["state"] == "registered"


async def test_a_document_of_a_refused_receipt_is_parked_and_nothing_changes(central: Central) -> None:
    await central.a_register()
    await central.hears(an_order())
    (job,) = await central.told(branch.Print)
    await central.hears(answer(branch.JobRefused, job, code="too_late"))

    await central.hears(answer(branch.JobDone, job, document=a_document()))

    assert await central.told(fiscal.ReceiptRegistered) == []
    assert await parked(central) == [branch.JobDone.TYPE]


async def test_one_document_cannot_belong_to_two_receipts(central: Central) -> None:
    await central.a_register()
    await central.hears(an_order(), an_order())
    first, second = await central.told(branch.Print)

    await central.hears(
        answer(branch.JobDone, first, document=a_document(15)), answer(branch.JobDone, second, document=a_document(15))
    )

    assert len(await central.told(fiscal.ReceiptRegistered)) == 1
    assert await parked(central) == [branch.JobDone.TYPE]


NOT_ITS_OWN = [{"club_id": uuid4()}, {"org_id": uuid4()}, {"register_id": uuid4()}, {"kind": "close_shift"}]
WORDS: list[tuple[type[Message], dict[str, Any]]] = [
    (branch.JobDone, {"document": a_document()}),
    (branch.JobRefused, {"code": "register_refused"}),
    (branch.JobUnknown, {"since": utc_now()}),
    (branch.JobWaiting, {"code": "no_paper"}),
]


@pytest.mark.parametrize("changes", NOT_ITS_OWN, ids=lambda one: "".join(one))
@pytest.mark.parametrize(("model", "values"), WORDS, ids=lambda one: getattr(one, "__name__", ""))
async def test_a_word_about_a_job_that_the_worker_was_not_given_is_parked_and_nothing_changes(
    central: Central, model: type[Message], values: dict[str, Any], changes: dict[str, Any]
) -> None:
    await central.a_register()
    order = an_order()
    await central.hears(order)
    (job,) = await central.told(branch.Print)

    await central.hears(answer(model, job, **values).model_copy(update=changes))

    assert await parked(central) == [model.TYPE]
    shown = (await central.call("GET", f"/v1/receipts/{order.receipt_id}")).json()
    assert (shown["state"], shown["document"]) == ("ordered", None)
