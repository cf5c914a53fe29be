"""Orgs, clubs and zones."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import insert, select, update

from edge.scope import Scope
from hall.domain.club import Club, Org, Zone
from hall.store import tables
from hall.store.refusals import NameTaken
from hall.store.rows import constrained, one, room_for_one_more, some
from kit.columns import insert_on
from kit.db import Tx
from kit.errors import NotFound

ZONES_MAX = 100


async def org_of(tx: Tx, scope: Scope) -> Org:
    """The caller's org. Raises NotFound before it has a name."""
    row = (await tx.conn.execute(select(tables.org).where(*scope.rows(tables.org)))).first()
    if row is None:
        raise NotFound("org", scope.org_id)
    return Org(**row._mapping)


async def put_org(tx: Tx, org: Org) -> None:
    """Give the org its name; safe to repeat."""
    put = insert_on(tx.conn, tables.org).values(asdict(org))
    await tx.conn.execute(put.on_conflict_do_update(index_elements=["org_id"], set_={"name": org.name}))


async def add_club(tx: Tx, club: Club) -> bool:
    """Keep a new club, with a board that nothing was written on; False where its id is taken."""
    put = insert_on(tx.conn, tables.club).values(asdict(club)).on_conflict_do_nothing()
    if (await tx.conn.execute(put)).rowcount == 0:
        return False
    await tx.conn.execute(insert(tables.board).values(club_id=club.club_id, seq=0))
    return True


async def club_of(tx: Tx, scope: Scope, club_id: UUID, lock: bool = False) -> Club:
    """The club, where the caller may see it; `lock` to change it. Raises NotFound."""
    return Club(**(await one(tx, scope, tables.club, club_id, lock))._mapping)


async def clubs_of(tx: Tx, scope: Scope, limit: int, after: UUID | None) -> list[Club]:
    """A page of the caller's clubs and one more."""
    return [Club(**row._mapping) for row in await some(tx, scope, tables.club, limit, after)]


async def save_club(tx: Tx, club: Club) -> None:
    """Write a club that was locked."""
    await tx.conn.execute(update(tables.club).where(tables.club.c.club_id == club.club_id).values(asdict(club)))


async def add_zone(tx: Tx, zone: Zone) -> None:
    """Keep a new zone. Raises NameTaken, TooMany."""
    await room_for_one_more(tx, tables.zone, zone.club_id, ZONES_MAX)
    async with constrained(tx, **{tables.ZONE_NAME_ONCE: NameTaken("zone", zone.name)}):
        await tx.conn.execute(insert(tables.zone).values(asdict(zone)))


async def zone_of(tx: Tx, scope: Scope, zone_id: UUID, club_id: UUID | None = None, lock: bool = False) -> Zone:
    """The zone, of that club if one is named, where the caller may see it; `lock` to change it. Raises NotFound."""
    zone = Zone(**(await one(tx, scope, tables.zone, zone_id, lock))._mapping)
    if club_id is not None and zone.club_id != club_id:
        raise NotFound("zone", zone_id)
    return zone


async def zones_of(tx: Tx, scope: Scope, club_id: UUID, limit: int, after: UUID | None) -> list[Zone]:
    """A page of the club's zones and one more."""
    rows = await some(tx, scope, tables.zone, limit, after, tables.zone.c.club_id == club_id)
    return [Zone(**row._mapping) for row in rows]


async def save_zone(tx: Tx, zone: Zone) -> None:
    """Write a zone that was locked. Raises NameTaken."""
    async with constrained(tx, **{tables.ZONE_NAME_ONCE: NameTaken("zone", zone.name)}):
        await tx.conn.execute(update(tables.zone).where(tables.zone.c.zone_id == zone.zone_id).values(asdict(zone)))
