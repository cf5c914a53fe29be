"""How each club does today: what it sold, and who has a till open."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from billing.domain.day import day_began
from billing.domain.shift import State
from billing.store import clubs
from billing.store.shifts import shifts
from edge.scope import Scope
from kit.db import Tx

SOLD = text(
    "select club_id, coalesce(sum(total_kopecks) filter (where what <> 'refund'), 0)::bigint as sold,"
    " coalesce(sum(total_kopecks) filter (where what = 'refund'), 0)::bigint as returned from sale"
    " join unnest(cast(:clubs as uuid[]), cast(:days as timestamptz[])) as day (club_id, began) using (club_id)"
    " where state = 'paid' and 'top_up' not in (what, coalesce(returned, '')) and ended_at >= day.began"
    " group by club_id"
)
"""A top-up is money that the club owes: no sale until it is spent, and no refund of one when it goes back."""


@dataclass(frozen=True, slots=True)
class OpenShift:
    shift_id: UUID
    number: int
    till_id: UUID
    opened_by: dict[str, Any]
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class ClubToday:
    """A club since its day began."""

    club_id: UUID
    day_began: datetime
    revenue_kopecks: int
    refunds_kopecks: int
    open_shifts: tuple[OpenShift, ...]


async def today(tx: Tx, scope: Scope, club_id: UUID | None) -> list[ClubToday]:
    """The caller's clubs, or one of them, by name."""
    wanted = select(clubs).where(*scope.rows(clubs)).order_by(clubs.c.name, clubs.c.club_id)
    rows = (await tx.conn.execute(wanted if club_id is None else wanted.where(clubs.c.club_id == club_id))).all()
    days = {row.club_id: day_began(tx.now, row.time_zone, row.day_starts_at) for row in rows}
    sums = {row.club_id: (row.sold, row.returned) for row in await tx.conn.execute(SOLD, _lists(days))}
    open_ = await _open(tx, days)
    return [ClubToday(one, began, *sums.get(one, (0, 0)), tuple(open_.get(one, ()))) for one, began in days.items()]


def _lists(days: dict[UUID, datetime]) -> dict[str, Any]:
    return {"clubs": list(days), "days": list(days.values())}


async def _open(tx: Tx, days: dict[UUID, datetime]) -> dict[UUID, list[OpenShift]]:
    names = ("shift_id", "number", "till_id", "opened_by", "opened_at")
    query = select(shifts).where(shifts.c.club_id.in_(list(days)), shifts.c.state != State.CLOSED)
    found: dict[UUID, list[OpenShift]] = {}
    for row in await tx.conn.execute(query.order_by(shifts.c.number)):
        found.setdefault(row.club_id, []).append(OpenShift(**{name: getattr(row, name) for name in names}))
    return found
