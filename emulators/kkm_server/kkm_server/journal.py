"""Which commands the server remembers by their `IdCommand`.

Ended commands are rows that belong to one start of the server: a restart keeps the rows and looks at them no more,
which is how the product forgets (reference 5.3). Running ones are in memory alone, as they die with the process.
"""

from kkm_server.commands.task import Outcome
from kkm_server.envelope import Status, answer
from kkm_server.queues import Answer, Job
from kkm_server.store import Store

# Invented: the text was never recorded.
UNKNOWN_ID = "Команда с таким IdCommand не найдена"


class Journal:
    """The commands known since the server started."""

    def __init__(self, store: Store, boot: int) -> None:
        self._store = store
        self._boot = boot
        self._running: dict[str, Job] = {}

    def find(self, id_command: str) -> Job | Answer | None:
        """A command that has not ended, the answer of one that has, or None."""
        if not id_command:
            return None
        return self._running.get(id_command) or self._store.journal_answer(self._boot, id_command)

    def accept(self, job: Job) -> None:
        """Remember a command until it ends."""
        if job.call.id_command:
            self._running[job.call.id_command] = job

    def record(self, job: Job, ended: Answer) -> None:
        """Write how a command ended, in the transaction of its documents; not for one that the journal lost."""
        if self._running.get(job.call.id_command) is job:
            self._store.add_journal_answer(self._boot, job.call.id_command, ended)

    def release(self, job: Job) -> None:
        """The command runs no more."""
        if self._running.get(job.call.id_command) is job:
            del self._running[job.call.id_command]

    def result(self, id_command: str) -> Outcome:
        """What `GetRezult` says.

        While the command runs both levels say so; after a failure the outer one is 0. Both are guesses (reference
        15.1): clients must read either level.
        """
        found = self.find(id_command)
        if isinstance(found, Job):
            return Outcome(None, members={"Rezult": found.unfinished()}, status=found.status)
        if found is None:
            unknown = answer("", id_command, Status.NOT_FOUND, UNKNOWN_ID)
            return Outcome(None, members={"Rezult": unknown}, status=Status.NOT_FOUND, error=UNKNOWN_ID)
        return Outcome(None, members={"Rezult": found})
