"""A small model of everything between a paid sale and its document: register, server, network, process, time, people.

The worker and the sale are the real transition functions; the rest is as unkind as the reference allows. Each fault
takes one from a budget, so that the state space is finite and every run ends.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from billing.domain import sale as sales
from billing.domain.paying import Kind as Means
from billing.domain.paying import Tender, Unpayable
from billing.domain.sale import Effect, Sale
from fiscal.central.domain.manual import without_document
from fiscal.worker.domain import job as jobs
from fiscal.worker.domain import observation as seeing
from fiscal.worker.domain.document import SALE, Found, Wanted
from fiscal.worker.domain.job import Action, Job, Kind, Stage
from fiscal.worker.domain.observation import Answered, Shift, Silence

EPOCH = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(seconds=35)
"""Longer than a settled reading, a release and a reprint need: one tick decides each of them."""
WANTED = Wanted(total=300_00, card=0, advance=200_00, lines=(("Игровое время", 300_00),))


class Words(Mapping[str, Any]):
    """An answer's body; what is in it does not matter here, but states must be hashable."""

    def __getitem__(self, name: str) -> Any:
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0

    def __hash__(self) -> int:
        return 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Words)


WORDS = Words()
OK = Answered(0, "", document=True, body=WORDS)
FAILED = Answered(2, "нет бумаги", document=False, body=WORDS)


SOMEBODY, ANOTHER = 0, -1


@dataclass(frozen=True, slots=True)
class Server:
    """KKM-Server and the register behind it. `documents` are numbered from 1; ours are the attempts that made them."""

    run: int = 0
    journal: tuple[tuple[int, str], ...] = ()
    """Per attempt: running, done, failed. A new run of the server has forgotten all of it."""
    documents: tuple[int, ...] = ()
    """Who made each document: an attempt, SOMEBODY else, or ANOTHER job of ours for a sale of the same look."""
    ghost: int = 0
    """An attempt that the register still prints although the server that took it is gone."""
    flying: tuple[tuple[int, int], ...] = ()
    """Requests (attempt, server's run) that their sender has given up, still on their way."""

    def knows(self, attempt: int) -> str | None:
        return dict(self.journal).get(attempt)

    def notes(self, attempt: int, state: str) -> "Server":
        return replace(self, journal=tuple(sorted((dict(self.journal) | {attempt: state}).items())))

    def prints(self, attempt: int) -> "Server":
        return replace(self, documents=(*self.documents, attempt))


@dataclass(frozen=True, slots=True)
class World:
    """Everything that a crash leaves behind, and what the process is about to do."""

    sale: Sale
    job: Job | None
    doing: Action | None
    """None: the process is down."""
    server: Server = Server()
    ticks: int = 0
    faults: int = 0
    news: tuple[sales.Fact, ...] = ()
    """What the worker told and billing has not heard."""
    told_unknown: bool = False
    paying: bool = False
    """The guest has offered the money, and billing has not heard of it."""
    paid_at: datetime | None = None
    by_hand: bool | None = False
    """Manual payment is on; None: somebody may still turn it on."""
    held: int = 0
    settled: int = 0

    @property
    def now(self) -> datetime:
        return EPOCH + self.ticks * TICK

    @property
    def waits(self) -> bool:
        """Somebody waits for a moment that has not come."""
        sale, job = self.sale, self.job
        moments = [sale.reprint_at, sale.unknown_since and sale.unknown_since + sales.RELEASE_AFTER]
        moments += [sale.pay_by if sale.state is sales.State.OPEN else None]
        if job is not None and not job.ended:
            moments += [job.settled_at, job.send_by if job.stage is Stage.QUEUED else None]
        return any(moment is not None and moment > self.now for moment in moments)

    @property
    def ours(self) -> int:
        """Documents of this sale that exist."""
        return sum(1 for maker in self.server.documents if maker > 0)

    @property
    def ended(self) -> bool:
        return self.sale.ended and not self.news and not self.paying


Rules = Callable[[Job, seeing.Observation, datetime], jobs.Step]


def ordered() -> World:
    """A guest pays: a part by bonuses, from the balance, and in cash. Billing hears of it in time, or it does not."""
    opened = Sale(UUID(int=1), sales.What.SESSION, 350_00, EPOCH + TICK, client_id=UUID(int=2), bonus_cap_percent=20)
    return World(opened, None, None, paying=True)


def start() -> World:
    """A guest has just paid."""
    return _paid(ordered())


