"""Sessions in the database. Their member is locked before one begins; whoever ends some locks them in one order."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, delete, insert, select, update

from kit.db import Tx
from staff.domain.member import Member
from staff.domain.session import Session
from staff.store.tables import session as table
from staff.store.tables import till

FIELDS = tuple(Session.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Listed:
    """A session, and the name of the till that it is at."""

    session: Session
    till_name: str | None


async def begin(tx: Tx, session: Session) -> None:
    await tx.conn.execute(insert(table).values(asdict(session)))


async def live(tx: Tx, secret_hash: str) -> Session | None:
    """The session of this secret unless it is over; it may be locked."""
    wanted = select(table).where(*_going(tx), table.c.secret_hash == secret_hash)
    row = (await tx.conn.execute(wanted)).first()
    return _session(row) if row else None


async def use(tx: Tx, secret_hash: str) -> Session | None:
    """The same, locked until the commit, and used at this moment."""
    used = update(table).where(*_going(tx), table.c.secret_hash == secret_hash).values(last_used_at=tx.now)
    row = (await tx.conn.execute(used.returning(table))).first()
    return _session(row) if row else None


async def lock(tx: Tx, secret_hash: str) -> bool:
    """Give no token for it until it is unlocked; False where it is over."""
    return await _change(tx, table.c.secret_hash == secret_hash, locked_at=tx.now)


async def unlock(tx: Tx, session_id: UUID) -> bool:
    """Give tokens for it again; False where it is over."""
    return await _change(tx, table.c.session_id == session_id, locked_at=None)


async def of_member(tx: Tx, member_id: UUID, after: UUID | None, limit: int) -> list[Listed]:
    """At most `limit` and one more of the member's sessions that are not over, newest first."""
    older = [table.c.session_id < after] if after else []
    beside = table.outerjoin(till, till.c.till_id == table.c.till_id)
    wanted = select(table, till.c.name.label("till_name")).select_from(beside)
    wanted = wanted.where(*_going(tx), table.c.member_id == member_id, *older)
    found = await tx.conn.execute(wanted.order_by(table.c.session_id.desc()).limit(limit + 1))
    return [Listed(_session(row), row.till_name) for row in found]


async def whose(tx: Tx, org_id: UUID, session_id: UUID) -> UUID | None:
    """The member of a session of this org, over or not; None where there is none."""
    wanted = select(table.c.member_id).where(table.c.org_id == org_id, table.c.session_id == session_id)
    return (await tx.conn.execute(wanted)).scalar_one_or_none()


async def end(tx: Tx, session_id: UUID) -> bool:
    """It is over; False where it was so before."""
    return bool(await _end(tx, table.c.session_id == session_id))


async def end_of_member(tx: Tx, member_id: UUID, but: UUID | None = None) -> None:
    """All sessions of the locked member are over, except `but`."""
    others = [table.c.session_id != but] if but else []
    await _end(tx, table.c.member_id == member_id, *others)


async def end_of_till(tx: Tx, till_id: UUID) -> None:
    """All sessions at the locked till are over."""
    await _end(tx, table.c.till_id == till_id)


async def end_elsewhere(tx: Tx, member: Member) -> None:
    """The locked member's sessions at tills of clubs that are not theirs (any more) are over."""
    if member.clubs is not None:
        there = select(till.c.till_id).where(till.c.club_id.not_in(member.clubs))
        await _end(tx, table.c.member_id == member.member_id, table.c.till_id.in_(there))


async def prune(tx: Tx) -> None:
    """Forget sessions that are over by their time."""
    await tx.conn.execute(delete(table).where(table.c.expires_at < tx.now))


def _going(tx: Tx) -> list[ColumnElement[bool]]:
    return [table.c.ended_at.is_(None), table.c.expires_at > tx.now]


async def _change(tx: Tx, which: ColumnElement[bool], **values: Any) -> bool:
    return (await tx.conn.execute(update(table).where(*_going(tx), which).values(values))).rowcount > 0


async def _end(tx: Tx, *which: ColumnElement[bool]) -> Sequence[UUID]:
    """In the order of their ids: a member's end and a till's end, in the same instant, never wait for each other."""
    found = select(table.c.session_id).where(*_going(tx), *which).order_by(table.c.session_id).with_for_update()
    ids = (await tx.conn.execute(found)).scalars().all()
    if ids:
        await tx.conn.execute(update(table).where(table.c.session_id.in_(ids)).values(ended_at=tx.now))
    return ids


def _session(row: Row[Any]) -> Session:
    return Session(**{name: row._mapping[name] for name in FIELDS})
