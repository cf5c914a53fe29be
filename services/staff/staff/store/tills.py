"""Tills in the database, and what is told about them."""

from dataclasses import asdict
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from contracts.staff import TillAdded, TillChanged
from edge.scope import Scope
from kit.db import Tx
from kit.errors import NotFound, Refused
from staff.domain.till import Till
from staff.store.tables import till as table

Fact = TypeVar("Fact", TillAdded, TillChanged)


class TillNameTaken(Refused):
    """The club has a till of this name."""

    def __init__(self, name: str) -> None:
        detail = f"This club already has a till called {name}. Choose another name."
        super().__init__("till_name_taken", detail, params={"name": name})


def fact(kind: type[Fact], till: Till, tx: Tx) -> Fact:
    """What is told about `till` now."""
    return kind(org_id=till.org_id, till_id=till.till_id, club_id=till.club_id, name=till.name, at=tx.now)


async def add(tx: Tx, till: Till) -> None:
    """Raises TillNameTaken."""
    fresh = insert(table).values(asdict(till)).on_conflict_do_nothing().returning(table.c.till_id)
    if (await tx.conn.execute(fresh)).first() is None:
        raise TillNameTaken(till.name)


async def page(tx: Tx, scope: Scope, club_id: UUID | None, after: UUID | None, limit: int) -> list[Till]:
    """At most `limit` and one more, newest first; of one club where `club_id` says which."""
    narrowed = ([table.c.club_id == club_id] if club_id else []) + ([table.c.till_id < after] if after else [])
    wanted = select(table).where(*scope.rows(table), *narrowed).order_by(table.c.till_id.desc()).limit(limit + 1)
    return [Till(**row._mapping) for row in await tx.conn.execute(wanted)]


async def for_update(tx: Tx, scope: Scope, till_id: UUID) -> Till:
    """The till, locked. Raises NotFound."""
    wanted = select(table).where(*scope.rows(table), table.c.till_id == till_id).with_for_update()
    row = (await tx.conn.execute(wanted)).first()
    if row is None:
        raise NotFound("till", till_id)
    return Till(**row._mapping)


async def by_id(tx: Tx, till_id: UUID) -> Till | None:
    row = (await tx.conn.execute(select(table).where(table.c.till_id == till_id))).first()
    return Till(**row._mapping) if row else None


async def enrolled(tx: Tx, secret_hash: str, lock: bool = False) -> Till | None:
    """The till of this secret; `lock`: it is not taken back before the commit. Nobody has signed in yet: no scope."""
    wanted = select(table).where(table.c.secret_hash == secret_hash)
    row = (await tx.conn.execute(wanted.with_for_update(read=True) if lock else wanted)).first()
    return Till(**row._mapping) if row else None


async def save(tx: Tx, till: Till) -> None:
    """Raises TillNameTaken; the transaction is over then."""
    try:
        await tx.conn.execute(update(table).where(table.c.till_id == till.till_id).values(asdict(till)))
    except IntegrityError:
        raise TillNameTaken(till.name) from None
