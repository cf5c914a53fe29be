"""Kafka in: what is ordered from fiscal, what workers answer, and where clubs are."""

import logging
from datetime import timedelta
from typing import Any

from prometheus_client import Counter

from contracts import branch, fiscal, hall
from contracts.branch import FiscalLine, Receipt
from contracts.money import Line
from edge.scope import Scope
from fiscal.central import store
from fiscal.central.domain import command, ffd
from fiscal.central.domain.receipt import ENDED, RETURNS, NotAsked, State, contradicts, moved
from fiscal.central.store import Register, commands, facts, manual, queues, receipts, settlements
from fiscal.central.store.receipts import Job
from kit.consume import Handlers
from kit.db import Tx
from kit.parked import Delivery
from kit.time import derived_id

log = logging.getLogger(__name__)

CONTRADICTED = Counter(
    "savepoint_receipts_contradicted_total", "Words of workers against receipts that have their document; ignored"
)


def handlers(send_within: timedelta) -> Handlers:
    """What the central app follows."""
    follow = Handlers()

    @follow.handle(hall.ClubRegistered)
    @follow.handle(hall.ClubChanged)
    async def club(tx: Tx, message: hall.ClubRegistered | hall.ClubChanged, delivery: Delivery) -> None:
        await store.note_club(tx, message.club_id, message.org_id, message.time_zone)

    @follow.handle(fiscal.PrintReceipt)
    @follow.handle(fiscal.ReturnReceipt)
    async def print_receipt(tx: Tx, message: fiscal.PrintReceipt | fiscal.ReturnReceipt, delivery: Delivery) -> None:
        known = await receipts.find(tx, message.receipt_id)
        if known is not None:
            facts.tell_receipt(tx, known)
            return
        await _order(tx, message, send_within)

    @follow.handle(fiscal.OpenShift)
    async def open_shift(tx: Tx, message: fiscal.OpenShift, delivery: Delivery) -> None:
        await _shift(tx, message, send_within)

    @follow.handle(fiscal.CloseShift)
    async def close_shift(tx: Tx, message: fiscal.CloseShift, delivery: Delivery) -> None:
        await _shift(tx, message, send_within)

    _answers(follow)
    _readings(follow)
    return follow


def _answers(follow: Handlers) -> None:
    @follow.handle(branch.JobDone)
    async def done(tx: Tx, message: branch.JobDone, delivery: Delivery) -> None:
        if message.kind in SLIPS:
            await _slip_ended(tx, message, command.State.DONE)
            return
        if message.kind != "print":
            await _shift_done(tx, message)
            return
        document = message.document.model_dump(mode="json") if message.document else None
        made: dict[str, Any] = {"document": document, "answer": message.answer}
        if message.document is not None:
            made |= {"fn": message.document.fn, "fd": message.document.fd}
        await _receipt_word(tx, message, State.REGISTERED, **made)

    @follow.handle(branch.JobRefused)
    async def refused(tx: Tx, message: branch.JobRefused, delivery: Delivery) -> None:
        said = {"code": message.code, "device_text": message.device_text}
        if message.kind in SLIPS:
            await _slip_ended(tx, message, command.State.REFUSED, **said)
        elif message.kind == "print":
            await _receipt_word(tx, message, State.REFUSED, **said)
        else:
            await _shift_refused(tx, message)
        register = await _register(tx, message, lock=True)
        if register is not None:
            await queues.refused(tx, register, message)

    @follow.handle(branch.JobUnknown)
    async def unknown(tx: Tx, message: branch.JobUnknown, delivery: Delivery) -> None:
        await _receipt_word(tx, message, State.UNKNOWN)

    @follow.handle(branch.JobWaiting)
    async def waiting(tx: Tx, message: branch.JobWaiting, delivery: Delivery) -> None:
        await _receipt_word(tx, message, State.WAITING, code=message.code)


def _readings(follow: Handlers) -> None:
    @follow.handle(branch.JobUnsettled)
    async def unsettled(tx: Tx, message: branch.JobUnsettled, delivery: Delivery) -> None:
        job = await _job(tx, message)
        said = await settlements.one(tx, message.settlement_id)
        if job is None or job.receipt_id != said.receipt_id:
            raise NotAsked(f"job {message.job_id} is not that of receipt {said.receipt_id}")
        await settlements.refused(tx, message)

    @follow.handle(branch.DevicesListed)
    async def listed(tx: Tx, message: branch.DevicesListed, delivery: Delivery) -> None:
        register = await _register(tx, message, lock=True)
        if register is not None:
            await commands.listed_devices(tx, register, message)

    @follow.handle(branch.RegisterObserved)
    async def observed(tx: Tx, message: branch.RegisterObserved, delivery: Delivery) -> None:
        register = await _register(tx, message, lock=True)
        if register is not None:
            news = await queues.observed(tx, register, message.state)
            after = await _register(tx, message)
            assert after is not None
            if news:
                facts.tell_register(tx, after)


SLIPS = ("x_report", "test_slip")
Answer = branch.Answer | branch.RegisterObserved | branch.DevicesListed


