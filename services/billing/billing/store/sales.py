"""Sales with their tenders: loaded locked, stored in sets, and what each step does besides."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Integer,
    Row,
    String,
    Uuid,
    bindparam,
    case,
    column,
    func,
    insert,
    or_,
    select,
    table,
    update,
)

from billing.domain.discount import lowered
from billing.domain.paying import Kind, Tender, TenderState
from billing.domain.sale import RELEASE_AFTER, Effect, Fact, Receipt, Sale, State, Step, What, step
from billing.store import clubs, effects
from edge.scope import Scope
from kit.columns import Moment
from kit.db import Tx
from kit.time import derived_id

REFUND_IDS = ("refund_of", "returned_receipt_id")

sales = table(
    "sale",
    *[
        column(name, Uuid)
        for name in ("sale_id", "org_id", "club_id", "till_id", "session_id", "client_id", "shift_id", *REFUND_IDS)
    ],
    *[column(name, String) for name in ("what", "session_state", "device_name", "state", "receipt", "code")],
    *[column(name, String) for name in ("device_text", "returned", "reason")],
    *[column(name, BigInteger) for name in ("number", "total_kopecks", "bonus_kopecks")],
    *[column(name, Integer) for name in ("attempt", "bonus_cap_percent")],
    column("handed_over", Boolean),
    *[column(name, JSON) for name in ("lines", "sold_by")],
    *[column(name, Moment) for name in ("unknown_since", "reprint_at", "ended_at", "pay_by", "opened_at", "ends_at")],
)
tenders = table(
    "tender",
    column("sale_id", Uuid),
    *[column(name, String) for name in ("kind", "slip", "state")],
    *[column(name, BigInteger) for name in ("amount_kopecks", "received_kopecks")],
)

MOVES = (
    *("state", "shift_id", "attempt", "receipt", "unknown_since", "reprint_at", "handed_over", "code", "device_text"),
    *("total_kopecks", "bonus_kopecks"),
)
"""What a step can change."""
TERMS = ("sale_id", "what", "client_id", "bonus_cap_percent", "pay_by", "returned")
"""What is agreed when a sale is opened."""

UNFINISHED = (State.OPEN, State.FISCALISING)


@dataclass(frozen=True, slots=True)
class Stored:
    """A sale with what surrounds it."""

    sale: Sale
    org_id: UUID
    club_id: UUID
    till_id: UUID
    lines: list[dict[str, Any]]
    sold_by: dict[str, Any]
    opened_at: datetime
    session_id: UUID | None = None
    session_state: str = "none"
    device_name: str | None = None
    ends_at: datetime | None = None
    ended_at: datetime | None = None
    number: int = 0
    refund_of: UUID | None = None
    """The sale that a refund gives back, and why."""
    returned_receipt_id: UUID | None = None
    reason: str | None = None
    trace: str | None = field(default=None, compare=False)

    @property
    def receipt_id(self) -> UUID:
        """The current receipt: another attempt is another receipt."""
        return receipt_id(self.sale.sale_id, self.sale.attempt)


def receipt_id(sale_id: UUID, attempt: int) -> UUID:
    return derived_id("receipt", sale_id, attempt)


async def open_sale(tx: Tx, stored: Stored) -> Stored:
    """Store a new sale and tell of it; the sale with its number."""
    values = {name: getattr(stored, name) for name in ("org_id", "club_id", "till_id", "lines", "sold_by", "opened_at")}
    about = ("session_id", "session_state", "device_name", "reason", *REFUND_IDS)
    values |= {name: getattr(stored, name) for name in about}
    values |= {name: getattr(stored.sale, name) for name in (*MOVES, *TERMS)}
    number = await tx.conn.scalar(insert(sales).values(values).returning(sales.c.number))
    if stored.refund_of is None:
        effects.tell_opened(tx, stored)
        effects.poke(tx, stored)
    return replace(stored, number=number)


async def take(tx: Tx, some: Sequence[tuple[Stored, Fact]]) -> list[Stored]:
    """Let each sale, loaded locked, take its fact; store what changed in sets. Raises Unpayable."""
    steps = [(stored, step(stored.sale, fact)) for stored, fact in some]
    changed = [_after(tx, stored, moved) for stored, moved in steps if moved[0] != stored.sale]
    await _store(tx, [after for after, _ in changed])
    await _store_lines(tx, [after for after, (_, done) in changed if Effect.HOLD in done and after.sale.bonus_kopecks])
    await _store_tenders(tx, [(stored.sale, moved[0]) for stored, moved in steps])
    await effects.apply(tx, changed)
    return [_after(tx, stored, moved)[0] for stored, moved in steps]


def _after(tx: Tx, stored: Stored, moved: Step) -> tuple[Stored, Step]:
    sale = moved[0]
    lines = _lowered(stored.lines, sale.bonus_kopecks - stored.sale.bonus_kopecks)
    return replace(stored, sale=sale, lines=lines, ended_at=stored.ended_at or (tx.now if sale.ended else None)), moved


def _lowered(lines: list[dict[str, Any]], by_kopecks: int) -> list[dict[str, Any]]:
    """The lines as the receipt shows them: bonuses lower what each costs."""
    if by_kopecks == 0:
        return lines
    amounts = lowered([line["amount_kopecks"] for line in lines], by_kopecks)
    return [line | {"amount_kopecks": amount} for line, amount in zip(lines, amounts, strict=True)]


async def _store_lines(tx: Tx, some: Sequence[Stored]) -> None:
    """Note the lines of sales that bonuses have lowered."""
    if some:
        change = update(sales).where(sales.c.sale_id == bindparam("this")).values(lines=bindparam("lowered"))
        await tx.conn.execute(change, [{"this": one.sale.sale_id, "lowered": one.lines} for one in some])


async def _store(tx: Tx, some: Sequence[Stored]) -> None:
    if not some:
        return
    moved: dict[str, Any] = {name: bindparam(f"new_{name}") for name in (*MOVES, "ended_at")}
    change = update(sales).where(sales.c.sale_id == bindparam("this")).values(moved)
    rows = [{f"new_{name}": getattr(one.sale, name) for name in MOVES} | {"new_ended_at": one.ended_at} for one in some]
    await tx.conn.execute(change, [row | {"this": one.sale.sale_id} for row, one in zip(rows, some, strict=True)])


async def _store_tenders(tx: Tx, moves: Sequence[tuple[Sale, Sale]]) -> None:
    """Add what was given, and note what became of it; `moves` are (before, after)."""
    given = [_tender_row(after.sale_id, one) for before, after in moves if not before.tenders for one in after.tenders]
    if given:
        await tx.conn.execute(insert(tenders), given)
    decided = [
        {"this": after.sale_id, "of": new.kind, "new": new.state}
        for before, after in moves
        for old, new in zip(before.tenders, after.tenders, strict=False)
        if old.state is not new.state
    ]
    if decided:
        which = (tenders.c.sale_id == bindparam("this"), tenders.c.kind == bindparam("of"))
        await tx.conn.execute(update(tenders).where(*which).values(state=bindparam("new")), decided)


async def sold_by(tx: Tx, stored: Stored, person: dict[str, Any]) -> Stored:
    """Who finishes the sale is who sold it: their name goes on the receipt."""
    await tx.conn.execute(update(sales).where(sales.c.sale_id == stored.sale.sale_id).values(sold_by=person))
    return replace(stored, sold_by=person)


async def find(tx: Tx, scope: Scope, sale_id: UUID, lock: bool = False) -> Stored | None:
    """One of the caller's sales."""
    query = select(sales).where(sales.c.sale_id == sale_id, *scope.rows(sales))
    row = (await tx.conn.execute(query.with_for_update() if lock else query)).first()
    return (await _with_tenders(tx, [row]))[0] if row else None


