"""What a sale's step does besides changing it: entries in the ledger, and words to the others."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from billing.domain import ledger as books
from billing.domain.paying import Kind
from billing.domain.sale import Effect, Sale, State, Step, What
from billing.store import ledger
from contracts import Message
from contracts.billing import SaleCancelled, SaleFailed, SaleOpened, SalePaid, SaleRefunded, SaleUnconfirmed
from contracts.fiscal import PrintReceipt, ReturnReceipt
from contracts.money import Line, Person, Tender
from kit.db import Tx

if TYPE_CHECKING:
    from billing.store.sales import Stored


async def apply(tx: Tx, changed: "Sequence[tuple[Stored, Step]]") -> None:
    """Post and tell all effects of these steps: entries first, all in one set."""
    entries: list[ledger.Posted] = []
    for after, (sale, effects) in changed:
        for effect in effects:
            entries += [(after.org_id, entry, after.trace) for entry in _entries(after, sale, effect)]
    await ledger.post(tx, entries)
    for after, (_, effects) in changed:
        for effect in effects:
            word = _word(tx, after, effect)
            if word is not None:
                tx.tell(word, trace=after.trace)
        poke(tx, after, effects)


MOVES_BALANCE = {Effect.HOLD, Effect.RELEASE, Effect.SETTLE}


def poke(tx: Tx, stored: "Stored", effects: Sequence[Effect] = ()) -> None:
    """Tell those who look at the club that the sale changed, and what changed with it."""
    sale, club_id = stored.sale, stored.club_id
    tx.poke(club_id, "sale.changed", sale_id=sale.sale_id, till_id=stored.till_id, state=sale.state)
    if stored.refund_of is not None:
        tx.poke(club_id, "sale.changed", sale_id=stored.refund_of, till_id=stored.till_id, state=State.PAID)
    if Effect.SETTLE in effects:
        tx.poke(club_id, "shift.changed", shift_id=sale.shift_id, till_id=stored.till_id)
    if sale.client_id is not None and MOVES_BALANCE.intersection(effects):
        tx.poke(club_id, "client.changed", client_id=sale.client_id)


def tell_opened(tx: Tx, stored: "Stored") -> None:
    tx.tell(SaleOpened(**_base(stored), pay_by=stored.sale.pay_by))


def _entries(stored: "Stored", sale: Sale, effect: Effect) -> list[books.Entry]:
    if effect is Effect.HOLD:
        return books.hold(sale)
    if effect is Effect.RELEASE:
        return books.release(sale)
    return books.settle(sale, stored.club_id) if effect is Effect.SETTLE else []


def _word(tx: Tx, stored: "Stored", effect: Effect) -> Message | None:
    sale = stored.sale
    base: dict[str, Any] = _base(stored)
    match effect:
        case Effect.PRINT:
            return _receipt(tx, stored)
        case Effect.TELL_PAID if sale.what is What.REFUND:
            return _refunded(tx, stored)
        case Effect.TELL_FAILED if sale.what is What.REFUND:
            return None  # nothing has happened to the sale
        case Effect.TELL_PAID:
            given = {"shift_id": sale.shift_id, "receipt_id": stored.receipt_id, "tenders": _tenders(sale)}
            return SalePaid(**base, **given, discount_kopecks=sale.bonus_kopecks, paid_at=tx.now)
        case Effect.TELL_UNCONFIRMED:
            return SaleUnconfirmed(**base, receipt_id=stored.receipt_id, since=sale.unknown_since or tx.now)
        case Effect.TELL_FAILED:
            said: dict[str, Any] = {"code": sale.code or "failed", "device_text": sale.device_text, "money": sale.money}
            return SaleFailed(**base, **said)
        case Effect.TELL_CANCELLED:
            return SaleCancelled(**base, cancelled_by=Person.model_validate(stored.sold_by))
    return None


def _base(stored: "Stored") -> dict[str, Any]:
    sale = stored.sale
    place = {"org_id": stored.org_id, "club_id": stored.club_id, "till_id": stored.till_id}
    subject = {"sale_id": sale.sale_id, "session_id": stored.session_id, "client_id": sale.client_id}
    return place | subject | {"total_kopecks": sale.total_kopecks}


def _tenders(sale: Sale) -> tuple[Tender, ...]:
    names = ("amount_kopecks", "received_kopecks", "slip")
    return tuple(Tender(kind=t.kind.value, **{name: getattr(t, name) for name in names}) for t in sale.tenders)


def _refunded(tx: Tx, stored: "Stored") -> SaleRefunded:
    sale, refund_id = stored.sale, stored.sale.sale_id
    base = _base(stored) | {"sale_id": stored.refund_of, "refund_id": refund_id}
    given = {"shift_id": sale.shift_id, "receipt_id": stored.receipt_id, "tenders": _tenders(sale)}
    by = Person.model_validate(stored.sold_by)
    said = {"refunded_kopecks": sale.total_kopecks, "reason": stored.reason, "refunded_by": by, "refunded_at": tx.now}
    return SaleRefunded.model_validate(base | given | said)


def _receipt(tx: Tx, stored: "Stored") -> PrintReceipt | ReturnReceipt:
    sale = stored.sale
    assert sale.shift_id is not None
    cash = next((tender for tender in sale.tenders if tender.kind is Kind.CASH), None)
    advance = What.TOP_UP in (sale.what, sale.returned)
    order: dict[str, Any] = {
        "org_id": stored.org_id,
        "club_id": stored.club_id,
        "till_id": stored.till_id,
        "shift_id": sale.shift_id,
        "cashier": Person.model_validate(stored.sold_by),
        "ordered_at": tx.now,
        "receipt_id": stored.receipt_id,
        "sale_id": sale.sale_id,
        "client_id": sale.client_id,
        "purpose": "advance" if advance else "settlement",
        "lines": tuple(Line.model_validate(line) for line in stored.lines),
        "cash_kopecks": sale.amount(Kind.CASH),
        "cash_received_kopecks": cash.received_kopecks if cash else 0,
        "card_kopecks": sale.amount(Kind.CARD),
        "balance_kopecks": sale.amount(Kind.BALANCE),
    }
    if sale.what is not What.REFUND:
        return PrintReceipt(**order)
    assert stored.returned_receipt_id is not None
    return ReturnReceipt(**order, returned_receipt_id=stored.returned_receipt_id)
