"""Why a balance is what it is: each change of an account, with what it led to and where it came from."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, func, select

from billing.store.ledger import entries, postings
from billing.store.sales import receipt_id, sales
from billing.store.shifts import shifts
from kit.db import Tx


@dataclass(frozen=True, slots=True)
class Operation:
    """One change of a client's account, and what the account was after it."""

    entry_id: UUID
    kind: str
    amount_kopecks: int
    balance_after_kopecks: int
    posted_at: datetime
    sale_id: UUID | None = None
    sale_number: int | None = None
    receipt_id: UUID | None = None
    shift_number: int | None = None
    person: str | None = None
    device_name: str | None = None
    note: str | None = None
    """Why, in the words of the person who gave bonuses or money back."""


async def operations(tx: Tx, account: str, as_of: datetime | None, limit: int, after: UUID | None) -> list[Operation]:
    """Changes of `account`, newest first, and one more than a page holds; only those until `as_of`."""
    joined = postings.join(entries, entries.c.entry_id == postings.c.entry_id)
    order = (entries.c.posted_at, entries.c.entry_id)
    running = func.sum(postings.c.amount_kopecks).over(order_by=order).label("balance_after_kopecks")
    all_of_it = select(entries, postings.c.amount_kopecks, running).select_from(joined)
    own = all_of_it.where(postings.c.account == account).subquery()
    around = own.outerjoin(sales, sales.c.sale_id == own.c.sale_id).outerjoin(
        shifts, shifts.c.shift_id == own.c.shift_id
    )
    query = select(own, *_known()).select_from(around).order_by(own.c.posted_at.desc(), own.c.entry_id.desc())
    if as_of is not None:
        query = query.where(own.c.posted_at <= as_of)
    if after is not None:
        last = select(own.c.posted_at).where(own.c.entry_id == after).scalar_subquery()
        query = query.where((own.c.posted_at < last) | ((own.c.posted_at == last) & (own.c.entry_id < after)))
    return [_operation(row) for row in await tx.conn.execute(query.limit(limit + 1))]


def _known() -> list[ColumnElement[Any]]:
    """What is told of a change besides its amount."""
    sale_number, shift_number = sales.c.number.label("sale_number"), shifts.c.number.label("shift_number")
    about = [sales.c.attempt, sales.c.sold_by, sales.c.device_name, sales.c.refund_of, sales.c.reason.label("why")]
    return [sale_number, shift_number, *about]


def _operation(row: Row[Any]) -> Operation:
    names = ("entry_id", "amount_kopecks", "posted_at", "sale_number", "shift_number", "device_name")
    person = row.sold_by or row.person
    return Operation(
        **{name: getattr(row, name) for name in names},
        sale_id=row.refund_of or row.sale_id,
        note=row.note or row.why,
        kind=row.reason.replace("-", "_"),
        balance_after_kopecks=int(row.balance_after_kopecks),
        receipt_id=receipt_id(row.sale_id, row.attempt) if row.attempt else None,
        person=person["name"] if person else None,
    )
