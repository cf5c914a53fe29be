"""The worker beside a KKM-Server that fails in every way that the reference knows: one document each time, or none."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from conftest import eventually
from contracts import branch
from kit.time import utc_now
from services.fiscal.tests.builders import REGISTER, Club, a_close, a_line, a_print, an_open


async def test_a_receipt_is_printed_with_its_shift_opened_first(club: Club) -> None:
    job = a_print()

    await club.order(job)
    done = await eventually(lambda: club.ended(job.job_id))

    assert [one["kind"] for one in await club.documents()] == ["open_shift", "sale"]
    (sale,) = await club.documents("sale")
    assert isinstance(done, branch.JobDone)
    assert done.document is not None
    assert (done.document.fd, done.document.total_kopecks) == (sale["number"], 300_00)
    assert done.answer["QRCode"] == done.document.qr
    assert sale["total"] == "300.00"


FAULTS = [
    "cut_before",
    "cut_after",
    "error_after",
    "lost_journal",
    "restart",
    "http_500",
    "http_503",
    "garbage",
    "double_answer",
]


@pytest.mark.parametrize("what", FAULTS)
async def test_whatever_happens_to_the_answer_there_is_one_document(club: Club, what: str) -> None:
    job = a_print()
    await club.fault(what, error="Замялась бумага") if what == "error_after" else await club.fault(what)

    await club.order(job)
    done = await eventually(lambda: club.ended(job.job_id), within_s=20)

    assert isinstance(done, branch.JobDone), done
    assert done.document is not None
    (sale,) = await club.documents("sale")
    assert done.document.fd == sale["number"]


@pytest.mark.parametrize("what", ["hang_running", "hang_queued", "delay"])
async def test_a_slow_register_is_waited_for_and_prints_once(club: Club, what: str) -> None:
    job = a_print()
    await club.fault(what, seconds=1)

    await club.order(job)
    done = await eventually(lambda: club.ended(job.job_id), within_s=20)

    assert isinstance(done, branch.JobDone), done
    assert len(await club.documents("sale")) == 1


async def test_a_definite_refusal_leaves_no_document_and_says_the_registers_words(club: Club) -> None:
    job = a_print()
    await club.fault("error_before", error="Ошибка регистрации ( 33 : ККТ: неверная сумма )")

    await club.order(job)
    refused = await eventually(lambda: club.ended(job.job_id))

    assert isinstance(refused, branch.JobRefused), refused
    assert (refused.code, refused.device_text) == (
        "register_refused",
        "Ошибка регистрации ( 33 : ККТ: неверная сумма )",
    )
    assert await club.documents("sale") == []


async def test_two_faults_on_one_receipt_still_make_one_document(club: Club) -> None:
    await club.fault("cut_after")
    await club.fault("http_503", command="GetRezult", times=2)
    await club.fault("restart", command="GetDataKKT", after=1)
    job = a_print()

    await club.order(job)
    await eventually(lambda: club.ended(job.job_id), within_s=20)

    assert len(await club.documents("sale")) == 1


async def test_the_same_job_twice_is_answered_twice_and_printed_once(club: Club) -> None:
    job = a_print()
    await club.order(job)
    await eventually(lambda: club.ended(job.job_id))

    await club.order(job)

    words = await club.told(branch.JobDone)
    assert [word for word in words if word.job_id == job.job_id] == [words[-1], words[-1]]
    assert len(await club.documents("sale")) == 1


async def test_a_missing_roll_is_waited_for_and_then_one_receipt_comes_out(club: Club) -> None:
    await club.register(paper=False)
    job = a_print()
    await club.order(job)

    async def says_so() -> bool:
        return any(word.code == "no_paper" for word in await club.told(branch.JobWaiting))

    await eventually(says_so)
    assert await club.documents() == []
    await club.register(paper=True)

    assert isinstance(await eventually(lambda: club.ended(job.job_id)), branch.JobDone)
    assert len(await club.documents("sale")) == 1


async def test_paper_that_ends_in_the_middle_of_a_receipt_never_makes_two(club: Club) -> None:
    await club.fault("no_paper")
    job = a_print()
    await club.order(job)
    word = await eventually(lambda: club.ended(job.job_id), within_s=20)

    sales = await club.documents("sale")
    assert len(sales) == (1 if isinstance(word, branch.JobDone) else 0)


async def test_a_register_that_is_away_is_waited_for_and_nothing_is_sent(club: Club) -> None:
    await club.register(online=False)
    job = a_print()
    await club.order(job)

    async def waiting() -> bool:
        return bool(await club.told(branch.JobWaiting))

    await eventually(waiting)
    assert await club.told(branch.JobUnknown) == []
    await club.register(online=True)

    assert isinstance(await eventually(lambda: club.ended(job.job_id)), branch.JobDone)


async def test_a_receipt_that_could_not_be_sent_in_time_is_refused(club: Club) -> None:
    await club.register(online=False)
    job = a_print(send_by=utc_now() + timedelta(milliseconds=300))

    await club.order(job)
    refused = await eventually(lambda: club.ended(job.job_id))

    assert isinstance(refused, branch.JobRefused)
    await club.register(online=True)
    assert await club.documents("sale") == []


async def test_an_expired_shift_is_rotated_before_the_receipt(club: Club) -> None:
    await club.register(shift="expired")
    job = a_print()

    await club.order(job)
    await eventually(lambda: club.ended(job.job_id))

    assert [one["kind"] for one in await club.documents()][-3:] == ["close_shift", "open_shift", "sale"]


async def test_receipts_come_out_in_the_order_they_were_asked_for(club: Club) -> None:
    orders = [
        a_print(receipt=a_print().receipt.model_copy(update={"lines": (a_line(kopecks=n * 100),)})) for n in range(1, 6)
    ]

    await club.order(*orders)
    for job in orders:
        await eventually(lambda: club.ended(job.job_id))  # noqa: B023

    assert [one["total"] for one in await club.documents("sale")] == ["1.00", "2.00", "3.00", "4.00", "5.00"]


@pytest.mark.parametrize("what", ["cut_before", "cut_after", "restart", "error_after", "lost_journal"])
async def test_a_shift_is_closed_once_whatever_happens(club: Club, what: str) -> None:
    job, close = a_print(), a_close()
    await club.order(job)
    await eventually(lambda: club.ended(job.job_id))
    await club.fault(what, command="CloseShift", **({"error": "сбой"} if what == "error_after" else {}))

    await club.order(close)
    done = await eventually(lambda: club.ended(close.job_id), within_s=20)

    assert isinstance(done, branch.JobDone), done
    assert len(await club.documents("close_shift")) == 1


async def test_opening_an_open_shift_and_closing_a_closed_one_do_nothing(club: Club) -> None:
    first, again, close, twice = an_open(), an_open(), a_close(), a_close()
    await club.order(first, again, close, twice)
    for job in (first, again, close, twice):
        done = await eventually(lambda: club.ended(job.job_id))  # noqa: B023
        assert isinstance(done, branch.JobDone)
        assert (done.document is None) == (job in (again, twice))

    assert [one["kind"] for one in await club.documents()] == ["open_shift", "close_shift"]


async def test_a_shift_is_closed_before_it_is_too_old(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    job = a_print()
    await club.order(job)
    await eventually(lambda: club.ended(job.job_id))
    await club.queues.observe()
    assert await club.documents("close_shift") == []

    monkeypatch.setattr(club.queues, "rotate_after", timedelta(0))
    await club.queues.observe()

    async def closed() -> bool:
        return len(await club.documents("close_shift")) == 1

    await eventually(closed)


async def test_a_change_of_the_register_is_told_once(club: Club) -> None:
    await club.queues.observe()
    await club.queues.observe()
    assert len(await club.told(branch.RegisterObserved)) == 1

    await club.register(paper=False)
    await club.queues.observe()
    await club.register(paper=True, online=False)
    await club.queues.observe()

    states = [word.state for word in await club.told(branch.RegisterObserved)]
    assert [(state.reachable, state.paper) for state in states] == [(True, True), (True, False), (False, False)]
    assert {word.register_id for word in await club.told(branch.RegisterObserved)} == {REGISTER}


async def test_a_receipt_of_a_forgotten_register_is_refused_by_time(club: Club, tmp_path: Path) -> None:
    stranger = a_print(register_id=a_print().job_id, send_by=utc_now() + timedelta(milliseconds=200))

    await club.order(stranger)
    refused = await eventually(lambda: club.ended(stranger.job_id))

    assert isinstance(refused, branch.JobRefused)
    assert refused.code == "register_not_configured"


async def test_a_worker_that_looks_for_work_does_not_wake_itself(club: Club, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    look = club.db.look

    def counted() -> Any:
        nonlocal looks
        looks += 1
        return look()

    async def twice() -> bool:
        return looks >= 2

    monkeypatch.setattr(club.db, "look", counted)
    changed = club.db.changed.next()
    await eventually(twice)

    assert not changed.is_set()
