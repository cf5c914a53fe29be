"""HTTP in: clients, sales, shifts, and what changes live."""

from fastapi import APIRouter

from billing.api import clients, live, refunds, sales, shifts, summary
from edge.live import Watch
from kit.db import Database


def routes(db: Database, watch: Watch, refund_limit_kopecks: int, difference_limit_kopecks: int) -> list[APIRouter]:
    """Everything that billing answers over HTTP."""
    # The summary first: its path looks like that of a shift.
    sold = [sales.routes(db), refunds.routes(db, refund_limit_kopecks)]
    return [
        clients.routes(db),
        *sold,
        summary.routes(db),
        shifts.routes(db, difference_limit_kopecks),
        live.routes(watch),
    ]
