"""A worker that lost its memory, or its file: what may have been done is not done blindly once more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from conftest import eventually
from contracts import branch
from fiscal.worker import store
from fiscal.worker.domain import job as jobs
from fiscal.worker.domain import kkm
from fiscal.worker.domain import observation as seeing
from fiscal.worker.domain.document import SALE, Found, Wanted
from fiscal.worker.domain.job import Action, Job, Kind, Stage
from fiscal.worker.domain.observation import Answered, Denied, Entered, Shift, Silence, Snapshot, Unknown
from kit.db import Tx
from kit.errors import Transient
from kit.time import utc_now
from services.fiscal.tests.builders import Club, a_close, a_print
from services.fiscal.tests.conftest import worker_at
from services.fiscal.tests.test_settling import a_word, is_aside

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
WANTED = Wanted(total=300_00, card=0, advance=0, lines=(("Игровое время", 300_00),))
OURS = Found(15, "1", SALE, total=300_00, card=0, advance=0, lines=WANTED.lines)


@asynccontextmanager
async def a_life(tmp_path: Path, emulator: str) -> AsyncIterator[Club]:
    async with worker_at(tmp_path / f"{uuid4()}.sqlite", emulator) as club:
        yield club


def again(job: Any) -> Any:
    """As central asks once more."""
    return job.model_copy(update={"asked": 1})


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("late", [False, True])
async def test_what_the_server_remembers_is_done_without_a_second_document(
    tmp_path: Path, emulator: str, late: bool
) -> None:
    async with a_life(tmp_path, emulator) as club:
        job = a_print(**({"send_by": utc_now() + timedelta(seconds=2)} if late else {}))
        await club.order(job)
        before: Any = await eventually(lambda: club.ended(job.job_id))
    if late:
        await eventually(lambda: _passed(job.send_by))

    async with a_life(tmp_path, emulator) as club:
        await club.order(again(job))
        done = await eventually(lambda: club.ended(job.job_id))

        assert isinstance(done, branch.JobDone), done
        assert (done.document, len(await club.documents("sale"))) == (before.document, 1)
        assert len(await club.told(branch.JobUnknown)) == 1


async def _passed(moment: datetime) -> bool:
    return utc_now() > moment


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("printed", [False, True])
async def test_what_the_server_has_forgotten_too_is_set_aside_for_a_person(
    tmp_path: Path, emulator: str, printed: bool
) -> None:
    job, other = a_print(), a_print()
    async with a_life(tmp_path, emulator) as club:
        if printed:
            await club.fault("lost_journal")
            await club.order(job)
            await eventually(lambda: club.ended(job.job_id))
    number = 2

    async with a_life(tmp_path, emulator) as club:
        await club.order(again(job))
        await eventually(lambda: is_aside(club, job))
        assert await club.ended(job.job_id) is None
        assert len(await club.documents("sale")) == printed

        await club.order(a_word(job, number if printed else None))
        end = await eventually(lambda: club.ended(job.job_id))
        await club.order(other)
        await eventually(lambda: club.ended(other.job_id))

        assert isinstance(end, branch.JobDone if printed else branch.JobRefused), end
        assert len(await club.documents("sale")) == 1 + printed


@pytest.mark.usefixtures("_quick")
@pytest.mark.parametrize("restarted", [False, True])
async def test_a_shift_that_is_closed_already_is_not_closed_again(
    tmp_path: Path, emulator: str, restarted: bool
) -> None:
    close = a_close()
    async with a_life(tmp_path, emulator) as club:
        job = a_print()
        if restarted:
            await club.fault("lost_journal", command="CloseShift")
        await club.order(job, close)
        await eventually(lambda: club.ended(close.job_id))

    async with a_life(tmp_path, emulator) as club:
        await club.order(again(close))
        done = await eventually(lambda: club.ended(close.job_id))

        assert isinstance(done, branch.JobDone), done
        assert len(await club.documents("close_shift")) == 1


async def test_a_loop_that_begins_anew_asks_for_what_was_on_its_way(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker's file is locked while a register prints, and the server restarts: its memory is no help."""
    execute, busy_registers = club.queues.kkm.execute, store.busy_registers
    sent: list[str] = []
    printed, failed = asyncio.Event(), asyncio.Event()

    async def slowly(body: kkm.Body) -> kkm.Body | Silence:
        answer = await execute(body)
        if body["Command"] == "RegisterCheck":
            sent.append(body["IdCommand"])
            printed.set()
            await failed.wait()
        return answer

    async def locked(tx: Tx) -> set[UUID]:
        if printed.is_set() and not failed.is_set():
            failed.set()
            raise Transient("the database of fiscal-worker: database is locked")
        return await busy_registers(tx)

    monkeypatch.setattr(club.queues.kkm, "execute", slowly)
    monkeypatch.setattr(store, "busy_registers", locked)
    await club.fault("lost_journal")
    job = a_print()

    await club.order(job)
    done = await eventually(lambda: club.ended(job.job_id), within_s=20)

    assert isinstance(done, branch.JobDone), done
    assert failed.is_set()
    assert len(sent) == 1
    assert len(await club.documents("sale")) == 1


