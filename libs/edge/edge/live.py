"""Server-sent events of what changes at a club.

One look of `Watch` serves all streams of this process: a stream reads its club's changes when they are there, and not
each time that anything happened anywhere.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Header, Query, Request
from fastapi.responses import StreamingResponse

from edge.auth import Caller
from kit.db import Database, Signal
from kit.errors import Transient
from kit.live import POKES, Change, Feed
from kit.service import Loop

POLL_S = 0.25
"""How soon changes made by other replicas are seen; those of this one are seen at once."""
HEARTBEAT_S = 5.0
RETRY_MS = 1000
CHANGES_MAX = 200
"""Read at once; the next are read right after."""
LOOK_PAUSE_S = 0.02
"""However much is changed, the clubs are looked at 50 times a second at most."""
SEQ_MAX = 2**63 - 1
UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}

LastEventId = Annotated[
    int | None, Header(ge=0, le=SEQ_MAX, description="Where a cut stream goes on; stronger than `after`")
]
After = Annotated[int | None, Query(ge=0, le=SEQ_MAX, description="the last `seq` that is known; absent: from now on")]


@dataclass(slots=True)
class _Club:
    """A club that at least one stream of this process follows."""

    streams: int = 0
    seq: int = -1
    moved: Signal = field(default_factory=Signal)


class Watch:
    """Wakes streams when something has changed at their club."""

    def __init__(self, db: Database, feed: Feed = POKES) -> None:
        self.db, self.feed = db, feed
        self._clubs: dict[UUID, _Club] = {}

    @contextmanager
    def following(self, club_id: UUID) -> Iterator[Signal]:
        """Follow a club; the signal is given after each of its changes."""
        club = self._clubs.setdefault(club_id, _Club())
        club.streams += 1
        try:
            yield club.moved
        finally:
            club.streams -= 1
            if not club.streams:
                del self._clubs[club_id]

    def loop(self) -> Loop:
        """The work that this is, for a service to run."""
        return Loop("watch clubs", self.look, LOOK_PAUSE_S)

    async def look(self) -> None:
        """Look once at all followed clubs; then wait for a change in this process, but not longer than `POLL_S`."""
        changed = self.db.changed.next()
        if self._clubs:
            # A database that is away is the streams' own to notice, at their next heartbeat.
            with suppress(Transient):
                await self._wake()
        await self.db.changed.wait(changed, POLL_S)

    async def _wake(self) -> None:
        async with self.db.look() as tx:
            seqs = await self.feed.seqs_of(tx.conn, list(self._clubs))
        for club_id, seq in seqs.items():
            club = self._clubs.get(club_id)
            if club is not None and club.seq != seq:
                club.seq = seq
                club.moved.give()


class From:
    """Dependency of a stream's route: where the stream goes on."""

    def __init__(self, request: Request, after: After = None, last_event_id: LastEventId = None) -> None:
        self.stopping: asyncio.Event = request.app.state.stopping
        # A browser comes again with the address that it had: its last id is the stronger one.
        self.after = last_event_id if last_event_id is not None else after

    async def stream(self, watch: Watch, caller: Caller, club_id: UUID) -> StreamingResponse:
        """What changes at a club that the caller may see, until the token expires or the service stops."""
        after = self.after
        if after is None:
            async with watch.db.look() as tx:
                after = (await watch.feed.seqs_of(tx.conn, [club_id]))[club_id]
        lines = events(watch, club_id, after, caller.expires_at, self.stopping)
        return StreamingResponse(lines, media_type="text/event-stream", headers=UNBUFFERED)


async def events(
    watch: Watch, club_id: UUID, after: int, until: datetime, stopping: asyncio.Event
) -> AsyncIterator[str]:
    """The club's changes after `after` as server-sent events, until the moment `until` or until the service stops.

    Ends when the database is away: a reader that hears nothing knows that what it shows is old, and comes again.
    """
    told, clock = after, watch.db.clock
    yield f"retry: {RETRY_MS}\n\n"
    with watch.following(club_id) as signal:
        while (left_s := (until - clock()).total_seconds()) > 0 and not stopping.is_set():
            moved = signal.next()
            try:
                async with watch.db.look() as tx:
                    found = await watch.feed.changes_after(tx.conn, club_id, told, CHANGES_MAX)
            except Transient:
                return
            if found.forgotten:
                told = found.seq
                yield _event(found.seq, "resync", {})
            elif found.changes:
                told = found.changes[-1].seq
                yield "".join(_of(change) for change in found.changes)
            else:
                yield ":\n\n"
                await signal.wait(moved, min(HEARTBEAT_S, left_s), stopping)


def _of(change: Change) -> str:
    return _event(change.seq, change.event, change.body)


def _event(seq: int, event: str, body: object) -> str:
    return f"id: {seq}\nevent: {event}\ndata: {json.dumps(body, ensure_ascii=False, separators=(',', ':'))}\n\n"
