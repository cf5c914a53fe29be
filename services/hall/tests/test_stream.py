"""The stream as a browser reads it: over a real socket, from a real server."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI
from sqlalchemy import text

from conftest import Issuer, eventually, free_port, reachable
from edge import live
from edge.live import Watch, events
from hall import jobs
from hall.store.board import FEED
from kit.db import Database
from kit.guard import forever
from kit.time import utc_now
from services.hall.tests.builders import Furnished, furnish, ordered, started
from services.hall.tests.desk import Desk


@dataclass
class Event:
    """One server-sent event."""

    id: int
    event: str
    body: dict[str, Any]


class Reader:
    """Reads a stream in the background, and keeps all that came."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.heartbeats = 0
        self.over = False

    async def read(self, answer: httpx.Response) -> None:
        fields: dict[str, str] = {}
        async for line in answer.aiter_lines():
            name, _, value = line.partition(":")
            if line == ":":
                self.heartbeats += 1
            elif line:
                fields[name] = value.strip()
            elif "event" in fields:
                self.events.append(Event(int(fields["id"]), fields["event"], json.loads(fields["data"])))
                fields = {}
        self.over = True

    async def until(self, count: int) -> list[Event]:
        """The events, as soon as there are `count`."""

        async def enough() -> bool:
            return len(self.events) >= count

        await eventually(enough)
        return self.events


