"""What has changed at a club, in numbered order, for those who look at it live.

A number is drawn under its club's lock, which is kept until the commit. So changes commit in the order of their
numbers, and who has read all up to one of them has missed nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, String, TableClause, Uuid, column, delete, insert, select, table
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.columns import Moment, insert_on


@dataclass(frozen=True, slots=True)
class Change:
    """One change at a club."""

    seq: int
    event: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Changes:
    """Changes in order, and the club's `seq` now. `forgotten`: those that were asked for are not kept any more."""

    seq: int
    changes: tuple[Change, ...] = ()
    forgotten: bool = False


@dataclass(frozen=True, slots=True)
class Feed:
    """The changes of all clubs in two tables: (club_id, seq), and (club_id, seq, event, body, changed_at)."""

    counters: TableClause
    rows: TableClause

    async def seqs_of(self, conn: AsyncConnection, club_ids: Collection[UUID]) -> dict[UUID, int]:
        """How many changes each club has seen."""
        found = await conn.execute(select(self.counters).where(self.counters.c.club_id.in_(club_ids)))
        return dict.fromkeys(club_ids, 0) | {row.club_id: row.seq for row in found}

    async def changes_after(self, conn: AsyncConnection, club_id: UUID, after: int, limit: int) -> Changes:
        """The oldest changes after `after`, at most `limit`; `conn` must see one snapshot (`Database.look`)."""
        seq = (await self.seqs_of(conn, [club_id]))[club_id]
        if after == seq:
            return Changes(seq)
        ours = select(self.rows).where(self.rows.c.club_id == club_id, self.rows.c.seq > after)
        rows = (await conn.execute(ours.order_by(self.rows.c.seq).limit(limit))).all()
        # Numbers have no gaps: where the next one is missing, it was forgotten, or never was (a restored database).
        if not rows or rows[0].seq != after + 1:
            return Changes(seq, forgotten=True)
        return Changes(seq, tuple(Change(row.seq, row.event, row.body) for row in rows))

    async def draw(self, conn: AsyncConnection, wanted: Mapping[UUID, int]) -> dict[UUID, Iterator[int]]:
        """The next numbers of each club; their locks are taken in one order and kept until the commit."""
        counters = self.counters
        grow = insert_on(conn, counters).values([{"club_id": one, "seq": wanted[one]} for one in sorted(wanted)])
        grown = {"seq": counters.c.seq + grow.excluded.seq}
        put = grow.on_conflict_do_update(index_elements=["club_id"], set_=grown).returning(
            counters.c.club_id, counters.c.seq
        )
        lasts = {row.club_id: row.seq for row in await conn.execute(put)}
        return {one: iter(range(last - wanted[one] + 1, last + 1)) for one, last in lasts.items()}

    async def write(self, conn: AsyncConnection, changes: Sequence[tuple[UUID, Change]], at: datetime) -> None:
        """Write changes down under their drawn numbers."""
        rows = [
            {"club_id": one, "seq": c.seq, "event": c.event, "body": c.body, "changed_at": at} for one, c in changes
        ]
        await conn.execute(insert(self.rows), rows)

    async def forget(self, conn: AsyncConnection, before: datetime) -> None:
        """Forget changes made before `before`; who asks for them later is told to look at everything."""
        await conn.execute(delete(self.rows).where(self.rows.c.changed_at < before))


POKES = Feed(
    table("live", column("club_id", Uuid), column("seq", BigInteger)),
    table(
        "live_change",
        column("club_id", Uuid),
        column("seq", BigInteger),
        column("event", String),
        column("body", JSON),
        column("changed_at", Moment),
    ),
)
"""What `Tx.poke` told: that something changed, and its ids; who looks at it reads it again."""

Poke = tuple[UUID, str, tuple[tuple[str, str], ...]]
"""A club, an event, and the ids of what changed."""


async def put(conn: AsyncConnection, poked: Sequence[Poke], at: datetime) -> None:
    """Write pokes in their order, each once: the last thing of a transaction, which has its clubs' locks from here on.

    So nobody who has a club's lock waits for any other.
    """
    if not poked:
        return
    fresh = list(dict.fromkeys(poked))
    clubs = [club_id for club_id, _, _ in fresh]
    seqs = await POKES.draw(conn, {one: clubs.count(one) for one in clubs})
    await POKES.write(conn, [(one, Change(next(seqs[one]), event, dict(ids))) for one, event, ids in fresh], at)
