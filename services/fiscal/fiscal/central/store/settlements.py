"""What people said about receipts in doubt, and what came of it. Nothing of it is ever changed."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Row, String, Uuid, column, insert, select, table
from sqlalchemy.dialects.postgresql import distinct_on

from contracts import branch
from contracts.money import Person
from edge.scope import Scope
from fiscal.central.domain.settlement import State, ended_by
from fiscal.central.store import facts, receipts
from kit.columns import Moment, insert_on
from kit.db import Tx
from kit.time import new_id

settlements = table(
    "settlement",
    *[column(name, Uuid) for name in ("settlement_id", "org_id", "club_id", "receipt_id")],
    column("fd", BigInteger),
    column("reason", String),
    column("said_by", JSON),
    column("said_at", Moment),
)
ends = table(
    "settlement_end",
    column("settlement_id", Uuid),
    *[column(name, String) for name in ("state", "code")],
    *[column(name, JSON) for name in ("differs", "found")],
    column("ended_at", Moment),
)

SUMS = [receipts.receipts.c[name] for name in ("total_kopecks", "card_kopecks", "advance_kopecks")]
ALL = select(
    *settlements.c, *[ends.c[name] for name in ("state", "code", "differs", "found", "ended_at")], *SUMS
).select_from(
    settlements.join(receipts.receipts, receipts.receipts.c.receipt_id == settlements.c.receipt_id).outerjoin(
        ends, ends.c.settlement_id == settlements.c.settlement_id
    )
)
"""With what came of it, if anything has, and the sums that the receipt should have."""


async def say(tx: Tx, receipt: Row[Any], fd: int | None, reason: str | None, by: Person) -> UUID:
    """Write down what a person says about a locked receipt, in the place of what was said before; ask the worker."""
    await _end_all(tx, receipt.receipt_id, lambda _: State.SUPERSEDED)
    settlement_id, job = new_id(), await receipts.job_of(tx, receipt.receipt_id)
    ours = {"settlement_id": settlement_id, "org_id": receipt.org_id, "club_id": receipt.club_id}
    said = {"fd": fd, "reason": reason, "said_at": tx.now}
    person = by.model_dump(mode="json")
    await tx.conn.execute(insert(settlements).values(**ours, **said, receipt_id=receipt.receipt_id, said_by=person))
    facts.poke_receipt(tx, receipt)
    tx.tell(branch.Settle(**ours, **said, register_id=job.register_id, job_id=job.job_id, by=by))
    return settlement_id


async def refused(tx: Tx, message: branch.JobUnsettled) -> None:
    """The register shows something else than was said."""
    found = message.found.model_dump(mode="json") if message.found else None
    await _end(tx, message.settlement_id, State.REFUSED, code=message.code, differs=list(message.differs), found=found)
    receipt = await receipts.find(tx, (await one(tx, message.settlement_id)).receipt_id)
    assert receipt is not None
    facts.poke_receipt(tx, receipt)


async def receipt_ended(tx: Tx, receipt_id: UUID, fd: int | None) -> None:
    """The receipt ended as document `fd`, or refused: so did all that was said about it."""
    await _end_all(tx, receipt_id, lambda said_fd: ended_by(said_fd, fd))


async def last_of(tx: Tx, receipt_ids: Sequence[UUID]) -> dict[UUID, Row[Any]]:
    """The last that was said about each of these receipts."""
    mine = ALL.where(settlements.c.receipt_id.in_(receipt_ids)).ext(distinct_on(settlements.c.receipt_id))
    rows = await tx.conn.execute(mine.order_by(settlements.c.receipt_id, settlements.c.settlement_id.desc()))
    return {row.receipt_id: row for row in rows}


async def one(tx: Tx, settlement_id: UUID) -> Row[Any]:
    return (await tx.conn.execute(ALL.where(settlements.c.settlement_id == settlement_id))).one()


async def listed(
    tx: Tx, scope: Scope, limit: int, after: UUID | None = None, **wanted: UUID | None
) -> Sequence[Row[Any]]:
    """What was said in the caller's clubs, newest first; `wanted` narrows by column."""
    query = ALL.where(*scope.rows(settlements)).order_by(settlements.c.settlement_id.desc())
    for name, value in wanted.items():
        if value is not None:
            query = query.where(settlements.c[name] == value)
    if after is not None:
        query = query.where(settlements.c.settlement_id < after)
    return (await tx.conn.execute(query.limit(limit + 1))).all()


async def _end_all(tx: Tx, receipt_id: UUID, state: Any) -> None:
    for row in await tx.conn.execute(ALL.where(settlements.c.receipt_id == receipt_id, ends.c.state.is_(None))):
        await _end(tx, row.settlement_id, state(row.fd))


async def _end(tx: Tx, settlement_id: UUID, state: State, **values: Any) -> None:
    """The first end counts: what is said twice is heard once."""
    values = {"code": None, "differs": [], "found": None} | values
    put = insert_on(tx.conn, ends).values(settlement_id=settlement_id, state=state, ended_at=tx.now, **values)
    await tx.conn.execute(put.on_conflict_do_nothing())
