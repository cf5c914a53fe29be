"""Sessions, and the names of clients that sessions show."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

from sqlalchemy import Row, insert, select, update

from edge.scope import Scope
from hall.domain.session import Cause, Money, Refusal, Session, Staff, State
from hall.store import tables
from hall.store.refusals import DeviceBusy, DeviceHeld, DeviceJustTaken, SessionActiveElsewhere
from hall.store.rows import constrained, one, some
from hall.store.tables import SESSION_CLIENT_ONCE, SESSION_DEVICE_ONCE, running, session, still_open
from kit.columns import insert_on
from kit.db import Tx
from kit.errors import NotFound

SPELT_OUT = frozenset({"ordered_by", "ended_by", "refusal"})
PLAIN = tuple(field.name for field in fields(Session) if field.name not in SPELT_OUT)


def session_from(row: Row[Any] | Mapping[str, Any]) -> Session:
    """A session from its columns."""
    known = row if isinstance(row, Mapping) else row._mapping
    plain = {name: known[name] for name in PLAIN} | {
        "state": State(known["state"]),
        "cause": Cause(known["cause"]) if known["cause"] else None,
    }
    code, money, device_text = (known[f"refusal_{part}"] for part in ("code", "money", "device_text"))
    return Session(
        **plain,
        ordered_by=Staff(known["ordered_by"], known["ordered_by_name"]),
        ended_by=Staff(known["ended_by"], known["ended_by_name"]) if known["ended_by"] else None,
        refusal=Refusal(code, Money(money), device_text) if code else None,
    )


def _columns(one: Session) -> dict[str, Any]:
    by, ended_by, refusal = one.ordered_by, one.ended_by, one.refusal
    return {name: getattr(one, name) for name in PLAIN} | {
        "ordered_by": by.member_id,
        "ordered_by_name": by.name,
        "ended_by": ended_by.member_id if ended_by else None,
        "ended_by_name": ended_by.name if ended_by else None,
        "refusal_code": refusal.code if refusal else None,
        "refusal_money": refusal.money if refusal else None,
        "refusal_device_text": refusal.device_text if refusal else None,
    }


async def open_on(tx: Tx, device_id: UUID) -> Session | None:
    """The session that holds the device or runs on it. Lock the device first, and it stays so."""
    row = (await tx.conn.execute(select(session).where(session.c.device_id == device_id, still_open))).first()
    return session_from(row) if row else None


async def refuse_if_taken(tx: Tx, device_id: UUID) -> None:
    """Raise DeviceBusy or DeviceHeld where a session takes the device."""
    found = await open_on(tx, device_id)
    if found is not None:
        raise DeviceBusy(found) if found.state is State.ACTIVE else DeviceHeld(found)


class _DeviceTaken(Exception):
    """The constraint on devices said no."""


class _ClientBusy(Exception):
    """The constraint on clients said no."""


async def add_order(tx: Tx, scope: Scope, ordered: Session) -> None:
    """Keep a new order, which holds its device and its client.

    Raises DeviceBusy, DeviceHeld, SessionActiveElsewhere: who loses a race reads the same as who is late.
    """
    try:
        async with constrained(tx, **{SESSION_DEVICE_ONCE: _DeviceTaken(), SESSION_CLIENT_ONCE: _ClientBusy()}):
            await tx.conn.execute(insert(session).values(_columns(ordered)))
    except _DeviceTaken:
        await refuse_if_taken(tx, ordered.device_id)
        raise DeviceJustTaken(ordered) from None
    except _ClientBusy:
        assert ordered.client_id is not None
        raise SessionActiveElsewhere(ordered.client_id, await _elsewhere(tx, scope, ordered.client_id)) from None


async def _elsewhere(tx: Tx, scope: Scope, client_id: UUID) -> Session | None:
    """The client's open session, where the caller may know of it."""
    query = select(session).where(session.c.client_id == client_id, still_open, *scope.rows(session))
    row = (await tx.conn.execute(query)).first()
    return session_from(row) if row else None


async def session_of(tx: Tx, scope: Scope, session_id: UUID, lock: bool = False) -> Session:
    """The session, where the caller may see it; `lock` to change it. Raises NotFound."""
    return session_from(await one(tx, scope, session, session_id, lock))


async def sessions_of(
    tx: Tx,
    scope: Scope,
    limit: int,
    after: UUID | None,
    club_id: UUID | None = None,
    client_id: UUID | None = None,
    state: State | None = None,
) -> list[Session]:
    """A page of the caller's sessions and one more."""
    wanted = {session.c.club_id: club_id, session.c.client_id: client_id, session.c.state: state}
    conditions = [column == value for column, value in wanted.items() if value is not None]
    return [session_from(row) for row in await some(tx, scope, session, limit, after, *conditions)]


@dataclass(frozen=True, slots=True)
class Known:
    """As much of a session as a sale's fact is about."""

    sale_id: UUID
    state: State


async def sale_state_of(tx: Tx, session_id: UUID) -> Known:
    """How the session stands, unlocked. Raises NotFound."""
    query = select(session.c.sale_id, session.c.state).where(session.c.session_id == session_id)
    row = (await tx.conn.execute(query)).first()
    if row is None:
        raise NotFound("session", session_id)
    return Known(row.sale_id, State(row.state))


async def session_for_update(tx: Tx, session_id: UUID) -> Session:
    """The session of a fact that another service told, locked."""
    query = select(session).where(session.c.session_id == session_id).with_for_update()
    return session_from((await tx.conn.execute(query)).one())


async def save_session(tx: Tx, changed: Session) -> None:
    """Write a session that was locked."""
    ours = update(session).where(session.c.session_id == changed.session_id)
    await tx.conn.execute(ours.values(_columns(changed)))


async def take_due(tx: Tx, limit: int) -> list[Session]:
    """Active sessions whose time is over, locked; those that another replica has taken are left to it."""
    due = select(session).where(running, session.c.ends_at <= tx.now)
    locked = due.order_by(session.c.ends_at).limit(limit).with_for_update(skip_locked=True)
    return [session_from(row) for row in await tx.conn.execute(locked)]


async def client_name_of(tx: Tx, scope: Scope, client_id: UUID) -> str | None:
    """The client's name; None where billing has not told of the client yet. Raises NotFound for another org's."""
    query = select(tables.client).where(tables.client.c.client_id == client_id)
    row = (await tx.conn.execute(query)).first()
    if row is not None and row.org_id != scope.org_id:
        raise NotFound("client", client_id)
    return row.name if row else None


async def put_client(tx: Tx, org_id: UUID, client_id: UUID, name: str) -> None:
    """Keep the client's name; safe to repeat."""
    put = insert_on(tx.conn, tables.client).values(client_id=client_id, org_id=org_id, name=name)
    await tx.conn.execute(put.on_conflict_do_update(index_elements=["client_id"], set_={"name": name}))


async def name_client(tx: Tx, org_id: UUID, client_id: UUID, name: str) -> list[Session]:
    """Show the name on the client's open sessions; those that show another until now.

    A session that somebody is changing at this instant keeps the name it has: it is on its way off the map.
    """
    theirs = select(session).where(session.c.org_id == org_id, session.c.client_id == client_id, still_open)
    stale = theirs.where(session.c.client_name.is_distinct_from(name)).with_for_update(skip_locked=True)
    found = [session_from(row) for row in await tx.conn.execute(stale)]
    ids = [one.session_id for one in found]
    await tx.conn.execute(update(session).where(session.c.session_id.in_(ids)).values(client_name=name))
    return found
