"""One command at a time per device: lines of jobs, first come first served."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from kkm_server.envelope import Call, Status, answer
from kkm_server.faults import Strikes

Answer = dict[str, Any]


@dataclass(eq=False, slots=True)
class Job:
    """A command on its way. `done` brings the answer, or None where a restart of the server lost it."""

    call: Call
    num_device: int | None
    strikes: Strikes
    running: bool = False
    # Nobody holds the HTTP call open any more.
    left: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Future[Answer | None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def status(self) -> Status:
        """`Status` of a command that has not ended: 4 in the queue, 1 at the device."""
        return Status.RUNNING if self.running else Status.QUEUED

    def unfinished(self) -> Answer:
        """The answer to whoever does not wait until the end."""
        id_command = "" if self.call.command == "GetRezult" else self.call.id_command
        return answer(self.call.command, id_command, self.status, num_device=self.num_device)


Work = Callable[[Job], Awaitable[Answer | None]]


class Line:
    """The jobs of one device; a job goes on whether or not anybody still waits for its answer."""

    def __init__(self, work: Work, emptied: Callable[[], None]) -> None:
        self._work = work
        self._emptied = emptied
        self._jobs: deque[Job] = deque()
        self._task: asyncio.Task[Answer | None] | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    def put(self, job: Job) -> None:
        """Take a job; it starts when all before it have ended."""
        self._jobs.append(job)
        if len(self._jobs) == 1:
            self._start()

    def drop(self) -> None:
        """Forget all jobs; whoever waits for one learns that its answer is lost."""
        for job in self._jobs:
            if not job.done.done():
                job.done.set_result(None)
        self._jobs.clear()
        # The command that restarts the server runs in one of these tasks; it ends before the cancellation reaches it.
        if self._task is not None:
            self._task.cancel()

    def _start(self) -> None:
        self._task = asyncio.ensure_future(self._work(self._jobs[0]))
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Answer | None]) -> None:
        if not self._jobs:
            self._emptied()
            return
        job = self._jobs.popleft()
        if not job.done.done():
            _settle(job.done, task)
        if self._jobs:
            self._start()
        else:
            self._emptied()


def _settle(done: asyncio.Future[Answer | None], task: asyncio.Task[Answer | None]) -> None:
    if task.cancelled():
        done.set_result(None)
    elif (trouble := task.exception()) is not None:
        done.set_exception(trouble)
    else:
        done.set_result(task.result())


class Queues:
    """A line per device that is busy; commands to the server itself do not wait for each other."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._lines: dict[Hashable, Line] = {}

    def put(self, job: Job) -> None:
        """Queue a job behind the others of its device."""
        key: Hashable = job if job.num_device is None else job.num_device
        line = self._lines.get(key)
        if line is None:
            line = self._lines[key] = Line(self._work, lambda: self._forget(key, line))
        line.put(job)

    def _forget(self, key: Hashable, line: Line | None) -> None:
        # After a restart the device may have a new line while the old one comes to its end.
        if self._lines.get(key) is line:
            del self._lines[key]

    def length(self, num_device: int) -> int:
        """How many commands of a device wait or run."""
        return len(self._lines.get(num_device, ()))

    def drop(self) -> None:
        """Forget everything, as a restart does."""
        lines, self._lines = self._lines, {}
        for line in lines.values():
            line.drop()
