"""Closing a shift: what keeps it open, counting it, and comparing it with the register's Z-report."""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from billing.domain.sale import Receipt, What
from billing.domain.sale import State as SaleState
from billing.domain.shift import NEXT, Count, Gap, State, Taken, gap
from billing.store import sales, shifts
from billing.store.sales import Stored
from billing.store.shifts import Shift
from contracts import billing, fiscal
from contracts.money import Person
from edge.scope import Scope
from kit.db import Tx


@dataclass(frozen=True, slots=True)
class Blocker:
    """Something that keeps a shift from closing: a slug, what it is about, and where to look."""

    code: str
    subject: str
    link: str
    params: dict[str, Any]


async def blockers(tx: Tx, shift: Shift) -> list[Blocker]:
    """All that keeps the shift open, oldest first."""
    return [_blocker(stored) for stored in await sales.pending(tx, shift.till_id, shift.shift_id)]


def _blocker(stored: Stored) -> Blocker:
    sale = stored.sale
    params = {"sale_id": str(sale.sale_id), "number": stored.number, "device_name": stored.device_name}
    params |= {"total_kopecks": sale.total_kopecks}
    kind = "refund" if sale.what is What.REFUND else "sale"
    link = f"/api/billing/v1/{kind}s/{sale.sale_id}"
    if sale.state is SaleState.PAID:
        ends_at = stored.ends_at.isoformat() if stored.ends_at else None
        running = {"session_id": str(stored.session_id), "ends_at": ends_at}
        return Blocker("session_running", "session", f"/api/hall/v1/sessions/{stored.session_id}", params | running)
    if sale.state is SaleState.OPEN:
        return Blocker("payment_pending", "sale", link, params | {"pay_by": sale.pay_by.isoformat()})
    if sale.receipt in (Receipt.UNKNOWN, Receipt.REFUSED):
        return Blocker("receipt_unconfirmed", kind, link, params | {"receipt_id": str(stored.receipt_id)})
    return Blocker("payment_in_progress", kind, link, params | {"receipt": sale.receipt})


async def begin(tx: Tx, shift: Shift, by: Person, counted: list[Count], reason: str | None) -> None:
    """The shift is counted; the register is asked for its Z-report."""
    assert NEXT[shift.state, "close"] is State.CLOSING
    said = {"counts": [asdict(one) for one in counted], "reason": reason, "by": by.model_dump(mode="json")}
    await shifts.change(tx, shift.shift_id, state=State.CLOSING, closing=said, code=None, device_text=None)
    ours = {"org_id": shift.org_id, "club_id": shift.club_id, "till_id": shift.till_id, "shift_id": shift.shift_id}
    tx.tell(fiscal.CloseShift(**ours, cashier=by, ordered_at=tx.now))


async def finish(tx: Tx, message: fiscal.ShiftClosed) -> None:
    """The Z-report came: compare, report, close. Coming twice, it changes nothing."""
    shift = await _closing(tx, message, message.shift_id)
    if shift is None:
        return
    assert shift.closing is not None
    counted = [Count(**one) for one in shift.closing["counts"]]
    unfiscalised = await sales.unfiscalised(tx, shift.shift_id)
    compared = _compared(message, await shifts.taken(tx, shift.shift_id), unfiscalised)
    report = {
        "tenders": shift.closing["counts"],
        "reason": shift.closing["reason"],
        "register": {
            "document": message.document.model_dump(mode="json") if message.document else None,
            "totals": message.totals.model_dump(mode="json"),
            "state": "compared" if compared else "no_register",
            "gap_kopecks": compared.total_kopecks if compared else None,
            "unexplained_kopecks": compared.unexplained_kopecks if compared else None,
            "unfiscalised_kopecks": compared.unfiscalised_kopecks if compared else None,
            "foreign": [one.model_dump(mode="json") for one in message.foreign],
        },
    }
    await shifts.change(tx, shift.shift_id, state=NEXT[shift.state, "closed"], report=report, closed_at=tx.now)
    even = all(one.difference_kopecks == 0 for one in counted) and not (compared and compared.total_kopecks)
    tx.tell(_closed(tx, shift, counted, compared.total_kopecks if compared else 0, even))


def _compared(message: fiscal.ShiftClosed, taken: Taken, unfiscalised_kopecks: int) -> Gap | None:
    """The register's takings beside ours; None where the club fiscalises elsewhere.

    A close without a document is compared too: the register's shift was closed before, by another till or because it
    got old, and what the register made of this till's receipts is told all the same.
    """
    has_register = message.document is not None or message.number is not None or message.totals.receipts > 0
    if not has_register:
        return None
    theirs = (sum(one.cash_kopecks for one in message.foreign), sum(one.card_kopecks for one in message.foreign))
    return gap(taken, message.totals.cash_kopecks, message.totals.card_kopecks, *theirs, unfiscalised_kopecks)


async def reopen(tx: Tx, message: fiscal.ShiftRefused) -> None:
    """The register did not close its shift: ours stays open, and says why."""
    said = {"code": message.code, "device_text": message.device_text}
    if message.action == "open":
        if message.shift_id is not None:
            await shifts.change(tx, message.shift_id, **said)
        return
    shift = await _closing(tx, message, message.shift_id)
    if shift is not None:
        await shifts.change(tx, shift.shift_id, state=NEXT[shift.state, "refused"], closing=None, **said)


async def _closing(tx: Tx, message: fiscal.ShiftClosed | fiscal.ShiftRefused, shift_id: UUID | None) -> Shift | None:
    """The shift, locked, while it is being closed."""
    assert shift_id is not None
    shift = await shifts.find(tx, Scope(message.org_id), shift_id, lock=True)
    assert shift is not None, shift_id
    return shift if shift.state is State.CLOSING else None


def _closed(tx: Tx, shift: Shift, counted: list[Count], gap_kopecks: int, even: bool) -> billing.ShiftClosed:
    assert shift.closing is not None
    return billing.ShiftClosed(
        org_id=shift.org_id,
        shift_id=shift.shift_id,
        club_id=shift.club_id,
        till_id=shift.till_id,
        tenders=tuple(billing.TenderCount.model_validate(asdict(one)) for one in counted),
        reason=shift.closing["reason"],
        register_gap_kopecks=gap_kopecks,
        closed_at=tx.now,
        closed_by=Person.model_validate(shift.closing["by"]),
        outcome="even" if even else "differs",
    )
