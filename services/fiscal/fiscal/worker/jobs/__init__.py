"""The registers' queues: one job at a time per register, and a look at each register in between.

Each step is: act (HTTP, nothing stored), then store what was seen, and tell. A job is stored as SENDING before its
first byte leaves, so that a crash anywhere leaves a job that is asked for, never one that is sent blindly again.
"""

import asyncio
import logging
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from contracts.headers import TRACE
from fiscal.worker import store
from fiscal.worker.clients import KkmServer, State
from fiscal.worker.domain import job as jobs
from fiscal.worker.domain import kkm
from fiscal.worker.domain import observation as seeing
from fiscal.worker.domain.document import RETURN
from fiscal.worker.domain.job import Action, Job, Kind, Stage
from fiscal.worker.domain.observation import Compared, Denied, Entered, NotReady, Observation, Shift, Silence
from fiscal.worker.jobs import hurried
from fiscal.worker.jobs.foreign import foreign_documents
from fiscal.worker.store import Register, Stored, answers, settlements, watching
from fiscal.worker.store.settlements import Said
from kit.db import Database, Tx
from kit.guard import attempt
from kit.telemetry import span
from kit.time import derived_id

log = logging.getLogger(__name__)

SETTLE_AGAIN = timedelta(seconds=5)
"""Between two readings for what a person said, while the register does not answer; other jobs go on meanwhile."""
SEND_WITHIN = timedelta(minutes=10)
"""For the shift documents that the worker makes by itself."""


