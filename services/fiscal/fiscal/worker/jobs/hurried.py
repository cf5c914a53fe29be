"""Jobs that nobody waits for, behind one that keeps their register: sales go on without receipts meanwhile."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from fiscal.worker import store
from fiscal.worker.domain import job as jobs
from fiscal.worker.domain.job import Job
from fiscal.worker.domain.observation import NotReady, Observation, Silence
from fiscal.worker.store import answers
from kit.db import Tx

SILENT_AFTER = timedelta(seconds=10)
"""A register that says nothing definite about a job for so long does not answer; one lost reply is no silence."""


def silent(job: Job, seen: Observation, now: datetime) -> bool:
    """Whether `seen` means that the register does not answer. One that is busy does."""
    if isinstance(seen, NotReady):
        return seen.code != "register_busy"
    return isinstance(seen, Silence) and job.sent_at is not None and now - job.sent_at > SILENT_AFTER


async def let_go(tx: Tx, register_id: UUID) -> None:
    """Refuse the register's hurried jobs of which nothing was sent, wherever they stand in its queue."""
    for stored in await store.hurried_jobs(tx, register_id):
        job, _ = jobs.step(stored.job, NotReady("register_unreachable", hurried=True), tx.now)
        after = replace(stored, job=job)
        await store.save_job(tx, replace(after, word=answers.tell(tx, after)))
