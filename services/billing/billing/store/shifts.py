"""Shifts of tills."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Row, String, Uuid, column, select, table, update

from billing.domain.shift import State, Taken
from billing.store import sales
from edge.scope import Scope
from kit.columns import Moment, insert_on
from kit.db import Tx

shifts = table(
    "shift",
    *[column(name, Uuid) for name in ("shift_id", "org_id", "club_id", "till_id")],
    *[column(name, String) for name in ("state", "code", "device_text")],
    *[column(name, BigInteger) for name in ("float_kopecks", "number")],
    *[column(name, JSON) for name in ("opened_by", "closing", "report")],
    *[column(name, Moment) for name in ("opened_at", "closed_at")],
)


@dataclass(frozen=True, slots=True)
class Shift:
    """A shift as it is stored. `closing`: who counted what; `report`: what came of it."""

    shift_id: UUID
    org_id: UUID
    club_id: UUID
    till_id: UUID
    state: State
    float_kopecks: int
    opened_at: datetime
    opened_by: dict[str, Any]
    closing: dict[str, Any] | None = None
    closed_at: datetime | None = None
    report: dict[str, Any] | None = None
    code: str | None = None
    device_text: str | None = None
    number: int = 0


async def open_shift(tx: Tx, shift: Shift) -> Shift | None:
    """The shift with its number; None where the till has an open one already."""
    names = ("shift_id", "org_id", "club_id", "till_id", "state", "float_kopecks", "opened_at", "opened_by")
    put = insert_on(tx.conn, shifts).values({name: getattr(shift, name) for name in names})
    number = await tx.conn.scalar(put.on_conflict_do_nothing().returning(shifts.c.number))
    if number is None:
        return None
    tx.poke(shift.club_id, "shift.changed", shift_id=shift.shift_id, till_id=shift.till_id)
    return replace(shift, number=number)


async def change(tx: Tx, shift_id: UUID, **values: Any) -> None:
    change = update(shifts).where(shifts.c.shift_id == shift_id).values(values)
    for row in await tx.conn.execute(change.returning(shifts.c.club_id, shifts.c.till_id)):
        tx.poke(row.club_id, "shift.changed", shift_id=shift_id, till_id=row.till_id)


async def find(tx: Tx, scope: Scope, shift_id: UUID, lock: bool = False) -> Shift | None:
    """One of the caller's shifts."""
    query = select(shifts).where(shifts.c.shift_id == shift_id, *scope.rows(shifts))
    row = (await tx.conn.execute(query.with_for_update() if lock else query)).first()
    return _shift(row) if row else None


async def current(tx: Tx, scope: Scope, till_id: UUID, hold: bool = False) -> Shift | None:
    """The till's shift that is not closed. `hold`: it cannot be closed before this transaction ends."""
    query = select(shifts).where(shifts.c.till_id == till_id, shifts.c.state != State.CLOSED, *scope.rows(shifts))
    row = (await tx.conn.execute(query.with_for_update(read=True) if hold else query)).first()
    return _shift(row) if row else None


async def listed(
    tx: Tx, scope: Scope, till_id: UUID | None, club_id: UUID | None, after: UUID | None, limit: int
) -> list[Shift]:
    """The caller's shifts, newest first, and one more."""
    query = select(shifts).where(*scope.rows(shifts)).order_by(shifts.c.shift_id.desc()).limit(limit + 1)
    for name, value in (("till_id", till_id), ("club_id", club_id)):
        query = query if value is None else query.where(shifts.c[name] == value)
    query = query if after is None else query.where(shifts.c.shift_id < after)
    rows: Sequence[Row[Any]] = (await tx.conn.execute(query)).all()
    return [_shift(row) for row in rows]


async def taken(tx: Tx, shift_id: UUID) -> Taken:
    """What the shift took."""
    by_kind = await sales.taken(tx, shift_id)
    return Taken(by_kind.get("cash", 0), by_kind.get("card", 0), by_kind.get("balance", 0))


def _shift(row: Row[Any]) -> Shift:
    return Shift(**{**row._mapping, "state": State(row.state)})