async def _register(tx: Tx, message: Answer, lock: bool = False) -> Register | None:
    """The register that a worker speaks of; its topic is its club's, so a worker cannot speak of another's."""
    scope = Scope(message.org_id, frozenset({message.club_id}))
    found = await store.registers_of(tx, scope, register_id=message.register_id, lock=lock)
    return found[0] if found else None


async def _job(tx: Tx, message: branch.Answer | branch.JobUnsettled) -> Job | None:
    """The job that a worker speaks of, locked; None for a shift document that it makes by itself. Raises NotAsked."""
    job = await receipts.job(tx, message.job_id)
    if job is not None:
        asked = (job.org_id, job.club_id, job.register_id, job.kind)
        if asked != (message.org_id, message.club_id, message.register_id, message.kind):
            raise NotAsked(f"job {job.job_id} was not given to register {message.register_id} of {message.club_id}")
    return job


async def _order(tx: Tx, message: fiscal.PrintReceipt | fiscal.ReturnReceipt, send_within: timedelta) -> None:
    """Journal the receipt, and see that it is printed, passed over, or refused."""
    scope = Scope(message.org_id, frozenset({message.club_id}))
    found = await store.registers_of(tx, scope, club_id=message.club_id)
    register = found[0] if found else None
    # What is returned is taxed as it was sold.
    sold_at, returned = message.ordered_at, None
    if isinstance(message, fiscal.ReturnReceipt):
        returned = await receipts.sold(tx, message.returned_receipt_id)
        sold_at = returned.ordered_at
    tax = await store.tax_of(tx, scope, message.club_id, sold_at)
    ours = ("org_id", "club_id", "receipt_id", "sale_id", "shift_id", "till_id", "client_id", "ordered_at")
    await receipts.add(
        tx,
        **{name: getattr(message, name) for name in ours},
        register_id=register.register_id if register else None,
        state=State.ORDERED,
        purpose=RETURNS[message.purpose] if isinstance(message, fiscal.ReturnReceipt) else message.purpose,
        lines=[line.model_dump(mode="json") for line in message.lines],
        total_kopecks=sum(line.amount_kopecks for line in message.lines),
        cash_kopecks=message.cash_kopecks,
        card_kopecks=message.card_kopecks,
        advance_kopecks=message.balance_kopecks,
        cashier_name=message.cashier.name,
    )
    row = await receipts.find(tx, message.receipt_id)
    assert row is not None
    obstacle = _obstacle(register, tax, returned.state if returned is not None else None)
    if obstacle is not None:
        await facts.settle(tx, row, State.REFUSED, code=obstacle)
    elif register is not None and register.mode == "off":
        await facts.settle(tx, row, State.REGISTERED)
    elif register is not None and tax is not None:
        model = branch.PrintReturn if isinstance(message, fiscal.ReturnReceipt) else branch.Print
        job = model(**_work(message, register, send_within, "print"), receipt=_receipt(message, tax))
        await receipts.send_job(tx, job, receipt_id=message.receipt_id)
        await manual.ordered(tx, register, message.receipt_id)
        facts.poke_receipt(tx, row)


def _obstacle(register: Register | None, tax: ffd.Tax | None, sold_as: str | None) -> str | None:
    """Why no register is even asked for this receipt."""
    if register is None:
        return "register_not_configured"
    if sold_as == State.UNFISCALISED:
        return "receipt_unfiscalised"
    if register.mode == "off":
        return None
    if not register.watched:
        return "register_starting"
    return "tax_not_configured" if tax is None else None


def _work(message: Any, register: Register, send_within: timedelta, kind: str) -> dict[str, Any]:
    """What every job says. Its id is made of its cause: a second order of the same is the same job."""
    cause = message.receipt_id if kind == "print" else message.shift_id
    return {
        "org_id": register.org_id,
        "club_id": register.club_id,
        "register_id": register.register_id,
        "job_id": derived_id("job", kind, cause, *([message.ordered_at.isoformat()] if kind != "print" else [])),
        "device": register.device,
        "cashier_name": (register.cashier_name or message.cashier.name)[:64],
        "cashier_inn": None if register.cashier_name else message.cashier.inn,
        "ordered_at": message.ordered_at,
        "send_by": message.ordered_at + send_within,
    }


def _receipt(message: fiscal.PrintReceipt | fiscal.ReturnReceipt, tax: ffd.Tax) -> Receipt:
    """The receipt with its FFD signs: nothing is left to decide at the club."""
    return Receipt(
        tax_system=ffd.SYSTEMS[tax.system],
        lines=tuple(_line(line, message.purpose, tax) for line in message.lines),
        cash_kopecks=message.cash_received_kopecks,
        card_kopecks=message.card_kopecks,
        advance_kopecks=message.balance_kopecks,
        contact=message.contact,
    )


def _line(line: Line, purpose: str, tax: ffd.Tax) -> FiscalLine:
    signs = ffd.signs(purpose, line.subject, tax)
    sums = {"price_kopecks": line.price_kopecks, "amount_kopecks": line.amount_kopecks}
    own = {"tax": signs.tax, "method": signs.method, "subject": signs.subject, "measure": signs.measure}
    return FiscalLine(name=line.name, quantity=line.quantity, **sums, **own)


