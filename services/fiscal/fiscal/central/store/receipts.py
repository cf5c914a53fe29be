"""Receipts, and the jobs that workers do for them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Integer,
    Row,
    String,
    Uuid,
    case,
    column,
    func,
    insert,
    select,
    table,
    update,
)

from contracts import TYPES, branch
from contracts.fiscal import Totals
from edge.scope import Scope
from fiscal.central.domain.receipt import RETURNS, State
from kit.columns import Moment, insert_on
from kit.db import Tx
from kit.telemetry import current_traceparent

SUMS = ("total_kopecks", "cash_kopecks", "card_kopecks", "advance_kopecks")
UUIDS = ("receipt_id", "sale_id", "org_id", "club_id", "register_id", "shift_id", "till_id", "client_id")

receipts = table(
    "receipt",
    *[column(name, Uuid) for name in (*UUIDS, "manual_payment_id")],
    *[column(name, String) for name in ("state", "purpose", "cashier_name", "fn", "code", "device_text")],
    *[column(name, BigInteger) for name in ("fd", *SUMS)],
    *[column(name, JSON) for name in ("lines", "document", "answer", "seller")],
    *[column(name, Moment) for name in ("ordered_at", "ended_at")],
)
jobs = table(
    "job",
    *[column(name, Uuid) for name in ("job_id", "org_id", "club_id", "register_id", "receipt_id", "shift_id")],
    column("hurried_for", Uuid),
    *[column(name, String) for name in ("kind", "trace")],
    column("message", JSON),
    column("ended", Boolean),
    column("asks", Integer),
    *[column(name, Moment) for name in ("heard_at", "ask_at")],
)

ASK_PAUSES_S = (15, 30, 60, 120, 300)


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker was asked to do, and for what."""

    job_id: UUID
    org_id: UUID
    club_id: UUID
    register_id: UUID
    kind: branch.JobKind
    receipt_id: UUID | None
    shift_id: UUID | None
    ended: bool


async def add(tx: Tx, **values: Any) -> None:
    """A receipt was ordered."""
    await tx.conn.execute(insert(receipts).values(values))


async def find(tx: Tx, receipt_id: UUID, lock: bool = False) -> Row[Any] | None:
    query = select(receipts).where(receipts.c.receipt_id == receipt_id)
    return (await tx.conn.execute(query.with_for_update() if lock else query)).first()


async def sold(tx: Tx, receipt_id: UUID) -> Row[Any]:
    """A receipt that is to be returned; it is here, or somebody returns what nobody sold."""
    found = await find(tx, receipt_id)
    assert found is not None, f"receipt {receipt_id} was never ordered and cannot be returned"
    return found


async def change(tx: Tx, receipt_id: UUID, **values: Any) -> None:
    await tx.conn.execute(update(receipts).where(receipts.c.receipt_id == receipt_id).values(values))


async def listed(
    tx: Tx,
    scope: Scope,
    limit: int,
    after: UUID | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
    **wanted: Any,
) -> Sequence[Row[Any]]:
    """The caller's receipts, newest first, ordered from `since` on and `before`; `wanted` narrows by column."""
    query = (
        select(receipts)
        .where(*scope.rows(receipts))
        .order_by(receipts.c.ordered_at.desc(), receipts.c.receipt_id.desc())
    )
    for name, value in wanted.items():
        if value is not None:
            query = query.where(receipts.c[name] == value)
    if since is not None:
        query = query.where(receipts.c.ordered_at >= since)
    if before is not None:
        query = query.where(receipts.c.ordered_at < before)
    if after is not None:
        place = select(receipts.c.ordered_at, receipts.c.receipt_id).where(receipts.c.receipt_id == after).subquery()
        earlier = receipts.c.ordered_at < place.c.ordered_at
        same = (receipts.c.ordered_at == place.c.ordered_at) & (receipts.c.receipt_id < place.c.receipt_id)
        query = query.where(earlier | same)
    return (await tx.conn.execute(query.limit(limit + 1))).all()


async def shift_totals(tx: Tx, shift_id: UUID) -> Totals:
    """What the registered receipts of a till's shift add up to, less what others returned."""
    sign = case((receipts.c.purpose.in_(RETURNS.values()), -1), else_=1)
    sums = [func.coalesce(func.sum(receipts.c[name] * sign), 0).label(name) for name in SUMS]
    ours = (receipts.c.shift_id == shift_id, receipts.c.state == State.REGISTERED, receipts.c.fd.is_not(None))
    row = (await tx.conn.execute(select(func.count().label("receipts"), *sums).where(*ours))).one()
    card, advance = int(row.card_kopecks), int(row.advance_kopecks)
    return Totals(receipts=row.receipts, cash_kopecks=int(row.cash_kopecks), card_kopecks=card, advance_kopecks=advance)


