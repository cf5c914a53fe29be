"""Between the central fiscal app and one club's worker: jobs for a register, and the worker's answers."""

from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.fiscal import Document, ForeignDocument, RegisterState, Totals
from contracts.message import Instant, Kopecks, Message, Part
from contracts.money import Person

JobKind = Literal["print", "open_shift", "close_shift", "x_report", "test_slip"]


class Device(Part):
    """How KKM-Server finds the register; what is empty is not looked at (kkmserver.ru)."""

    num_device: int = Field(default=0, ge=0, le=99)
    kkt_number: str = Field(default="", max_length=20)
    inn: str = Field(default="", pattern=r"^([0-9]{10}|[0-9]{12})?$")


class FiscalLine(Part):
    """A receipt's line, with FFD 1.2 signs: tags 1214, 1212, 2108 and the VAT as KKM-Server numbers it."""

    name: str = Field(min_length=1, max_length=128)
    quantity: int = Field(gt=0)
    price_kopecks: Kopecks
    amount_kopecks: Kopecks
    tax: int
    method: int
    subject: int
    measure: int = 0


class Receipt(Part):
    """A receipt ready to print: nothing is left to decide."""

    tax_system: int = Field(ge=0, le=5)
    lines: tuple[FiscalLine, ...] = Field(min_length=1, max_length=100)
    cash_kopecks: Kopecks
    """Cash handed over: may exceed what is due, the register prints the change."""
    card_kopecks: Kopecks
    advance_kopecks: Kopecks
    contact: str | None = Field(default=None, max_length=64)

    @property
    def total_kopecks(self) -> int:
        return sum(line.amount_kopecks for line in self.lines)


class _Branch(Message):
    KEY: ClassVar[str] = "register_id"

    club_id: UUID
    register_id: UUID


class _Job(_Branch):
    TOPIC: ClassVar[str] = "fiscal.branch.*.jobs"


class WatchRegister(_Job):
    """Look after this register from now on: report its state, rotate its shift before 24 hours."""

    TYPE: ClassVar[str] = "fiscal.register.watch.v1"

    device: Device
    watched: bool = True
    """False: the register was taken away or switched off; jobs for it are refused."""
    cashier_name: str = Field(default="", max_length=64)
    """Whose name goes on the shift documents that the worker makes by itself."""


class _Work(_Job):
    """Work for the register. The same job may come again: then its answer is told again, and nothing else happens."""

    job_id: UUID
    device: Device
    cashier_name: str = Field(max_length=64)
    cashier_inn: str | None = None
    ordered_at: Instant
    send_by: Instant
    """Not sent by then: refused, because nothing has happened and somebody waits."""
    asked: int = Field(default=0, ge=0)
    """How often it was sent before. A worker that hears of it now has lost its memory, and may have done it."""


class Print(_Work):
    """Print one receipt."""

    TYPE: ClassVar[str] = "fiscal.job.print.v1"

    receipt: Receipt


class PrintReturn(_Work):
    """Print one receipt that returns what was sold. A worker that does not know this type does nothing."""

    TYPE: ClassVar[str] = "fiscal.job.print_return.v1"

    receipt: Receipt


class OpenShift(_Work):
    """See that the register's shift is open."""

    TYPE: ClassVar[str] = "fiscal.job.open_shift.v1"


class CloseShift(_Work):
    """Close the register's shift."""

    TYPE: ClassVar[str] = "fiscal.job.close_shift.v1"


class XReport(_Work):
    """Print what the register's shift holds so far. Not fiscal: an answer that is lost is not asked for by printing."""

    TYPE: ClassVar[str] = "fiscal.job.x_report.v1"


class TestSlip(_Work):
    """Print a slip of text, to see that the register prints. Not fiscal."""

    TYPE: ClassVar[str] = "fiscal.job.test_slip.v1"
    __test__ = False

    lines: tuple[Annotated[str, Field(max_length=64)], ...] = Field(min_length=1, max_length=40)


class Ask(_Job):
    """Somebody waits for this job: ask the register now, and say how the job stands."""

    TYPE: ClassVar[str] = "fiscal.job.ask.v1"

    job_id: UUID


