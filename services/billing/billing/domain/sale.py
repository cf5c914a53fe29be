"""A sale from its opening to its end: a pure machine, `step(sale, fact) -> (sale, effects)`.

Money is held when the sale is paid and posted when its receipt is registered; a receipt that is refused gives the
money back, unless what was sold is already handed over: then another receipt is ordered, because the guest has paid.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from billing.domain.paying import Kind, Tender, TenderState, check

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
    REFUND = "refund"
    """Money of another sale goes back: the same machine, the money the other way round."""


class Receipt(StrEnum):
    """What is known of the current receipt."""

    NONE = "none"
    ORDERED = "ordered"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    REGISTERED = "registered"
    REFUSED = "refused"
    UNFISCALISED = "unfiscalised"
    """There is none, by somebody's word: manual payment. A correction closes it."""


@dataclass(frozen=True, slots=True)
class Sale:
    """Lines to be paid, how they are paid, and how far that is."""

    sale_id: UUID
    what: What
    total_kopecks: int
    pay_by: datetime
    client_id: UUID | None = None
    bonus_cap_percent: int = 0
    """How much of it bonuses may pay for."""
    bonus_kopecks: int = 0
    """By so much bonuses have lowered it; `total_kopecks` is what is left to be paid."""
    returned: What | None = None
    """What a refund gives back."""
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
    def bonus_max_kopecks(self) -> int:
        """The most that bonuses may lower it by, rounded down to a whole kopeck."""
        return (self.total_kopecks + self.bonus_kopecks) * self.bonus_cap_percent // 100

    @property
    def holds(self) -> bool:
        """Something of the client's is reserved for it."""
        return self.reserved_kopecks > 0 or self.bonus_kopecks > 0

    @property
    def reserved_kopecks(self) -> int:
        """What is taken from the client's balance: the part paid from it, or a top-up that goes back."""
        if self.what is What.REFUND:
            return self.total_kopecks if self.returned is What.TOP_UP else 0
        return self.amount(Kind.BALANCE)

    @property
    def has_means(self) -> bool:
        """What its client has may pay for it."""
        return self.what is not What.TOP_UP and self.client_id is not None

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


# Facts. -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pay:
    """The guest pays in this shift, at this moment, with what the client's balance and bonuses allow.

    `bonus_kopecks` lowers the sale before the tenders pay the rest.
    """

    tenders: tuple[Tender, ...]
    shift_id: UUID
    at: datetime
    available_kopecks: int = 0
    bonus_kopecks: int = 0
    bonus_available_kopecks: int = 0


@dataclass(frozen=True, slots=True)
class Return:
    """The money of another sale goes back in this shift, by these tenders, as soon as the receipt is registered."""

    tenders: tuple[Tender, ...]
    shift_id: UUID


@dataclass(frozen=True, slots=True)
class Registered:
    attempt: int


@dataclass(frozen=True, slots=True)
class Unfiscalised:
    """The settlement is done, and no document was made of it."""

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


Fact = Pay | Return | Registered | Unfiscalised | Refused | Unknown | Waiting | Passed | Impossible | Cancel


class Effect(StrEnum):
    """What a step does besides changing the sale; in this order."""

    HOLD = "hold"
    """The balance part and the bonuses go from what the client has to what is held."""
    RELEASE = "release"
    """The held parts go back."""
    SETTLE = "settle"
    """Held and received money becomes revenue, or a balance; held bonuses are spent."""
    PRINT = "print"
    TELL_PAID = "tell paid"
    TELL_UNCONFIRMED = "tell unconfirmed"
    TELL_FAILED = "tell failed"
    TELL_CANCELLED = "tell cancelled"


Step = tuple[Sale, tuple[Effect, ...]]


def step(sale: Sale, fact: Fact) -> Step:
    """What `fact` makes of `sale`. Facts that came late or twice change nothing. Raises Unpayable."""
    if isinstance(fact, Registered | Unfiscalised | Refused | Unknown | Waiting) and fact.attempt != sale.attempt:
        assert fact.attempt < sale.attempt, f"receipt {fact.attempt} of sale {sale.sale_id} was never ordered"
        return sale, ()
    match sale.state, fact:
        case State.OPEN, Pay():
            return _paid_for(sale, fact)
        case State.OPEN, Return(tenders, shift_id) if sale.what is What.REFUND:
            return _ordered(replace(sale, tenders=tenders, shift_id=shift_id))
        case State.OPEN, Cancel.CANCEL:
            return replace(sale, state=State.CANCELLED), (Effect.TELL_CANCELLED,)
        case State.OPEN, Impossible(code):
            return replace(sale, state=State.FAILED, code=code), (Effect.TELL_FAILED,)
        case State.OPEN, Passed(now) if now >= sale.pay_by:
            return replace(sale, state=State.FAILED, code="not_paid_in_time"), (Effect.TELL_FAILED,)
        case State.FISCALISING, Registered():
            return _paid(sale, Receipt.REGISTERED)
        case State.FISCALISING, Unfiscalised() if sale.what is not What.REFUND:
            return _paid(sale, Receipt.UNFISCALISED)
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
        case State.FAILED, (Registered() | Unfiscalised()):
            raise AssertionError(f"sale {sale.sale_id} failed and its receipt was registered, or done without")
        case State.FISCALISING, Unfiscalised():
            raise AssertionError(f"refund {sale.sale_id} gave money back without a receipt")
    return sale, ()


def _paid_for(sale: Sale, pay: Pay) -> Step:
    check(sale, pay)
    due = replace(sale, total_kopecks=sale.total_kopecks - pay.bonus_kopecks, bonus_kopecks=pay.bonus_kopecks)
    return _ordered(replace(due, shift_id=pay.shift_id, tenders=pay.tenders))


def _ordered(sale: Sale) -> Step:
    """The first receipt is ordered, and what it needs of the client's is held."""
    ordered = replace(sale, state=State.FISCALISING, attempt=1, receipt=Receipt.ORDERED)
    return ordered, ((Effect.HOLD, Effect.PRINT) if ordered.holds else (Effect.PRINT,))


def _paid(sale: Sale, receipt: Receipt) -> Step:
    done = replace(_tenders_are(sale, TenderState.TAKEN), state=State.PAID, receipt=receipt, code=None, reprint_at=None)
    return done, (Effect.SETTLE, Effect.TELL_PAID)


def _refused(sale: Sale, fact: Refused) -> Step:
    said = replace(sale, receipt=Receipt.REFUSED, code=fact.code, device_text=fact.device_text)
    if sale.handed_over:
        return replace(said, reprint_at=fact.at + reprint_pause(sale.attempt)), ()
    failed = replace(_tenders_are(said, TenderState.RETURNED), state=State.FAILED)
    return failed, ((Effect.RELEASE, Effect.TELL_FAILED) if sale.holds else (Effect.TELL_FAILED,))


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
