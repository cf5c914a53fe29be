"""Sales that are not finished, as the tray shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Waiting:
    """One unfinished sale: what it is about, what it waits for, and since when."""

    sale_id: str
    session_id: str | None
    number: int
    place: str | None
    kopecks: int
    state: str
    """`pay`: to be paid; `receipt`: the receipt is being printed; `unknown`: the register has not confirmed it;
    `stuck`: the register is not ready, and it is tried again."""
    since: str


def unfinished(sales: Sequence[Mapping[str, Any]]) -> list[Waiting]:
    """Oldest first: whoever waits longest stands nearest."""
    return sorted((_waiting(sale) for sale in sales), key=lambda one: one.since)


def _waiting(sale: Mapping[str, Any]) -> Waiting:
    return Waiting(
        sale_id=sale["sale_id"],
        session_id=sale["session_id"],
        number=sale["number"],
        place=sale["device_name"],
        kopecks=sale["total_kopecks"],
        state=waits_for(sale),
        since=sale["opened_at"],
    )


def waits_for(sale: Mapping[str, Any]) -> str:
    """What an unfinished sale waits for."""
    if sale["state"] == "open":
        return "pay"
    problem = sale["problem"]
    if problem is None:
        return "receipt"
    return "unknown" if problem["receipt"] == "unknown" else "stuck"
