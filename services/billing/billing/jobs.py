"""Loops of billing: what happens to sales because time passes."""

from billing import store
from billing.domain.sale import Passed
from billing.store import sales
from kit.db import Database


class Loops:
    """Work driven by time."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def time_passes(self) -> None:
        """Fail what nobody paid in time, start what waits for an unknown receipt, order refused receipts again."""
        async with self.db.begin() as tx:
            due = await sales.due(tx)
            may_start = await store.starts_on_unknown(tx, [stored.club_id for stored in due])
            await sales.take(tx, [(stored, Passed(tx.now, stored.club_id in may_start)) for stored in due])
