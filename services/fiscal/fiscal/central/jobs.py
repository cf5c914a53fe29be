"""Loops of the central app: new registers get their topics, late answers are asked for."""

from datetime import timedelta

from fiscal.central import store
from fiscal.central.clients import Branches
from fiscal.central.domain.receipt import State
from fiscal.central.store import Register, commands, facts, manual, receipts
from kit.db import Database
from kit.guard import attempt


class Loops:
    """Work driven by time."""

    def __init__(
        self, db: Database, branches: Branches, unheard_after: timedelta, manual_after: timedelta = timedelta(seconds=5)
    ) -> None:
        self.db, self.branches, self.unheard_after = db, branches, unheard_after
        self.manual_after = manual_after

    async def connect_registers(self) -> None:
        """Make the topics of a new register's club, then tell its worker of the register.

        Raises the first failure when all were tried: one club's does not hold up the others.
        """
        async with self.db.begin() as tx:
            new = await store.unwatched(tx)
        tried = [await attempt(self._connect(register)) for register in new]
        failures = [failure for failure in tried if failure is not None]
        if failures:
            raise failures[0]

    async def _connect(self, register: Register) -> None:
        await self.branches.declare(register.club_id)
        async with self.db.begin() as tx:
            now = await store.take_unwatched(tx, register.register_id)
            if now is not None:
                await store.change_register(tx, now.register_id, watched=True)
                facts.watch(tx, now)

    async def ask_again(self) -> None:
        """Send jobs again whose answer is late, and say of the unheard ones that nothing is known."""
        async with self.db.begin() as tx:
            await receipts.ask_again(tx)
            for row in await receipts.unheard(tx, tx.now - self.unheard_after):
                await facts.settle(tx, row, State.UNKNOWN)
            await commands.give_up(tx)

    async def manual_payment(self) -> None:
        """Turn off manual payment whose time is over; where it is on, nobody waits for a register for long."""
        async with self.db.begin() as tx:
            await manual.end_what_is_over(tx)
            await manual.hurry(tx, self.manual_after)
