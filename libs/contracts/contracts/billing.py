"""What billing tells: clients, sales, the ledger, shifts."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from contracts.message import Instant, Kopecks, Message, Part
from contracts.money import MoneyState, Person, Tender, TenderKind


class _Client(Message):
    TOPIC: ClassVar[str] = "billing.client"
    KEY: ClassVar[str] = "client_id"

    client_id: UUID
    phone: str = Field(pattern=r"^\+7[0-9]{10}$")
    name: str = Field(max_length=128)


class ClientRegistered(_Client):
    """The org has a new client."""

    TYPE: ClassVar[str] = "billing.client.registered.v1"


class ClientChanged(_Client):
    """A client's name or phone is this now."""

    TYPE: ClassVar[str] = "billing.client.changed.v1"


class _Sale(Message):
    TOPIC: ClassVar[str] = "billing.sale"
    KEY: ClassVar[str] = "sale_id"

    sale_id: UUID
    club_id: UUID
    till_id: UUID
    session_id: UUID | None
    """The session that this sale pays for; absent for a top-up."""
    client_id: UUID | None
    total_kopecks: Kopecks


class SaleOpened(_Sale):
    """Something is to be paid."""

    TYPE: ClassVar[str] = "billing.sale.opened.v1"

    pay_by: Instant


class SalePaid(_Sale):
    """The money is in the ledger and the receipt is registered (or fiscalised elsewhere)."""

    TYPE: ClassVar[str] = "billing.sale.paid.v1"

    shift_id: UUID
    receipt_id: UUID
    tenders: tuple[Tender, ...]
    discount_kopecks: Kopecks = 0
    """By so much bonuses lowered the lines; `total_kopecks` is what was paid."""
    paid_at: Instant


class SaleUnconfirmed(_Sale):
    """The guest has paid and the receipt's fate is not known yet; what was sold may be handed over all the same."""

    TYPE: ClassVar[str] = "billing.sale.unconfirmed.v1"

    receipt_id: UUID
    since: Instant


class SaleFailed(_Sale):
    """The sale is over without a payment; `money` says what is with what the guest gave."""

    TYPE: ClassVar[str] = "billing.sale.failed.v1"

    code: str = Field(max_length=64)
    device_text: str | None = Field(default=None, max_length=1000)
    money: MoneyState


class SaleCancelled(_Sale):
    """A person called the sale off before it was paid."""

    TYPE: ClassVar[str] = "billing.sale.cancelled.v1"

    cancelled_by: Person


class SaleRefunded(_Sale):
    """Money of a paid sale went back to the guest, and the return receipt is registered; `tenders` say how."""

    TYPE: ClassVar[str] = "billing.sale.refunded.v1"

    refund_id: UUID
    shift_id: UUID
    """The shift that gave it back."""
    receipt_id: UUID
    refunded_kopecks: Kopecks
    tenders: tuple[Tender, ...]
    reason: str = Field(max_length=200)
    refunded_by: Person
    refunded_at: Instant


class LedgerPosted(Message):
    """One posting of a balanced entry. Positive credits the account (the club owes more), negative debits it."""

    TYPE: ClassVar[str] = "billing.ledger.posted.v1"
    TOPIC: ClassVar[str] = "billing.ledger"
    KEY: ClassVar[str] = "account"

    entry_id: UUID
    sale_id: UUID | None
    account: str = Field(max_length=80)
    amount_kopecks: int
    reason: str = Field(max_length=32)
    posted_at: Instant


class _Shift(Message):
    TOPIC: ClassVar[str] = "billing.shift"
    KEY: ClassVar[str] = "shift_id"

    shift_id: UUID
    club_id: UUID
    till_id: UUID


class ShiftOpened(_Shift):
    """Money may be taken at this till."""

    TYPE: ClassVar[str] = "billing.shift.opened.v1"

    float_kopecks: Kopecks
    opened_at: Instant
    opened_by: Person


class TenderCount(Part):
    """What a shift should hold of one tender, and what was counted."""

    kind: TenderKind
    expected_kopecks: int
    counted_kopecks: int


class ShiftClosed(_Shift):
    """The shift is over, counted and compared with the register's own totals."""

    TYPE: ClassVar[str] = "billing.shift.closed.v1"

    tenders: tuple[TenderCount, ...]
    reason: str | None = Field(default=None, max_length=200)
    """Why the count differs, in the words of the person who closed."""
    register_gap_kopecks: int
    """The register's takings less ours; each kopeck of it is explained in the shift's report."""
    closed_at: Instant
    closed_by: Person
    outcome: Literal["even", "differs"]
