"""The server without its HTTP: takes commands, queues them, and starts over."""

from collections.abc import Iterable
from dataclasses import dataclass

from kkm_server.clock import Clock
from kkm_server.commands.table import DEVICE_COMMANDS
from kkm_server.envelope import Call, Status, answer
from kkm_server.execution import SERVER_COMMANDS, Execution
from kkm_server.faults import Strikes, What
from kkm_server.queues import Answer, Job, Queues
from kkm_server.selection import chosen
from kkm_server.slots import Slot
from kkm_server.state import State
from kkm_server.store import Store

# Invented: what a repeated command is told was never recorded.
DONE_BEFORE = "Команда с таким IdCommand уже выполнена"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A call that was understood: its slot (None: the server itself), and the faults that strike it."""

    call: Call
    num_device: int | None
    strikes: Strikes


class Emulator:
    """KKM-Server and what stands behind it."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.state = State(store, clock)
        self._execution = Execution(self.state, self.restart)
        self.queues = Queues(self._execution.work)

    def knows(self, command: str) -> bool:
        """Whether this is a command at all."""
        return command in DEVICE_COMMANDS or command in SERVER_COMMANDS or command == "GetRezult"

    def take(self, call: Call) -> Ticket:
        """Find the slot of a call and count it against the faults; raises `NoDevice`."""
        command = DEVICE_COMMANDS.get(call.command)
        num_device: int | None = None
        if command is not None:
            num_device = chosen(self.state.registers, call.members, switched_off_too=command.to_slot).device.num
        return Ticket(call, num_device, self.state.strike(call.command, num_device))

    def begin(self, ticket: Ticket) -> Job | Answer:
        """Queue a command; one whose id is known already is answered and not carried out again."""
        call = ticket.call
        # `GetRezult` carries the id of another command.
        asks = call.command == "GetRezult"
        known = None if asks else self.state.journal.find(call.id_command)
        if isinstance(known, Job):
            return known.unfinished()
        if known is not None:
            return answer(call.command, call.id_command, Status.ALREADY_DONE, DONE_BEFORE, ticket.num_device)
        job = Job(call, ticket.num_device, ticket.strikes)
        if not asks and What.LOST_JOURNAL not in ticket.strikes:
            self.state.journal.accept(job)
        self.queues.put(job)
        return job

    def withholds(self, job: Job) -> bool:
        """Whether a command stays open as long as somebody waits for it."""
        return self._execution.withholds(job)

    def restart(self) -> None:
        """Start the server anew; what was on its way is lost, what the registers made is not."""
        self.state.start()
        self.queues.drop()

    def replace_state(self, slots: Iterable[Slot], passwords: dict[str, str]) -> None:
        """Begin with other devices and nothing on its way."""
        self.queues.drop()
        self.state.replace(slots, passwords)

    def close(self) -> None:
        """Stop all work and let go of the file."""
        self.queues.drop()
        self.state.store.close()
