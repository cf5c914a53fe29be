"""What the worker remembers: registers, jobs, documents. SQLite; one process owns the file."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Boolean, Integer, Row, String, Uuid, column, func, select, table, update

from fiscal.worker.domain.document import Found, Wanted
from fiscal.worker.domain.job import Job, Kind, Stage
from fiscal.worker.domain.kkm import Address
from fiscal.worker.domain.observation import Shift, Snapshot
from kit.columns import Moment, insert_on
from kit.db import Tx

registers = table(
    "register",
    *[column(name, Uuid) for name in ("register_id", "org_id", "club_id")],
    *[column(name, String) for name in ("kkt_number", "inn", "cashier_name")],
    *[column(name, Integer) for name in ("num_device", "check_number", "session", "last_fd")],
    column("watched", Boolean),
    column("session_since", Moment),
    column("state", JSON),
    column("told_at", Moment),
)
jobs = table(
    "job",
    *[column(name, Uuid) for name in ("job_id", "register_id", "org_id", "club_id", "needs")],
    *[column(name, String) for name in ("kind", "stage", "trace")],
    column("seq", Integer),
    column("first", Boolean),
    *[column(name, JSON) for name in ("request", "state", "word")],
    column("ordered_at", Moment),
    column("asked_at", Moment),
    column("hurried", Boolean),
)
documents = table(
    "document",
    column("register_id", Uuid),
    *[column(name, String) for name in ("kind", "fp")],
    *[column(name, Integer) for name in ("fd", "session", "cash_kopecks", "card_kopecks", "advance_kopecks")],
)

AT_REST = (Stage.DONE, Stage.REFUSED, Stage.ASIDE)
"""Stages in which a job does not keep its register."""


@dataclass(frozen=True, slots=True)
class Register:
    """A register that the worker looks after, and where it last saw it."""

    register_id: UUID
    org_id: UUID
    club_id: UUID
    address: Address
    cashier_name: str
    watched: bool
    check_number: int | None = None
    session: int | None = None
    last_fd: int | None = None
    session_since: datetime | None = None
    state: dict[str, Any] | None = None
    told_at: datetime | None = None
    """When its state was last told."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A job with what surrounds it. `request` is exactly what is sent; `word` is the last that was told about it."""

    job: Job
    job_id: UUID
    register_id: UUID
    org_id: UUID
    club_id: UUID
    request: dict[str, Any]
    ordered_at: datetime
    first: bool = False
    needs: UUID | None = None
    word: dict[str, Any] | None = None
    trace: str | None = None

    @property
    def address(self) -> Address:
        return Address(self.request["NumDevice"], self.request["KktNumber"], self.request["InnKkm"])

    @property
    def command_id(self) -> str:
        return str(self.request["IdCommand"])


async def watch(tx: Tx, told: Register) -> None:
    """Remember the register, or how it is addressed now. Where another was seen says nothing of this one."""
    known = await register(tx, told.register_id)
    if known is not None and known.address != told.address:
        await seen(tx, told.register_id, check_number=None, session=None, last_fd=None, session_since=None)
    address = asdict(told.address)
    own = {name: getattr(told, name) for name in ("org_id", "club_id", "cashier_name", "watched")}
    put = insert_on(tx.conn, registers).values(register_id=told.register_id, **own, **address)
    await tx.conn.execute(put.on_conflict_do_update(index_elements=["register_id"], set_={**own, **address}))


async def watched(tx: Tx) -> list[Register]:
    """All registers that are looked after."""
    return [_register(row) for row in await tx.conn.execute(select(registers).where(registers.c.watched))]


async def register(tx: Tx, register_id: UUID) -> Register | None:
    row = (await tx.conn.execute(select(registers).where(registers.c.register_id == register_id))).first()
    return _register(row) if row else None


async def seen(tx: Tx, register_id: UUID, **values: Any) -> None:
    """Note where the register was seen."""
    await tx.conn.execute(update(registers).where(registers.c.register_id == register_id).values(values))


