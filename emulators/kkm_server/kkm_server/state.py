"""What the server is at a moment: devices, settings, faults and the commands it remembers."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from kkm_server.clock import Clock, ShiftedClock
from kkm_server.domain.document import Document
from kkm_server.domain.register import Register
from kkm_server.faults import Faults, Strikes
from kkm_server.journal import Journal
from kkm_server.queues import Answer, Job
from kkm_server.slots import Slot, new_register
from kkm_server.store import Store

OPEN_TO_ALL = {"User": "", "Admin": ""}


class State:
    """The server's state. What changes is in the store before it is here."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = ShiftedClock(clock, store.setting("forward_s", 0.0))
        self.passwords: dict[str, str] = store.setting("passwords", OPEN_TO_ALL)
        self.faults = Faults(store.setting("faults", None))
        self._registers = {register.device.num: register for register in store.registers()}
        if not store.setting("generation", 0):
            self.replace([Slot()], OPEN_TO_ALL)
        self.start()

    def start(self) -> None:
        """Start the server: a new start stamp, and no memory of the commands before."""
        last = self.store.setting("started_at", None)
        now = self.clock.now()
        # Two starts in one moment still have to differ: clients compare the stamps.
        later = now if last is None else datetime.fromisoformat(last) + timedelta(milliseconds=1)
        self.started_at = max(now, later)
        boot = self.store.setting("boot", 0) + 1
        with self.store.transaction():
            self.store.keep("boot", boot)
            self.store.keep("started_at", self.started_at.isoformat())
        self.journal = Journal(self.store, boot)

    @property
    def registers(self) -> tuple[Register, ...]:
        """All registers by slot."""
        return tuple(self._registers[num] for num in sorted(self._registers))

    def register(self, num_device: int | None) -> Register | None:
        """The register of a slot."""
        return None if num_device is None else self._registers.get(num_device)

    def replace(self, slots: Iterable[Slot], passwords: dict[str, str]) -> None:
        """Begin anew with these devices: no documents, no journal, no faults."""
        generation = self.store.setting("generation", 0) + 1
        now = self.clock.now()
        registers = [new_register(slot, now, generation) for slot in slots]
        with self.store.transaction():
            self.store.replace_registers(registers)
            self.store.keep("generation", generation)
            self.store.keep("passwords", passwords)
            self.store.keep("faults", None)
        self.faults.clear()
        self.faults = Faults()
        self.passwords = passwords
        self._registers = {register.device.num: register for register in registers}

    def save(self, register: Register) -> None:
        """Change one register from outside."""
        with self.store.transaction():
            self.store.save_register(register)
        self._registers[register.device.num] = register

    def finish(self, job: Job, answer: Answer, register: Register | None, documents: tuple[Document, ...]) -> None:
        """Write down all that a command left behind, or nothing of it."""
        with self.store.transaction():
            if register is not None and register != self._registers[register.device.num]:
                self.store.save_register(register)
            self.store.add_documents(documents)
            self.journal.record(job, answer)
        if register is not None:
            self._registers[register.device.num] = register

    def strike(self, command: str, num_device: int | None) -> Strikes:
        """Count a command against the faults, and keep the count."""
        before = self.faults.kept()
        strikes = self.faults.strike(command, num_device)
        if self.faults.kept() != before:
            self.save_faults()
        return strikes

    def save_faults(self) -> None:
        """Keep the faults as they are now."""
        self._keep("faults", self.faults.kept())

    def put_forward(self, forward_s: float) -> None:
        """Set how far the emulator's clock is ahead of the machine's."""
        self._keep("forward_s", forward_s)
        self.clock.forward_s = forward_s

    def _keep(self, key: str, value: Any) -> None:
        with self.store.transaction():
            self.store.keep(key, value)
