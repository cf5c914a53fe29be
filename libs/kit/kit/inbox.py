"""What this service has already taken in: one row per event, written in the transaction of its effects."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, column, delete, table
from sqlalchemy.ext.asyncio import AsyncConnection

from kit.columns import Moment, insert_on
from kit.db import Tx

rows = table("inbox", column("event_id", Uuid), column("taken_at", Moment))


async def claim(tx: Tx, event_ids: Sequence[UUID]) -> set[UUID]:
    """Those of `event_ids` that nobody took before; they are taken when `tx` commits.

    A concurrent claim of the same id waits for the other transaction to end: two owners of a partition in the
    middle of a rebalance cannot both handle one event.
    """
    if not event_ids:
        return set()
    # Sorted, so that two overlapping batches take their row locks in one order.
    wanted = [{"event_id": event_id, "taken_at": tx.now} for event_id in sorted(set(event_ids))]
    fresh = insert_on(tx.conn, rows).values(wanted).on_conflict_do_nothing().returning(rows.c.event_id)
    return set((await tx.conn.execute(fresh)).scalars())


async def prune(conn: AsyncConnection, before: datetime) -> None:
    """Forget what was taken before `before`: longer ago than any topic or outbox keeps messages."""
    await conn.execute(delete(rows).where(rows.c.taken_at < before))