def emergency() -> World:
    """The same, where somebody may turn on manual payment at any moment."""
    return replace(start(), by_hand=None)


def refunding() -> World:
    """A top-up goes back; the register's document is a return, which the worker treats as any other."""
    opened = Sale(UUID(int=1), sales.What.REFUND, 300_00, EPOCH, UUID(int=2), returned=sales.What.TOP_UP)
    back = sales.Return((Tender(Means.CASH, 300_00, 300_00),), UUID(int=3))
    return _sale_steps(World(opened, None, None), back)


def moves(world: World, rules: Rules, faults_max: int) -> Iterator[tuple[str, World]]:
    """Every way in which the world can go on. Names of moves that spend a fault begin with `!`."""
    for name, after in (*_process(world, rules), *_person(world, rules), *_environment(world), *_billing(world)):
        if after.faults <= faults_max:
            yield name, after


def fault(world: World, **changes: Any) -> World:
    return replace(world, faults=world.faults + 1, **changes)


# The worker's process. --------------------------------------------------------------------------------------------


def _process(world: World, rules: Rules) -> Iterator[tuple[str, World]]:
    if world.job is None:
        return
    if world.doing is None:
        job, action = jobs.resumed(world.job)
        yield "restart of the worker", _worker_steps(world, job, action)
        return
    if world.doing is Action.NOTHING:
        return
    yield "!crash", fault(world, doing=None)
    doings = {Action.LOOK: _look, Action.SEND: _send, Action.ASK: _ask, Action.COMPARE: _compare}
    for name, after, seen in doings[world.doing](world):
        if seen is None:
            yield f"!crash after {name}", fault(after, doing=None)
        else:
            job, action = rules(world.job, seen, after.now)
            yield name, _worker_steps(after, job, action)


Outcome = Iterator[tuple[str, World, seeing.Observation | None]]


def _look(world: World) -> Outcome:
    yield "!register unreachable", fault(world), seeing.NotReady("register_unreachable")
    if world.by_hand:
        yield "!nobody waits for the register", fault(world), seeing.NotReady("register_unreachable", hurried=True)
    last_fd = len(world.server.documents)
    snapshot = seeing.Snapshot(str(world.server.run), Shift.OPEN, 1, last_fd)
    yield "look", world, seeing.Looked(snapshot)


def _send(world: World) -> Outcome:
    attempt = world.sale.attempt
    yield "!connection refused", fault(world), Silence.NOT_SENT
    yield "!cut before", fault(world), Silence.LOST
    flying = replace(world.server, flying=(*world.server.flying, (attempt, world.server.run)))
    yield "!delayed on the way", fault(world, server=flying), Silence.LOST
    for name, server, answer in _arrives(world.server, attempt):
        arrived = replace(world, server=server, faults=world.faults + name.startswith("!"))
        yield name, arrived, answer
        yield f"!{name.strip('!')}, answer cut", fault(arrived), Silence.LOST
        yield name, arrived, None


def _arrives(server: Server, attempt: int) -> Iterator[tuple[str, Server, seeing.Observation]]:
    """A request reaches the server."""
    known = server.knows(attempt)
    if known == "running":
        yield "sent again, still running", server, Silence.RUNNING
    elif known is not None:
        yield "sent again, done before", server, Silence.REPEATED
    else:
        yield "printed", server.prints(attempt).notes(attempt, "done"), OK
        yield "!slow", server.notes(attempt, "running"), Silence.RUNNING
        yield "!failed before printing", server.notes(attempt, "failed"), FAILED
        yield "!failed after printing", server.prints(attempt).notes(attempt, "failed"), FAILED
        yield "!printed, journal lost", server.prints(attempt), Silence.LOST
        yield "!restarted after printing", _restarted(server.prints(attempt)), Silence.LOST
        yield "!restarted before printing", _restarted(server), Silence.LOST
        yield "!restarted while printing", replace(_restarted(server), ghost=attempt), Silence.LOST


def _ask(world: World) -> Outcome:
    yield "!no answer to the question", fault(world), Silence.LOST
    known = world.server.knows(world.sale.attempt)
    answers: dict[str | None, Any] = {
        "running": Silence.RUNNING,
        "done": OK,
        "failed": FAILED,
        None: seeing.Unknown(str(world.server.run)),
    }
    yield f"asked: {known}", world, answers[known]