async def _receipt_word(tx: Tx, message: branch.Answer, word: State, **values: Any) -> None:
    """A worker said how a receipt stands."""
    job = await _job(tx, message)
    if job is None or job.receipt_id is None:
        return  # a shift document on its way; its end is told
    receipt = await receipts.find(tx, job.receipt_id, lock=True)
    assert receipt is not None, job.receipt_id
    ended = word in ENDED
    await receipts.heard(tx, message.job_id, ended or job.ended)
    state = State(receipt.state)
    if word is State.REFUSED and (by_hand := await manual.refused(tx, receipt, values["code"])):
        word, values = State.UNFISCALISED, values | {"manual_payment_id": by_hand}
    if moved(state, word, receipt.fd):
        await facts.settle(tx, receipt, word, **values)
    elif contradicts(state, word):
        CONTRADICTED.inc()
        log.warning("receipt %s is document %s; that it is %s is ignored", receipt.receipt_id, receipt.fd, word)
    if ended:
        await settlements.receipt_ended(tx, receipt.receipt_id, values.get("fd", receipt.fd))


async def _slip_ended(tx: Tx, message: branch.JobDone | branch.JobRefused, state: command.State, **said: Any) -> None:
    """A slip that somebody asked for was printed, or not."""
    if await _job(tx, message) is not None:
        await receipts.heard(tx, message.job_id, ended=True)
        await commands.ended(tx, message.job_id, state, **said)


async def _shift(tx: Tx, message: fiscal.OpenShift | fiscal.CloseShift, send_within: timedelta) -> None:
    """See that the register's shift is opened or closed for a till's shift."""
    scope = Scope(message.org_id, frozenset({message.club_id}))
    found = await store.registers_of(tx, scope, club_id=message.club_id)
    opening = isinstance(message, fiscal.OpenShift)
    if found and found[0].mode == "kkm_server":
        model: type[branch.OpenShift] | type[branch.CloseShift] = branch.OpenShift if opening else branch.CloseShift
        kind = "open_shift" if opening else "close_shift"
        await receipts.send_job(tx, model(**_work(message, found[0], send_within, kind)), shift_id=message.shift_id)
    elif found:
        base = facts.shift_base(found[0], message.shift_id, None, tx)
        totals = await receipts.shift_totals(tx, message.shift_id)
        tx.tell(fiscal.ShiftOpened(**base) if opening else fiscal.ShiftClosed(**base, document=None, totals=totals))
    else:
        # No register at all: nothing to open; what was sold without one was refused, so nothing to close either.
        base = {"org_id": message.org_id, "club_id": message.club_id, "register_id": message.club_id}
        base |= {"shift_id": message.shift_id, "number": None, "at": tx.now}
        nothing = fiscal.Totals(receipts=0, cash_kopecks=0, card_kopecks=0, advance_kopecks=0)
        tx.tell(fiscal.ShiftOpened(**base) if opening else fiscal.ShiftClosed(**base, document=None, totals=nothing))


async def _shift_done(tx: Tx, message: branch.JobDone) -> None:
    """A register opened or closed its shift: for a till, before a receipt, or because it got old."""
    job = await _job(tx, message)
    register = await _register(tx, message, lock=True)
    assert register is not None, message.register_id
    if job is not None:
        if job.ended:
            return
        await receipts.heard(tx, message.job_id, ended=True)
    shift_id = job.shift_id if job else None
    base = facts.shift_base(register, shift_id, message.fiscal_shift, tx)
    if message.kind == "open_shift":
        if message.fiscal_shift is not None:
            await store.shift_opened(tx, register, message.fiscal_shift, message.at)
        tx.tell(fiscal.ShiftOpened(**base))
        return
    document = message.document.model_dump(mode="json") if message.document else None
    if message.fiscal_shift is not None and message.totals is not None and document is not None:
        closing = {"document": document, "totals": message.totals.model_dump(mode="json")}
        foreign = [one.model_dump(mode="json") for one in message.foreign]
        await store.shift_closed(tx, register, message.fiscal_shift, message.at, **closing, foreign=foreign)
    if shift_id is None:
        totals = message.totals or fiscal.Totals(receipts=0, cash_kopecks=0, card_kopecks=0, advance_kopecks=0)
        tx.tell(fiscal.ShiftClosed(**base, document=message.document, totals=totals, foreign=message.foreign))
    else:
        totals = await receipts.shift_totals(tx, shift_id)
        theirs = await store.take_foreign(tx, register.register_id, shift_id)
        tx.tell(fiscal.ShiftClosed(**base, document=message.document, totals=totals, foreign=theirs))


async def _shift_refused(tx: Tx, message: branch.JobRefused) -> None:
    job = await _job(tx, message)
    register = await _register(tx, message)
    if register is None or job is None or job.ended:
        return
    await receipts.heard(tx, message.job_id, ended=True)
    base = facts.shift_base(register, job.shift_id, None, tx)
    said = {"code": message.code, "device_text": message.device_text}
    tx.tell(fiscal.ShiftRefused(**base, action="open" if message.kind == "open_shift" else "close", **said))
