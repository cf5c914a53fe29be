"""What is asked of fiscal, and what it tells: receipts, fiscal shifts, registers."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.message import Instant, Kopecks, Message, Part
from contracts.money import Line, Person

Mode = Literal["kkm_server", "off"]


class _Command(Message):
    TOPIC: ClassVar[str] = "fiscal.commands"
    KEY: ClassVar[str] = "club_id"

    club_id: UUID
    till_id: UUID
    shift_id: UUID
    cashier: Person
    ordered_at: Instant


class _Order(_Command):
    receipt_id: UUID
    sale_id: UUID
    client_id: UUID | None
    purpose: Literal["advance", "settlement"]
    """`advance`: money taken for a balance; `settlement`: something sold (FFD tag 1214: 3 and 4)."""
    lines: tuple[Line, ...] = Field(min_length=1, max_length=100)
    cash_kopecks: Kopecks
    cash_received_kopecks: Kopecks
    card_kopecks: Kopecks
    balance_kopecks: Kopecks
    """Paid by offset of an advance (tag 1215)."""
    contact: str | None = Field(default=None, max_length=64)
    """Phone or e-mail for an electronic receipt (tag 1008)."""


class PrintReceipt(_Order):
    """Make exactly one fiscal document of this settlement, or refuse."""

    TYPE: ClassVar[str] = "fiscal.receipt.print.v1"


class ReturnReceipt(_Order):
    """Make exactly one fiscal document that returns a settlement or a part of it (tag 1054: 2), or refuse.

    The sums are what the guest gets; `balance_kopecks` restores an advance. A type of its own: who does not know it
    must not print a sale.
    """

    TYPE: ClassVar[str] = "fiscal.receipt.return.v1"

    returned_receipt_id: UUID
    """The receipt of what is returned. It is taxed as that was."""


class OpenShift(_Command):
    """See that the register's shift is open."""

    TYPE: ClassVar[str] = "fiscal.shift.open.v1"


class CloseShift(_Command):
    """Close the register's shift with its Z-report and tell the totals."""

    TYPE: ClassVar[str] = "fiscal.shift.close.v1"


class Document(Part):
    """A fiscal document as the register names it. `fd` is `i` of the QR string, never KKM-Server's CheckNumber."""

    fd: int = Field(ge=0)
    fn: str = Field(max_length=20)
    fp: str = Field(max_length=20)
    issued_at_local: str = Field(max_length=32)
    """`t` of the QR string: the register's own clock, no zone."""
    total_kopecks: Kopecks | None = None
    qr: str = Field(max_length=300)
    url: str = Field(default="", max_length=500)
    fiscal_shift: int | None = None
    number_in_shift: int | None = None


class _Receipt(Message):
    TOPIC: ClassVar[str] = "fiscal.receipt"
    KEY: ClassVar[str] = "receipt_id"

    receipt_id: UUID
    sale_id: UUID
    club_id: UUID
    register_id: UUID | None
    at: Instant


class ReceiptRegistered(_Receipt):
    """The settlement has its document; `document` is absent where the club fiscalises elsewhere."""

    TYPE: ClassVar[str] = "fiscal.receipt.registered.v1"

    document: Document | None


class ReceiptRefused(_Receipt):
    """There is no document and there will be none for this receipt."""

    TYPE: ClassVar[str] = "fiscal.receipt.refused.v1"

    code: str = Field(max_length=64)
    device_text: str | None = Field(default=None, max_length=1000)


class ReceiptUnknown(_Receipt):
    """The register may have printed it; fiscal is finding out. Another fact about this receipt will follow."""

    TYPE: ClassVar[str] = "fiscal.receipt.unknown.v1"

    since: Instant


class ReceiptWaiting(_Receipt):
    """Nothing was sent to the register yet, and why. Another fact about this receipt will follow."""

    TYPE: ClassVar[str] = "fiscal.receipt.waiting.v1"

    code: str = Field(max_length=64)


class ReceiptUnfiscalised(_Receipt):
    """The settlement is done and has no document: its register did not answer while manual payment was on.

    Nothing was printed and nothing will be for this receipt; a correction receipt closes it later.
    """

    TYPE: ClassVar[str] = "fiscal.receipt.unfiscalised.v1"

    code: str = Field(max_length=64)
    """Why the register printed nothing."""
    manual_payment_id: UUID