def _compare(world: World) -> Outcome:
    yield "!register unreachable", fault(world), Silence.LOST
    if "running" in dict(world.server.journal).values():
        # Reading the register is a command of the same device: it waits behind the one that runs.
        yield "the register is busy", world, Silence.RUNNING
        return
    assert world.job is not None
    assert world.job.snapshot is not None
    since = world.job.snapshot.last_fd
    yield "compared", world, _compared(world)
    for unreadable in range(since + 1, len(world.server.documents) + 1):
        yield f"!compared, {unreadable} is unreadable", fault(world), _compared(world, unreadable)


def _compared(world: World, unreadable: int = 0) -> seeing.Compared:
    """The register since the job's snapshot, but for a document that it cannot show."""
    assert world.job is not None
    assert world.job.snapshot is not None
    made = list(enumerate(world.server.documents, 1))[world.job.snapshot.last_fd :]
    found = tuple(_found(fd, maker) for fd, maker in made if fd != unreadable)
    taken = frozenset(fd for fd, maker in made if maker == ANOTHER)
    return seeing.Compared(str(world.server.run), Shift.OPEN, 1, found, whole=not unreadable, taken=taken)


def _found(fd: int, maker: int) -> Found:
    wanted = replace(WANTED, total=5_00, lines=(("Вода", 5_00),)) if maker == SOMEBODY else WANTED
    return Found(fd, "1", SALE, wanted.total, wanted.card, wanted.advance, wanted.lines)


def _worker_steps(world: World, job: Job, action: Action) -> World:
    """Store the job, tell what is new about it."""
    attempt = world.sale.attempt
    after = replace(world, job=job, doing=action)
    if job.stage is Stage.DONE:
        return replace(after, news=(*after.news, sales.Registered(attempt)))
    if job.stage is Stage.REFUSED:
        refused: sales.Fact = sales.Refused(attempt, str(job.code), job.device_text, world.now)
        if world.by_hand and without_document(job.code, returns=False):
            refused = sales.Unfiscalised(attempt)
        return replace(after, news=(*after.news, refused))
    if job.stage in (Stage.ASKING, Stage.COMPARING, Stage.ASIDE) and not world.told_unknown:
        return replace(after, told_unknown=True, news=(*after.news, sales.Unknown(attempt, world.now)))
    return after


# A person at the desk. --------------------------------------------------------------------------------------------


def _person(world: World, rules: Rules) -> Iterator[tuple[str, World]]:
    """What people say about a job in doubt, right or wrong, and what the register shows for it.

    Only about what nobody can read they are not wrong: nothing is left that could contradict them.
    """
    if world.job is None:
        return
    aside = world.job.stage is Stage.ASIDE
    in_doubt = world.doing is not None and world.job.stage in (Stage.ASKING, Stage.COMPARING)
    for name, after, seen in _said(world) if aside or in_doubt else ():
        if aside or isinstance(seen, seeing.Entered):
            job, action = rules(world.job, seen, after.now)
            yield name, _worker_steps(after, job, action)
    for name, after, read in _asked_again(world) if aside else ():
        assert read is not None
        job, action = rules(world.job, read, after.now)
        if (job, action) != (world.job, world.doing):
            yield name, _worker_steps(after, job, action)


def _asked_again(world: World) -> Outcome:
    """Somebody asks for a job that was set aside: what can be read is read once more."""
    assert world.job is not None
    if world.job.forgotten:
        yield from _ask(world)
    else:
        yield from _compare(world)


def _said(world: World) -> Iterator[tuple[str, World, seeing.Observation]]:
    assert world.job is not None
    documents = world.server.documents
    yield "!it is a document that is not there", fault(world), seeing.Entered(len(documents) + 1, None)
    for fd, maker in enumerate(documents, 1):
        # What a worker has forgotten of other jobs, the central app knows: a document belongs to one receipt.
        shown = seeing.Entered(fd, _found(fd, maker), taken=maker == ANOTHER)
        # The right number is on the paper; any other is a slip.
        yield f"it is {fd}", (world if maker > 0 else fault(world)), shown
        yield f"!it is {fd}, which is unreadable", fault(world), seeing.Entered(fd, None)
        if maker <= 0 and not world.job.forgotten:
            yield f"!there is none, and {fd} is unreadable", fault(world), seeing.Denied(_compared(world, fd))
    if world.job.forgotten:
        if not world.ours:
            yield "there is none", world, seeing.Denied(None)
        return
    yield "there is none", (fault(world) if world.ours else world), seeing.Denied(_compared(world))


# The world around it. ---------------------------------------------------------------------------------------------


def _restarted(server: Server) -> Server:
    """The server starts anew: journal and connections are gone, the register keeps its documents."""
    return replace(server, run=server.run + 1, journal=(), flying=())


