"""HTTP in: registers, tax settings, receipts and what people say about them."""

from fastapi import APIRouter

from edge.live import Watch
from fiscal.central.api.commands import commands_of
from fiscal.central.api.live import live
from fiscal.central.api.manual import manual_payment
from fiscal.central.api.receipts import receipts_of
from fiscal.central.api.registers import fiscal_shifts, registers, taxes
from fiscal.central.api.settlements import settlements_of
from kit.db import Database


def routes(db: Database, watch: Watch) -> APIRouter:
    """Everything that fiscal answers over HTTP."""
    router = APIRouter()
    registers(router, db)
    fiscal_shifts(router, db)
    taxes(router, db)
    manual_payment(router, db)
    receipts_of(router, db)
    settlements_of(router, db)
    commands_of(router, db)
    live(router, watch)
    return router