async def locked(tx: Tx, sale_ids: Iterable[UUID]) -> dict[UUID, Stored]:
    """These sales, locked in one order, so that two batches never wait for each other."""
    query = select(sales).where(sales.c.sale_id.in_(sorted(set(sale_ids)))).order_by(sales.c.sale_id).with_for_update()
    found = await _with_tenders(tx, (await tx.conn.execute(query)).all())
    return {one.sale.sale_id: one for one in found}


async def due(tx: Tx, limit: int = 200) -> list[Stored]:
    """Sales that wait for a moment that has come, locked; those that another replica works on are left to it."""
    unpaid = (sales.c.state == State.OPEN) & (sales.c.pay_by <= tx.now)
    unknown = (sales.c.receipt == Receipt.UNKNOWN) & (sales.c.unknown_since <= tx.now - RELEASE_AFTER)
    starts = sales.c.club_id.in_(select(clubs.c.club_id).where(clubs.c.start_on_unknown_receipt))
    start = unknown & starts & ~sales.c.handed_over & (sales.c.what == What.SESSION)
    again = sales.c.reprint_at <= tx.now
    query = select(sales).where(sales.c.state.in_(UNFINISHED), or_(unpaid, start, again)).order_by(sales.c.sale_id)
    rows = (await tx.conn.execute(query.limit(limit).with_for_update(skip_locked=True))).all()
    return await _with_tenders(tx, rows)


async def listed(
    tx: Tx, scope: Scope, limit: int, after: UUID | None, states: Sequence[str], **wanted: Any
) -> list[Stored]:
    """The caller's sales, newest first, and one more than a page holds."""
    query = select(sales).where(*scope.rows(sales), sales.c.refund_of.is_(None))
    query = query.order_by(sales.c.number.desc()).limit(limit + 1)
    if states:
        query = query.where(sales.c.state.in_(states))
    for name, value in wanted.items():
        if value is not None:
            query = query.where(sales.c[name] == value)
    if after is not None:
        query = query.where(sales.c.number < select(sales.c.number).where(sales.c.sale_id == after).scalar_subquery())
    return await _with_tenders(tx, (await tx.conn.execute(query)).all())


async def refunds_of(tx: Tx, sale_id: UUID) -> list[Stored]:
    """What went back of a sale, goes back, or could not; the oldest first."""
    query = select(sales).where(sales.c.refund_of == sale_id).order_by(sales.c.number)
    return await _with_tenders(tx, (await tx.conn.execute(query)).all())


