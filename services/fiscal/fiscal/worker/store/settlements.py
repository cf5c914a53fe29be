"""What people said about jobs, until the register was read for it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, ColumnElement, Uuid, column, or_, select, table, update

from fiscal.worker.domain.job import Stage
from fiscal.worker.store import jobs
from kit.columns import Moment, insert_on
from kit.db import Tx

settlements = table(
    "settlement",
    *[column(name, Uuid) for name in ("settlement_id", "job_id", "register_id")],
    column("fd", BigInteger),
    column("try_at", Moment),
    column("ended", Boolean),
)


@dataclass(frozen=True, slots=True)
class Said:
    """A person's word about a job: it became document `fd`, or none."""

    settlement_id: UUID
    job_id: UUID
    register_id: UUID
    fd: int | None


async def add(tx: Tx, said: Said) -> None:
    """Remember it, due at once, in the place of what was said about this job before."""
    ours = {"settlement_id": said.settlement_id, "job_id": said.job_id, "register_id": said.register_id}
    put = insert_on(tx.conn, settlements).values(**ours, fd=said.fd, try_at=tx.now, ended=False)
    if (await tx.conn.execute(put.on_conflict_do_nothing())).rowcount == 1:
        earlier = (settlements.c.job_id == said.job_id, settlements.c.settlement_id != said.settlement_id)
        await tx.conn.execute(update(settlements).where(*earlier).values(ended=True))


async def due(tx: Tx, register_id: UUID, job_id: UUID | None) -> Said | None:
    """The oldest word for which the register is to be read now; `job_id`: about this job alone.

    A number can be looked up at any time; that there is none is believed of a job that was set aside.
    """
    about = settlements.join(jobs, jobs.c.job_id == settlements.c.job_id)
    aside = jobs.c.stage == Stage.ASIDE
    in_doubt = jobs.c.stage.in_((Stage.ASKING, Stage.COMPARING)) & settlements.c.fd.is_not(None)
    mine = select(settlements).select_from(about).where(settlements.c.register_id == register_id, *_open(tx.now))
    mine = mine.where(or_(aside, in_doubt)).order_by(settlements.c.try_at).limit(1)
    row = (await tx.conn.execute(mine if job_id is None else mine.where(jobs.c.job_id == job_id))).first()
    return Said(row.settlement_id, row.job_id, row.register_id, row.fd) if row else None


async def waiting_registers(tx: Tx) -> set[UUID]:
    """Registers that are to be read now for a job that was set aside."""
    about = settlements.join(jobs, jobs.c.job_id == settlements.c.job_id)
    waiting = select(settlements.c.register_id).select_from(about).where(jobs.c.stage == Stage.ASIDE, *_open(tx.now))
    return set((await tx.conn.execute(waiting.distinct())).scalars())


async def later(tx: Tx, said: Said, at: datetime) -> None:
    """Not before `at`: should the register be silent, others have it meanwhile."""
    this = update(settlements).where(settlements.c.settlement_id == said.settlement_id)
    await tx.conn.execute(this.values(try_at=at))


async def end(tx: Tx, said: Said) -> None:
    """It is answered; what was said later about the job still waits."""
    this = update(settlements).where(settlements.c.settlement_id == said.settlement_id)
    await tx.conn.execute(this.values(ended=True))


async def end_all(tx: Tx, job_id: UUID) -> None:
    """The job has ended: nothing that was said about it waits any more."""
    await tx.conn.execute(update(settlements).where(settlements.c.job_id == job_id).values(ended=True))


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return ~settlements.c.ended, settlements.c.try_at <= now
