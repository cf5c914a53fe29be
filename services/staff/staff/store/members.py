"""Members in the database, and what is told about them."""

from dataclasses import asdict
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Row, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from contracts.staff import MemberAdded, MemberChanged, MemberRemoved
from edge.scope import Scope
from kit.db import Tx
from kit.errors import NotFound, Refused
from staff.domain.member import Member
from staff.domain.roles import OWNER
from staff.store.tables import member as table

Fact = TypeVar("Fact", MemberAdded, MemberChanged, MemberRemoved)

here_still = table.c.removed_at.is_(None)


class LoginTaken(Refused):
    """Somebody in the installation has this login."""

    def __init__(self, login: str) -> None:
        detail = f"The login {login} is taken. Choose another one."
        super().__init__("login_taken", detail, params={"login": login})


def fact(kind: type[Fact], member: Member, tx: Tx) -> Fact:
    """What is told about `member` now."""
    told = {"org_id": member.org_id, "member_id": member.member_id, "name": member.name, "role": member.role}
    return kind.model_validate({**told, "clubs": member.clubs or (), "at": tx.now})


async def add(tx: Tx, member: Member) -> None:
    """Raises LoginTaken."""
    values = {**asdict(member), "clubs": _array(member)}
    fresh = insert(table).values(values).on_conflict_do_nothing().returning(table.c.member_id)
    if (await tx.conn.execute(fresh)).first() is None:
        raise LoginTaken(member.login)


async def page(tx: Tx, scope: Scope, after: UUID | None, limit: int) -> list[Member]:
    """At most `limit` and one more, newest first, of those who work at a club of `scope`."""
    older = [table.c.member_id < after] if after else []
    wanted = select(table).where(*_seen_from(scope), *older).order_by(table.c.member_id.desc()).limit(limit + 1)
    return [_member(row) for row in await tx.conn.execute(wanted)]


async def one(tx: Tx, scope: Scope, member_id: UUID) -> Member:
    """Raises NotFound."""
    return _found(await _first(tx, *_seen_from(scope), table.c.member_id == member_id), member_id)


async def for_update(tx: Tx, scope: Scope, member_id: UUID) -> Member:
    """The member, locked, where all of their clubs are clubs of `scope`. Raises NotFound."""
    conditions = [here_still, *scope.rows(table), table.c.member_id == member_id]
    if scope.clubs is not None:
        conditions.append(table.c.clubs.contained_by(list(scope.clubs)))
    return _found(await _first(tx, *conditions, lock=True), member_id)


async def by_login(tx: Tx, login: str) -> Member | None:
    """Whoever has this login; it is not looked at from any org, nobody has signed in yet."""
    return await _first(tx, here_still, table.c.login == login)


async def present_for_update(tx: Tx, member_id: UUID) -> Member | None:
    """The member, locked, unless they were removed. Every change of a member's sign-ins takes this lock first."""
    return await _first(tx, here_still, table.c.member_id == member_id, lock=True)


async def present(tx: Tx, member_id: UUID) -> Member | None:
    """The member unless they were removed; not looked at from any org, they have not proven themselves yet."""
    return await _first(tx, here_still, table.c.member_id == member_id)


async def with_pin(tx: Tx, org_id: UUID, club_id: UUID) -> list[Member]:
    """Who works at the club and has a PIN, by name."""
    here = or_(table.c.clubs.is_(None), table.c.clubs.contains([club_id]))
    wanted = select(table).where(here_still, table.c.org_id == org_id, here, table.c.pin_hash.is_not(None))
    return [_member(row) for row in await tx.conn.execute(wanted.order_by(table.c.name, table.c.member_id))]


async def save(tx: Tx, member: Member) -> None:
    changed = update(table).where(table.c.member_id == member.member_id)
    await tx.conn.execute(changed.values({**asdict(member), "clubs": _array(member)}))


async def remove(tx: Tx, member: Member) -> None:
    await tx.conn.execute(update(table).where(table.c.member_id == member.member_id).values(removed_at=tx.now))


async def another_leads(tx: Tx, member: Member) -> bool:
    """Whether the org has an owner of all its clubs besides `member`. The org is locked."""
    leads = (here_still, table.c.org_id == member.org_id, table.c.role == OWNER, table.c.clubs.is_(None))
    return bool(await tx.conn.scalar(select(exists().where(*leads, table.c.member_id != member.member_id))))


def _seen_from(scope: Scope) -> list[ColumnElement[bool]]:
    """A person of one club sees who works there, but not who works everywhere."""
    clubs = [] if scope.clubs is None else [table.c.clubs.overlap(list(scope.clubs))]
    return [here_still, *scope.rows(table), *clubs]


async def _first(tx: Tx, *conditions: ColumnElement[bool], lock: bool = False) -> Member | None:
    wanted = select(table).where(*conditions)
    row = (await tx.conn.execute(wanted.with_for_update() if lock else wanted)).first()
    return _member(row) if row else None


def _found(member: Member | None, member_id: UUID) -> Member:
    if member is None:
        raise NotFound("member", member_id)
    return member


def _array(member: Member) -> list[UUID] | None:
    return None if member.clubs is None else list(member.clubs)


def _member(row: Row[Any]) -> Member:
    known = {name: value for name, value in row._mapping.items() if name != "removed_at"}
    return Member(**{**known, "clubs": None if row.clubs is None else tuple(row.clubs)})