def _environment(world: World) -> Iterator[tuple[str, World]]:
    server = world.server
    # Both settle within one tick: what is on its way longer than that is lost.
    if world.waits and not server.ghost and not server.flying:
        later = replace(world, ticks=world.ticks + 1)
        idle = world.job is not None and world.job.stage is Stage.QUEUED
        yield ("!nobody works for long", fault(later)) if idle else ("time passes", later)
    if world.by_hand is None:
        yield "manual payment is turned on", replace(world, by_hand=True)
    if server.ghost:
        yield "the register finishes by itself", replace(world, server=replace(server.prints(server.ghost), ghost=0))
        yield "the register gives up by itself", replace(world, server=replace(server, ghost=0))
    for attempt, state in server.journal:
        if state == "running":
            yield "finished", replace(world, server=server.prints(attempt).notes(attempt, "done"))
            yield "!failed late", fault(world, server=server.notes(attempt, "failed"))
            yield "!server dies, register goes on", fault(world, server=replace(_restarted(server), ghost=attempt))
        else:
            forgotten = tuple(entry for entry in server.journal if entry[0] != attempt)
            yield "!journal forgets", fault(world, server=replace(server, journal=forgotten))
    if world.job is not None and not world.job.ended:
        yield "!server restarts", fault(world, server=_restarted(server))
        if SOMEBODY not in server.documents:
            yield "!somebody else prints", fault(world, server=server.prints(SOMEBODY))
        # One job at a time: another of ours prints while this one is aside.
        if world.job.stage is Stage.ASIDE and ANOTHER not in server.documents:
            yield "!another sale of the same look", fault(world, server=server.prints(ANOTHER))
    yield from _memory_lost(world)
    for flight in server.flying:
        landed = replace(server, flying=tuple(f for f in server.flying if f != flight))
        yield "a delayed request is lost", replace(world, server=landed)
        if flight[1] == server.run:
            for name, after, _ in _arrives(landed, flight[0]):
                yield f"delayed: {name}", replace(world, server=after, faults=world.faults + name.startswith("!"))


def _memory_lost(world: World) -> Iterator[tuple[str, World]]:
    """The worker's file is gone, with or without what it had told; central asks the next worker for the job again."""
    if world.job is None or world.job.forgotten or world.sale.ended:
        return
    job = jobs.forgotten(Job(Kind.PRINT, world.job.send_by, WANTED), world.now)
    lost = fault(world, job=job, doing=Action.ASK, told_unknown=True)
    # A job whose end was told is not asked for again.
    if not world.job.ended:
        yield "!the worker's memory is lost", lost
    if world.news:
        yield "!the worker's memory is lost, and what it told", replace(lost, news=(), told_unknown=False)


def _billing(world: World) -> Iterator[tuple[str, World]]:
    if world.paying:
        yield "billing hears the payment", _paid(world)
    if world.news:
        yield "billing hears", _sale_steps(replace(world, news=world.news[1:]), world.news[0])
    elif not world.sale.ended:
        for may_start in (True, False):
            after = _sale_steps(world, sales.Passed(world.now, may_start))
            if after != world:
                yield "billing looks at the clock", after


def _paid(world: World) -> World:
    """The payment reaches billing; one that cannot be taken ends the sale."""
    tenders = (Tender(Means.BALANCE, 200_00, 200_00), Tender(Means.CASH, 100_00, 500_00))
    heard = replace(world, paying=False)
    try:
        taken = _sale_steps(heard, sales.Pay(tenders, UUID(int=3), world.now, 200_00, 50_00, 50_00))
    except Unpayable as refused:
        return _sale_steps(heard, sales.Impossible(refused.code))
    return replace(taken, paid_at=world.now) if taken.sale.state is sales.State.FISCALISING else taken


def _sale_steps(world: World, fact: sales.Fact) -> World:
    sale, effects = sales.step(world.sale, fact)
    after = replace(world, sale=sale)
    for effect in effects:
        if effect is Effect.HOLD:
            after = replace(after, held=after.held + 1)
        elif effect is Effect.RELEASE:
            after = replace(after, held=after.held - 1)
        elif effect is Effect.SETTLE:
            after = replace(after, held=after.held - 1, settled=after.settled + 1)
        elif effect is Effect.PRINT:
            job = Job(Kind.PRINT, send_by=world.now + TICK * 2, wanted=WANTED)
            after = replace(after, job=job, doing=Action.LOOK, told_unknown=False)
    return after