class Queues:
    """Does the jobs of one club's registers through one KKM-Server."""

    def __init__(self, db: Database, kkm_server: KkmServer, rotate_after: timedelta) -> None:
        self.db, self.kkm, self.rotate_after = db, kkm_server, rotate_after
        self._actions: dict[UUID, Action] = {}
        """What to do next with a job; a job that is not here is resumed from what is stored."""

    async def work(self) -> None:
        """Serve every register that has jobs, each in a task of its own: a silent one holds up no other.

        Each run is a life of its own: it ends with its tasks, and the next one knows only what is stored.
        """
        self._actions.clear()
        serving: dict[UUID, asyncio.Task[Exception | None]] = {}
        try:
            while True:
                changed = self.db.changed.next()
                async with self.db.look() as tx:  # a look wakes nobody: this loop would wake itself
                    busy = await store.busy_registers(tx) | await settlements.waiting_registers(tx)
                    busy |= await store.asked_registers(tx)
                for register_id in busy:
                    if register_id not in serving or serving[register_id].done():
                        serving[register_id] = asyncio.create_task(attempt(self._serve(register_id)))
                await self.db.changed.wait(changed, timeout_s=1)
        finally:
            for task in serving.values():
                task.cancel()
            await asyncio.gather(*serving.values(), return_exceptions=True)

    async def _serve(self, register_id: UUID) -> None:
        """Do the register's jobs until none is left. Between two of them, check what people said about others."""
        while True:
            async with self.db.begin() as tx:
                stored = await store.next_job(tx, register_id)
                register = await store.register(tx, register_id)
                in_flight = stored.job_id if stored is not None and stored.job.maybe_sent else None
                said = await settlements.due(tx, register_id, in_flight)
                about = await store.job(tx, said.job_id) if said else None
                asked = await store.asked_aside(tx, register_id) if in_flight is None else None
            if said is not None and about is not None:
                stored, doing = about, self._settle(about, said)
            elif asked is not None:
                stored, doing = asked, self._ask_again(asked)
            elif stored is not None:
                doing = self._advance(stored, register)
            else:
                return
            failure = await attempt(doing)
            if failure is not None:
                log.error("job %s of register %s could not go on", stored.job_id, register_id, exc_info=failure)
                self._actions.pop(stored.job_id, None)
                await asyncio.sleep(1)

    async def _advance(self, stored: Stored, register: Register | None) -> None:
        """One action and what it taught."""
        began = self.db.clock()
        action = self._actions.pop(stored.job_id, None)  # once: who dies while doing it leaves nothing to repeat
        if action is None:
            job, action = jobs.resumed(stored.job)
            stored = replace(stored, job=job)
        with span(f"register {action}", {TRACE: stored.trace} if stored.trace else {}):
            seen = await self._act(action, stored, register)
            after = await self._record(stored, seen)
        if self._actions.get(stored.job_id) is action and action is not Action.SEND:
            await self._pause(stored.job_id, began, jobs.pause_s(after, self.db.clock()))

    async def _pause(self, job_id: UUID, began: datetime, pause_s: float) -> None:
        """Wait before the next reading, unless somebody has asked for this job since this one began."""
        ends = time.monotonic() + pause_s
        while (left_s := ends - time.monotonic()) > 0:
            changed = self.db.changed.next()
            async with self.db.look() as tx:
                if await store.is_asked(tx, job_id, began):
                    return
            await self.db.changed.wait(changed, left_s)

    async def _ask_again(self, stored: Stored) -> None:
        """Somebody asks for a job that was set aside: read once more what can be read; nothing is sent."""
        async with self.db.begin() as tx:
            await store.answered_asking(tx, stored.job_id)  # in case that it fails: it can be asked again
        with span("register ask again", {TRACE: stored.trace} if stored.trace else {}):
            if stored.job.forgotten:
                seen: Observation = await self.kkm.ask(stored.job.kind, stored.command_id)
            else:
                seen = await self._compare(stored)
            await self._record(stored, seen)

    async def _settle(self, stored: Stored, said: Said) -> None:
        """Read the register for what a person said about a job, and decide."""
        await self._settle_later(said)  # in case that it fails
        with span("register settle", {TRACE: stored.trace} if stored.trace else {}):
            seen = await self._read(stored, said)
            if isinstance(seen, Silence):
                await self._settle_later(said)
            else:
                await self._record(stored, seen, said)

    async def _settle_later(self, said: Said) -> None:
        async with self.db.begin() as tx:
            await settlements.later(tx, said, tx.now + SETTLE_AGAIN)

    async def _read(self, stored: Stored, said: Said) -> Entered | Denied | Silence:
        if said.fd is None and stored.job.forgotten:
            return Denied(None)
        if said.fd is None:
            compared = await self._compare(stored)
            return compared if isinstance(compared, Silence) else Denied(compared)
        found = await self.kkm.document(stored.address, said.fd)
        if isinstance(found, Silence):
            return found
        async with self.db.begin() as tx:
            taken = await store.made_by_us(tx, stored.register_id, [found] if found else [])
        return Entered(said.fd, found, taken=said.fd in taken)

    async def _compare(self, stored: Stored) -> Compared | Silence:
        """The register's documents since the job's snapshot, and whose they are."""
        assert stored.job.snapshot is not None
        compared = await self.kkm.compare(stored.address, stored.job.snapshot.last_fd)
        if isinstance(compared, Silence):
            return compared
        async with self.db.begin() as tx:
            return replace(compared, taken=await store.made_by_us(tx, stored.register_id, compared.documents))

    async def _act(self, action: Action, stored: Stored, register: Register | None) -> Observation:
        """Do `action`; what was seen. Nothing is stored here."""
        if action is Action.SEND:
            return await self.kkm.send(stored.job.kind, stored.request)
        if action is Action.ASK:
            return await self.kkm.ask(stored.job.kind, stored.command_id)
        if action is Action.COMPARE:
            return await self._compare(stored)
        watched = register is not None and register.watched
        seen = await self._look(stored, register) if register and watched else NotReady("register_not_configured")
        if isinstance(seen, NotReady) and hurried.silent(stored.job, seen, self.db.clock()):
            async with self.db.look() as tx:
                return replace(seen, hurried=await store.is_hurried(tx, stored.job_id))
        return seen

    async def _look(self, stored: Stored, register: Register) -> Observation:
        """The register before a job is sent: is it there, is it ready, what was its last document.

        A job goes to the address that it came with: the register may have another by now.
        """
        if stored.needs is not None:
            async with self.db.begin() as tx:
                needed = await store.job(tx, stored.needs)
            if needed is not None and needed.job.stage in (Stage.REFUSED, Stage.ASIDE):
                return seeing.ShiftFailed(needed.job.code or "shift_unclear", needed.job.device_text)
        there = replace(register, address=stored.address)
        state = await self.kkm.state(there.address)
        async with self.db.begin() as tx:
            await watching.note(tx, there, state)
        if isinstance(state, NotReady):
            return state
        if state.info.get("PaperOver") is True:
            return NotReady("no_paper")
        seen_at = (register.address, register.check_number, register.session)
        known = seen_at == (there.address, state.check_number, state.session)
        last_fd = register.last_fd if known and register.last_fd is not None else await self.kkm.last_fd(there.address)
        return last_fd if isinstance(last_fd, NotReady) else seeing.Looked(state.snapshot(last_fd))

    async def _record(self, stored: Stored, seen: Observation, said: Said | None = None) -> Job:
        """Store what `seen` makes of the job, and tell; `said` is what a person said and was just looked up."""
        job, action = jobs.step(stored.job, seen, self.db.clock())
        counted: dict[str, Any] = {}
        # Others may have printed after it.
        aside = said is not None or job.forgotten or stored.job.stage is Stage.ASIDE
        if job.stage is Stage.DONE and job.kind is Kind.CLOSE_SHIFT and job.snapshot is not None:
            counted["foreign"] = await foreign_documents(self.db, self.kkm, stored, job)
        async with self.db.begin() as tx:
            after = replace(stored, job=job)
            if action in (Action.OPEN_FIRST, Action.ROTATE_FIRST):
                kind = Kind.OPEN_SHIFT if action is Action.OPEN_FIRST else Kind.CLOSE_SHIFT
                after, action = replace(after, needs=await self._shift_first(tx, stored, kind, seen)), Action.LOOK
            if job.stage is Stage.DONE:
                await self._remember(tx, after, is_last=not aside)
                if job.kind is Kind.CLOSE_SHIFT and job.snapshot is not None:
                    ours = await store.documents_of(tx, stored.register_id, job.snapshot.session)
                    counted["totals"] = answers.totals(ours)
            waiting = seen.code if isinstance(seen, NotReady) else None
            after = replace(after, word=answers.tell(tx, after, waiting, **counted))
            await store.save_job(tx, after)
            if hurried.silent(job, seen, tx.now):
                await hurried.let_go(tx, stored.register_id)
            if job.ended:
                await settlements.end_all(tx, stored.job_id)
            elif said is not None and isinstance(seen, Entered):
                await settlements.end(tx, said)
                why = jobs.objection(stored.job, seen)
                assert why is not None, "an entered document without an objection ends its job"
                answers.unsettled(tx, after, said, why, seen.found)
        if action is Action.NOTHING:
            self._actions.pop(stored.job_id, None)
        else:
            self._actions[stored.job_id] = action
        return job

    async def _shift_first(self, tx: Tx, stored: Stored, kind: Kind, seen: Observation) -> UUID:
        """Queue a shift document before the job that needs it; its id."""
        assert isinstance(seen, seeing.Looked)
        job_id = derived_id(kind, stored.job_id, seen.snapshot.session)
        await store.add_job(tx, self._own_job(stored, job_id, kind, tx, first=True))
        return job_id

    def _own_job(self, like: Stored | Register, job_id: UUID, kind: Kind, tx: Tx, first: bool) -> Stored:
        """A shift document that the worker makes by itself."""
        if isinstance(like, Register):
            address, cashier, inn, trace = like.address, like.cashier_name, None, None
        else:
            address, trace = like.address, like.trace
            cashier, inn = like.request["CashierName"], like.request.get("CashierVATIN")
        request = kkm.command(kind, str(derived_id("command", job_id)), address, cashier, inn)
        ours = (job_id, like.register_id, like.org_id, like.club_id)
        return Stored(Job(kind, tx.now + SEND_WITHIN), *ours, request, tx.now, first=first, trace=trace)

    async def _remember(self, tx: Tx, stored: Stored, is_last: bool) -> None:
        """Note the document that was made, and where it left the register; one settled by a person has others after."""
        job, qr = stored.job, answers.qr_of(stored.job)
        made = qr or job.found
        session = kkm.number(job.answer or {}, "SessionNumber") or (job.snapshot.session if job.snapshot else None)
        if made is None or session is None:
            return
        sums = (0, 0, 0)
        if job.wanted is not None:
            sign = -1 if job.wanted.kind == RETURN else 1
            cash = job.wanted.total - job.wanted.card - job.wanted.advance
            sums = (sign * cash, sign * job.wanted.card, sign * job.wanted.advance)
        kinds = ("cash_kopecks", "card_kopecks", "advance_kopecks")
        values = {"session": session, "kind": job.kind, **dict(zip(kinds, sums, strict=True))}
        await store.add_document(tx, stored.register_id, made.fd, made.fp, **values)
        register = await store.register(tx, stored.register_id)
        if not is_last or register is None or register.address != stored.address:
            return
        opened = {"session_since": job.sent_at} if job.kind is Kind.OPEN_SHIFT else {}
        # The check number that goes with this document is known from its own answer alone.
        check = kkm.number(job.answer or {}, "CheckNumber") if job.found is None else None
        await store.seen(tx, stored.register_id, check_number=check, session=session, last_fd=made.fd, **opened)

    async def observe(self) -> None:
        """Look at every register that has nothing to do, and close a shift that gets old."""
        async with self.db.begin() as tx:
            registers, busy = await store.watched(tx), await store.busy_registers(tx)
        for register in registers:
            if register.register_id in busy:
                continue
            state = await self.kkm.state(register.address)
            async with self.db.begin() as tx:
                await watching.note(tx, register, state)
                if isinstance(state, State) and self._is_old(tx, register, state):
                    job_id = derived_id("rotate", register.register_id, state.session)
                    await store.add_job(tx, self._own_job(register, job_id, Kind.CLOSE_SHIFT, tx, first=False))

    def _is_old(self, tx: Tx, register: Register, state: State) -> bool:
        if state.shift is Shift.EXPIRED:
            return True
        known = register.session == state.session and register.session_since is not None
        opened = register.session_since if known else None
        return state.shift is Shift.OPEN and opened is not None and tx.now >= opened + self.rotate_after