async def add_job(tx: Tx, stored: Stored) -> bool:
    """Put a job into its register's queue; False when it is there already."""
    put = insert_on(tx.conn, jobs).values(_job_row(stored)).on_conflict_do_nothing()
    return (await tx.conn.execute(put)).rowcount == 1


async def job(tx: Tx, job_id: UUID) -> Stored | None:
    row = (await tx.conn.execute(select(jobs).where(jobs.c.job_id == job_id))).first()
    return _stored(row) if row else None


async def next_job(tx: Tx, register_id: UUID) -> Stored | None:
    """The job that has the register: what must come first, then the oldest. One at a time; those set aside wait."""
    mine = select(jobs).where(jobs.c.register_id == register_id, jobs.c.stage.not_in(AT_REST))
    row = (await tx.conn.execute(mine.order_by(jobs.c.first.desc(), jobs.c.seq).limit(1))).first()
    return _stored(row) if row else None


async def busy_registers(tx: Tx) -> set[UUID]:
    """Registers with a job that has not ended."""
    open_jobs = select(jobs.c.register_id).where(jobs.c.stage.not_in(AT_REST)).distinct()
    return set((await tx.conn.execute(open_jobs)).scalars())


async def ask(tx: Tx, job_id: UUID) -> None:
    """Somebody wants to know about the job now."""
    await tx.conn.execute(update(jobs).where(jobs.c.job_id == job_id).values(asked_at=tx.now))


async def hurry(tx: Tx, stored: Stored) -> None:
    """Nobody waits any longer until a register is ready for this job, nor for the shift that it needs first."""
    mine = [one for one in (stored.job_id, stored.needs) if one is not None]
    await tx.conn.execute(update(jobs).where(jobs.c.job_id.in_(mine)).values(hurried=True))
    # Whatever keeps the register is looked at now: it says whether the register answers.
    head = await next_job(tx, stored.register_id)
    if head is not None:
        await ask(tx, head.job_id)


async def hurried_jobs(tx: Tx, register_id: UUID) -> list[Stored]:
    """The register's jobs that nobody waits for and of which nothing was sent, oldest first."""
    mine = (jobs.c.register_id == register_id, jobs.c.stage == Stage.QUEUED, jobs.c.hurried)
    return [_stored(row) for row in await tx.conn.execute(select(jobs).where(*mine).order_by(jobs.c.seq))]


async def is_hurried(tx: Tx, job_id: UUID) -> bool:
    return bool(await tx.conn.scalar(select(jobs.c.hurried).where(jobs.c.job_id == job_id)))


async def is_asked(tx: Tx, job_id: UUID, since: datetime) -> bool:
    """Whether somebody has asked about the job since then."""
    mine = select(jobs.c.job_id).where(jobs.c.job_id == job_id, jobs.c.asked_at >= since)
    return (await tx.conn.execute(mine)).first() is not None


ASKED_ASIDE = (jobs.c.stage == Stage.ASIDE, jobs.c.asked_at.is_not(None))


async def asked_registers(tx: Tx) -> set[UUID]:
    """Registers that are to be read for a job that was set aside, because somebody asks."""
    return set((await tx.conn.execute(select(jobs.c.register_id).where(*ASKED_ASIDE).distinct())).scalars())


async def asked_aside(tx: Tx, register_id: UUID) -> Stored | None:
    """The oldest job of the register that was set aside and that somebody asks about."""
    mine = select(jobs).where(jobs.c.register_id == register_id, *ASKED_ASIDE).order_by(jobs.c.seq).limit(1)
    row = (await tx.conn.execute(mine)).first()
    return _stored(row) if row else None


async def answered_asking(tx: Tx, job_id: UUID) -> None:
    await tx.conn.execute(update(jobs).where(jobs.c.job_id == job_id).values(asked_at=None))


async def waiting_jobs(tx: Tx, register_id: UUID) -> int:
    mine = select(func.count()).select_from(jobs).where(jobs.c.register_id == register_id, jobs.c.stage.not_in(AT_REST))
    return int(await tx.conn.scalar(mine) or 0)


