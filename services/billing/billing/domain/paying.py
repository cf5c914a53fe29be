"""What can pay a sale: tenders that add up, after bonuses within their cap."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from billing.domain.sale import Pay, Sale


class Kind(StrEnum):
    CASH = "cash"
    CARD = "card"
    BALANCE = "balance"


class TenderState(StrEnum):
    HELD = "held"
    TAKEN = "taken"
    RETURNED = "returned"


@dataclass(frozen=True, slots=True)
class Tender:
    """One part of a payment. `received_kopecks` is what the guest handed over; it may exceed cash alone."""

    kind: Kind
    amount_kopecks: int
    received_kopecks: int
    slip: str | None = None
    state: TenderState = TenderState.HELD

    @property
    def change_kopecks(self) -> int:
        return self.received_kopecks - self.amount_kopecks


class Unpayable(Exception):
    """These tenders cannot pay this sale: `code` says why, `params` with which amounts."""

    def __init__(self, code: str, **params: int | str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


def check(sale: "Sale", pay: "Pay") -> None:
    """Raise Unpayable unless these bonuses and tenders pay the sale exactly, and in time."""
    if pay.at >= sale.pay_by:
        # The order may have come hours late: the guest has left, and nobody took the money.
        raise Unpayable("not_paid_in_time", pay_by=sale.pay_by.isoformat())
    _check_bonus(sale, pay)
    kinds = [tender.kind for tender in pay.tenders]
    if len(set(kinds)) != len(kinds):
        raise Unpayable("tender_twice")
    paid, due = sum(tender.amount_kopecks for tender in pay.tenders), sale.total_kopecks - pay.bonus_kopecks
    if paid != due:
        raise Unpayable("tenders_do_not_add_up", total_kopecks=due, paid_kopecks=paid)
    _check_tenders(sale, pay)


def _check_bonus(sale: "Sale", pay: "Pay") -> None:
    assert pay.bonus_kopecks >= 0, pay.bonus_kopecks
    if pay.bonus_kopecks == 0:
        return
    if not sale.has_means:
        raise Unpayable("bonus_not_possible")
    wanted, most = pay.bonus_kopecks, sale.bonus_max_kopecks
    if wanted > most:
        percent = sale.bonus_cap_percent
        raise Unpayable("bonus_over_cap", bonus_kopecks=wanted, bonus_max_kopecks=most, cap_percent=percent)
    if wanted > pay.bonus_available_kopecks:
        missing = wanted - pay.bonus_available_kopecks
        raise Unpayable("bonus_too_low", bonus_kopecks=pay.bonus_available_kopecks, missing_kopecks=missing)


def _check_tenders(sale: "Sale", pay: "Pay") -> None:
    for tender in pay.tenders:
        if tender.change_kopecks < 0:
            raise Unpayable(
                "too_little_received", amount_kopecks=tender.amount_kopecks, received_kopecks=tender.received_kopecks
            )
        if tender.change_kopecks > 0 and tender.kind is not Kind.CASH:
            raise Unpayable("change_from_cash_only", kind=tender.kind)
        if tender.kind is Kind.BALANCE and not sale.has_means:
            raise Unpayable("balance_not_possible")
        if tender.kind is Kind.BALANCE and tender.amount_kopecks > pay.available_kopecks:
            missing = tender.amount_kopecks - pay.available_kopecks
            raise Unpayable("balance_too_low", balance_kopecks=pay.available_kopecks, missing_kopecks=missing)
