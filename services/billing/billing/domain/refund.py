"""What of a paid sale can go back, and how: its lines and its tenders, less what went back before."""

from collections.abc import Sequence
from dataclasses import dataclass

from billing.domain.discount import lowered
from billing.domain.paying import Kind
from billing.domain.sale import Receipt, Sale, State, What

ORDER = (Kind.BALANCE, Kind.CARD, Kind.CASH)
"""A part of a payment goes back in this order: what leaves the drawer full first."""


class Unrefundable(Exception):
    """This cannot go back: `code` says why, `params` with which amounts."""

    def __init__(self, code: str, **params: int | str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


@dataclass(frozen=True, slots=True)
class Back:
    """What goes back: a part of each line of the sale, and by which tenders."""

    lines_kopecks: tuple[int, ...]
    tenders: tuple[tuple[Kind, int], ...]

    @property
    def total_kopecks(self) -> int:
        return sum(self.lines_kopecks)


@dataclass(frozen=True, slots=True)
class Paid:
    """A sale as far as a refund is concerned. `earlier`: what went back before or is going back now."""

    sale: Sale
    lines_kopecks: tuple[int, ...]
    earlier: Sequence[Back] = ()
    session_over: bool = True
    balance_kopecks: int = 0
    """What its client has now."""
    by_hand: bool = False
    """Manual payment is on in its club: the register that would print the return does not answer."""

    @property
    def refunded_kopecks(self) -> int:
        return sum(one.total_kopecks for one in self.earlier)

    @property
    def refundable_kopecks(self) -> int:
        """The most that can go back now; of a top-up no more than is left of the balance."""
        if self.by_hand or self.sale.receipt is Receipt.UNFISCALISED:
            return 0
        left = self.sale.total_kopecks - self.refunded_kopecks
        return min(left, self.balance_kopecks) if self.sale.what is What.TOP_UP else left

    @property
    def lines_left(self) -> list[int]:
        return [line - sum(one.lines_kopecks[at] for one in self.earlier) for at, line in enumerate(self.lines_kopecks)]

    def tender_left(self, kind: Kind) -> int:
        """What of this tender has not gone back the way it came."""
        back = [(of, amount) for one in self.earlier for of, amount in one.tenders]
        return self.sale.amount(kind) - sum(amount for of, amount in back if of is kind)


def back(paid: Paid, amount_kopecks: int | None, to_balance: bool) -> Back:
    """What goes back of `paid`; without an amount, all that can. Raises Unrefundable."""
    _check(paid, to_balance)
    most = paid.refundable_kopecks
    amount = most if amount_kopecks is None else amount_kopecks
    if most <= 0:
        raise Unrefundable("nothing_to_refund", refunded_kopecks=paid.refunded_kopecks)
    if amount > most:
        raise Unrefundable("refund_too_high", amount_kopecks=amount, refundable_kopecks=most)
    left = paid.lines_left
    lines = tuple(before - after for before, after in zip(left, lowered(left, amount), strict=True))
    return Back(lines, ((Kind.BALANCE, amount),) if to_balance else _tenders(paid, amount))


def _check(paid: Paid, to_balance: bool) -> None:
    sale = paid.sale
    if sale.what is What.REFUND or sale.state is not State.PAID:
        raise Unrefundable("sale_not_paid", state=sale.state)
    if paid.by_hand:
        raise Unrefundable("manual_payment_on")
    if sale.receipt is Receipt.UNFISCALISED:
        raise Unrefundable("sale_unfiscalised")
    if not paid.session_over:
        raise Unrefundable("session_not_over")
    if to_balance and not sale.has_means:
        raise Unrefundable("refund_not_to_balance")


def _tenders(paid: Paid, amount_kopecks: int) -> tuple[tuple[Kind, int], ...]:
    """By which tenders the amount goes back the way it came."""
    given, rest = [], amount_kopecks
    left = {kind: max(paid.tender_left(kind), 0) for kind in ORDER}
    for kind in ORDER:
        part = min(left[kind], rest)
        rest -= part
        given += [(kind, part)] if part else []
    assert rest == 0, (amount_kopecks, left)
    return tuple(given)
