"""Approvals in the database."""

from dataclasses import asdict
from uuid import UUID

from sqlalchemy import delete, insert, select, update

from edge.scope import Scope
from kit.db import Tx
from kit.errors import NotFound
from staff.domain.approval import Approval
from staff.store.tables import approval as table


async def add(tx: Tx, approval: Approval) -> None:
    await tx.conn.execute(insert(table).values(asdict(approval)))


async def one(tx: Tx, scope: Scope, approval_id: UUID, lock: bool = False) -> Approval:
    """Raises NotFound."""
    wanted = select(table).where(*scope.rows(table), table.c.approval_id == approval_id)
    row = (await tx.conn.execute(wanted.with_for_update() if lock else wanted)).first()
    if row is None:
        raise NotFound("approval", approval_id)
    return Approval(**row._mapping)


async def grant(tx: Tx, approval: Approval, by: UUID) -> None:
    """The locked approval is granted by this member."""
    granted = update(table).where(table.c.approval_id == approval.approval_id)
    await tx.conn.execute(granted.values(granted_at=tx.now, granted_by=by))


async def prune(tx: Tx) -> None:
    """Forget those whose time is over: what was granted is in the journal."""
    await tx.conn.execute(delete(table).where(table.c.expires_at < tx.now))
