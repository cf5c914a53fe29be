"""A shift as its page and its report show it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.domain.money import typed

NOMINALS_KOPECKS = (5000_00, 2000_00, 1000_00, 500_00, 200_00, 100_00, 50_00, 10_00, 5_00, 2_00, 1_00, 50, 10)
"""Notes and coins, as billing counts them."""
COUNT_MAX = 100_000
TEXT_MAX = 16


@dataclass(frozen=True, slots=True)
class NotACount:
    """This field holds something that is no sum, or no number of notes."""

    field: str


@dataclass(frozen=True, slots=True)
class Blockers:
    """What keeps a shift open, and how many of each kind."""

    items: tuple[Mapping[str, Any], ...]
    sessions: int
    payments: int
    receipts: int

    def __bool__(self) -> bool:
        return bool(self.items)


@dataclass(frozen=True, slots=True)
class Made:
    """What was sold in a shift: how many of each, and for how much."""

    sessions: int
    revenue_kopecks: int
    top_ups: int
    top_ups_kopecks: int
    refunds: int = 0
    refunds_kopecks: int = 0


def count_of(form: Mapping[str, str]) -> dict[str, Any] | NotACount:
    """The count that billing is asked to close with."""
    denominations: dict[str, int] = {}
    for nominal in NOMINALS_KOPECKS:
        text = form.get(f"n{nominal}", "").strip()
        if not text:
            continue
        if not text.isascii() or not text.isdigit() or int(text) > COUNT_MAX:
            return NotACount(f"n{nominal}")
        if int(text):
            denominations[str(nominal)] = int(text)
    cash, card = typed(form.get("cash", "")), typed(form.get("card", ""))
    if cash is None:
        return NotACount("cash")
    if card is None and form.get("card", "").strip():
        return NotACount("card")
    body: dict[str, Any] = {"cash_kopecks": cash, "denominations": denominations}
    if card is not None:
        body["card_kopecks"] = card
    reason = form.get("reason", "").strip()
    return body | ({"reason": reason} if reason else {})


def kopecks(text: str) -> int:
    """A whole number that our own page sent; 0 where it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < TEXT_MAX else 0


def signed(text: str) -> int:
    """The same, below zero too."""
    return -kopecks(text[1:]) if text.startswith("-") else kopecks(text)


def differing(params: Mapping[str, Any]) -> tuple[tuple[str, int], ...]:
    """The tenders of a refused count that differ, and by how much."""
    counts = params.get("counts", ())
    return tuple((one["kind"], one["difference_kopecks"]) for one in counts if one.get("difference_kopecks"))


def left(shifts: Sequence[Mapping[str, Any]]) -> int | None:
    """What the till's last shift left in the drawer, in kopecks; None where there was none."""
    for shift in shifts:
        for tender in (shift["report"] or {}).get("tenders", ()):
            if tender["kind"] == "cash":
                return int(tender["counted_kopecks"])
    return None


def blockers(found: Sequence[Mapping[str, Any]]) -> Blockers:
    codes = [one["code"] for one in found]
    sessions, receipts = codes.count("session_running"), codes.count("receipt_unconfirmed")
    return Blockers(tuple(found), sessions, len(codes) - sessions - receipts, receipts)


def made(sales: Sequence[Mapping[str, Any]]) -> Made:
    """What these sales brought; those that were not paid brought nothing."""
    paid = [sale for sale in sales if sale["state"] == "paid"]
    sold, topped_up, returned = (
        [abs(sale["total_kopecks"]) for sale in paid if sale["what"] == what]
        for what in ("session", "top_up", "refund")
    )
    return Made(len(sold), sum(sold), len(topped_up), sum(topped_up), len(returned), sum(returned))


def difference(shift: Mapping[str, Any]) -> int | None:
    """Counted less expected over all tenders of a closed shift."""
    if not shift["report"]:
        return None
    return sum(int(one["counted_kopecks"] - one["expected_kopecks"]) for one in shift["report"]["tenders"])


def missing(params: Mapping[str, Any]) -> int:
    """By how much a refused count differs, in kopecks; below zero is short."""
    return sum(one.get("difference_kopecks", 0) for one in params.get("counts", ()))
