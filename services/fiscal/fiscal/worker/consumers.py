"""Kafka in: jobs for this club's registers. They are stored; the registers' queues do them."""

from dataclasses import replace
from uuid import UUID

from contracts import branch
from fiscal.worker import store
from fiscal.worker.domain import kkm
from fiscal.worker.domain.document import RETURN, Wanted
from fiscal.worker.domain.job import Job, Kind, Objection, forgotten
from fiscal.worker.domain.kkm import Address, Line, Receipt
from fiscal.worker.store import answers, listings, settlements
from fiscal.worker.store.settlements import Said
from kit.consume import Handlers
from kit.db import Tx
from kit.parked import Delivery
from kit.telemetry import current_traceparent
from kit.time import derived_id


def handlers(club_id: UUID) -> Handlers:
    """What the worker of one club follows."""
    follow = Handlers(club_id)

    @follow.handle(branch.WatchRegister)
    async def watch(tx: Tx, message: branch.WatchRegister, delivery: Delivery) -> None:
        address = Address(**message.device.model_dump())
        ours = (message.register_id, message.org_id, message.club_id)
        await store.watch(tx, store.Register(*ours, address, message.cashier_name, message.watched))

    @follow.handle(branch.Print)
    async def print_receipt(tx: Tx, message: branch.Print, delivery: Delivery) -> None:
        body = kkm.receipt_members(receipt_of(message.receipt))
        await _queue(tx, Kind.PRINT, message, body, wanted_of(message.receipt))

    @follow.handle(branch.PrintReturn)
    async def print_return(tx: Tx, message: branch.PrintReturn, delivery: Delivery) -> None:
        body = kkm.receipt_members(receipt_of(message.receipt), returns=True)
        await _queue(tx, Kind.PRINT, message, body, replace(wanted_of(message.receipt), kind=RETURN))

    @follow.handle(branch.OpenShift)
    async def open_shift(tx: Tx, message: branch.OpenShift, delivery: Delivery) -> None:
        await _queue(tx, Kind.OPEN_SHIFT, message, {}, None)

    @follow.handle(branch.CloseShift)
    async def close_shift(tx: Tx, message: branch.CloseShift, delivery: Delivery) -> None:
        await _queue(tx, Kind.CLOSE_SHIFT, message, {}, None)

    @follow.handle(branch.XReport)
    async def x_report(tx: Tx, message: branch.XReport, delivery: Delivery) -> None:
        await _queue(tx, Kind.X_REPORT, message, {}, None)

    @follow.handle(branch.TestSlip)
    async def test_slip(tx: Tx, message: branch.TestSlip, delivery: Delivery) -> None:
        await _queue(tx, Kind.TEST_SLIP, message, kkm.slip_members(message.lines), None)

    _settlements(follow)
    _questions(follow)
    return follow


def _questions(follow: Handlers) -> None:
    @follow.handle(branch.Ask)
    async def ask(tx: Tx, message: branch.Ask, delivery: Delivery) -> None:
        """Say how the job stands, and read for it now what can be read. One that is not known yet comes again."""
        stored = await store.job(tx, message.job_id)
        if stored is not None:
            answers.tell_again(tx, stored)
            await store.ask(tx, stored.job_id)

    @follow.handle(branch.Hurry)
    async def hurry(tx: Tx, message: branch.Hurry, delivery: Delivery) -> None:
        """Refuse the job as soon as its register is seen not to be ready. One that was sent goes on as it would."""
        stored = await store.job(tx, message.job_id)
        if stored is not None:
            await store.hurry(tx, stored)

    @follow.handle(branch.ListDevices)
    async def list_devices(tx: Tx, message: branch.ListDevices, delivery: Delivery) -> None:
        ours = (message.request_id, message.register_id, message.org_id, message.club_id)
        await listings.add(tx, listings.Listing(*ours))


def _settlements(follow: Handlers) -> None:
    @follow.handle(branch.Settle)
    async def settle(tx: Tx, message: branch.Settle, delivery: Delivery) -> None:
        """Remember what a person says about a job in doubt; the register's queue reads the register for it."""
        stored = await store.job(tx, message.job_id)
        if stored is None:
            names = ("org_id", "club_id", "register_id", "job_id", "settlement_id")
            ours = {name: getattr(message, name) for name in names}
            tx.tell(branch.JobUnsettled(**ours, kind="print", at=tx.now, code="job_unknown"))
            return
        said = Said(message.settlement_id, stored.job_id, stored.register_id, message.fd)
        if stored.job.ended:
            answers.tell_again(tx, stored)
        elif stored.job.maybe_sent:
            await settlements.add(tx, said)
        else:
            answers.unsettled(tx, stored, said, Objection("not_sent"))


async def _queue(tx: Tx, kind: Kind, message: branch.Work, members: kkm.Body, wanted: Wanted | None) -> None:
    """Put the job into its register's queue; one that is there already is answered again.

    One that was sent before and is not there was given to a worker whose file is lost: it is not done blindly again.
    """
    known = await store.job(tx, message.job_id)
    if known is not None:
        answers.tell_again(tx, known)
        return
    address = Address(**message.device.model_dump())
    command_id = str(derived_id("command", message.job_id))
    request = kkm.command(kind, command_id, address, message.cashier_name, message.cashier_inn) | members
    ours = (message.job_id, message.register_id, message.org_id, message.club_id)
    job = Job(kind, message.send_by, wanted)
    if message.asked:
        job = forgotten(job, tx.now)
    queued = store.Stored(job, *ours, request, message.ordered_at, trace=current_traceparent())
    await store.add_job(tx, replace(queued, word=answers.tell(tx, queued)))


def receipt_of(receipt: branch.Receipt) -> Receipt:
    """The receipt in the domain's words."""
    lines = tuple(Line(**line.model_dump()) for line in receipt.lines)
    sums = (receipt.cash_kopecks, receipt.card_kopecks, receipt.advance_kopecks)
    return Receipt(receipt.tax_system, lines, *sums, receipt.contact)


def wanted_of(receipt: branch.Receipt) -> Wanted:
    """What its document will look like in the register."""
    lines = tuple((kkm.name_of(line.name), line.amount_kopecks) for line in receipt.lines)
    return Wanted(receipt.total_kopecks, receipt.card_kopecks, receipt.advance_kopecks, lines)
