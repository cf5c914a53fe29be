"""A command at its device: the time it takes, what it does, and what a fault makes of it."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from kkm_server.commands.readings import NoDocument
from kkm_server.commands.server import ServerView, list_units, server_data
from kkm_server.commands.table import DEVICE_COMMANDS, Pace
from kkm_server.commands.task import Outcome, Task
from kkm_server.domain.refusals import NO_LINK, NO_PAPER, Refusal
from kkm_server.envelope import BadRequest, Members, Status, answer
from kkm_server.faults import Fault, Strikes, What
from kkm_server.queues import Answer, Job
from kkm_server.selection import NoDevice
from kkm_server.state import State
from kkm_server.store import StateUnusable

SERVER_COMMANDS: dict[str, Callable[[ServerView, Members], dict[str, Any]]] = {
    "List": list_units,
    "GetServerData": server_data,
}
# With this type of register the result of a receipt stays open as long as its HTTP call does (reference 5.2).
EVOTOR = "Evotor"
# Invented: the document could not be written down, so it does not exist.
NOT_WRITTEN = "Ошибка записи в базу данных сервера"


class Execution:
    """Carries out one job after the other, as the queues hand them over."""

    def __init__(self, state: State, restart: Callable[[], None]) -> None:
        self._state = state
        self._restart = restart

    async def work(self, job: Job) -> Answer | None:
        """See a job through to its answer; None where the server restarts before it answers."""
        try:
            await self._pass_time(job)
            ended = self._carried_out(job)
            if What.RESTART in job.strikes:
                self._restart()
                return None
            if self.withholds(job):
                await job.left.wait()
            return ended
        finally:
            self._state.journal.release(job)

    def withholds(self, job: Job) -> bool:
        """Whether a command stays open as long as somebody waits for it."""
        register = self._state.register(job.num_device)
        return register is not None and register.device.type_id == EVOTOR and job.call.command == "RegisterCheck"

    async def _pass_time(self, job: Job) -> None:
        if (hang := job.strikes.get(What.HANG_QUEUED)) is not None:
            await self._hang(hang)
        job.running = True
        if (hang := job.strikes.get(What.HANG_RUNNING)) is not None:
            await self._hang(hang)
        delay = job.strikes.get(What.DELAY)
        seconds = self._usual_seconds(job) + (delay.seconds if delay else 0.0)
        if seconds > 0:
            await self._state.clock.sleep(seconds)

    async def _hang(self, fault: Fault) -> None:
        if fault.seconds > 0:
            await self._state.clock.sleep(fault.seconds)
        else:
            await self._state.faults.cleared.wait()

    def _usual_seconds(self, job: Job) -> float:
        register = self._state.register(job.num_device)
        if register is None:
            return 0.0
        times = {Pace.RECEIPT: register.device.seconds_per_receipt, Pace.REPORT: register.device.seconds_per_report}
        return times.get(DEVICE_COMMANDS[job.call.command].pace, 0.0)

    def _carried_out(self, job: Job) -> Answer:
        try:
            outcome = _spoiled(self._outcome(job), job.strikes)
        except (Refusal, BadRequest, NoDocument) as no:
            outcome = Outcome(None, status=Status.FAILED, error=no.text)
        except NoDevice as no:
            outcome = Outcome(None, status=Status.NOT_FOUND, error=no.text)
        ended = _answer(job, outcome)
        try:
            self._state.finish(job, ended, outcome.register, outcome.documents)
        except StateUnusable:
            return _answer(job, Outcome(None, status=Status.FAILED, error=NOT_WRITTEN))
        return ended

    def _outcome(self, job: Job) -> Outcome:
        call = job.call
        if (fault := job.strikes.get(What.ERROR_BEFORE)) is not None:
            raise BadRequest(fault.error)
        if call.command == "GetRezult":
            return self._state.journal.result(call.id_command)
        register = self._state.register(job.num_device)
        if register is None:
            view = ServerView(self._state.registers, self._state.started_at, self._state.clock.now())
            return Outcome(None, members=SERVER_COMMANDS[call.command](view, call.members))
        command = DEVICE_COMMANDS[call.command]
        if not register.device.online and not command.to_slot:
            raise Refusal(NO_LINK)
        find = partial(self._state.store.fiscal_document, register.device.num)
        return command.run(Task(register, call.members, call.id_command, self._state.clock.now(), find))


def _answer(job: Job, outcome: Outcome) -> Answer:
    call = job.call
    # Recorded: the outer object of `GetRezult` has an empty id; the inner one has the asked.
    id_command = "" if call.command == "GetRezult" else call.id_command
    return answer(call.command, id_command, outcome.status, outcome.error, job.num_device, outcome.members)


def _spoiled(outcome: Outcome, strikes: Strikes) -> Outcome:
    """What the faults leave of an outcome: the documents stay made, the answer is an error."""
    if What.NO_PAPER in strikes and outcome.register is not None:
        outcome = _torn(outcome)
    if (fault := strikes.get(What.ERROR_AFTER)) is not None:
        outcome = replace(outcome, members={}, status=Status.FAILED, error=fault.error)
    return outcome


def _torn(outcome: Outcome) -> Outcome:
    """The paper ends half way through the last document; what does not print does not notice."""
    assert outcome.register is not None
    out = replace(outcome, register=replace(outcome.register, paper=False))
    if not outcome.documents or outcome.documents[-1].electronic:
        return out
    documents = (*outcome.documents[:-1], outcome.documents[-1].torn())
    return replace(out, documents=documents, members={}, status=Status.FAILED, error=Refusal(NO_PAPER).text)
