"""Loops of billing: what happens to sales because time passes."""

import logging
from collections.abc import Sequence
from uuid import UUID

from billing import store
from billing.domain.sale import Passed
from billing.store import sales
from billing.store.sales import Stored
from kit.db import Database, Tx
from kit.errors import Transient
from kit.guard import attempt
from kit.metrics import LOOP_FAILURES

log = logging.getLogger(__name__)


class Loops:
    """Work driven by time."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def time_passes(self) -> None:
        """Fail what nobody paid in time, start what waits for an unknown receipt, order refused receipts again.

        All that is due at once; where that fails, one by one, so that a bad sale stops its own time alone.
        """
        failure = await attempt(self._all_due())
        if isinstance(failure, Transient):
            raise failure
        if failure is not None:
            log.warning("the sales that are due cannot go on together; one by one", exc_info=failure)
            async with self.db.begin() as tx:
                due = [stored.sale.sale_id for stored in await sales.due(tx)]
            for sale_id in due:
                await self._alone(sale_id)

    async def _all_due(self) -> None:
        async with self.db.begin() as tx:
            await _passes(tx, await sales.due(tx))

    async def _alone(self, sale_id: UUID) -> None:
        failure = await attempt(self._one(sale_id))
        if isinstance(failure, Transient):
            raise failure
        if failure is not None:
            LOOP_FAILURES.labels(self.db.source, "a sale's time").inc()
            log.error("the sale %s cannot go on; others do", sale_id, exc_info=failure)

    async def _one(self, sale_id: UUID) -> None:
        async with self.db.begin() as tx:
            await _passes(tx, list((await sales.locked(tx, [sale_id])).values()))


async def _passes(tx: Tx, some: Sequence[Stored]) -> None:
    may_start = await store.starts_on_unknown(tx, [stored.club_id for stored in some])
    await sales.take(tx, [(stored, Passed(tx.now, stored.club_id in may_start)) for stored in some])
