"""HTTP in: clients, sales, shifts."""

from fastapi import APIRouter

from billing.api import clients, sales, shifts
from kit.db import Database


def routes(db: Database) -> list[APIRouter]:
    """Everything that billing answers over HTTP."""
    return [clients.routes(db), sales.routes(db), shifts.routes(db)]
