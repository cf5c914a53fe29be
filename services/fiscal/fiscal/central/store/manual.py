"""Manual payment: when it is on, whose receipts wait no longer, and what is left without a document."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Row, String, Uuid, column, func, insert, select, table, update

from contracts import branch, fiscal
from contracts.fiscal import RegisterState
from contracts.money import Person
from fiscal.central.domain.manual import without_document
from fiscal.central.domain.receipt import RETURNS, State
from fiscal.central.domain.register import heard_lately
from fiscal.central.store import Register
from fiscal.central.store.receipts import jobs, receipts
from kit.columns import Moment
from kit.db import Tx

OURS = ("manual_payment_id", "org_id", "club_id", "register_id")
payments = table(
    "manual_payment",
    *[column(name, Uuid) for name in OURS],
    *[column(name, Moment) for name in ("since", "until", "ended_at")],
    column("reason", String),
    *[column(name, JSON) for name in ("by", "ended_by")],
)
ON = payments.c.ended_at.is_(None)


@dataclass(frozen=True, slots=True)
class ManualPayment:
    """Whose word it was, why, and until when."""

    manual_payment_id: UUID
    org_id: UUID
    club_id: UUID
    register_id: UUID
    since: datetime
    until: datetime
    reason: str
    by: Person


@dataclass(frozen=True, slots=True)
class Missing:
    """Receipts without a document that no correction has closed."""

    count: int = 0
    total_kopecks: int = 0
    last_at: datetime | None = None
    """When the last of them was sold."""


async def on(tx: Tx, register_ids: Sequence[UUID]) -> dict[UUID, ManualPayment]:
    """What is on now, by register; what should be over is, whether somebody noticed or not."""
    now = select(payments).where(payments.c.register_id.in_(register_ids), ON, payments.c.until > tx.now)
    return {row.register_id: _payment(row) for row in await tx.conn.execute(now)}


async def begin(tx: Tx, payment: ManualPayment) -> None:
    """From now on, until then. Its register is locked, and none is on."""
    said = {"until": payment.until, "reason": payment.reason, "by": payment.by.model_dump(mode="json")}
    ours = {name: getattr(payment, name) for name in OURS}
    await tx.conn.execute(insert(payments).values(**ours, **said, since=payment.since))
    told = {name: getattr(payment, name) for name in (*OURS, "until", "reason", "by")}
    tx.tell(fiscal.ManualPaymentStarted(**told, at=tx.now))
    _poke(tx, payment)


async def end(tx: Tx, payment: ManualPayment, by: Person | None) -> None:
    """Every sale waits for its document again; `by` nobody: its time is over."""
    this = update(payments).where(payments.c.manual_payment_id == payment.manual_payment_id, ON)
    values = {"ended_at": tx.now, "ended_by": by.model_dump(mode="json") if by else None}
    if (await tx.conn.execute(this.values(values))).rowcount == 1:
        tx.tell(fiscal.ManualPaymentEnded(**{name: getattr(payment, name) for name in OURS}, by=by, at=tx.now))
        _poke(tx, payment)


async def end_what_is_over(tx: Tx, register_id: UUID | None = None) -> None:
    """Turn off what has lasted as long as it should, also where nobody looks: of one register, or wherever."""
    over = select(payments).where(ON, payments.c.until <= tx.now).limit(100)
    if register_id is not None:
        over = over.where(payments.c.register_id == register_id)
    for row in (await tx.conn.execute(over.with_for_update(skip_locked=register_id is None))).all():
        await end(tx, _payment(row), None)


async def ordered(tx: Tx, register: Register, receipt_id: UUID) -> None:
    """A receipt was ordered: nobody waits for a register that is known not to answer."""
    state = RegisterState.model_validate(register.state) if register.state else None
    if state is not None and state.reachable and heard_lately(state.seen_at, tx.now):
        return
    payment = (await on(tx, [register.register_id])).get(register.register_id)
    if payment is not None:
        await _hurry(tx, payment, jobs.c.receipt_id == receipt_id)


async def hurry(tx: Tx, after: timedelta) -> None:
    """Receipts that have waited so long for a register with manual payment wait no longer."""
    active = select(payments).where(ON, payments.c.until > tx.now)
    for row in (await tx.conn.execute(active)).all():
        waiting = select(receipts.c.receipt_id).where(
            receipts.c.register_id == row.register_id,
            receipts.c.state.in_((State.ORDERED, State.WAITING, State.UNKNOWN)),
            receipts.c.purpose.not_in(RETURNS.values()),
            receipts.c.ordered_at <= tx.now - after,
        )
        await _hurry(tx, _payment(row), jobs.c.receipt_id.in_(waiting))


async def _hurry(tx: Tx, payment: ManualPayment, which: Any) -> None:
    """Tell the worker once for each job; one that was sent goes on as it would."""
    these = update(jobs).where(which, ~jobs.c.ended, jobs.c.hurried_for.is_(None))
    rows = await tx.conn.execute(these.values(hurried_for=payment.manual_payment_id).returning(jobs))
    for row in rows.all():
        ours = {"org_id": row.org_id, "club_id": row.club_id, "register_id": row.register_id}
        tx.tell(branch.Hurry(**ours, job_id=row.job_id), trace=row.trace)


async def refused(tx: Tx, receipt: Row[Any], code: str | None) -> UUID | None:
    """By which manual payment a receipt that is refused for `code` ends without a document; None: it is refused."""
    if not without_document(code, receipt.purpose in RETURNS.values()):
        return None
    hurried: UUID | None = await tx.conn.scalar(
        select(jobs.c.hurried_for).where(jobs.c.receipt_id == receipt.receipt_id)
    )
    if hurried is not None or receipt.register_id is None:
        return hurried
    payment = (await on(tx, [receipt.register_id])).get(receipt.register_id)
    return payment.manual_payment_id if payment else None


async def missing(tx: Tx, register_ids: Sequence[UUID]) -> dict[UUID, Missing]:
    """What each register has not printed a document for."""
    sums = (
        func.count().label("receipts"),
        func.sum(receipts.c.total_kopecks).label("total"),
        func.max(receipts.c.ordered_at).label("last_at"),
    )
    mine = (receipts.c.register_id.in_(register_ids), receipts.c.state == State.UNFISCALISED)
    rows = await tx.conn.execute(select(receipts.c.register_id, *sums).where(*mine).group_by(receipts.c.register_id))
    return {row.register_id: Missing(row.receipts, int(row.total), row.last_at) for row in rows}


def _poke(tx: Tx, payment: ManualPayment) -> None:
    tx.poke(payment.club_id, "manual_payment.changed", register_id=payment.register_id)


def _payment(row: Row[Any]) -> ManualPayment:
    ours = {name: getattr(row, name) for name in (*OURS, "since", "until", "reason")}
    return ManualPayment(**ours, by=Person.model_validate(row.by))
