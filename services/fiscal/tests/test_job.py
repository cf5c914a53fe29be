"""The machine of one job, by cases: what the model does not explore."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from fiscal.worker.domain import job as jobs
from fiscal.worker.domain.document import SALE, Found, Wanted
from fiscal.worker.domain.job import Action, Job, Kind, Stage
from fiscal.worker.domain.observation import Answered, Compared, Denied, Entered, Shift, Snapshot

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LINES = (("Игровое время, VIP, 3 ч", 300_00),)
WANTED = Wanted(total=300_00, card=100_00, advance=50_00, lines=LINES)
OURS = Found(15, "1", SALE, total=300_00, card=100_00, advance=50_00, lines=LINES, cash=150_00)


def a_job(**changes: object) -> Job:
    """Set aside; document 14 was there before it was sent."""
    snapshot = Snapshot("run 1", Shift.OPEN, session=3, last_fd=14)
    job = Job(Kind.PRINT, NOW + timedelta(minutes=10), WANTED, Stage.ASIDE, snapshot, sends=1, sent_at=NOW)
    return replace(job, **changes)  # type: ignore[arg-type]


def now_there(*documents: Found, **more: object) -> Compared:
    return replace(Compared("run 1", Shift.OPEN, 3, documents), **more)  # type: ignore[arg-type]


OBJECTIONS = {
    "not there": (Entered(15, None), "document_not_found", ()),
    "another job's": (Entered(15, OURS, taken=True), "document_of_another", ()),
    "there before": (Entered(14, replace(OURS, fd=14)), "document_too_early", ()),
    "a return": (Entered(15, replace(OURS, type="Возврат прихода")), "document_differs", ("kind",)),
    "another total": (Entered(15, replace(OURS, total=301_00)), "document_differs", ("total",)),
    "by card": (Entered(15, replace(OURS, card=250_00)), "document_differs", ("card",)),
    "by advance": (Entered(15, replace(OURS, advance=0)), "document_differs", ("advance",)),
    "another name": (Entered(15, replace(OURS, lines=(("Вода", 300_00),))), "document_differs", ("lines",)),
    "another sum": (Entered(15, replace(OURS, lines=((LINES[0][0], 1),))), "document_differs", ("lines",)),
    "more lines": (Entered(15, replace(OURS, lines=LINES * 2)), "document_differs", ("lines",)),
}


@pytest.mark.parametrize("stage", [Stage.ASIDE, Stage.ASKING, Stage.COMPARING])
@pytest.mark.parametrize("case", OBJECTIONS)
def test_a_document_that_is_not_the_jobs_changes_nothing(case: str, stage: Stage) -> None:
    seen, code, differs = OBJECTIONS[case]
    job = a_job(stage=stage)

    assert jobs.objection(job, seen) == jobs.Objection(code, differs)
    assert jobs.step(job, seen, NOW) == jobs.resumed(job)
    assert jobs.resumed(job)[0] == job


@pytest.mark.parametrize("stage", [Stage.ASIDE, Stage.ASKING, Stage.COMPARING])
@pytest.mark.parametrize("found", [OURS, replace(OURS, lines=(("Игровое вре", 300_00),))])
def test_the_jobs_own_document_ends_it(found: Found, stage: Stage) -> None:
    job, action = jobs.step(a_job(stage=stage), Entered(15, found), NOW)

    assert (job.stage, job.found, action) == (Stage.DONE, found, Action.NOTHING)


def test_that_there_is_none_is_believed_where_nothing_readable_matches() -> None:
    for there in (now_there(), now_there(replace(OURS, total=1)), now_there(OURS, taken=frozenset({15}))):
        for whole in (True, False):
            job, action = jobs.step(a_job(suspect="нет бумаги"), Denied(replace(there, whole=whole)), NOW)

            assert (job.stage, job.code, job.device_text) == (Stage.REFUSED, "no_document", "нет бумаги")
            assert action is Action.NOTHING


def test_a_person_who_says_that_there_is_none_is_overruled_by_the_document() -> None:
    job, action = jobs.step(a_job(), Denied(now_there(OURS)), NOW)

    assert (job.stage, job.found, action) == (Stage.DONE, OURS, Action.NOTHING)


@pytest.mark.parametrize("stage", [Stage.QUEUED, Stage.SENDING, Stage.ASKING, Stage.COMPARING, Stage.DONE])
def test_that_there_is_none_is_not_asked_of_a_job_that_may_still_print(stage: Stage) -> None:
    with pytest.raises(AssertionError, match="cannot be seen"):
        jobs.step(a_job(stage=stage), Denied(now_there()), NOW)


@pytest.mark.parametrize(("kind", "shift"), [(Kind.OPEN_SHIFT, Shift.CLOSED), (Kind.CLOSE_SHIFT, Shift.OPEN)])
@pytest.mark.parametrize("whole", [True, False])
def test_a_shift_document_is_never_set_aside(kind: Kind, shift: Shift, whole: bool) -> None:
    """The server says that it is done, or documents are unreadable: the register's shift has not moved."""
    for answer in (None, Answered(0, "", document=False, body={}).body):
        job = a_job(kind=kind, wanted=None, stage=Stage.COMPARING, answer=answer)
        seen = Compared("run 1", shift, 3, (), whole=whole)

        again, action = jobs.step(job, seen, NOW)
        given_up, _ = jobs.step(replace(job, sends=jobs.SENDS_MAX), seen, NOW)

        assert (again.stage, again.sends, action) == (Stage.SENDING, 2, Action.SEND)
        assert (given_up.stage, given_up.code) == (Stage.REFUSED, "register_never_accepted")
