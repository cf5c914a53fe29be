"""The journal in the database: written once, never changed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, or_, select
from sqlalchemy.dialects.postgresql import insert

from edge.scope import Scope
from kit.db import Tx
from staff.domain.journal import Entry, Wanted
from staff.store.tables import journal as table
from staff.store.tables import till

FIELDS = tuple(Entry.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Shown:
    """An entry, and the name of the till that it was done at."""

    entry: Entry
    till_name: str | None


async def keep(tx: Tx, entries: Sequence[Entry]) -> None:
    """Write what is not written yet."""
    rows = [asdict(entry) for entry in entries]
    await tx.conn.execute(insert(table).values(rows).on_conflict_do_nothing(index_elements=[table.c.act_id]))


async def page(tx: Tx, scope: Scope, wanted: Wanted, after: UUID | None, limit: int) -> list[Shown]:
    """At most `limit` and one more, newest first; who acts for some clubs sees what concerned these alone."""
    older = [table.c.act_id < after] if after else []
    beside = table.outerjoin(till, (till.c.till_id == table.c.till_id) & (till.c.org_id == table.c.org_id))
    found = select(table, till.c.name.label("till_name")).select_from(beside)
    found = found.where(*scope.rows(table), *_only(wanted), *older).order_by(table.c.act_id.desc()).limit(limit + 1)
    return [Shown(_entry(row), row.till_name) for row in await tx.conn.execute(found)]


def _only(wanted: Wanted) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if wanted.club_id is not None:
        conditions.append(table.c.club_id == wanted.club_id)
    if wanted.member_id is not None:
        conditions.append(table.c.member_id == wanted.member_id)
    if wanted.act is not None:
        begins = table.c.act.startswith(wanted.act + ".", autoescape=True)
        conditions.append(or_(table.c.act == wanted.act, begins))
    if wanted.since is not None:
        conditions.append(table.c.at >= wanted.since)
    if wanted.until is not None:
        conditions.append(table.c.at < wanted.until)
    return conditions


def _entry(row: Row[Any]) -> Entry:
    return Entry(**{name: row._mapping[name] for name in FIELDS})
