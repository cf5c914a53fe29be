"""A sale from its opening to its end: a pure machine, `step(sale, fact) -> (sale, effects)`.

Money is held when the sale is paid and posted when its receipt is registered; a receipt that is refused gives the
money back, unless what was sold is already handed over: then another receipt is ordered, because the guest has paid.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

RELEASE_AFTER = timedelta(seconds=20)
"""So long a paid session waits for an unknown receipt, where the club starts it all the same."""

REPRINT_AFTER = timedelta(seconds=30)
"""Between the first refused receipt and the next one of a sale that is already handed over: paper has to be changed."""

REPRINT_AFTER_MAX = timedelta(minutes=10)
"""However often it was refused."""


class State(StrEnum):
    OPEN = "open"
    FISCALISING = "fiscalising"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


class What(StrEnum):
    SESSION = "session"
    TOP_UP = "top_up"


class Kind(StrEnum):
    CASH = "cash"
    CARD = "card"
    BALANCE = "balance"


class TenderState(StrEnum):
    HELD = "held"
    TAKEN = "taken"
    RETURNED = "returned"


class Receipt(StrEnum):
    """What is known of the current receipt."""

    NONE = "none"
    ORDERED = "ordered"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    REGISTERED = "registered"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Tender:
    """One part of a payment. `received_kopecks` is what the guest handed over; it may exceed cash alone."""

    kind: Kind
    amount_kopecks: int
    received_kopecks: int
    slip: str | None = None
    state: TenderState = TenderState.HELD

    @property
    def change_kopecks(self) -> int:
        return self.received_kopecks - self.amount_kopecks


@dataclass(frozen=True, slots=True)
class Sale:
    """Lines to be paid, how they are paid, and how far that is."""

    sale_id: UUID
    what: What
    total_kopecks: int
    pay_by: datetime
    client_id: UUID | None = None
    state: State = State.OPEN
    shift_id: UUID | None = None
    tenders: tuple[Tender, ...] = ()
    attempt: int = 0
    """Which receipt of this sale is meant; 0 before the first."""
    receipt: Receipt = Receipt.NONE
    unknown_since: datetime | None = None
    reprint_at: datetime | None = None
    handed_over: bool = False
    """What was sold is with the guest although its receipt is not known: the money is not given back any more."""
    code: str | None = None
    device_text: str | None = None

    def amount(self, kind: Kind) -> int:
        return sum(tender.amount_kopecks for tender in self.tenders if tender.kind is kind)

    @property
    def ended(self) -> bool:
        return self.state in (State.PAID, State.FAILED, State.CANCELLED)

    @property
    def money(self) -> str:
        """What is with the guest's money: none, taken, returning, unknown."""
        if self.state in (State.OPEN, State.CANCELLED):
            return "none"
        if self.state is State.FAILED:
            return "returning" if self.amount(Kind.CASH) + self.amount(Kind.CARD) > 0 else "none"
        return "taken"


class Unpayable(Exception):
    """These tenders cannot pay this sale: `code` says why, `params` with which amounts."""

    def __init__(self, code: str, **params: int | str) -> None:
        super().__init__(code)
        self.code, self.params = code, params


# Facts. -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pay:
    """The guest pays in this shift, at this moment; `available_kopecks` is what the client's balance allows."""

    tenders: tuple[Tender, ...]
    shift_id: UUID
    at: datetime
    available_kopecks: int = 0


@dataclass(frozen=True, slots=True)
class Registered:
    attempt: int


@dataclass(frozen=True, slots=True)
class Refused:
    attempt: int
    code: str
    device_text: str | None
    at: datetime


@dataclass(frozen=True, slots=True)
class Unknown:
    attempt: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    attempt: int
    code: str


@dataclass(frozen=True, slots=True)
class Passed:
    """Time has passed. `may_start`: the club hands over what was sold although its receipt is unknown."""

    now: datetime
    may_start: bool = True


@dataclass(frozen=True, slots=True)
class Impossible:
    """The payment that came with the order cannot be taken."""

    code: str


class Cancel(StrEnum):
    CANCEL = "cancel"


Fact = Pay | Registered | Refused | Unknown | Waiting | Passed | Impossible | Cancel


class Effect(StrEnum):
    """What a step does besides changing the sale; in this order."""

    HOLD = "hold"
    """The balance part goes from the client's balance to what is held."""
    RELEASE = "release"
    """The held part goes back."""
    SETTLE = "settle"
    """Held and received money becomes revenue, or a balance."""
    PRINT = "print"
    TELL_PAID = "tell paid"
    TELL_UNCONFIRMED = "tell unconfirmed"
    TELL_FAILED = "tell failed"
    TELL_CANCELLED = "tell cancelled"


Step = tuple[Sale, tuple[Effect, ...]]


