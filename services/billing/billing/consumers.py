"""Kafka in: ordered sessions become sales, receipts settle them, shifts close."""

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args
from uuid import UUID

from billing import store
from billing.domain.paying import Unpayable
from billing.domain.sale import Fact, Impossible, Refused, Registered, Sale, Unfiscalised, Unknown, Waiting, What
from billing.store import closing, payment, sales
from billing.store.sales import Stored
from contracts import fiscal, hall, staff
from edge.scope import Scope
from kit.consume import Handlers
from kit.db import Tx
from kit.parked import Delivery


def handlers() -> Handlers:
    """What billing follows."""
    follow = Handlers()
    _places(follow)
    _sessions(follow)
    _receipts(follow)
    _shifts(follow)
    return follow


def _places(follow: Handlers) -> None:
    @follow.handle(hall.ClubRegistered)
    @follow.handle(hall.ClubChanged)
    async def club(tx: Tx, message: hall.ClubRegistered | hall.ClubChanged, delivery: Delivery) -> None:
        names = ("name", "time_zone", "day_starts_at", "start_on_unknown_receipt", "blind_count")
        known = {name: getattr(message, name) for name in names}
        await store.note_club(tx, message.club_id, message.org_id, **known)

    @follow.handle(staff.TillAdded)
    @follow.handle(staff.TillChanged)
    async def till(tx: Tx, message: staff.TillAdded | staff.TillChanged, delivery: Delivery) -> None:
        await store.note_till(tx, message.till_id, message.org_id, message.club_id, message.name)

    @follow.handle(fiscal.ManualPaymentStarted)
    @follow.handle(fiscal.ManualPaymentEnded)
    async def by_hand(
        tx: Tx, message: fiscal.ManualPaymentStarted | fiscal.ManualPaymentEnded, delivery: Delivery
    ) -> None:
        """A register does not answer: nothing is refunded in its club meanwhile."""
        until = message.until if isinstance(message, fiscal.ManualPaymentStarted) else None
        await store.note_manual_payment(tx, message.register_id, message.org_id, message.club_id, until)


def _sessions(follow: Handlers) -> None:
    @follow.handle(hall.SessionOrdered)
    async def open_sale(tx: Tx, message: hall.SessionOrdered, delivery: Delivery) -> None:
        """Open the sale that an ordered session is paid with; pay it at once where the order says how."""
        scope = Scope(message.org_id, frozenset({message.club_id}))
        unknown = await _unknown(tx, scope, message)
        stored = await sales.open_sale(tx, _sale(tx, message, client_known="unknown_client" not in unknown))
        if unknown:
            await sales.take(tx, [(stored, Impossible(unknown[0]))])
        elif message.payment is not None:
            try:
                await payment.pay(tx, scope, stored, message.payment.tenders)
            except Unpayable as refused:
                await sales.take(tx, [(stored, Impossible(refused.code))])

    @follow.handle(hall.SessionStarted)
    async def started(tx: Tx, message: hall.SessionStarted, delivery: Delivery) -> None:
        await sales.session_is(tx, message.sale_id, "running", ends_at=message.ends_at, device_name=message.device_name)

    @follow.handle(hall.SessionEnded)
    async def ended(tx: Tx, message: hall.SessionEnded, delivery: Delivery) -> None:
        await sales.session_is(tx, message.sale_id, "ended")

    @follow.handle(hall.SessionRefused)
    async def refused(tx: Tx, message: hall.SessionRefused, delivery: Delivery) -> None:
        await sales.session_is(tx, message.sale_id, "ended")


async def _unknown(tx: Tx, scope: Scope, message: hall.SessionOrdered) -> list[str]:
    """All that the order names and we do not know."""
    unknown = []
    if await store.till_club(tx, scope, message.till_id) != message.club_id:
        unknown.append("unknown_till")
    org = Scope(message.org_id)
    if message.client_id is not None and await store.client(tx, org, message.client_id) is None:
        unknown.append("unknown_client")
    return unknown


def _sale(tx: Tx, message: hall.SessionOrdered, client_known: bool) -> Stored:
    total_kopecks = sum(line.amount_kopecks for line in message.lines)
    client_id = message.client_id if client_known else None
    return Stored(
        Sale(message.sale_id, What.SESSION, total_kopecks, message.pay_by, client_id, message.bonus_cap_percent),
        message.org_id,
        message.club_id,
        message.till_id,
        lines=[line.model_dump(mode="json") for line in message.lines],
        sold_by=message.ordered_by.model_dump(mode="json"),
        opened_at=tx.now,
        session_id=message.session_id,
        session_state="ordered",
        device_name=message.device_name,
    )


ReceiptFact = (
    fiscal.ReceiptRegistered
    | fiscal.ReceiptUnfiscalised
    | fiscal.ReceiptRefused
    | fiscal.ReceiptUnknown
    | fiscal.ReceiptWaiting
)


def _receipts(follow: Handlers) -> None:
    async def settle(tx: Tx, some: Sequence[tuple[ReceiptFact, Delivery]]) -> None:
        """What became of receipts, for whole sets of sales at once. A sale's facts come one by one."""
        known = await sales.locked(tx, [message.sale_id for message, _ in some])
        for run in _one_fact_each(some):
            taken = await sales.take(
                tx, [(_traced(known, message, delivery), _fact(known, message)) for message, delivery in run]
            )
            known |= {stored.sale.sale_id: stored for stored in taken}

    for model in get_args(ReceiptFact):
        follow.handle(model, in_sets=True)(settle)


def _one_fact_each(some: Sequence[tuple[ReceiptFact, Delivery]]) -> list[list[tuple[ReceiptFact, Delivery]]]:
    """The same facts in order, in runs that name each sale once."""
    runs: list[list[tuple[ReceiptFact, Delivery]]] = [[]]
    seen: set[UUID] = set()
    for message, delivery in some:
        if message.sale_id in seen:
            runs.append([])
            seen.clear()
        seen.add(message.sale_id)
        runs[-1].append((message, delivery))
    return runs


def _traced(known: dict[UUID, Stored], message: ReceiptFact, delivery: Delivery) -> Stored:
    return replace(known[message.sale_id], trace=delivery.trace)


def _fact(known: dict[UUID, Stored], message: ReceiptFact) -> Fact:
    """The fact in the domain's words. Raises LookupError for a receipt that was never ordered."""
    sale = known[message.sale_id].sale
    ours = {sales.receipt_id(sale.sale_id, attempt): attempt for attempt in range(1, sale.attempt + 1)}
    attempt = ours[message.receipt_id]
    match message:
        case fiscal.ReceiptRegistered():
            return Registered(attempt)
        case fiscal.ReceiptUnfiscalised():
            return Unfiscalised(attempt)
        case fiscal.ReceiptRefused():
            return Refused(attempt, message.code, message.device_text, message.at)
        case fiscal.ReceiptUnknown():
            return Unknown(attempt, message.since)
        case fiscal.ReceiptWaiting():
            return Waiting(attempt, message.code)


def _shifts(follow: Handlers) -> None:
    @follow.handle(fiscal.ShiftClosed)
    async def closed(tx: Tx, message: fiscal.ShiftClosed, delivery: Delivery) -> None:
        """The register made its Z-report: the till's shift is closed and compared with it."""
        if message.shift_id is not None:
            await closing.finish(tx, message)

    @follow.handle(fiscal.ShiftRefused)
    async def refused(tx: Tx, message: fiscal.ShiftRefused, delivery: Delivery) -> None:
        if message.shift_id is not None:
            await closing.reopen(tx, message)