@pytest.fixture
async def served(app: FastAPI) -> AsyncIterator[str]:
    """The app's address on a real server, with the loop that watches boards and none of the others."""
    port = free_port()
    config = uvicorn.Config(app, port=port, lifespan="off", log_config=None, timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    (look,) = [loop for loop in app.state.service.loops if loop.name == "watch clubs"]
    watching = asyncio.create_task(forever("hall", look.name, look.run, look.pause_s))
    await reachable(port)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving
    watching.cancel()
    with suppress(asyncio.CancelledError):
        await watching


@asynccontextmanager
async def reading_stream(served: str, hall: Furnished, headers: dict[str, str], **query: Any) -> AsyncIterator[Reader]:
    """A reader of the club's stream; when this begins, the stream has begun."""
    reader = Reader()
    path = f"{served}/v1/clubs/{hall.club.club_id}/stream"
    async with (
        httpx.AsyncClient(timeout=30) as client,
        client.stream("GET", path, params=query, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["x-accel-buffering"] == "no"
        task = asyncio.create_task(reader.read(answer))
        yield reader
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def header(issuer: Issuer) -> dict[str, str]:
    return issuer.header("hall.board.read")


async def test_a_change_is_streamed_as_the_tile_that_the_board_shows(
    served: str, hall: Furnished, header: dict[str, str], issuer: Issuer, http: httpx.AsyncClient
) -> None:
    desk = Desk(http, issuer)
    board = f"/v1/clubs/{hall.club.club_id}/board"
    async with reading_stream(served, hall, header, after=(await desk.get(board)).json()["seq"]) as reader:
        await desk.order(hall)
        (event,) = await reader.until(1)

    seen = (await desk.get(board)).json()
    (tile,) = [tile for tile in seen["devices"] if tile["device_id"] == str(hall.device.device_id)]
    assert (event.id, event.event, event.body) == (seen["seq"], "device.changed", tile)
    assert tile["state"] == "held"


async def test_a_new_zone_is_streamed_as_the_layout_that_the_board_shows(
    served: str, hall: Furnished, header: dict[str, str], issuer: Issuer, http: httpx.AsyncClient
) -> None:
    desk = Desk(http, issuer)
    async with reading_stream(served, hall, header) as reader:
        await desk.post(f"/v1/clubs/{hall.club.club_id}/zones", {"name": "PS5"})
        (event,) = await reader.until(1)

    seen = (await desk.get(f"/v1/clubs/{hall.club.club_id}/board")).json()
    assert (event.event, event.body) == ("layout.changed", {"club": seen["club"], "zones": seen["zones"]})


async def test_a_change_by_another_replica_is_streamed_within_the_poll(
    served: str, hall: Furnished, header: dict[str, str], db: Database
) -> None:
    """`db` is another engine than the app's: nobody gives this process a signal."""
    async with reading_stream(served, hall, header) as reader:
        began = time.monotonic()
        await ordered(db, hall)
        await reader.until(1)

    assert time.monotonic() - began < 2


async def test_a_cut_stream_goes_on_where_it_was_cut(
    served: str, hall: Furnished, header: dict[str, str], db: Database
) -> None:
    async with reading_stream(served, hall, header, after=0) as reader:
        await ordered(db, hall, hall.devices[0])
        first = list(await reader.until(1))
    await ordered(db, hall, hall.devices[1])
    await ordered(db, hall, hall.devices[2])

    # A browser comes again with the address that it had, so its last id must be the stronger one.
    again = header | {"Last-Event-ID": str(first[-1].id)}
    async with reading_stream(served, hall, again, after=0) as reader:
        rest = await reader.until(2)

    assert [event.id for event in [*first, *rest]] == [1, 2, 3]


async def test_more_changes_than_are_read_at_once_all_come_in_order(
    served: str, hall: Furnished, header: dict[str, str], db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "CHANGES_MAX", 2)
    for device in hall.devices:
        await started(db, hall, device)

    async with reading_stream(served, hall, header, after=0) as reader:
        await reader.until(6)

    assert [event.id for event in reader.events] == [1, 2, 3, 4, 5, 6]


async def test_who_was_away_too_long_is_told_to_read_the_board_again_and_then_goes_on(
    served: str, hall: Furnished, header: dict[str, str], db: Database
) -> None:
    await ordered(db, hall, hall.devices[0])
    await jobs.forget_changes(db, timedelta(0))

    async with reading_stream(served, hall, header, after=0) as reader:
        await reader.until(1)
        await ordered(db, hall, hall.devices[1])
        resync, change = await reader.until(2)

    assert (resync.id, resync.event, resync.body) == (1, "resync", {})
    assert (change.id, change.event) == (2, "device.changed")


async def test_a_stream_is_of_one_club(served: str, hall: Furnished, header: dict[str, str], db: Database) -> None:
    other = await furnish(db)
    async with reading_stream(served, hall, header) as reader:
        await ordered(db, other)
        await ordered(db, hall)
        await reader.until(1)

    assert [event.body["device_id"] for event in reader.events] == [str(hall.device.device_id)]


async def test_a_quiet_stream_has_a_heartbeat(
    served: str, hall: Furnished, header: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.05)
    async with reading_stream(served, hall, header) as reader:

        async def beats() -> bool:
            return reader.heartbeats >= 3

        await eventually(beats)


async def test_a_stream_ends_when_its_token_does(served: str, hall: Furnished, issuer: Issuer) -> None:
    short = issuer.header("hall.board.read", exp=int(time.time()) + 2)
    async with reading_stream(served, hall, short) as reader:

        async def over() -> bool:
            return reader.over

        await eventually(over, within_s=5)


async def test_a_stream_whose_database_is_gone_ends(
    db: Database, hall: Furnished, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its reader would otherwise believe that nothing happens."""
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.05)
    watch = Watch(db, FEED)
    lines = events(watch, hall.club.club_id, 0, utc_now() + timedelta(minutes=1), asyncio.Event())
    seen = [await anext(lines), await anext(lines)]

    watch.db = Database(f"postgresql+asyncpg://hall@127.0.0.1:{free_port()}/hall", "hall", connections=1)
    rest = [line async for line in lines]

    assert (seen, rest) == (["retry: 1000\n\n", ":\n\n"], [])


async def test_streams_that_nobody_reads_any_more_are_forgotten(db: Database, hall: Furnished) -> None:
    watch = Watch(db, FEED)
    with watch.following(hall.club.club_id), watch.following(hall.club.club_id):
        pass

    async with asyncio.timeout(5):
        await watch.look()

    assert watch._clubs == {}


async def test_looking_at_boards_wakes_nobody_by_itself(db: Database, hall: Furnished) -> None:
    """A wait that wakes itself would look as fast as it can, for as long as somebody has the map open."""
    watch, looks = Watch(db, FEED), 0
    with watch.following(hall.club.club_id):
        began = time.monotonic()
        while time.monotonic() - began < 0.6:
            await watch.look()
            looks += 1

    assert looks <= 4


async def test_only_streams_of_the_club_that_changed_are_woken(db: Database, hall: Furnished) -> None:
    other, watch = await furnish(db), Watch(db, FEED)
    with watch.following(hall.club.club_id) as ours, watch.following(other.club.club_id) as theirs:
        await watch.look()
        ours_moved, theirs_moved = ours.next(), theirs.next()
        async with db.begin() as tx:
            await tx.conn.execute(text("select 1"))
        await ordered(db, hall)
        await watch.look()

    assert (ours_moved.is_set(), theirs_moved.is_set()) == (True, False)
