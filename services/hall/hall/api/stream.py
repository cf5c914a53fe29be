"""Server-sent events of a club's board.

One look of `Watch` serves all streams of this process: a stream reads its club's changes when they are there, and not
each time that anything happened anywhere.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from hall.store.board import Change, changes_after, seqs_of
from kit.db import Database, Signal
from kit.errors import Transient

POLL_S = 0.25
"""How soon changes made by other replicas are seen; those of this one are seen at once."""
HEARTBEAT_S = 5.0
RETRY_MS = 1000
CHANGES_MAX = 200
"""Read at once; the next are read right after."""


@dataclass(slots=True)
class _Club:
    """A club that at least one stream of this process follows."""

    streams: int = 0
    seq: int = -1
    moved: Signal = field(default_factory=Signal)


class Watch:
    """Wakes streams when their club's board has moved."""

    def __init__(self, db: Database) -> None:
        self.db = db
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

    async def look(self) -> None:
        """Look once at all followed boards; then wait for a change in this process, but not longer than `POLL_S`."""
        changed = self.db.changed.next()
        if self._clubs:
            # A database that is away is the streams' own to notice, at their next heartbeat.
            with suppress(Transient):
                await self._wake()
        await self.db.changed.wait(changed, POLL_S)

    async def _wake(self) -> None:
        async with self.db.look() as tx:
            seqs = await seqs_of(tx, list(self._clubs))
        for club_id, seq in seqs.items():
            club = self._clubs.get(club_id)
            if club is not None and club.seq != seq:
                club.seq = seq
                club.moved.give()


async def events(
    watch: Watch, club_id: UUID, after: int, until: datetime, stopping: asyncio.Event
) -> AsyncIterator[str]:
    """The club's changes after `after` as server-sent events, until the moment `until` or until the hall stops.

    Ends when the database is away: a reader that hears nothing knows that what it shows is old, and comes again.
    """
    told, clock = after, watch.db.clock
    yield f"retry: {RETRY_MS}\n\n"
    with watch.following(club_id) as signal:
        while (left_s := (until - clock()).total_seconds()) > 0 and not stopping.is_set():
            moved = signal.next()
            try:
                async with watch.db.look() as tx:
                    found = await changes_after(tx, club_id, told, CHANGES_MAX)
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
