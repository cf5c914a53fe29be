"""The board of a club: a snapshot, and a stream of changes, with one `seq`.

Whoever changes what a board shows does it in this order: change the rows, draw the club's next `seq` (its lock is kept
until the commit), look at the rows again, write down what they show. So changes commit in the order of their numbers,
each holds what was true after all before it, and a snapshot that reads `seq` and the rows at one instant holds exactly
the changes up to `seq`.
"""

from collections import Counter
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, func, select

from edge.scope import Scope
from hall.domain.board import Board, ClubSign, Layout, Tile, ZoneSign, tile
from hall.store.clubs import club_of
from hall.store.devices import device_from
from hall.store.sessions import session_from
from hall.store.tables import board, board_change, club, device, session, still_open, zone
from kit.db import Tx
from kit.live import Change, Feed

DEVICE_CHANGED, LAYOUT_CHANGED = "device.changed", "layout.changed"
SEVERAL_CLUBS = 0x5A7E_1001
_TILE, _LAYOUT = TypeAdapter(Tile), TypeAdapter(Layout)

Place = tuple[UUID, UUID]
"""A club, and a device of it."""

FEED = Feed(board, board_change)
"""The changes of all boards."""


async def snapshot(tx: Tx, scope: Scope, club_id: UUID) -> Board:
    """The board, where the caller may see the club; `tx` must be one snapshot (`reading`). Raises NotFound."""
    await club_of(tx, scope, club_id)
    seq = (await FEED.seqs_of(tx.conn, [club_id]))[club_id]
    layout = await _layout(tx, club_id)
    names = {one.zone_id: one.name for one in layout.zones}
    tiles = await _tiles(tx, device.c.club_id == club_id)
    return Board(seq, layout, tuple(sorted(tiles.values(), key=lambda one: (names[one.zone_id], one.name))))


async def among_several_clubs(tx: Tx) -> None:
    """Call it before the first change in a transaction that may change several clubs.

    Two of those would wait for each other's counters crosswise; so they go one after another. A transaction that
    changes one club need not, and waits for nothing else once it has the counter.
    """
    await tx.conn.execute(select(func.pg_advisory_xact_lock(SEVERAL_CLUBS)))


async def devices_changed(tx: Tx, *places: Place) -> None:
    """Tell the boards how these devices are now. Call it after the rows were changed."""
    if not places:
        return
    seqs = await FEED.draw(tx.conn, Counter(club_id for club_id, _ in places))
    tiles = await _tiles(tx, device.c.device_id.in_([device_id for _, device_id in places]))
    bodies = [(club_id, _TILE.dump_python(tiles[device_id], mode="json")) for club_id, device_id in places]
    changes = [(club_id, Change(next(seqs[club_id]), DEVICE_CHANGED, body)) for club_id, body in bodies]
    await FEED.write(tx.conn, changes, tx.now)


async def layout_changed(tx: Tx, club_id: UUID) -> None:
    """Tell the board how its club and zones are now. Call it after the rows were changed."""
    seqs = await FEED.draw(tx.conn, {club_id: 1})
    body = _LAYOUT.dump_python(await _layout(tx, club_id), mode="json")
    await FEED.write(tx.conn, [(club_id, Change(next(seqs[club_id]), LAYOUT_CHANGED, body))], tx.now)


async def _layout(tx: Tx, club_id: UUID) -> Layout:
    found = (await tx.conn.execute(select(club).where(club.c.club_id == club_id))).one()
    zones = await tx.conn.execute(select(zone).where(zone.c.club_id == club_id).order_by(zone.c.name))
    sign = ClubSign(found.club_id, found.name, found.time_zone)
    return Layout(sign, tuple(ZoneSign(row.zone_id, row.name) for row in zones))


async def _tiles(tx: Tx, wanted: ColumnElement[bool]) -> dict[UUID, Tile]:
    devices = [device_from(row) for row in await tx.conn.execute(select(device).where(wanted))]
    theirs = session.c.device_id.in_(select(device.c.device_id).where(wanted))
    taken = [session_from(row) for row in await tx.conn.execute(select(session).where(still_open, theirs))]
    by_device = {one.device_id: one for one in taken}
    return {one.device_id: tile(one, by_device.get(one.device_id)) for one in devices}