async def send_job(
    tx: Tx, message: branch.Work, *, receipt_id: UUID | None = None, shift_id: UUID | None = None
) -> None:
    """Ask the club's worker; it is asked again until it says how that ended."""
    kinds: dict[str, branch.JobKind] = {
        branch.Print.TYPE: "print",
        branch.PrintReturn.TYPE: "print",
        branch.OpenShift.TYPE: "open_shift",
        branch.CloseShift.TYPE: "close_shift",
        branch.XReport.TYPE: "x_report",
        branch.TestSlip.TYPE: "test_slip",
    }
    ours = {"org_id": message.org_id, "club_id": message.club_id, "register_id": message.register_id}
    stored = {"message": {"type": message.TYPE, "body": message.model_dump(mode="json")}, "kind": kinds[message.TYPE]}
    schedule = {"ended": False, "asks": 0, "ask_at": tx.now + timedelta(seconds=ASK_PAUSES_S[0])}
    subject = {"receipt_id": receipt_id, "shift_id": shift_id, "trace": current_traceparent()}
    put = insert_on(tx.conn, jobs).values(job_id=message.job_id, **ours, **stored, **schedule, **subject)
    if (await tx.conn.execute(put.on_conflict_do_nothing())).rowcount == 1:
        tx.tell(message)


async def job(tx: Tx, job_id: UUID) -> Job | None:
    """The job, locked."""
    row = (await tx.conn.execute(select(jobs).where(jobs.c.job_id == job_id).with_for_update())).first()
    return _job(row) if row else None


async def job_of(tx: Tx, receipt_id: UUID) -> Job:
    """The one job that prints the receipt, not locked; a receipt in doubt has it."""
    return _job((await tx.conn.execute(select(jobs).where(jobs.c.receipt_id == receipt_id))).one())


async def ask(tx: Tx, receipt_id: UUID) -> None:
    """Ask the worker about the receipt now, where it has a job that has not ended."""
    mine = select(jobs).where(jobs.c.receipt_id == receipt_id, ~jobs.c.ended)
    row = (await tx.conn.execute(mine.with_for_update())).first()
    if row is not None:
        ours = {"org_id": row.org_id, "club_id": row.club_id, "register_id": row.register_id}
        tx.tell(branch.Ask(**ours, job_id=row.job_id))


async def sent(tx: Tx, receipt_id: UUID) -> dict[str, Any] | None:
    """What a worker was asked to print for the receipt; None where nothing was."""
    message = await tx.conn.scalar(select(jobs.c.message).where(jobs.c.receipt_id == receipt_id))
    return message["body"] if message else None


def _job(row: Row[Any]) -> Job:
    ours = (row.org_id, row.club_id, row.register_id)
    return Job(row.job_id, *ours, row.kind, row.receipt_id, row.shift_id, row.ended)


async def heard(tx: Tx, job_id: UUID, ended: bool) -> None:
    """The worker said something about the job."""
    await tx.conn.execute(update(jobs).where(jobs.c.job_id == job_id).values(heard_at=tx.now, ended=ended))


async def ask_again(tx: Tx) -> int:
    """Send the jobs again whose answer is late; the worker only says how they stand. How many those were."""
    late = select(jobs).where(~jobs.c.ended, jobs.c.ask_at <= tx.now).order_by(jobs.c.ask_at).limit(100)
    rows = (await tx.conn.execute(late.with_for_update(skip_locked=True))).all()
    for row in rows:
        message = TYPES[row.message["type"]].model_validate(row.message["body"] | {"asked": row.asks + 1})
        pause_s = ASK_PAUSES_S[min(row.asks + 1, len(ASK_PAUSES_S) - 1)]
        asked = {"asks": row.asks + 1, "ask_at": tx.now + timedelta(seconds=pause_s)}
        await tx.conn.execute(update(jobs).where(jobs.c.job_id == row.job_id).values(asked))
        tx.tell(message, trace=row.trace)
    return len(rows)


async def unheard(tx: Tx, before: datetime) -> Sequence[Row[Any]]:
    """Receipts ordered before `before` of which no worker has said anything, locked."""
    silent = select(jobs.c.receipt_id).where(~jobs.c.ended, jobs.c.heard_at.is_(None), jobs.c.receipt_id.is_not(None))
    mine = (receipts.c.receipt_id.in_(silent), receipts.c.state == State.ORDERED, receipts.c.ordered_at < before)
    return (await tx.conn.execute(select(receipts).where(*mine).limit(100).with_for_update(skip_locked=True))).all()
