"""A refund, and what one would be, as the screens need them."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel

from billing.api.refusals import WAITING
from billing.domain.sale import Receipt, State
from billing.store.sales import Stored


class GivenView(BaseModel):
    kind: str
    amount_kopecks: int


class QuoteView(BaseModel):
    """What a refund would be. `refused` says why it cannot be, by the code that the refund would be refused with."""

    refundable_kopecks: int
    amount_kopecks: int
    lines: list[dict[str, Any]]
    tenders: list[GivenView]
    needs_approval: bool
    limit_kopecks: int
    refused: str | None


class RefundView(BaseModel):
    refund_id: UUID
    sale_id: UUID
    number: int
    state: Literal["fiscalising", "refunded", "failed"]
    club_id: UUID
    till_id: UUID
    shift_id: UUID | None
    client_id: UUID | None
    receipt_id: UUID
    receipt: str
    amount_kopecks: int
    lines: list[dict[str, Any]]
    tenders: list[GivenView]
    reason: str | None
    person: str
    opened_at: datetime
    ended_at: datetime | None
    problem: dict[str, Any] | None


STATES: dict[State, Any] = {State.FISCALISING: "fiscalising", State.PAID: "refunded", State.FAILED: "failed"}


def view(stored: Stored) -> RefundView:
    """A refund as the screens need it."""
    sale = stored.sale
    assert stored.refund_of is not None
    around = ("number", "club_id", "till_id", "receipt_id", "lines", "reason", "opened_at", "ended_at")
    return RefundView(
        **{name: getattr(stored, name) for name in around},
        refund_id=sale.sale_id,
        sale_id=stored.refund_of,
        state=STATES[sale.state],
        shift_id=sale.shift_id,
        client_id=sale.client_id,
        receipt=sale.receipt,
        amount_kopecks=sale.total_kopecks,
        tenders=[GivenView(kind=tender.kind, amount_kopecks=tender.amount_kopecks) for tender in sale.tenders],
        person=stored.sold_by["name"],
        problem=problem_of(stored),
    )


def problem_of(stored: Stored) -> dict[str, Any] | None:
    """What is wrong with a refund; None when nothing is. No money is handed over before its receipt is there."""
    sale = stored.sale
    if sale.state is State.FAILED:
        code, receipt, retry = sale.code or "failed", "none", "new_key"
        because = "The register's words say why." if sale.device_text else "Its code says why."
        detail = f"No return receipt was made, so give nothing back. {because}"
    elif sale.state is State.FISCALISING and sale.receipt is Receipt.UNKNOWN:
        code, receipt, retry = "receipt_unknown", "unknown", "never"
        detail = "The register has not confirmed the return receipt. Give nothing back yet: it is being asked."
    elif sale.state is State.FISCALISING and sale.receipt is Receipt.WAITING:
        code, receipt, retry = sale.code or "register_unreachable", "none", "later"
        detail = WAITING.get(code, "The register is not ready.") + " It will be tried again by itself."
    else:
        return None
    params = {"refund_id": str(sale.sale_id), "amount_kopecks": sale.total_kopecks}
    said: dict[str, Any] = {"code": code, "detail": detail, "money": "none", "receipt": receipt, "retry": retry}
    return said | {"params": params} | ({"device_text": sale.device_text} if sale.device_text else {})
