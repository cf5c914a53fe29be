"""Machines in the database."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from edge.scope import Scope
from kit.db import Tx
from kit.errors import NotFound
from staff.domain.machine import Machine
from staff.store.tables import machine as table

present = table.c.revoked_at.is_(None)


async def add(tx: Tx, machine: Machine) -> None:
    await tx.conn.execute(insert(table).values(asdict(machine)))


async def page(tx: Tx, scope: Scope, after: UUID | None, limit: int) -> list[Machine]:
    """At most `limit` and one more, newest first; revoked ones are not shown."""
    older = [table.c.machine_id < after] if after else []
    wanted = select(table).where(present, *scope.rows(table), *older)
    found = await tx.conn.execute(wanted.order_by(table.c.machine_id.desc()).limit(limit + 1))
    return [_machine(row) for row in found]


async def by_id(tx: Tx, machine_id: UUID) -> Machine | None:
    """The machine unless it was revoked; it is not looked at from any org, it has not proven itself yet."""
    row = (await tx.conn.execute(select(table).where(present, table.c.machine_id == machine_id))).first()
    return _machine(row) if row else None


async def revoke(tx: Tx, scope: Scope, machine_id: UUID) -> Machine:
    """It gets no more tokens. Raises NotFound."""
    gone = update(table).where(present, *scope.rows(table), table.c.machine_id == machine_id)
    row = (await tx.conn.execute(gone.values(revoked_at=tx.now).returning(table))).first()
    if row is None:
        raise NotFound("machine", machine_id)
    return _machine(row)


def _machine(row: Row[Any]) -> Machine:
    return Machine(**{name: value for name, value in row._mapping.items() if name != "revoked_at"})
