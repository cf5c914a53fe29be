"""Wrong PINs, counted for each member at each till. The member is locked before a try of theirs is counted."""

from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from kit.db import Tx
from staff.domain.lockout import FORGOTTEN_AFTER, Tries
from staff.store.tables import pin_tries as table


async def tries(tx: Tx, member_id: UUID, till_id: UUID) -> Tries:
    """The wrong PINs of the member at the till so far."""
    row = (
        await tx.conn.execute(select(table).where(table.c.member_id == member_id, table.c.till_id == till_id))
    ).first()
    return Tries(row.failures, row.locked_until) if row else Tries()


async def save_tries(tx: Tx, member_id: UUID, till_id: UUID, after: Tries) -> None:
    counted = {"failures": after.failures, "locked_until": after.locked_until, "last_at": tx.now}
    fresh = insert(table).values(member_id=member_id, till_id=till_id, **counted)
    await tx.conn.execute(
        fresh.on_conflict_do_update(index_elements=[table.c.member_id, table.c.till_id], set_=counted)
    )


async def forget_tries(tx: Tx, member_id: UUID) -> None:
    """The locked member may try at once, at every till."""
    free = update(table).where(table.c.member_id == member_id)
    await tx.conn.execute(free.values(failures=0, locked_until=None))


async def prune(tx: Tx) -> None:
    """Forget tries that count no more."""
    free = or_(table.c.locked_until.is_(None), table.c.locked_until < tx.now)
    await tx.conn.execute(delete(table).where(table.c.last_at < tx.now - FORGOTTEN_AFTER, free))
