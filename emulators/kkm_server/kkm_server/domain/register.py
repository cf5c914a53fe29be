"""The register: its shift, drawer, counters and paper, and what each command makes of them.

Every command is a function from a register to the next one and the documents made; a refusal changes nothing.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from kkm_server.domain import paper
from kkm_server.domain.codes import CheckType, Kind
from kkm_server.domain.device import Device
from kkm_server.domain.document import Document, sealed
from kkm_server.domain.money import rubles
from kkm_server.domain.receipt import NOBODY, NOTHING_PAID, Cashier, Item, Payments, Receipt
from kkm_server.domain.refusals import (
    DRIVE_EXPIRED,
    NO_PAPER,
    NOT_ENOUGH_CASH,
    OFD_BLOCKED,
    SHIFT_IS_NOT_OPEN,
    SHIFT_IS_OPEN,
    TAX_VARIANT_MISSING,
    TAX_VARIANT_UNKNOWN,
    WRONG_VALUE,
    Refusal,
)

SHIFT_LONGEST = timedelta(hours=24)
OFD_PATIENCE = timedelta(days=30)
# `CheckNumber` runs ahead of the fiscal number and counts slips too, so that the two are never equal: on a real
# register they differ (478 and 557 are recorded), and clients that mix them up must notice.
CHECK_NUMBER_AHEAD = 1000


class ShiftState(StrEnum):
    """A shift is closed, open, or open for so long that the register refuses receipts."""

    CLOSED = "closed"
    OPEN = "open"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Turnover:
    """The receipts of one type in a shift."""

    type: CheckType
    count: int
    payments: Payments

    def plus(self, paid: Payments) -> "Turnover":
        """The turnover with one receipt more."""
        had = self.payments
        return Turnover(
            self.type,
            self.count + 1,
            Payments(
                cash=had.cash + paid.cash,
                electronic=had.electronic + paid.electronic,
                advance=had.advance + paid.advance,
                credit=had.credit + paid.credit,
                provision=had.provision + paid.provision,
            ),
        )


@dataclass(frozen=True, slots=True)
class Shift:
    """A fiscal shift that is not closed."""

    opened_at: datetime
    receipts: int = 0
    turnovers: tuple[Turnover, ...] = ()

    def with_receipt(self, type_: CheckType, paid: Payments) -> "Shift":
        """The shift with one receipt more."""
        others = tuple(turnover for turnover in self.turnovers if turnover.type is not type_)
        same = next(
            (turnover for turnover in self.turnovers if turnover.type is type_), Turnover(type_, 0, NOTHING_PAID)
        )
        turnovers = sorted((*others, same.plus(paid)), key=lambda turnover: turnover.type)
        return replace(self, receipts=self.receipts + 1, turnovers=tuple(turnovers))


@dataclass(frozen=True, slots=True)
class Order:
    """Who asked for a document and when, and whether it goes on paper."""

    now: datetime
    id_command: str = ""
    cashier: Cashier = NOBODY
    on_paper: bool = True


@dataclass(frozen=True, slots=True)
class Step:
    """What a command left behind: the next register and the documents it made, in their order."""

    register: "Register"
    documents: tuple[Document, ...]


@dataclass(frozen=True, slots=True)
class Register:
    """The state of one register between two commands."""

    device: Device
    fs_number: str
    fs_ends_at: datetime
    session: int = 0
    shift: Shift | None = None
    cash_kopecks: int = 0
    number: int = 0
    check_number: int = CHECK_NUMBER_AHEAD
    paper: bool = True
    ofd_unsent: int = 0
    ofd_oldest_at: datetime | None = None

    def __post_init__(self) -> None:
        assert self.cash_kopecks >= 0, self.cash_kopecks
        assert self.number < self.check_number, (self.number, self.check_number)

    def shift_state(self, now: datetime) -> ShiftState:
        """Whether receipts are possible now, and if not, why."""
        if self.shift is None:
            return ShiftState.CLOSED
        return ShiftState.EXPIRED if now - self.shift.opened_at >= SHIFT_LONGEST else ShiftState.OPEN

    def with_shift(self, state: ShiftState, now: datetime) -> "Register":
        """The register with a shift as asked and no document made: a state to start a test from."""
        if state is ShiftState.CLOSED:
            return replace(self, shift=None)
        opened_at = now if state is ShiftState.OPEN else now - SHIFT_LONGEST - timedelta(hours=1)
        if self.shift is not None:
            return replace(self, shift=replace(self.shift, opened_at=opened_at))
        return replace(self, session=self.session + 1, shift=Shift(opened_at))

    # The commands.

    def open_shift(self, order: Order) -> Step:
        """Open a shift; refused while one is open, expired or not."""
        if self.shift is not None:
            raise Refusal(SHIFT_IS_OPEN)
        self._must_be_able_to_fiscalise(order.now)
        self._must_have_paper(order.on_paper)
        opened = replace(self, session=self.session + 1, shift=Shift(order.now))
        return opened._report(order, Kind.OPEN_SHIFT, "ОТЧЕТ ОБ ОТКРЫТИИ СМЕНЫ", fiscal=True)

    def close_shift(self, order: Order) -> Step:
        """Close the shift: the only fiscal document that an expired shift, drive or OFD queue does not stop."""
        if self.shift is None:
            raise Refusal(SHIFT_IS_NOT_OPEN)
        self._must_have_paper(order.on_paper)
        rows = paper.totals(self.shift.turnovers, self.cash_kopecks)
        closed = replace(self, shift=None)
        return closed._report(order, Kind.CLOSE_SHIFT, "ОТЧЕТ О ЗАКРЫТИИ СМЕНЫ", rows, fiscal=True)

    def x_report(self, order: Order) -> Step:
        """Print the turnover so far; nothing fiscal happens."""
        self._must_have_paper(order.on_paper)
        rows = paper.totals(self.shift.turnovers if self.shift else (), self.cash_kopecks)
        return self._report(order, Kind.X_REPORT, "X-ОТЧЕТ", rows)

    def ofd_report(self, order: Order) -> Step:
        """Make the fiscal report on the state of settlements."""
        self._must_be_able_to_fiscalise(order.now)
        self._must_have_paper(order.on_paper)
        rows = paper.ofd_rows(self.ofd_unsent, self.device.ofd_error)
        return self._report(order, Kind.OFD_REPORT, "ОТЧЕТ О ТЕКУЩЕМ СОСТОЯНИИ РАСЧЕТОВ", rows, fiscal=True)

    def move_cash(self, order: Order, kopecks: int) -> Step:
        """Put money into the drawer, or take it out where `kopecks` is negative."""
        if kopecks == 0:
            raise Refusal(WRONG_VALUE, "Amount")
        self._must_be_open(order.now)
        self._must_have_paper(order.on_paper)
        moved = self._with_cash(kopecks)
        title, kind = ("ВНЕСЕНИЕ", Kind.CASH_IN) if kopecks > 0 else ("ВЫПЛАТА", Kind.CASH_OUT)
        rows = [("СУММА", f"={rubles(abs(kopecks))}"), ("НАЛИЧНЫХ В КАССЕ", f"={rubles(moved.cash_kopecks)}")]
        return moved._report(order, kind, title, rows, paid=Payments(cash=abs(kopecks)))

    def print_slip(self, order: Order, several: tuple[Item, ...]) -> Step:
        """Print text that is not fiscal; it needs paper and nothing else."""
        self._must_have_paper(order.on_paper)
        document = replace(self._blank(order, Kind.NON_FISCAL), text=paper.slip(several))
        return self._made(document)

    def register_receipt(self, order: Order, receipt: Receipt) -> Step:
        """Fiscalise a receipt, opening a closed shift first.

        That every register opens it by itself is assumed (reference 8): many clients rely on it.
        """
        tax_variant = self._tax_variant(receipt.tax_variant)
        if self.shift is None:
            opened = self.open_shift(order)
            return opened.register._fiscalised(order, receipt, tax_variant, before=opened.documents)
        return self._fiscalised(order, receipt, tax_variant)

    # What they are made of.

    def _fiscalised(self, order: Order, receipt: Receipt, tax_variant: str, before: tuple[Document, ...] = ()) -> Step:
        shift = self._must_be_open(order.now)
        self._must_be_able_to_fiscalise(order.now)
        self._must_have_paper(order.on_paper)
        paid = receipt.payments
        counted = replace(self, shift=shift.with_receipt(receipt.type, paid))
        counted = counted._with_cash(receipt.calculation.cash_way * paid.cash)
        document = replace(
            counted._blank(order, receipt.calculation.kind, fiscal=True),
            session_check=shift.receipts + 1,
            type=receipt.type,
            lines=receipt.lines,
            payments=paid,
            change_kopecks=receipt.change,
            tax_variant=tax_variant,
            client_address=receipt.client_address,
        )
        document = sealed(document, self.device, self.fs_number)
        document = replace(document, text=paper.receipt(self.device, self.fs_number, receipt, document))
        return counted._made(document, before)

    def _report(
        self,
        order: Order,
        kind: Kind,
        title: str,
        rows: list[tuple[str, str]] | None = None,
        *,
        fiscal: bool = False,
        paid: Payments = NOTHING_PAID,
    ) -> Step:
        document = replace(self._blank(order, kind, fiscal=fiscal), payments=paid)
        if fiscal:
            document = sealed(document, self.device, self.fs_number)
        text = paper.report(self.device, self.fs_number, title, document, rows or [])
        return self._made(replace(document, text=text))

    def _blank(self, order: Order, kind: Kind, *, fiscal: bool = False) -> Document:
        return Document(
            num_device=self.device.num,
            number=self.number + 1 if fiscal else 0,
            check_number=self.check_number + 1,
            kind=kind,
            at=order.now,
            session=self.session,
            id_command=order.id_command,
            cashier=order.cashier,
            electronic=not order.on_paper,
        )

    def _made(self, document: Document, before: tuple[Document, ...] = ()) -> Step:
        counted = replace(self, check_number=document.check_number)
        if document.number:
            counted = replace(counted, number=document.number)._with_unsent(document.at)
        return Step(counted, (*before, document))

    def _with_cash(self, kopecks: int) -> "Register":
        if self.cash_kopecks + kopecks < 0:
            raise Refusal(NOT_ENOUGH_CASH)
        return replace(self, cash_kopecks=self.cash_kopecks + kopecks)

    def _with_unsent(self, now: datetime) -> "Register":
        # Documents reach the OFD at once, unless the exchange is broken.
        if not self.device.ofd_error:
            return self
        oldest_at = self.ofd_oldest_at if self.ofd_unsent else now
        return replace(self, ofd_unsent=self.ofd_unsent + 1, ofd_oldest_at=oldest_at)

    def _tax_variant(self, asked: str) -> str:
        registered = self.device.tax_variants
        if not asked and len(registered) > 1:
            raise Refusal(TAX_VARIANT_MISSING)
        if asked and asked not in registered:
            raise Refusal(TAX_VARIANT_UNKNOWN, asked)
        return asked or registered[0]

    def _must_be_open(self, now: datetime) -> Shift:
        if self.shift is None or self.shift_state(now) is not ShiftState.OPEN:
            raise Refusal(SHIFT_IS_NOT_OPEN)
        return self.shift

    def _must_have_paper(self, needed: bool) -> None:
        if needed and not self.paper:
            raise Refusal(NO_PAPER)

    def _must_be_able_to_fiscalise(self, now: datetime) -> None:
        if now >= self.fs_ends_at:
            raise Refusal(DRIVE_EXPIRED)
        if self.ofd_unsent and self.ofd_oldest_at and now - self.ofd_oldest_at >= OFD_PATIENCE:
            raise Refusal(OFD_BLOCKED)
