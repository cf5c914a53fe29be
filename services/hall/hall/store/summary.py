"""All clubs at a glance: how many of a club's places are in each state."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select

from edge.scope import Scope
from hall.domain.board import TileState
from hall.domain.load import HOUR, HOURS, Hour, Played
from hall.domain.load import load as hours
from hall.domain.session import State
from hall.store.clubs import club_of
from hall.store.tables import club, device, session, still_open
from kit.db import Tx


@dataclass(frozen=True, slots=True)
class ClubCounts:
    """A club, and its places by state; every state is named."""

    club_id: UUID
    name: str
    time_zone: str
    counts: Mapping[TileState, int]


async def today(tx: Tx, scope: Scope) -> list[ClubCounts]:
    """The caller's clubs by name, as their boards show them now."""
    clubs = (await tx.conn.execute(select(club).where(*scope.rows(club)).order_by(club.c.name, club.c.club_id))).all()
    ours = select(device.c.club_id, device.c.in_service, func.count().label("places")).where(*scope.rows(device))
    places = await tx.conn.execute(ours.group_by(device.c.club_id, device.c.in_service))
    in_service = {(row.club_id, row.in_service): row.places for row in places}
    open_ones = select(session.c.club_id, session.c.state, func.count().label("sessions"))
    taken = await tx.conn.execute(
        open_ones.where(still_open, *scope.rows(session)).group_by(session.c.club_id, session.c.state)
    )
    sessions = {(row.club_id, row.state): row.sessions for row in taken}
    return [
        ClubCounts(row.club_id, row.name, row.time_zone, _counts(row.club_id, in_service, sessions)) for row in clubs
    ]


async def load(tx: Tx, scope: Scope, club_id: UUID) -> list[Hour]:
    """How full one of the caller's clubs was in the last 24 hours. Raises NotFound."""
    await club_of(tx, scope, club_id)
    mine = (device.c.club_id == club_id, device.c.in_service)
    places = await tx.conn.scalar(select(func.count()).select_from(device).where(*mine))
    since = tx.now - HOUR * HOURS
    lately = or_(session.c.ended_at > since, session.c.ended_at.is_(None))
    played = select(session.c.started_at, session.c.ended_at).where(session.c.club_id == club_id, lately)
    rows = await tx.conn.execute(played.where(session.c.started_at.is_not(None)))
    return hours([Played(row.started_at, row.ended_at) for row in rows], places or 0, tx.now)


def _counts(
    club_id: UUID, places: Mapping[tuple[UUID, bool], int], sessions: Mapping[tuple[UUID, str], int]
) -> dict[TileState, int]:
    """An open session has a place of its own, which is in service: what is left of them is free."""
    held, active = sessions.get((club_id, State.ORDERED), 0), sessions.get((club_id, State.ACTIVE), 0)
    return {
        TileState.FREE: places.get((club_id, True), 0) - held - active,
        TileState.HELD: held,
        TileState.ACTIVE: active,
        TileState.OUT_OF_SERVICE: places.get((club_id, False), 0),
    }