async def session_is(tx: Tx, sale_id: UUID, state: str, **values: Any) -> None:
    """The hall said how the session of a sale stands; it only ever goes on."""
    order = {"none": 0, "ordered": 1, "running": 2, "ended": 3}
    earlier = [name for name, place in order.items() if place < order[state]]
    ours = (sales.c.sale_id == sale_id, sales.c.session_state.in_(earlier))
    change = update(sales).where(*ours).values(session_state=state, **values)
    for row in await tx.conn.execute(change.returning(sales.c.club_id, sales.c.till_id, sales.c.state)):
        tx.poke(row.club_id, "sale.changed", sale_id=sale_id, till_id=row.till_id, state=row.state)


async def pending(tx: Tx, till_id: UUID, shift_id: UUID) -> list[Stored]:
    """What keeps a shift from closing: unfinished sales of its till, and paid sessions that are not over."""
    unfinished = (sales.c.till_id == till_id) & sales.c.state.in_(UNFINISHED)
    running = (
        (sales.c.shift_id == shift_id)
        & (sales.c.state == State.PAID)
        & sales.c.session_state.in_(("ordered", "running"))
    )
    query = select(sales).where(or_(unfinished, running)).order_by(sales.c.number).limit(200)
    return await _with_tenders(tx, (await tx.conn.execute(query)).all())


async def clubs_of_client(tx: Tx, client_id: UUID) -> list[UUID]:
    """Where somebody may have the client's card open: the clubs that ever sold to them."""
    query = select(sales.c.club_id).where(sales.c.client_id == client_id).distinct().limit(50)
    return list((await tx.conn.execute(query)).scalars())


async def taken(tx: Tx, shift_id: UUID) -> dict[str, int]:
    """What the shift took, by tender, less what it gave back."""
    joined = tenders.join(sales, sales.c.sale_id == tenders.c.sale_id)
    net = tenders.c.amount_kopecks * case((sales.c.what == What.REFUND, -1), else_=1)
    query = select(tenders.c.kind, func.sum(net)).select_from(joined).group_by(tenders.c.kind)
    rows = await tx.conn.execute(query.where(sales.c.shift_id == shift_id, tenders.c.state == TenderState.TAKEN))
    return {kind: int(total) for kind, total in rows}


async def unfiscalised(tx: Tx, shift_id: UUID) -> int:
    """Cash and card that the shift took without a document."""
    joined = tenders.join(sales, sales.c.sale_id == tenders.c.sale_id)
    ours = (sales.c.shift_id == shift_id, sales.c.receipt == Receipt.UNFISCALISED, tenders.c.kind != Kind.BALANCE)
    query = select(func.coalesce(func.sum(tenders.c.amount_kopecks), 0)).select_from(joined)
    return int(await tx.conn.scalar(query.where(*ours)) or 0)


async def cash_going_back(tx: Tx, shift_id: UUID) -> int:
    """Cash of refunds whose receipts are not known yet."""
    joined = tenders.join(sales, sales.c.sale_id == tenders.c.sale_id)
    ours = (sales.c.shift_id == shift_id, sales.c.what == What.REFUND, sales.c.state == State.FISCALISING)
    query = select(func.coalesce(func.sum(tenders.c.amount_kopecks), 0)).select_from(joined)
    return int(await tx.conn.scalar(query.where(*ours, tenders.c.kind == Kind.CASH)) or 0)


async def _with_tenders(tx: Tx, rows: Sequence[Row[Any]]) -> list[Stored]:
    ids = [row.sale_id for row in rows]
    paid: dict[UUID, list[Tender]] = {}
    for row in (
        await tx.conn.execute(select(tenders).where(tenders.c.sale_id.in_(ids)).order_by(tenders.c.kind)) if ids else ()
    ):
        tender = Tender(Kind(row.kind), row.amount_kopecks, row.received_kopecks, row.slip, TenderState(row.state))
        paid.setdefault(row.sale_id, []).append(tender)
    return [_stored(row, tuple(paid.get(row.sale_id, ()))) for row in rows]


def _stored(row: Row[Any], given: tuple[Tender, ...]) -> Stored:
    enums: dict[str, Any] = {"what": What(row.what), "state": State(row.state), "receipt": Receipt(row.receipt)}
    enums |= {"returned": What(row.returned) if row.returned else None}
    sale = Sale(**{name: getattr(row, name) for name in (*MOVES, *TERMS)} | enums, tenders=given)
    around: tuple[str, ...] = ("org_id", "club_id", "till_id", "lines", "sold_by", "opened_at", "session_id")
    around += ("session_state", "device_name", "ends_at", "ended_at", "number", "reason", *REFUND_IDS)
    return Stored(sale, **{name: getattr(row, name) for name in around})


def _tender_row(sale_id: UUID, tender: Tender) -> dict[str, Any]:
    names = ("kind", "amount_kopecks", "received_kopecks", "slip", "state")
    return {"sale_id": sale_id} | {name: getattr(tender, name) for name in names}
