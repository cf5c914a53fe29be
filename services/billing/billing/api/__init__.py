"""HTTP in: clients, sales, shifts."""

from fastapi import APIRouter

from billing.api import clients, sales, shifts, summary
from kit.db import Database


def routes(db: Database) -> list[APIRouter]:
    """Everything that billing answers over HTTP."""
    # The summary first: its path looks like that of a shift.
    return [clients.routes(db), sales.routes(db), summary.routes(db), shifts.routes(db)]