def a_forgotten(**changes: Any) -> Job:
    return replace(jobs.forgotten(Job(Kind.PRINT, NOW, WANTED), NOW), **changes)


def test_a_forgotten_job_is_asked_for_until_nothing_can_be_on_its_way() -> None:
    job = a_forgotten()
    assert jobs.resumed(job) == (job, Action.ASK)

    waiting, action = jobs.step(job, Unknown("run 1"), NOW)
    assert (waiting.stage, action) == (Stage.ASKING, Action.ASK)
    assert jobs.step(waiting, Unknown("run 1"), NOW) == (waiting, Action.ASK)

    # A server that starts anew leaves a register that may still print.
    restarted, action = jobs.step(waiting, Unknown("run 2"), LATER)
    assert (restarted.stage, action) == (Stage.ASKING, Action.ASK)
    assert jobs.step(restarted, Unknown("run 2"), LATER + jobs.SETTLE_AFTER_RESTART)[0].stage is Stage.ASIDE


@pytest.mark.parametrize("answer", [Answered(2, "нет бумаги", False, {}), Answered(0, "", False, {})])
def test_a_server_that_names_no_document_does_not_end_a_forgotten_job(answer: Answered) -> None:
    waiting, action = jobs.step(a_forgotten(), answer, NOW)
    assert (waiting.stage, action) == (Stage.ASKING, Action.ASK)

    assert jobs.step(waiting, answer, LATER) == (replace(waiting, stage=Stage.ASIDE), Action.NOTHING)


def test_a_person_says_what_became_of_a_forgotten_job() -> None:
    job = a_forgotten(stage=Stage.ASIDE)

    assert jobs.step(job, Entered(15, OURS), NOW)[0].stage is Stage.DONE
    assert jobs.step(job, Entered(15, replace(OURS, total=1)), NOW) == (job, Action.NOTHING)
    refused, _ = jobs.step(job, Denied(None), NOW)
    assert (refused.stage, refused.code) == (Stage.REFUSED, "no_document")


@pytest.mark.parametrize(("kind", "shift"), [(Kind.OPEN_SHIFT, Shift.OPEN), (Kind.CLOSE_SHIFT, Shift.CLOSED)])
def test_a_forgotten_shift_document_is_decided_by_the_registers_shift_and_never_too_late(
    kind: Kind, shift: Shift
) -> None:
    job, _ = jobs.step(jobs.forgotten(Job(kind, NOW), NOW), Unknown(None), NOW)

    queued, action = jobs.step(job, Unknown(None), LATER)
    done, _ = jobs.step(queued, seeing.Looked(Snapshot("run 1", shift, 3, 14)), LATER)

    assert (queued.stage, queued.sends, action) == (Stage.QUEUED, 0, Action.LOOK)
    assert done.stage is Stage.DONE
