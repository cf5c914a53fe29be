"""The board and its stream: whoever replays the stream onto a snapshot sees what the board shows."""

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from pydantic import TypeAdapter

from hall import consumers, jobs
from hall.domain.board import Board, Tile, TileState, ZoneSign
from hall.domain.session import State
from hall.store import board, clubs, devices, sessions
from kit.consume import Intake
from kit.db import Database
from kit.errors import Refused
from kit.live import Changes
from kit.time import utc_now
from services.hall.tests.builders import Furnished, a_delivery, failed, furnish, ordered, paid, rows, started

TILES, ZONES = TypeAdapter(Tile), TypeAdapter(tuple[ZoneSign, ...])


async def look(db: Database, hall: Furnished) -> Board:
    async with db.look() as tx:
        return await board.snapshot(tx, hall.scope, hall.club.club_id)


def shown(seen: Board) -> dict[str, Any]:
    """A snapshot as a reader of the stream keeps it."""
    tiles = {str(tile.device_id): TILES.dump_python(tile, mode="json") for tile in seen.tiles}
    return {"seq": seen.seq, "tiles": tiles, "zones": ZONES.dump_python(seen.layout.zones, mode="json")}


async def replay(db: Database, hall: Furnished, seen: dict[str, Any], until: int) -> dict[str, Any]:
    """What a reader shows who began with `seen` and read the stream up to the change `until`."""
    tiles, zones, seq = dict(seen["tiles"]), seen["zones"], seen["seq"]
    while seq < until:
        async with db.look() as tx:
            found = await board.FEED.changes_after(tx.conn, hall.club.club_id, seq, limit=min(7, until - seq))
        assert not found.forgotten
        for change in found.changes:
            assert change.seq == seq + 1, "a change was missed or doubled"
            seq = change.seq
            if change.event == board.DEVICE_CHANGED:
                tiles[change.body["device_id"]] = change.body
            else:
                zones = change.body["zones"]
    return {"seq": seq, "tiles": tiles, "zones": zones}


async def test_the_board_shows_every_device_in_its_zone(db: Database, hall: Furnished) -> None:
    held, running = await ordered(db, hall, hall.devices[0]), await started(db, hall, hall.devices[1])

    seen = await look(db, hall)

    states = {tile.device_id: (tile.state, tile.session and tile.session.session_id) for tile in seen.tiles}
    assert states == {
        hall.devices[0].device_id: (TileState.HELD, held.session_id),
        hall.devices[1].device_id: (TileState.ACTIVE, running.session_id),
        hall.devices[2].device_id: (TileState.FREE, None),
    }
    assert [zone.name for zone in seen.layout.zones] == ["Standard", "VIP"]
    assert seen.seq == 3


async def test_each_club_counts_its_own_changes(db: Database, hall: Furnished) -> None:
    other = await furnish(db)

    await ordered(db, hall)

    assert ((await look(db, hall)).seq, (await look(db, other)).seq) == (1, 0)


async def test_a_refused_change_takes_no_number(db: Database, hall: Furnished) -> None:
    await ordered(db, hall)
    with pytest.raises(Refused):
        await ordered(db, hall)

    await ordered(db, hall, hall.devices[1])

    assert await rows(db, "select seq from board_change order by seq") == [(1,), (2,)]


async def test_several_devices_of_one_club_get_numbers_in_a_row(db: Database, hall: Furnished) -> None:
    for device in hall.devices:
        await started(db, hall, device)
    before = shown(await look(db, hall))
    db.clock = lambda: utc_now() + timedelta(hours=4)

    await jobs.end_due(db)

    after = shown(await look(db, hall))
    assert after["seq"] == before["seq"] + 3
    assert await replay(db, hall, before, after["seq"]) == after


