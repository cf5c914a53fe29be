"""Parts that several services speak of: lines of a sale, tenders, who works at the till."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.message import Kopecks, Part

TenderKind = Literal["cash", "card", "balance"]
MoneyState = Literal["none", "taken", "returning", "unknown"]
"""What is with the guest's money when a payment did not go through."""

Name = Annotated[str, Field(min_length=1, max_length=128)]


class Line(Part):
    """One line to be paid. `amount_kopecks` is the whole line after discounts."""

    name: Name
    quantity: int = Field(gt=0, le=100_000)
    price_kopecks: Kopecks
    """Price of one, before discounts."""
    amount_kopecks: Kopecks
    subject: Literal["service", "goods", "advance"] = "service"


class Tender(Part):
    """One part of a payment. Change is given from cash alone: `received_kopecks` is what the guest handed over."""

    kind: TenderKind
    amount_kopecks: int = Field(gt=0, le=10**12)
    received_kopecks: Kopecks | None = None
    slip: str | None = Field(default=None, max_length=40)
    """Number of the terminal's slip, where a person confirmed the card by hand."""


class Person(Part):
    """Who did it: a member of staff, by the name that goes on receipts and reports."""

    member_id: UUID
    name: str = Field(max_length=128)
    inn: str | None = Field(default=None, pattern=r"^[0-9]{12}$")