async def save_job(tx: Tx, stored: Stored) -> None:
    """Store how the job stands; before anything is done about it."""
    row = _job_row(stored)
    changed = {name: row[name] for name in ("stage", "state", "word", "needs")}
    await tx.conn.execute(update(jobs).where(jobs.c.job_id == stored.job_id).values(changed))


async def add_document(tx: Tx, register_id: UUID, fd: int, fp: str, **values: Any) -> None:
    """Remember a document that we made, in the place of one that had its number on another drive."""
    put = insert_on(tx.conn, documents).values(register_id=register_id, fd=fd, fp=_sign(fp), **values)
    changed = {"fp": _sign(fp), **values}
    await tx.conn.execute(put.on_conflict_do_update(index_elements=["register_id", "fd"], set_=changed))


async def made_by_us(tx: Tx, register_id: UUID, found: Sequence[Found]) -> frozenset[int]:
    """Numbers of those documents that are known to be of our jobs."""
    numbers = [one.fd for one in found]
    mine = select(documents.c.fd, documents.c.fp).where(
        documents.c.register_id == register_id, documents.c.fd.in_(numbers)
    )
    signs = {row.fd: row.fp for row in await tx.conn.execute(mine)}
    return frozenset(one.fd for one in found if signs.get(one.fd) == _sign(one.fp))


async def documents_of(tx: Tx, register_id: UUID, session: int) -> Sequence[Row[Any]]:
    """The documents that we made in one of the register's shifts, oldest first."""
    mine = select(documents).where(documents.c.register_id == register_id, documents.c.session == session)
    return (await tx.conn.execute(mine.order_by(documents.c.fd))).all()


async def last_before(tx: Tx, register_id: UUID, session: int, fd: int) -> int | None:
    """The last document up to `fd` that we made in an earlier shift of the register."""
    mine = (documents.c.register_id == register_id, documents.c.session < session, documents.c.fd <= fd)
    last: int | None = await tx.conn.scalar(select(func.max(documents.c.fd)).where(*mine))
    return last


def _sign(fp: str) -> str:
    """A fiscal sign as a number: a QR text and the register's memory differ in leading zeros."""
    return fp.lstrip("0")


def _register(row: Row[Any]) -> Register:
    address = Address(row.num_device, row.kkt_number, row.inn)
    names = ("check_number", "session", "last_fd", "session_since", "state", "told_at")
    seen_at = {name: getattr(row, name) for name in names}
    return Register(row.register_id, row.org_id, row.club_id, address, row.cashier_name, row.watched, **seen_at)


def _job_row(stored: Stored) -> dict[str, Any]:
    own = {name: getattr(stored, name) for name in ("job_id", "register_id", "org_id", "club_id", "first", "needs")}
    rest = {name: getattr(stored, name) for name in ("request", "word", "trace", "ordered_at")}
    state = {name: _plain(value) for name, value in asdict(stored.job).items() if value is not None}
    return {**own, **rest, "kind": stored.job.kind, "stage": stored.job.stage, "state": state}


def _plain(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def _stored(row: Row[Any]) -> Stored:
    names = ("job_id", "register_id", "org_id", "club_id", "request", "ordered_at", "first", "needs", "word", "trace")
    return Stored(_job(row.state), **{name: getattr(row, name) for name in names})


def _job(state: dict[str, Any]) -> Job:
    """A job as it was stored."""
    known: dict[str, Any] = dict(state)
    for name in ("send_by", "sent_at", "settled_at"):
        known[name] = datetime.fromisoformat(known[name]) if name in known else None
    known["kind"], known["stage"] = Kind(known["kind"]), Stage(known["stage"])
    if "snapshot" in known:
        known["snapshot"] = Snapshot(**{**known["snapshot"], "shift": Shift(known["snapshot"]["shift"])})
    for name, model in (("wanted", Wanted), ("found", Found)):
        if name in known:
            known[name] = model(**{**known[name], "lines": tuple((n, a) for n, a in known[name]["lines"])})
    return Job(**known)
