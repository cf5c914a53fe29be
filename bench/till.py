"""From the press on "pay" to the receipt, at a till of the whole stack with an instant register."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from bench.stack import Stack
from kit.time import utc_now
from savepoint.day import Club, Day, Desk, desk, set_up

CLIENTS = 20
WARM_UP = 10


@dataclass(frozen=True, slots=True)
class Press:
    """One payment: when it was pressed, and when the answer with the receipt was there."""

    at: datetime
    answered_at: datetime
    took_ms: float


async def day(stack: Stack) -> Club:
    """Set a club up and live its first day; the shift is closed at its end."""
    async with desk(stack.running.url) as owner, desk(stack.running.url) as anna:
        club = await set_up(owner, "owner", stack.owner_password)
        await anna.sign_in("anna", club.logins["anna"])
        async for _ in Day(anna, club).steps():
            pass
        return club


async def top_ups(stack: Stack, club: Club, count: int) -> list[Press]:
    """Take `count` top-ups one after another; each is answered when its receipt is registered."""
    async with desk(stack.running.url) as anna:
        await anna.sign_in("anna", club.logins["anna"])
        shift = {"till_id": club.till_id, "float_kopecks": 2000_00}
        await anna.post("/billing/v1/shifts", shift, 201)
        clients = [await _client(anna) for _ in range(CLIENTS)]
        presses = [await _press(anna, club, clients[n % CLIENTS]) for n in range(WARM_UP + count)]
        return presses[WARM_UP:]


async def _client(anna: Desk) -> str:
    known = {"phone": f"+7916{uuid4().int % 10**7:07d}", "name": "Иванов Иван"}
    client: dict[str, Any] = await anna.post("/billing/v1/clients", known, 201)
    return str(client["client_id"])


async def _press(anna: Desk, club: Club, client_id: str) -> Press:
    tenders = [{"kind": "cash", "amount_kopecks": 1000_00}]
    body = {"client_id": client_id, "till_id": club.till_id, "tenders": tenders}
    at, began_s = utc_now(), time.perf_counter()
    sale = await anna.post("/billing/v1/top-ups", body)
    took_ms = (time.perf_counter() - began_s) * 1000
    if sale["state"] != "paid":
        raise RuntimeError(f"a top-up is {sale['state']} after {took_ms:.0f} ms: {sale['problem']}")
    return Press(at, utc_now(), took_ms)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of `values` do not exceed."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]
