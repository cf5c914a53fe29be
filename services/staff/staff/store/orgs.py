"""The org of this installation, and the lock of all that must happen once in it."""

from uuid import UUID

from sqlalchemy import func, insert, select

from kit.db import Tx
from kit.errors import NotFound
from staff.store.tables import org

LOCK = 0x5A7E_0100
"""Of the first start and of the signing keys. The kit has locks of its own."""


async def lock_installation(tx: Tx) -> None:
    """Be the only one until the commit; another replica waits."""
    await tx.conn.execute(select(func.pg_advisory_xact_lock(LOCK)))


async def the_org(tx: Tx) -> UUID | None:
    """The org of this installation; None before the first start."""
    return (await tx.conn.execute(select(org.c.org_id).order_by(org.c.added_at).limit(1))).scalar_one_or_none()


async def add(tx: Tx, org_id: UUID) -> None:
    await tx.conn.execute(insert(org).values(org_id=org_id, added_at=tx.now))


async def known(tx: Tx, org_id: UUID) -> None:
    """Raise NotFound unless this installation has the org: a token may come from elsewhere."""
    await _find(tx, org_id, lock=False)


async def lock(tx: Tx, org_id: UUID) -> None:
    """Change who leads the org alone: two owners who remove each other leave one."""
    await _find(tx, org_id, lock=True)


async def _find(tx: Tx, org_id: UUID, lock: bool) -> None:
    wanted = select(org.c.org_id).where(org.c.org_id == org_id)
    if (await tx.conn.execute(wanted.with_for_update() if lock else wanted)).first() is None:
        raise NotFound("org", org_id)