def step(sale: Sale, fact: Fact) -> Step:
    """What `fact` makes of `sale`. Facts that came late or twice change nothing. Raises Unpayable."""
    if isinstance(fact, Registered | Refused | Unknown | Waiting) and fact.attempt != sale.attempt:
        assert fact.attempt < sale.attempt, f"receipt {fact.attempt} of sale {sale.sale_id} was never ordered"
        return sale, ()
    match sale.state, fact:
        case State.OPEN, Pay():
            return _paid_for(sale, fact)
        case State.OPEN, Cancel.CANCEL:
            return replace(sale, state=State.CANCELLED), (Effect.TELL_CANCELLED,)
        case State.OPEN, Impossible(code):
            return replace(sale, state=State.FAILED, code=code), (Effect.TELL_FAILED,)
        case State.OPEN, Passed(now) if now >= sale.pay_by:
            return replace(sale, state=State.FAILED, code="not_paid_in_time"), (Effect.TELL_FAILED,)
        case State.FISCALISING, Registered():
            done = replace(
                _tenders_are(sale, TenderState.TAKEN), state=State.PAID, receipt=Receipt.REGISTERED, code=None
            )
            return done, (Effect.SETTLE, Effect.TELL_PAID)
        case State.FISCALISING, Refused() if sale.receipt is not Receipt.REFUSED:
            return _refused(sale, fact)
        case State.FISCALISING, Unknown(since=since) if sale.receipt is not Receipt.REFUSED:
            return replace(sale, receipt=Receipt.UNKNOWN, unknown_since=sale.unknown_since or since), ()
        case State.FISCALISING, Waiting(code=code) if sale.receipt is not Receipt.REFUSED:
            return replace(sale, receipt=Receipt.WAITING, code=code), ()
        case State.FISCALISING, Passed():
            return _passed(sale, fact)
        case State.PAID, Refused():
            raise AssertionError(f"sale {sale.sale_id} is paid and its receipt was refused")
        case State.FAILED, Registered():
            raise AssertionError(f"sale {sale.sale_id} failed and its receipt was registered")
    return sale, ()


def check(sale: Sale, pay: Pay) -> None:
    """Raise Unpayable unless these tenders pay the sale exactly, and in time."""
    if pay.at >= sale.pay_by:
        # The order may have come hours late: the guest has left, and nobody took the money.
        raise Unpayable("not_paid_in_time", pay_by=sale.pay_by.isoformat())
    kinds = [tender.kind for tender in pay.tenders]
    if len(set(kinds)) != len(kinds):
        raise Unpayable("tender_twice")
    paid = sum(tender.amount_kopecks for tender in pay.tenders)
    if paid != sale.total_kopecks:
        raise Unpayable("tenders_do_not_add_up", total_kopecks=sale.total_kopecks, paid_kopecks=paid)
    for tender in pay.tenders:
        if tender.change_kopecks < 0:
            raise Unpayable(
                "too_little_received", amount_kopecks=tender.amount_kopecks, received_kopecks=tender.received_kopecks
            )
        if tender.change_kopecks > 0 and tender.kind is not Kind.CASH:
            raise Unpayable("change_from_cash_only", kind=tender.kind)
        if tender.kind is Kind.BALANCE and (sale.what is What.TOP_UP or sale.client_id is None):
            raise Unpayable("balance_not_possible")
        if tender.kind is Kind.BALANCE and tender.amount_kopecks > pay.available_kopecks:
            missing = tender.amount_kopecks - pay.available_kopecks
            raise Unpayable("balance_too_low", balance_kopecks=pay.available_kopecks, missing_kopecks=missing)


def _paid_for(sale: Sale, pay: Pay) -> Step:
    check(sale, pay)
    paid = replace(
        sale, state=State.FISCALISING, shift_id=pay.shift_id, tenders=pay.tenders, attempt=1, receipt=Receipt.ORDERED
    )
    return paid, ((Effect.HOLD, Effect.PRINT) if paid.amount(Kind.BALANCE) else (Effect.PRINT,))


def _refused(sale: Sale, fact: Refused) -> Step:
    said = replace(sale, receipt=Receipt.REFUSED, code=fact.code, device_text=fact.device_text)
    if sale.handed_over:
        return replace(said, reprint_at=fact.at + reprint_pause(sale.attempt)), ()
    failed = replace(_tenders_are(said, TenderState.RETURNED), state=State.FAILED)
    return failed, ((Effect.RELEASE, Effect.TELL_FAILED) if sale.amount(Kind.BALANCE) else (Effect.TELL_FAILED,))


def reprint_pause(attempt: int) -> timedelta:
    """How long after its refusal the receipt of `attempt` is ordered again: twice as long each time, up to a limit."""
    assert attempt >= 1, attempt
    times = 1 << min(attempt - 1, 10)
    return min(REPRINT_AFTER * times, REPRINT_AFTER_MAX)


def _passed(sale: Sale, fact: Passed) -> Step:
    if sale.reprint_at is not None and fact.now >= sale.reprint_at:
        again = replace(sale, attempt=sale.attempt + 1, receipt=Receipt.ORDERED, reprint_at=None, code=None)
        return replace(again, unknown_since=None, device_text=None), (Effect.PRINT,)
    waited = sale.unknown_since is not None and fact.now >= sale.unknown_since + RELEASE_AFTER
    if (
        sale.receipt is Receipt.UNKNOWN
        and waited
        and fact.may_start
        and not sale.handed_over
        and sale.what is What.SESSION
    ):
        return replace(sale, handed_over=True), (Effect.TELL_UNCONFIRMED,)
    return sale, ()


def _tenders_are(sale: Sale, state: TenderState) -> Sale:
    return replace(sale, tenders=tuple(replace(tender, state=state) for tender in sale.tenders))