class Hurry(_Job):
    """Sales go on without receipts meanwhile: print this job as usual, but refuse it as soon as nothing can be sent.

    A job that was sent is not refused by that.
    """

    TYPE: ClassVar[str] = "fiscal.job.hurry.v1"

    job_id: UUID


class ListDevices(_Job):
    """Say which devices KKM-Server has. Answered by `fiscal.device.listed.v1`, once."""

    TYPE: ClassVar[str] = "fiscal.device.list.v1"

    request_id: UUID


class Settle(_Job):
    """A person says what became of a receipt that nothing readable decides; the worker reads the register first.

    The last word about a job counts. It is answered by the job's end, or by `fiscal.job.unsettled.v1`.
    """

    TYPE: ClassVar[str] = "fiscal.job.settle.v1"

    job_id: UUID
    settlement_id: UUID
    fd: int | None = Field(gt=0)
    """The document's number as it stands on the paper; null: there is no document."""
    by: Person
    reason: str | None = Field(default=None, max_length=200)
    said_at: Instant


class _Answer(_Branch):
    TOPIC: ClassVar[str] = "fiscal.branch.*.answers"


class _JobAnswer(_Answer):
    job_id: UUID
    kind: JobKind
    at: Instant


class JobDone(_JobAnswer):
    """The register did it, once."""

    TYPE: ClassVar[str] = "fiscal.job.done.v1"

    document: Document | None
    """Absent where nothing was to do: the shift was already open, or already closed."""
    fiscal_shift: int | None = None
    totals: Totals | None = None
    foreign: tuple[ForeignDocument, ...] = ()
    answer: dict[str, Any] = Field(default_factory=dict)
    """The register's own words, whole, for the journal."""


class JobRefused(_JobAnswer):
    """The register did not do it, and this job will not be tried again."""

    TYPE: ClassVar[str] = "fiscal.job.refused.v1"

    code: str = Field(max_length=64)
    device_text: str | None = Field(default=None, max_length=1000)


class JobUnknown(_JobAnswer):
    """It was sent and its fate is not known yet; the worker keeps asking."""

    TYPE: ClassVar[str] = "fiscal.job.unknown.v1"

    since: Instant


class JobWaiting(_JobAnswer):
    """Nothing was sent yet, and why."""

    TYPE: ClassVar[str] = "fiscal.job.waiting.v1"

    code: str = Field(max_length=64)


class EnteredDocument(Part):
    """What the register holds under a number that a person entered."""

    fd: int
    kind: str = Field(max_length=64)
    """In the register's words."""
    total_kopecks: int
    card_kopecks: int
    advance_kopecks: int
    names: tuple[str, ...] = ()
    """Of its lines."""


class JobUnsettled(_JobAnswer):
    """What a person said about the job does not hold; it stays unknown, and another word may follow."""

    TYPE: ClassVar[str] = "fiscal.job.unsettled.v1"

    settlement_id: UUID
    code: str = Field(max_length=64)
    differs: tuple[str, ...] = ()
    """What is otherwise with the document: kind, total, card, advance, lines."""
    found: EnteredDocument | None = None


class RegisterObserved(_Answer):
    """How the register is, told when it changes."""

    TYPE: ClassVar[str] = "fiscal.register.observed.v1"

    state: RegisterState
    at: Instant


class KkmDevice(Part):
    """A slot of KKM-Server, in its own words."""

    num_device: int
    type: str = Field(default="", max_length=128)
    name: str = Field(default="", max_length=128)
    model: str = Field(default="", max_length=128)
    serial: str = Field(default="", max_length=64)
    active: bool = False
    """Switched on, and the server reaches it."""


class DevicesListed(_Answer):
    """The devices of the club's KKM-Server; `code` says why there are none to tell."""

    TYPE: ClassVar[str] = "fiscal.device.listed.v1"

    request_id: UUID
    devices: tuple[KkmDevice, ...] = Field(default=(), max_length=99)
    code: str | None = Field(default=None, max_length=64)
    device_text: str | None = Field(default=None, max_length=1000)
    at: Instant


Answer = JobDone | JobRefused | JobUnknown | JobWaiting
Work = Print | PrintReturn | OpenShift | CloseShift | XReport | TestSlip
