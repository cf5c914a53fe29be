"""HTTP in: clients, sales, shifts, and what changes live."""

from fastapi import APIRouter

from billing.api import clients, live, sales, shifts, summary
from edge.live import Watch
from kit.db import Database


def routes(db: Database, watch: Watch) -> list[APIRouter]:
    """Everything that billing answers over HTTP."""
    # The summary first: its path looks like that of a shift.
    return [clients.routes(db), sales.routes(db), summary.routes(db), shifts.routes(db), live.routes(watch)]
