"""Statements that every table needs: one row of the caller's, a page of them, and a constraint with a name."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Table, func, select
from sqlalchemy.exc import IntegrityError

from edge.scope import Scope
from hall.store.refusals import TooMany
from kit.db import Tx
from kit.errors import NotFound


async def one(tx: Tx, scope: Scope, table: Table, wanted: UUID, lock: bool = False) -> Row[Any]:
    """The row whose id is `wanted`, locked against changes by others if told so. Raises NotFound."""
    (key,) = table.primary_key.columns
    query = select(table).where(key == wanted, *scope.rows(table))
    # Not against rows that refer to it: those lock its key alone.
    row = (await tx.conn.execute(query.with_for_update(key_share=True) if lock else query)).first()
    if row is None:
        raise NotFound(table.name, wanted)
    return row


async def some(
    tx: Tx, scope: Scope, table: Table, limit: int, after: UUID | None, *conditions: ColumnElement[bool]
) -> list[Row[Any]]:
    """The newest rows after the cursor; one more than `limit`, if there is one."""
    (key,) = table.primary_key.columns
    query = select(table).where(*scope.rows(table), *conditions)
    if after is not None:
        query = query.where(key < after)
    return list(await tx.conn.execute(query.order_by(key.desc()).limit(limit + 1)))


async def room_for_one_more(tx: Tx, table: Table, club_id: UUID, most: int) -> None:
    """Raise TooMany where the club has `most` rows of `table`. Two at the same instant may make it one more."""
    found = await tx.conn.scalar(select(func.count()).select_from(table).where(table.c.club_id == club_id))
    if found is not None and found >= most:
        raise TooMany(table.name, most)


@asynccontextmanager
async def constrained(tx: Tx, **refusals: Exception) -> AsyncIterator[None]:
    """Raise the refusal that is given for a constraint's name when that constraint is violated inside.

    What was done inside is undone then, and the transaction can go on.
    """
    try:
        async with tx.conn.begin_nested():
            yield
    except IntegrityError as failure:
        name = getattr(getattr(failure.orig, "__cause__", None), "constraint_name", None)
        if name not in refusals:
            raise
        raise refusals[name] from None