class _FiscalShift(Message):
    TOPIC: ClassVar[str] = "fiscal.shift"
    KEY: ClassVar[str] = "register_id"

    register_id: UUID
    club_id: UUID
    shift_id: UUID | None
    """The till's shift whose opening or closing caused this; absent when the register's shift rotated by itself."""
    number: int | None
    at: Instant


class ShiftOpened(_FiscalShift):
    """The register's shift is open."""

    TYPE: ClassVar[str] = "fiscal.shift.opened.v1"


class Totals(Part):
    """What a register took in one fiscal shift, by payment form."""

    receipts: int = Field(ge=0)
    cash_kopecks: int
    card_kopecks: int
    advance_kopecks: int


class ForeignDocument(Part):
    """A receipt that the register holds and nobody asked us for."""

    fd: int
    total_kopecks: int
    cash_kopecks: int = 0
    card_kopecks: int = 0


class ShiftClosed(_FiscalShift):
    """The register's shift is closed with its Z-report. `foreign` are receipts printed outside Savepoint."""

    TYPE: ClassVar[str] = "fiscal.shift.closed.v1"

    document: Document | None
    totals: Totals
    foreign: tuple[ForeignDocument, ...] = ()


class ShiftRefused(_FiscalShift):
    """The register did not open or close its shift, and will not for this command."""

    TYPE: ClassVar[str] = "fiscal.shift.refused.v1"

    action: Literal["open", "close"]
    code: str = Field(max_length=64)
    device_text: str | None = Field(default=None, max_length=1000)


class RegisterState(Part):
    """One state of a register, as its worker last saw it."""

    reachable: bool
    since: Instant
    """Since when `reachable` is what it is."""
    shift: Literal["open", "closed", "expired", "unknown"] = "unknown"
    shift_number: int | None = None
    shift_opened_at: Instant | None = None
    paper: bool | None = None
    ofd_unsent: int | None = None
    ofd_oldest_local: str | None = Field(default=None, max_length=32)
    drive_ends_local: str | None = Field(default=None, max_length=32)
    clock_gap_s: int | None = None
    cash_kopecks: int | None = None
    waiting_jobs: int = 0
    last_error: str | None = Field(default=None, max_length=1000)
    """In the device's words where it had any; kept when it is over."""
    error_code: str | None = Field(default=None, max_length=64)
    error_at: Instant | None = None
    seen_at: Instant | None = None
    """When its worker last looked, whether it was reachable or not."""
    ffd: str | None = Field(default=None, max_length=8)
    kkt_number: str | None = Field(default=None, max_length=20)
    """Its factory number (tag 1013)."""
    registration: str | None = Field(default=None, max_length=20)
    """Its number at the tax service (tag 1037)."""
    fn: str | None = Field(default=None, max_length=20)
    organisation: str | None = Field(default=None, max_length=256)
    inn: str | None = Field(default=None, max_length=12)
    address: str | None = Field(default=None, max_length=256)
    place: str | None = Field(default=None, max_length=256)


class RegisterChanged(Message):
    """A register's settings or state are these now."""

    TYPE: ClassVar[str] = "fiscal.register.changed.v1"
    TOPIC: ClassVar[str] = "fiscal.register"
    KEY: ClassVar[str] = "register_id"

    register_id: UUID
    club_id: UUID
    name: str = Field(max_length=64)
    mode: Mode
    state: RegisterState | None
    at: Instant


class _ManualPayment(Message):
    TOPIC: ClassVar[str] = "fiscal.register"
    KEY: ClassVar[str] = "register_id"

    register_id: UUID
    club_id: UUID
    manual_payment_id: UUID
    at: Instant


class ManualPaymentStarted(_ManualPayment):
    """While the register does not answer, sales end without a document and nothing is refunded, until `until`."""

    TYPE: ClassVar[str] = "fiscal.register.manual_started.v1"

    until: Instant
    reason: str = Field(max_length=200)
    by: Person


class ManualPaymentEnded(_ManualPayment):
    """Every sale waits for its document again. `by` is absent where its time was over."""

    TYPE: ClassVar[str] = "fiscal.register.manual_ended.v1"

    by: Person | None