class Life:
    """What happens in a club on a busy night, all at once."""

    def __init__(self, db: Database, hall: Furnished, seed: int) -> None:
        self.db, self.hall, self.chance = db, hall, random.Random(seed)
        self.intake = Intake(db, consumers.handlers())

    async def guest(self) -> None:
        """Somebody orders; the sale is paid, or fails, or is left open; some sessions end."""
        device = self.chance.choice(self.hall.devices)
        try:
            session = await ordered(self.db, self.hall, device)
        except Refused:
            return
        fact = self.chance.choice([paid, paid, failed, None])
        if fact is not None:
            await self.intake.take([a_delivery(fact(session))])

    async def end(self) -> None:
        """Somebody leaves."""
        async with self.db.begin() as tx:
            running = await sessions.sessions_of(tx, self.hall.scope, 100, None, state=State.ACTIVE)
            if not running:
                return
            chosen = self.chance.choice(running).session_id
            session = await sessions.session_of(tx, self.hall.scope, chosen, lock=True)
            if session.state is State.ACTIVE:
                await sessions.save_session(tx, session.end_by_hand(tx.now, session.ordered_by, "Гость ушёл"))
                await board.devices_changed(tx, (session.club_id, session.device_id))

    async def paint(self) -> None:
        """A device and a zone get other names."""
        device = self.chance.choice(self.hall.devices)
        async with self.db.begin() as tx:
            one = await devices.device_of(tx, self.hall.scope, device.device_id, lock=True)
            name = f"{device.name}/{self.chance.randrange(10**9)}"
            await devices.save_device(tx, replace(one, name=name))
            await board.devices_changed(tx, (one.club_id, one.device_id))
        async with self.db.begin() as tx:
            zone = await clubs.zone_of(tx, self.hall.scope, self.hall.standard.zone_id, lock=True)
            name = f"Standard {self.chance.randrange(10**9)}"
            await clubs.save_zone(tx, replace(zone, name=name))
            await board.layout_changed(tx, zone.club_id)


async def snapshots(db: Database, hall: Furnished, over: asyncio.Event) -> list[dict[str, Any]]:
    """Boards seen while things happen, one after another."""
    seen: list[dict[str, Any]] = []
    while not over.is_set():
        seen.append(shown(await look(db, hall)))
    return seen


@pytest.fixture
async def crowded(db: Database) -> Furnished:
    return await furnish(db, pcs=12)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_replaying_the_stream_onto_any_snapshot_gives_every_later_one(
    db: Database, crowded: Furnished, seed: int
) -> None:
    life, over = Life(db, crowded, seed), asyncio.Event()
    looking = asyncio.create_task(snapshots(db, crowded, over))

    acts = [life.guest] * 60 + [life.paint] * 15 + [life.end] * 20
    life.chance.shuffle(acts)
    await asyncio.gather(*(act() for act in acts))
    over.set()

    seen, last = await looking, shown(await look(db, crowded))
    assert last["seq"] > 30
    assert len({one["seq"] for one in seen}) > 2, "the snapshots were taken while things happened"
    for one in seen:
        assert await replay(db, crowded, seen[0], one["seq"]) == one
        assert await replay(db, crowded, one, last["seq"]) == last


async def asked(db: Database, club_id: UUID, after: int) -> Changes:
    async with db.look() as tx:
        return await board.FEED.changes_after(tx.conn, club_id, after, limit=100)


async def test_changes_that_are_not_kept_any_more_are_said_to_be_forgotten(db: Database, hall: Furnished) -> None:
    club_id = hall.club.club_id
    for device in hall.devices:
        await ordered(db, hall, device)
    async with db.begin() as tx:
        await tx.conn.exec_driver_sql("delete from board_change where seq <= 2")

    assert [(await asked(db, club_id, after)).forgotten for after in range(4)] == [True, True, False, False]
    assert [change.seq for change in (await asked(db, club_id, 2)).changes] == [3]

    async with db.begin() as tx:
        await board.FEED.forget(tx.conn, utc_now())
    assert [(await asked(db, club_id, after)).forgotten for after in range(4)] == [True, True, True, False]


async def test_a_number_that_never_was_is_forgotten_too(db: Database, hall: Furnished) -> None:
    """A database that was restored from a backup counts from an earlier number."""
    await ordered(db, hall)

    found = await asked(db, hall.club.club_id, 1000)

    assert (found.forgotten, found.seq) == (True, 1)
