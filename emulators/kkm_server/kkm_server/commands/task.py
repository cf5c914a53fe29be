"""What a command is given and what it gives back."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from kkm_server.domain.document import Document
from kkm_server.domain.receipt import Cashier
from kkm_server.domain.register import Order, Register, Step
from kkm_server.envelope import Members, Status


@dataclass(frozen=True, slots=True)
class Task:
    """A command at its device."""

    register: Register
    members: Members
    id_command: str
    now: datetime
    # A fiscal document of this register by number, 0 for the last.
    fiscal_document: Callable[[int], Document | None]

    @property
    def order(self) -> Order:
        """The part that all printing commands share."""
        cashier = Cashier(self.members.text("CashierName"), self.members.text("CashierVATIN"))
        return Order(self.now, self.id_command, cashier, on_paper=not self.members.flag("NotPrint"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command left behind (no register where the server itself answered), and what its answer says."""

    register: Register | None
    documents: tuple[Document, ...] = ()
    members: dict[str, Any] = field(default_factory=dict)
    status: Status = Status.OK
    error: str = ""

    @classmethod
    def of(cls, step: Step, members: dict[str, Any] | None = None) -> "Outcome":
        """The outcome of a step of the register."""
        return cls(step.register, step.documents, members or {})
