"""Manual payment: by somebody's word sales end without a document, for a while; nothing is ever both."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from conftest import eventually
from contracts import branch, fiscal
from contracts.journal import FiscalAct
from fiscal.worker.domain.job import Job, Kind
from fiscal.worker.domain.observation import NotReady, Silence
from fiscal.worker.jobs import hurried
from kit.time import utc_now
from services.fiscal.tests.builders import OURS, Club, a_print, an_open
from services.fiscal.tests.central import Central, a_document, an_order, answer
from services.fiscal.tests.test_registers import observed


async def turned_on(central: Central, register_id: UUID, hours: float = 1, **claims: Any) -> Any:
    body = {"until": (utc_now() + timedelta(hours=hours)).isoformat(), "reason": "Касса не включается"}
    return await central.call("PUT", f"/v1/registers/{register_id}/manual-payment", body, **claims)


async def receipt(central: Central, receipt_id: UUID) -> dict[str, Any]:
    shown: dict[str, Any] = (await central.call("GET", f"/v1/receipts/{receipt_id}")).json()
    return shown


async def ordered(central: Central, **changes: Any) -> tuple[fiscal.PrintReceipt, branch.Print]:
    order = an_order(**changes)
    await central.hears(order)
    return order, (await central.told(branch.Print))[-1]


async def test_it_says_who_until_when_and_why_and_everybody_is_told(central: Central) -> None:
    register_id = await central.a_register()

    view = (await turned_on(central, register_id)).json()

    assert (view["manual_payment"]["reason"], view["troubles"][0]) == ("Касса не включается", "manual_payment")
    (told,) = await central.told(fiscal.ManualPaymentStarted)
    assert (told.register_id, told.until) == (register_id, datetime.fromisoformat(view["manual_payment"]["until"]))
    (act,) = [act for act in await central.told(FiscalAct) if act.act == "fiscal.manual_payment.on"]
    assert (act.subject, act.reason) == (str(register_id), "Касса не включается")


async def test_a_sale_whose_register_does_not_answer_ends_without_a_document_and_is_journalled(
    central: Central,
) -> None:
    register_id = await central.a_register()
    view = (await turned_on(central, register_id)).json()
    order, job = await ordered(central)

    await central.hears(answer(branch.JobRefused, job, code="register_unreachable"))

    (told,) = await central.told(fiscal.ReceiptUnfiscalised)
    assert (told.receipt_id, told.code) == (order.receipt_id, "register_unreachable")
    assert await central.told(fiscal.ReceiptRefused) == []
    shown = (await central.call("GET", f"/v1/unfiscalised?register_id={register_id}")).json()
    assert [one["sale_id"] for one in shown["items"]] == [str(order.sale_id)]
    assert (shown["missing"]["count"], shown["missing"]["total_kopecks"]) == (1, 300_00)
    assert datetime.fromisoformat(shown["missing"]["last_at"]) == order.ordered_at
    assert shown["items"][0]["manual_payment_id"] == str(told.manual_payment_id)
    after = (await central.call("GET", f"/v1/registers/{register_id}")).json()
    assert after["unfiscalised"] == shown["missing"]
    assert view["unfiscalised"] == {"count": 0, "total_kopecks": 0, "last_at": None}


async def test_a_register_that_objects_to_a_receipt_refuses_it_as_ever(central: Central) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)
    order, job = await ordered(central)

    await central.hears(answer(branch.JobRefused, job, code="register_refused", device_text="неверная сумма"))

    assert (await receipt(central, order.receipt_id))["state"] == "refused"


async def test_a_register_that_answers_prints_as_ever(central: Central) -> None:
    register_id = await central.a_register()
    await observed(central, register_id)
    await turned_on(central, register_id)
    order, job = await ordered(central)

    assert await central.told(branch.Hurry) == []
    await central.hears(answer(branch.JobDone, job, document=a_document(), fiscal_shift=1))
    assert (await receipt(central, order.receipt_id))["state"] == "registered"


async def test_nobody_waits_for_a_register_that_is_known_to_be_silent(central: Central) -> None:
    register_id = await central.a_register()
    await observed(central, register_id, reachable=False)
    await turned_on(central, register_id)

    _, job = await ordered(central)

    assert [one.job_id for one in await central.told(branch.Hurry)] == [job.job_id]


async def test_what_waits_already_when_it_is_turned_on_waits_no_longer(central: Central) -> None:
    register_id = await central.a_register()
    order, job = await ordered(central, ordered_at=utc_now() - timedelta(seconds=30))
    await central.hears(answer(branch.JobWaiting, job, code="register_unreachable"))
    await central.loops.manual_payment()
    assert await central.told(branch.Hurry) == []

    await turned_on(central, register_id)
    await central.loops.manual_payment()
    await central.loops.manual_payment()

    assert [one.job_id for one in await central.told(branch.Hurry)] == [job.job_id]
    await central.hears(answer(branch.JobRefused, job, code="register_unreachable"))
    assert (await receipt(central, order.receipt_id))["state"] == "unfiscalised"


async def test_what_was_hurried_ends_without_a_document_although_it_is_off_meanwhile(central: Central) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)
    order, job = await ordered(central)
    await central.call("DELETE", f"/v1/registers/{register_id}/manual-payment")

    await central.hears(answer(branch.JobRefused, job, code="register_unreachable"))

    assert (await receipt(central, order.receipt_id))["state"] == "unfiscalised"


async def test_money_does_not_go_back_without_a_document(central: Central) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)
    order, job = await ordered(central)
    await central.hears(answer(branch.JobDone, job, document=a_document(), fiscal_shift=1))
    names = set(fiscal.ReturnReceipt.model_fields) - {"receipt_id", "sale_id", "returned_receipt_id"}
    same = {name: getattr(order, name) for name in names}
    back = fiscal.ReturnReceipt(**same, receipt_id=uuid4(), sale_id=uuid4(), returned_receipt_id=order.receipt_id)
    await central.hears(back)
    (job_back,) = await central.told(branch.PrintReturn)

    await central.hears(answer(branch.JobRefused, job_back, code="register_unreachable"))

    assert (await receipt(central, back.receipt_id))["state"] == "refused"


async def test_what_has_no_document_cannot_be_returned(central: Central) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)
    order, job = await ordered(central)
    await central.hears(answer(branch.JobRefused, job, code="no_paper"))
    names = set(fiscal.ReturnReceipt.model_fields) - {"receipt_id", "sale_id", "returned_receipt_id"}
    same = {name: getattr(order, name) for name in names}
    back = fiscal.ReturnReceipt(**same, receipt_id=uuid4(), sale_id=uuid4(), returned_receipt_id=order.receipt_id)

    await central.hears(back)

    assert (await receipt(central, back.receipt_id))["code"] == "receipt_unfiscalised"


async def test_it_is_off_when_its_time_is_over_and_says_so(central: Central) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)
    async with central.db.engine.begin() as conn:
        await conn.execute(text("update manual_payment set until = now() - interval '1 second'"))

    order, job = await ordered(central)
    await central.loops.manual_payment()
    await central.hears(answer(branch.JobRefused, job, code="register_unreachable"))

    assert (await central.call("GET", f"/v1/registers/{register_id}")).json()["manual_payment"] is None
    (told,) = await central.told(fiscal.ManualPaymentEnded)
    assert (told.register_id, told.by) == (register_id, None)
    assert (await receipt(central, order.receipt_id))["state"] == "refused"


async def test_turned_off_by_a_person_says_who_and_twice_changes_nothing(central: Central) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)

    for _ in range(2):
        off = await central.call("DELETE", f"/v1/registers/{register_id}/manual-payment")
        assert off.json()["manual_payment"] is None

    (told,) = await central.told(fiscal.ManualPaymentEnded)
    assert told.by is not None
    acts = [act.act for act in await central.told(FiscalAct) if act.act.startswith("fiscal.manual_payment")]
    assert sorted(acts) == ["fiscal.manual_payment.off", "fiscal.manual_payment.on"]


async def test_prolonged_it_is_another_ones_word(central: Central) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)
    order, job = await ordered(central)
    await central.hears(answer(branch.JobRefused, job, code="register_unreachable"))

    longer = (await turned_on(central, register_id, hours=3)).json()["manual_payment"]

    first, second = await central.told(fiscal.ManualPaymentStarted)
    (ended,) = await central.told(fiscal.ManualPaymentEnded)
    assert ended.manual_payment_id == first.manual_payment_id != second.manual_payment_id
    assert datetime.fromisoformat(longer["until"]) == second.until
    assert (await receipt(central, order.receipt_id))["manual_payment_id"] == str(first.manual_payment_id)


async def test_a_register_that_is_switched_off_has_none_any_more(central: Central) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)

    off = await central.call("PATCH", f"/v1/registers/{register_id}", {"mode": "off"})

    assert off.json()["manual_payment"] is None
    assert len(await central.told(fiscal.ManualPaymentEnded)) == 1


@pytest.mark.parametrize("code", ["too_late", "register_busy", "register_refused", "no_document"])
async def test_a_register_that_works_never_leaves_a_sale_without_a_document(central: Central, code: str) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)
    order, job = await ordered(central)

    await central.hears(answer(branch.JobRefused, job, code=code))

    assert (await receipt(central, order.receipt_id))["state"] == "refused"


@pytest.mark.parametrize(("hours", "code"), [(-1, "manual_payment_over"), (25, "manual_payment_too_long")])
async def test_it_lasts_a_day_at_most_and_not_until_yesterday(central: Central, hours: float, code: str) -> None:
    register_id = await central.a_register()

    refused = await turned_on(central, register_id, hours)

    assert (refused.status_code, refused.json()["code"]) == (422, code)


async def test_a_register_that_is_off_has_none_and_another_clubs_is_not_found(central: Central) -> None:
    register_id = await central.a_register("off")

    assert (await turned_on(central, register_id)).json()["code"] == "register_off"
    assert (await turned_on(central, register_id, org=str(uuid4()))).status_code == 404
    other = await central.call("DELETE", f"/v1/registers/{register_id}/manual-payment", clubs=[str(uuid4())])
    assert other.status_code == 404


async def test_a_sale_that_is_ordered_again_is_told_the_same(central: Central) -> None:
    register_id = await central.a_register()
    await turned_on(central, register_id)
    order, job = await ordered(central)
    await central.hears(answer(branch.JobRefused, job, code="register_unreachable"))

    await central.hears(order)

    assert len(await central.told(fiscal.ReceiptUnfiscalised)) == 2
    assert (await receipt(central, order.receipt_id))["state"] == "unfiscalised"


# The worker. ------------------------------------------------------------------------------------------------------


async def test_a_hurried_job_is_refused_at_the_first_look_at_a_dead_register(club: Club) -> None:
    await club.fault("http_503", times=1000, command="GetDataKKT")
    job = a_print()
    await club.order(job)
    await eventually(lambda: club.told(branch.JobWaiting))

    await club.order(branch.Hurry(**OURS, job_id=job.job_id))

    refused = await eventually(lambda: club.ended(job.job_id))
    assert isinstance(refused, branch.JobRefused), refused
    assert await club.documents("sale") == []


async def test_a_hurried_job_is_printed_by_a_register_that_answers(club: Club) -> None:
    job = a_print()

    await club.order(job, branch.Hurry(**OURS, job_id=job.job_id))

    done = await eventually(lambda: club.ended(job.job_id))
    assert isinstance(done, branch.JobDone), done
    assert len(await club.documents("sale")) == 1


async def test_a_job_that_was_sent_is_not_given_up_by_being_hurried(club: Club) -> None:
    await club.fault("cut_after")
    await club.fault("http_503", times=10, command="GetRezult")
    job = a_print()
    await club.order(job)
    await eventually(lambda: club.told(branch.JobUnknown))

    await club.order(branch.Hurry(**OURS, job_id=job.job_id))

    done = await eventually(lambda: club.ended(job.job_id), within_s=20)
    assert isinstance(done, branch.JobDone), done
    assert len(await club.documents("sale")) == 1


async def test_nobody_waits_behind_a_receipt_that_died_with_its_register(club: Club, monkeypatch: Any) -> None:
    """The first was sent and stays unknown for as long as its register says nothing; what comes after is let go."""
    monkeypatch.setattr(hurried, "SILENT_AFTER", timedelta(milliseconds=50))
    await club.fault("cut_before")
    await club.fault("http_503", times=10_000, command="GetRezult")
    first, second = a_print(), a_print()
    await club.order(first)
    await eventually(lambda: club.told(branch.JobUnknown))

    await club.order(second, branch.Hurry(**OURS, job_id=second.job_id))

    refused = await eventually(lambda: club.ended(second.job_id))
    assert isinstance(refused, branch.JobRefused), refused
    assert refused.code == "register_unreachable"
    assert await club.ended(first.job_id) is None


async def test_nobody_waits_behind_a_shift_that_cannot_be_opened(club: Club) -> None:
    await club.fault("http_503", times=10_000, command="GetDataKKT")
    shift, job = an_open(), a_print()
    await club.order(shift, job)

    await club.order(branch.Hurry(**OURS, job_id=job.job_id))

    refused = await eventually(lambda: club.ended(job.job_id))
    assert isinstance(refused, branch.JobRefused), refused
    assert await club.ended(shift.job_id) is None


async def test_a_busy_register_is_waited_for(club: Club) -> None:
    """Somebody else prints on it: it works."""
    busy = NotReady("register_busy")
    job = Job(Kind.PRINT, utc_now() + timedelta(minutes=10))

    assert not hurried.silent(job, busy, utc_now())
    assert hurried.silent(job, NotReady("register_unreachable"), utc_now())
    assert not hurried.silent(replace(job, sent_at=utc_now()), Silence.LOST, utc_now())
