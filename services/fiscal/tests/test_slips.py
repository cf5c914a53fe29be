"""X-reports, test slips and devices at the club: printed once or not at all, and never beside a receipt."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from conftest import eventually
from contracts import branch
from fiscal.worker.domain import job as jobs
from fiscal.worker.domain import kkm
from fiscal.worker.domain import observation as seeing
from fiscal.worker.domain.job import Action, Job, Kind, Stage
from fiscal.worker.domain.observation import Answered, NotReady, Shift, Silence, Snapshot, Unknown
from fiscal.worker.jobs.devices import Devices
from fiscal.worker.store import asked_registers
from fiscal.worker.store import job as store_job
from kit.time import utc_now
from services.fiscal.tests.builders import DEVICE, OURS, Club, a_print

NOW = utc_now()
READY = seeing.Looked(Snapshot("run 1", Shift.OPEN, 3, 14))
SEEN: list[seeing.Observation] = [
    READY,
    seeing.Looked(Snapshot("run 1", Shift.CLOSED, 3, 14)),
    seeing.Looked(Snapshot("run 1", Shift.EXPIRED, 3, 14)),
    NotReady("register_unreachable"),
    Answered(0, "", document=False, body={}),
    Answered(2, "нет бумаги", document=False, body={}),
    Answered(3, "нет устройства", document=False, body={}),
    *Silence,
    Unknown("run 1"),
    Unknown("run 2"),
]
FITS = {
    Action.LOOK: (seeing.Looked, NotReady),
    Action.SEND: (Answered, Silence),
    Action.ASK: (Answered, Silence, Unknown),
}


def work() -> dict[str, Any]:
    now = utc_now()
    own = {"job_id": uuid4(), "device": DEVICE, "cashier_name": "Анна К.", "ordered_at": now}
    return {**OURS, **own, "send_by": now + timedelta(minutes=1)}


def an_x_report(**changes: Any) -> branch.XReport:
    return branch.XReport(**(work() | changes))


def a_slip(**changes: Any) -> branch.TestSlip:
    return branch.TestSlip(**(work() | {"lines": (">#0#<ПРОБНЫЙ СЛИП", "Касса")} | changes))


@pytest.mark.parametrize("kind", jobs.SLIPS)
def test_on_every_path_a_slip_leaves_at_most_once(kind: Kind) -> None:
    """Whatever is seen, at whatever moment, after whatever crash; only a refused connection took nothing with it."""
    first = Job(kind, NOW + timedelta(minutes=1))
    states = {(first, Action.LOOK, 0)}
    waiting, ends = list(states), 0
    while waiting:
        job, action, left = waiting.pop()
        assert left <= 1
        if action is Action.NOTHING:
            assert job.ended
            ends += 1
            continue
        found = set()
        for seen in SEEN:
            if isinstance(seen, FITS[action]) and not (action is Action.ASK and seen is Silence.NOT_SENT):
                for late_s in (0, 30, 61, 600):
                    after, then = jobs.step(job, seen, NOW + timedelta(seconds=late_s))
                    after = replace(after, answer=None)  # a dict cannot be one of a set
                    found.add((after, then, left + (action is Action.SEND and seen is not Silence.NOT_SENT)))
        found.add((*jobs.resumed(job), left + (action is Action.SEND)))
        waiting += [one for one in found - states if one is not None]
        states |= found
    assert ends > 5


async def test_an_x_report_and_a_slip_come_out_once_and_are_no_documents(club: Club) -> None:
    report, slip = an_x_report(), a_slip()

    await club.order(report, slip, report)
    await eventually(lambda: club.ended(slip.job_id))
    for job in (report, slip):
        done = await club.ended(job.job_id)
        assert isinstance(done, branch.JobDone), done
        assert done.document is None

    assert [one["kind"] for one in await club.documents()] == ["x_report", "non_fiscal"]
    assert any("ПРОБНЫЙ СЛИП" in line for line in (await club.documents("non_fiscal"))[0]["text"])


LOST = {"cut_after": 1, "restart": 1, "cut_before": 0, "http_503": 0}
"""What happens to the answer, and how many reports there are then."""


@pytest.mark.parametrize("what", LOST)
async def test_an_x_report_whose_answer_is_lost_is_not_printed_again(club: Club, what: str) -> None:
    await club.fault(what, command="XReport")
    report = an_x_report()

    await club.order(report)
    ended: Any = await eventually(lambda: club.ended(report.job_id), within_s=20)

    assert len(await club.documents("x_report")) == LOST[what]
    # What the server remembers of it is believed; about the rest somebody looks at the paper.
    assert isinstance(ended, branch.JobDone) if what == "cut_after" else ended.code == "answer_lost"


async def test_what_the_register_says_of_a_slip_is_told(club: Club) -> None:
    await club.fault("error_before", command="XReport", error="Ошибка ( 44 : ККТ: нет бумаги )")
    report = an_x_report()

    await club.order(report)
    ended: Any = await eventually(lambda: club.ended(report.job_id))

    assert (ended.code, ended.device_text) == ("register_refused", "Ошибка ( 44 : ККТ: нет бумаги )")


async def test_a_slip_waits_until_the_receipt_before_it_has_ended(club: Club) -> None:
    await club.fault("hang_running", seconds=1)
    receipt, slip = a_print(), a_slip()

    await club.order(receipt, slip)
    await eventually(lambda: club.ended(slip.job_id), within_s=20)

    assert [one["kind"] for one in await club.documents()] == ["open_shift", "sale", "non_fiscal"]
    ended = [word.job_id for word in await club.told(branch.JobDone) if word.kind in ("print", "test_slip")]
    assert ended == [receipt.job_id, slip.job_id]


async def test_a_slip_that_a_lost_memory_may_have_printed_is_not_printed_again(club: Club) -> None:
    slip = a_slip(asked=1)

    await club.order(slip)
    ended: Any = await eventually(lambda: club.ended(slip.job_id))

    assert ended.code == "answer_lost"
    assert await club.documents() == []


async def listed(club: Club) -> branch.DevicesListed:
    wish = branch.ListDevices(**OURS, request_id=uuid4())
    await club.order(wish)
    async with asyncio.timeout(10):
        await Devices(club.db, club.queues.kkm).work()
    found: branch.DevicesListed = (await club.told(branch.DevicesListed))[-1]
    assert found.request_id == wish.request_id
    return found


async def test_the_servers_devices_are_told_while_a_register_is_busy(club: Club) -> None:
    await club.fault("hang_running", seconds=2)
    receipt = a_print()
    await club.order(receipt)

    found = await listed(club)

    (one,) = [device for device in found.devices if device.num_device == 1]
    assert (one.model, one.type, one.active) == ("KKT Эмулятор", "Фискальный регистратор", True)
    assert found.code is None
    assert await club.ended(receipt.job_id) is None


async def test_a_server_that_is_away_is_told_and_asked_once(club: Club) -> None:
    await club.fault("cut_before", command="List")

    assert (await listed(club)).code == "register_unreachable"
    assert (await listed(club)).devices


@pytest.mark.parametrize("answer", [{}, {"ListUnit": None}, {"ListUnit": ["x", {"NumDevice": "x"}, {"UnitName": 1}]}])
def test_devices_that_cannot_be_made_out_are_left_out(answer: dict[str, Any]) -> None:
    assert kkm.units_of(answer) == ()


async def test_who_asks_for_a_receipt_hears_the_last_word_again_and_the_register_is_asked_at_once(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "pause_s", lambda job, now: 60 if job.stage is Stage.ASKING else 0.01)
    await club.fault("cut_after")
    await club.fault("http_503", command="GetRezult")
    job = a_print()
    await club.order(job)

    async def unknown() -> int:
        return len(await club.told(branch.JobUnknown))

    async def was_asked() -> bool:
        return not (await club.control.get("/control/faults")).json()

    await eventually(unknown)
    await eventually(was_asked)
    await club.order(branch.Ask(**OURS, job_id=job.job_id))

    assert isinstance(await eventually(lambda: club.ended(job.job_id), within_s=10), branch.JobDone)
    assert await unknown() == 2
    assert len(await club.documents("sale")) == 1


async def test_asking_for_a_job_that_was_set_aside_prints_nothing(club: Club) -> None:
    job = a_print()
    await club.order(job)
    await eventually(lambda: club.ended(job.job_id))
    assert len(await club.documents("sale")) == 1

    again = job.model_copy(update={"job_id": uuid4(), "asked": 1})
    await club.order(again)

    async def aside() -> bool:
        async with club.db.begin() as tx:
            stored = await store_job(tx, again.job_id)
        return stored is not None and stored.job.stage is Stage.ASIDE

    await eventually(aside, within_s=20)
    await club.order(branch.Ask(**OURS, job_id=again.job_id))

    async def served() -> bool:
        async with club.db.look() as tx:
            return not await asked_registers(tx)

    await eventually(served)
    # The server does not know it either: it stays aside, and nothing is printed for the asking.
    assert await aside()
    assert len(await club.documents("sale")) == 1
