"""A till's shift from its float to its count, and what the count says."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    OPEN = "open"
    CLOSING = "closing"
    """Counted; the register makes its Z-report."""
    CLOSED = "closed"


NEXT = {
    (State.OPEN, "close"): State.CLOSING,
    (State.CLOSING, "closed"): State.CLOSED,
    (State.CLOSING, "refused"): State.OPEN,
}
"""Every way a shift can go."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What a shift took, by tender, in kopecks."""

    cash_kopecks: int
    card_kopecks: int
    balance_kopecks: int


@dataclass(frozen=True, slots=True)
class Count:
    """One tender at the end of a shift."""

    kind: str
    expected_kopecks: int
    counted_kopecks: int

    @property
    def difference_kopecks(self) -> int:
        """Positive: more was counted than expected."""
        return self.counted_kopecks - self.expected_kopecks


def counts(
    float_kopecks: int, taken: Taken, cash_counted_kopecks: int, card_counted_kopecks: int | None
) -> list[Count]:
    """Expected against counted. Card not counted by hand is taken as expected; a balance cannot be counted."""
    card = taken.card_kopecks if card_counted_kopecks is None else card_counted_kopecks
    return [
        Count("cash", float_kopecks + taken.cash_kopecks, cash_counted_kopecks),
        Count("card", taken.card_kopecks, card),
        Count("balance", taken.balance_kopecks, taken.balance_kopecks),
    ]


@dataclass(frozen=True, slots=True)
class Gap:
    """The register's takings less ours, and what explains it: documents of others, our sales without a document."""

    cash_kopecks: int
    card_kopecks: int
    foreign_kopecks: int
    unfiscalised_kopecks: int = 0

    @property
    def total_kopecks(self) -> int:
        return self.cash_kopecks + self.card_kopecks

    @property
    def unexplained_kopecks(self) -> int:
        return self.total_kopecks - self.foreign_kopecks + self.unfiscalised_kopecks


def gap(
    taken: Taken,
    register_cash: int,
    register_card: int,
    foreign_cash: int,
    foreign_card: int,
    unfiscalised_kopecks: int = 0,
) -> Gap:
    """Compare what the register fiscalised in this shift, and what it holds besides, with our books.

    `unfiscalised_kopecks`: cash and card that we took without a document.
    """
    cash = register_cash + foreign_cash - taken.cash_kopecks
    card = register_card + foreign_card - taken.card_kopecks
    return Gap(cash, card, foreign_cash + foreign_card, unfiscalised_kopecks)
