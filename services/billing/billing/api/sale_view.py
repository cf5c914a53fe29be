"""A sale as the screens need it."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from billing.api.refusals import problem_of
from billing.domain.paying import Kind, TenderState
from billing.domain.sale import Receipt, State, What
from billing.store.sales import Stored


class StepView(BaseModel):
    """One step of a sale: what it is, how far it is, and what is wrong with it."""

    step: Literal["bonus", "balance", "card", "cash", "receipt", "start"]
    state: Literal["pending", "running", "done", "unknown", "failed", "returned", "skipped"]
    amount_kopecks: int | None = None
    problem: str | None = None


class TenderView(BaseModel):
    kind: str
    amount_kopecks: int
    received_kopecks: int
    change_kopecks: int
    slip: str | None
    state: str


class SaleView(BaseModel):
    sale_id: UUID
    number: int
    what: str
    state: str
    club_id: UUID
    till_id: UUID
    session_id: UUID | None
    device_name: str | None
    client_id: UUID | None
    shift_id: UUID | None
    receipt_id: UUID | None
    lines: list[dict[str, Any]]
    total_kopecks: int
    """What is to be paid, after the discount; a line's `amount_kopecks` is after it, too."""
    discount_kopecks: int
    tenders: list[TenderView]
    steps: list[StepView]
    handed_over: bool
    pay_by: datetime
    opened_at: datetime
    ended_at: datetime | None
    money: str
    problem: dict[str, Any] | None


def view(stored: Stored) -> SaleView:
    """A sale as the screens need it."""
    sale = stored.sale
    around = ("club_id", "till_id", "session_id", "device_name", "lines", "opened_at", "ended_at", "number")
    own = ("sale_id", "what", "state", "client_id", "shift_id", "total_kopecks", "handed_over", "pay_by", "money")
    return SaleView(
        **{name: getattr(stored, name) for name in around},
        **{name: getattr(sale, name) for name in own},
        receipt_id=stored.receipt_id if sale.attempt else None,
        discount_kopecks=sale.bonus_kopecks,
        tenders=[TenderView.model_validate(tender, from_attributes=True) for tender in sale.tenders],
        steps=steps(stored),
        problem=problem_of(sale),
    )


ORDER = (Kind.BALANCE, Kind.CARD, Kind.CASH)
TENDER_STEPS: dict[TenderState, Any] = {
    TenderState.HELD: "done",
    TenderState.TAKEN: "done",
    TenderState.RETURNED: "returned",
}
RECEIPT_STEPS: dict[Receipt, Any] = {
    Receipt.NONE: "pending",
    Receipt.ORDERED: "running",
    Receipt.WAITING: "pending",
    Receipt.UNKNOWN: "unknown",
    Receipt.REGISTERED: "done",
    Receipt.REFUSED: "failed",
    Receipt.UNFISCALISED: "skipped",
}
START_STEPS: dict[str, Any] = {"running": "done", "ended": "done"}


def steps(stored: Stored) -> list[StepView]:
    """What has been done of a sale, in order: the money is held, the receipt is printed, what was sold begins."""
    sale = stored.sale
    by_kind = {tender.kind: tender for tender in sale.tenders}
    given = [by_kind[kind] for kind in ORDER if kind in by_kind]
    shown = [StepView(step=t.kind.value, state=TENDER_STEPS[t.state], amount_kopecks=t.amount_kopecks) for t in given]
    if sale.bonus_kopecks:
        back = sale.state is State.FAILED
        shown.insert(0, StepView(step="bonus", state="returned" if back else "done", amount_kopecks=sale.bonus_kopecks))
    problem = sale.code if sale.receipt in (Receipt.WAITING, Receipt.REFUSED) else None
    if sale.receipt is Receipt.UNFISCALISED:
        problem = "unfiscalised"
    shown.append(StepView(step="receipt", state=RECEIPT_STEPS[sale.receipt], problem=problem))
    if sale.what is What.SESSION:
        failed = sale.state in (State.FAILED, State.CANCELLED)
        shown.append(
            StepView(step="start", state="failed" if failed else START_STEPS.get(stored.session_state, "pending"))
        )
    return shown
