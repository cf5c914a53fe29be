"""A receipt as it is asked for; one that breaks a rule of the register cannot be built."""

from dataclasses import dataclass

from kkm_server.domain.codes import (
    CALCULATIONS,
    MEASURES,
    METHODS,
    SUBJECTS,
    SUBJECTS_WITH_CODE,
    TAX_LABELS,
    Calculation,
    CheckType,
)
from kkm_server.domain.money import cost
from kkm_server.domain.refusals import (
    AMOUNT_OVER_PRICE,
    EMPTY_RECEIPT,
    MARKING_CODE_MISSING,
    NON_CASH_OVER_TOTAL,
    PACKAGE_WRONG,
    UNDERPAID,
    WRONG_VALUE,
    Refusal,
)

# Tag 1030 takes 128 characters; the product's own 64 is nominal.
NAME_LENGTH_MAX = 128
# Tag 1192.
ATTRIBUTE_LENGTH_MAX = 16
# Tag 1008.
ADDRESS_LENGTH_MAX = 64


def _known(member: str, known: bool) -> None:
    if not known:
        raise Refusal(WRONG_VALUE, member)


@dataclass(frozen=True, slots=True)
class Line:
    """One fiscal line; `price_kopecks` is before the discount, `amount_kopecks` after it."""

    name: str
    quantity_milli: int
    price_kopecks: int
    amount_kopecks: int
    tax: int
    method: int
    subject: int
    measure: int = 0
    department: int = 0
    code: str = ""
    package_quantity: int | None = None

    def __post_init__(self) -> None:
        _known("Name", 0 < len(self.name) <= NAME_LENGTH_MAX)
        _known("Quantity", self.quantity_milli > 0)
        _known("Price", self.price_kopecks >= 0)
        _known("Amount", self.amount_kopecks >= 0)
        _known("Tax", self.tax in TAX_LABELS)
        _known("SignMethodCalculation", self.method in METHODS)
        _known("SignCalculationObject", self.subject in SUBJECTS)
        _known("MeasureOfQuantity", self.measure in MEASURES)
        if self.amount_kopecks > self.full_kopecks:
            raise Refusal(AMOUNT_OVER_PRICE, self.name)
        if self.subject in SUBJECTS_WITH_CODE and not self.code:
            raise Refusal(MARKING_CODE_MISSING, self.name)
        if self.package_quantity is not None:
            self._check_package(self.package_quantity)

    def _check_package(self, package_quantity: int) -> None:
        """Part of a marked package: whole pieces, not more than the package holds (reference 9.4)."""
        whole = self.quantity_milli % 1000 == 0
        if self.measure != 0 or not whole or self.quantity_milli > package_quantity * 1000:
            raise Refusal(PACKAGE_WRONG, self.name)

    @property
    def full_kopecks(self) -> int:
        """What the line would cost without its discount."""
        return cost(self.price_kopecks, self.quantity_milli)


@dataclass(frozen=True, slots=True)
class Words:
    """A line or lines of plain text, layout codes resolved by the paper."""

    text: str


@dataclass(frozen=True, slots=True)
class Barcode:
    """A bar code between the lines."""

    type: str
    value: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture between the lines; the paper shows its place only."""

    size_bytes: int


Item = Line | Words | Barcode | Picture


@dataclass(frozen=True, slots=True)
class Payments:
    """The five kinds of payment, tags 1031, 1081, 1215, 1216 and 1217."""

    cash: int = 0
    electronic: int = 0
    advance: int = 0
    credit: int = 0
    provision: int = 0

    def __post_init__(self) -> None:
        amounts = (self.cash, self.electronic, self.advance, self.credit, self.provision)
        _known("Cash, ElectronicPayment, AdvancePayment, Credit, CashProvision", min(amounts) >= 0)

    @property
    def non_cash(self) -> int:
        """Everything but cash."""
        return self.electronic + self.advance + self.credit + self.provision

    @property
    def total(self) -> int:
        """All five together."""
        return self.cash + self.non_cash

    def settled(self, total_kopecks: int) -> "Payments":
        """What is registered for a total: the cash without its change."""
        if self.non_cash > total_kopecks:
            raise Refusal(NON_CASH_OVER_TOTAL)
        if self.total < total_kopecks:
            raise Refusal(UNDERPAID)
        cash = total_kopecks - self.non_cash
        return Payments(cash, self.electronic, self.advance, self.credit, self.provision)


NOTHING_PAID = Payments()


@dataclass(frozen=True, slots=True)
class Correction:
    """Why a correction receipt is made: tags 1173, 1178, 1179."""

    by_order: bool
    base_date: str
    base_number: str = ""

    def __post_init__(self) -> None:
        _known("CorrectionBaseDate", bool(self.base_date))
        # Tag 1179 is the number of the tax authority's order, so it goes with an order alone.
        _known("CorrectionBaseNumber", bool(self.base_number) or not self.by_order)


@dataclass(frozen=True, slots=True)
class Cashier:
    """Who stands at the till, tags 1021 and 1203."""

    name: str = ""
    vatin: str = ""


NOBODY = Cashier()


@dataclass(frozen=True, slots=True)
class Receipt:
    """A fiscal receipt that the register may still refuse for its own state, but not for its form."""

    type: CheckType
    items: tuple[Item, ...]
    tendered: Payments
    cashier: Cashier = NOBODY
    client_address: str = ""
    tax_variant: str = ""
    attribute: str = ""
    not_print: bool = False
    correction: Correction | None = None

    def __post_init__(self) -> None:
        if not self.lines:
            raise Refusal(EMPTY_RECEIPT)
        _known("AdditionalAttribute", len(self.attribute) <= ATTRIBUTE_LENGTH_MAX)
        _known("ClientAddress", len(self.client_address) <= ADDRESS_LENGTH_MAX)
        _known("CorrectionType", (self.correction is not None) == self.calculation.correction)
        self.tendered.settled(self.total)

    @property
    def calculation(self) -> Calculation:
        """What its `TypeCheck` means."""
        return CALCULATIONS[self.type]

    @property
    def lines(self) -> tuple[Line, ...]:
        """The fiscal lines alone."""
        return tuple(item for item in self.items if isinstance(item, Line))

    @property
    def total(self) -> int:
        """Tag 1020: the sum of the lines."""
        return sum(line.amount_kopecks for line in self.lines)

    @property
    def payments(self) -> Payments:
        """What is registered; the five add up to the total."""
        return self.tendered.settled(self.total)

    @property
    def change(self) -> int:
        """What goes back to the buyer, from cash alone."""
        return self.tendered.total - self.total

    @property
    def on_paper(self) -> bool:
        """Without a client's address the product prints all the same (reference 3)."""
        return not (self.not_print and self.client_address)
