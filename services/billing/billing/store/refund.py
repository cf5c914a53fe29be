"""Refunds: what of a sale can go back, read under its lock, and the refund as a sale of its own."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from billing import store
from billing.domain.paying import Kind, Tender
from billing.domain.refund import Back, Paid, Unrefundable, back
from billing.domain.sale import Return, Sale, State, What
from billing.domain.shift import State as ShiftState
from billing.store import sales, shifts
from billing.store.sales import Stored
from billing.store.shifts import Shift
from contracts.money import Person
from edge.scope import Scope
from kit.db import Tx


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody at the desk wants to give back, and why."""

    amount_kopecks: int | None
    to_balance: bool
    limit_kopecks: int
    """So much of one sale one person may give back alone."""
    by: Person
    reason: str
    approve: Callable[[int], Awaitable[object]] | None = None
    """Uses a second person's approval of this sum up, or raises; None where nobody approved anything."""


async def open_shift(tx: Tx, scope: Scope, till_id: UUID) -> Shift:
    """The till's open shift, locked: nobody else gives back what is in its drawer. Raises Unrefundable.

    It is locked before the sale, so that nobody who pays waits for us while we wait for them.
    """
    shift = await shifts.current(tx, scope, till_id)
    locked = await shifts.find(tx, scope, shift.shift_id, lock=True) if shift else None
    if locked is None or locked.state is ShiftState.CLOSED:
        raise Unrefundable("no_open_shift")
    if locked.state is not ShiftState.OPEN:
        raise Unrefundable("shift_closing")
    return locked


async def paid(tx: Tx, scope: Scope, stored: Stored, lock: bool = False) -> Paid:
    """The sale with all that matters for a refund; with `lock`, its client's balance stays what it is."""
    earlier = [one for one in await sales.refunds_of(tx, stored.sale.sale_id) if one.sale.state is not State.FAILED]
    client_id, balance = stored.sale.client_id, 0
    if client_id is not None:
        client = await store.client(tx, scope, client_id, lock=lock)
        balance = client.balance_kopecks if client else 0
    amounts = tuple(line["amount_kopecks"] for line in stored.lines)
    over = stored.session_state not in ("ordered", "running")
    by_hand = await store.by_hand(tx, stored.club_id)
    return Paid(stored.sale, amounts, [_back(one, len(amounts)) for one in earlier], over, balance, by_hand)


def _back(refund: Stored, lines_count: int) -> Back:
    """What a refund gave back, in the words of the sale's lines."""
    amounts = [0] * lines_count
    for line in refund.lines:
        amounts[line["of"]] += line["amount_kopecks"]
    return Back(tuple(amounts), tuple((one.kind, one.amount_kopecks) for one in refund.sale.tenders))


async def begin(tx: Tx, scope: Scope, stored: Stored, shift: Shift, refund_id: UUID, asked: Asked) -> Stored:
    """Order the receipt by which money of a sale, loaded locked, goes back. Raises Unrefundable."""
    if shift.club_id != stored.club_id:
        raise Unrefundable("refund_in_another_club")
    known = await paid(tx, scope, stored, lock=True)
    given = back(known, asked.amount_kopecks, asked.to_balance)
    if needs_approval(known, given, asked.limit_kopecks):
        if asked.approve is None:
            raise Unrefundable("approval_needed", limit_kopecks=asked.limit_kopecks, amount_kopecks=given.total_kopecks)
        await asked.approve(given.total_kopecks)
    cash = sum(amount for kind, amount in given.tenders if kind is Kind.CASH)
    if cash > (there := await _drawer(tx, shift)):
        raise Unrefundable("drawer_too_low", cash_kopecks=cash, drawer_kopecks=there)
    opened = await sales.open_sale(tx, _opened(tx, stored, shift, refund_id, given, asked))
    tenders = tuple(Tender(kind, amount, amount) for kind, amount in given.tenders)
    (after,) = await sales.take(tx, [(opened, Return(tenders, shift.shift_id))])
    return after


def _opened(tx: Tx, stored: Stored, shift: Shift, refund_id: UUID, given: Back, asked: Asked) -> Stored:
    sale = Sale(refund_id, What.REFUND, given.total_kopecks, tx.now, stored.sale.client_id, returned=stored.sale.what)
    return Stored(
        sale,
        *(stored.org_id, stored.club_id, shift.till_id),
        lines=lines(stored, given),
        sold_by=asked.by.model_dump(mode="json"),
        opened_at=tx.now,
        device_name=stored.device_name,
        refund_of=stored.sale.sale_id,
        returned_receipt_id=stored.receipt_id,
        reason=asked.reason,
    )


def needs_approval(known: Paid, given: Back, limit_kopecks: int) -> bool:
    """Whether a second person has to agree: all that goes back of one sale counts, in however many parts."""
    return known.refunded_kopecks + given.total_kopecks > limit_kopecks


async def _drawer(tx: Tx, shift: Shift) -> int:
    """The cash that the till's drawer should hold, less what is being given back."""
    taken = await shifts.taken(tx, shift.shift_id)
    return shift.float_kopecks + taken.cash_kopecks - await sales.cash_going_back(tx, shift.shift_id)


def lines(stored: Stored, given: Back) -> list[dict[str, Any]]:
    """The lines that go back: a whole one as it was sold, a part of one at its own price. `of`: which line it was."""
    made: list[dict[str, Any]] = []
    for place, (line, amount) in enumerate(zip(stored.lines, given.lines_kopecks, strict=True)):
        whole = amount == line["amount_kopecks"]
        part = line if whole else line | {"quantity": 1, "price_kopecks": amount, "amount_kopecks": amount}
        made += [{**part, "of": place}] if amount else []
    return made
