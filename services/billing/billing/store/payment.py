"""Paying a sale: its shift is held open, its client is locked, then the sale decides."""

from collections.abc import Sequence

from billing import store
from billing.domain.paying import Kind, Tender, Unpayable
from billing.domain.sale import Pay
from billing.domain.shift import State
from billing.store import sales, shifts
from billing.store.sales import Stored
from contracts import money
from edge.scope import Scope
from kit.db import Tx


async def pay(tx: Tx, scope: Scope, stored: Stored, tenders: Sequence[money.Tender], bonus_kopecks: int = 0) -> Stored:
    """Take a payment for a sale that is loaded locked. Raises Unpayable; then nothing was taken."""
    shift = await shifts.current(tx, scope, stored.till_id, hold=True)
    if shift is None:
        raise Unpayable("no_open_shift")
    if shift.state is not State.OPEN:
        raise Unpayable("shift_closing")
    client = None
    if stored.sale.client_id is not None and (bonus_kopecks or any(tender.kind == "balance" for tender in tenders)):
        client = await store.client(tx, scope, stored.sale.client_id, lock=True)
    available = (client.balance_kopecks, bonus_kopecks, client.bonus_kopecks) if client else (0, bonus_kopecks, 0)
    given = tuple(given_tender(tender) for tender in tenders)
    (after,) = await sales.take(tx, [(stored, Pay(given, shift.shift_id, tx.now, *available))])
    return after


def given_tender(tender: money.Tender) -> Tender:
    """A tender in the domain's words; nothing said of what was received means exactly the sum."""
    received = tender.received_kopecks if tender.received_kopecks is not None else tender.amount_kopecks
    return Tender(Kind(tender.kind), tender.amount_kopecks, received, tender.slip)
