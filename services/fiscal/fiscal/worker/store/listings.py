"""Who wants to know which devices there are, until they are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Uuid, column, delete, select, table

from kit.columns import Moment, insert_on
from kit.db import Tx

NAMES = ("request_id", "register_id", "org_id", "club_id")
listings = table("listing", *[column(name, Uuid) for name in NAMES], column("asked_at", Moment))


@dataclass(frozen=True, slots=True)
class Listing:
    """A wish to know the server's devices."""

    request_id: UUID
    register_id: UUID
    org_id: UUID
    club_id: UUID


async def add(tx: Tx, listing: Listing) -> None:
    """Remember it."""
    values = {name: getattr(listing, name) for name in NAMES}
    await tx.conn.execute(insert_on(tx.conn, listings).values(**values, asked_at=tx.now).on_conflict_do_nothing())


async def waiting(tx: Tx) -> list[Listing]:
    """Those that nobody has answered, oldest first."""
    rows = await tx.conn.execute(select(listings).order_by(listings.c.asked_at).limit(100))
    return [Listing(**{name: getattr(row, name) for name in NAMES}) for row in rows]


async def end(tx: Tx, request_ids: Sequence[UUID]) -> None:
    """They are answered."""
    await tx.conn.execute(delete(listings).where(listings.c.request_id.in_(request_ids)))
