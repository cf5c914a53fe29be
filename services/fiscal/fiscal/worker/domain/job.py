"""One command for one register, done at most once: a pure machine, `step(job, observation, now) -> (job, action)`.

The rules behind it:
- a job in SENDING was stored before its first byte left; whoever finds it there after a crash must not send again;
- silence is not refusal: after anything but a definite answer the server is asked by the command's id;
- a server that does not know the id, and one that says "failed", are not believed: the register's own documents decide;
- a job whose worker has lost its memory is asked for alike; what the server does not tell of it, a person does;
- a second sending has the same body and the same id, and comes only when the register shows that the first did nothing;
- what is no document is sent once: an X-report whose answer is lost is given up, and whoever wants one asks anew;
- a job that was set aside may be asked for again at any time: what can be read then ends it, and nothing is sent;
- a person's word about a job is checked against the register first; only what nobody can read is believed unread.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from fiscal.worker.domain.document import Found, Wanted
from fiscal.worker.domain.observation import (
    Answered,
    Compared,
    Denied,
    Entered,
    Looked,
    NotReady,
    Observation,
    Shift,
    ShiftFailed,
    Silence,
    Snapshot,
    Unknown,
)

SENDS_MAX = 4
"""So often found to have done nothing: then it is refused, and a person looks why."""

SETTLE = timedelta(seconds=3)
"""A request that we gave up may still be on its way; so long a register without our document proves nothing."""
SETTLE_AFTER_RESTART = timedelta(seconds=15)
"""The same, where the server died: its register may go on printing what it was given."""


class Kind(StrEnum):
    PRINT = "print"
    OPEN_SHIFT = "open_shift"
    CLOSE_SHIFT = "close_shift"
    X_REPORT = "x_report"
    TEST_SLIP = "test_slip"


SLIPS = (Kind.X_REPORT, Kind.TEST_SLIP)
"""What is printed and is no document: nothing readable tells whether it was, so it is sent once and never again."""

SLIP_PATIENCE = timedelta(seconds=60)
"""A slip whose answer has not come by then is given up: receipts wait behind it."""


class Stage(StrEnum):
    QUEUED = "queued"
    """Nothing was sent."""
    SENDING = "sending"
    """The request may have left; its answer is not known."""
    ASKING = "asking"
    """It left, or may have: the server is asked by the command's id."""
    COMPARING = "comparing"
    """The register's own documents decide whether it was done."""
    ASIDE = "aside"
    """Nothing we can read decides it: a person says the document's number, or that there is none. Other jobs go on."""
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Job:
    """A command, what is known of it, and how it stands."""

    kind: Kind
    send_by: datetime
    wanted: Wanted | None = None
    stage: Stage = Stage.QUEUED
    snapshot: Snapshot | None = None
    sends: int = 0
    sent_at: datetime | None = None
    server_start: str | None = None
    """The run of the server that last told us anything about this command."""
    settled_at: datetime | None = None
    """From then on, a register without our document has not done it, if the server is still in that run."""
    suspect: str | None = None
    """The server says it failed, with this text; believed when the register has no document of it."""
    answer: Mapping[str, Any] | None = None
    found: Found | None = None
    code: str | None = None
    device_text: str | None = None

    @property
    def ended(self) -> bool:
        return self.stage in (Stage.DONE, Stage.REFUSED)

    @property
    def maybe_sent(self) -> bool:
        return self.sends > 0

    @property
    def forgotten(self) -> bool:
        """Nobody knows what the register's last document was before it was sent: nothing to compare with."""
        return self.maybe_sent and self.snapshot is None


@dataclass(frozen=True, slots=True)
class Objection:
    """Why an entered document cannot be the job's; `differs` names what is otherwise."""

    code: str
    differs: tuple[str, ...] = ()


class Action(StrEnum):
    """What to do next. LOOK, ASK and COMPARE change nothing and may be repeated; SEND is done once per step."""

    LOOK = "look"
    SEND = "send"
    ASK = "ask"
    COMPARE = "compare"
    OPEN_FIRST = "open first"
    """Open the register's shift, then look again."""
    ROTATE_FIRST = "rotate first"
    """Close the register's expired shift, then look again."""
    NOTHING = "nothing"


Step = tuple[Job, Action]


def forgotten(job: Job, now: datetime) -> Job:
    """A job that was given to a worker before this one, and its memory is lost: it may have been done."""
    return replace(job, stage=Stage.ASKING, sends=1, sent_at=now)


def resumed(job: Job) -> Step:
    """How a job goes on after a restart: what was being sent may have been done."""
    actions = {Stage.QUEUED: Action.LOOK, Stage.ASKING: Action.ASK, Stage.COMPARING: Action.COMPARE}
    if job.stage is Stage.SENDING:
        return replace(job, stage=Stage.ASKING), Action.ASK
    return job, actions.get(job.stage, Action.NOTHING)


def step(job: Job, seen: Observation, now: datetime) -> Step:
    """What `seen` makes of `job`, and what to do next. Store the job before doing it."""
    match job.stage, seen:
        case ((Stage.SENDING | Stage.ASKING), _) if job.kind in SLIPS and seen is not Silence.NOT_SENT:
            return _slip(job, seen, now)
        case Stage.QUEUED, Looked(snapshot):
            return _ready(job, snapshot, now)
        case Stage.QUEUED, NotReady(code, text, hurried):
            late = hurried or now >= job.send_by
            return (_refused(job, code, text), Action.NOTHING) if late else (job, Action.LOOK)
        case Stage.QUEUED, ShiftFailed(code, text):
            return _refused(job, code, text), Action.NOTHING
        case Stage.SENDING, Silence.NOT_SENT if job.sends == 1:
            return replace(job, stage=Stage.QUEUED, snapshot=None, sends=0, sent_at=None), Action.LOOK
        case ((Stage.SENDING | Stage.ASKING), Silence()):
            return replace(job, stage=Stage.ASKING), Action.ASK
        case ((Stage.SENDING | Stage.ASKING), Answered()):
            return _answered(job, seen, now)
        case Stage.ASKING, Unknown(server_start) if job.forgotten:
            return _asked(job, server_start, now)
        case Stage.ASKING, Unknown(server_start):
            return _settling(replace(job, stage=Stage.COMPARING), server_start, now)
        case Stage.COMPARING, Compared():
            return _compared(job, seen, now)
        case Stage.COMPARING, Silence():
            return job, Action.COMPARE
        case ((Stage.ASIDE | Stage.ASKING | Stage.COMPARING), Entered(found=found)):
            return resumed(job) if objection(job, seen) else (_done(job, found), Action.NOTHING)
        case Stage.ASIDE, Denied(compared):
            # What can be read is believed before a person, and a person about the rest.
            made = _made(job, compared) if compared else None
            return made or _refused(job, "no_document", job.suspect), Action.NOTHING
        case Stage.ASIDE, Compared():
            return _made(job, seen) or job, Action.NOTHING
        case Stage.ASIDE, Answered(status=0, document=True, body=body) if job.forgotten:
            return replace(job, stage=Stage.DONE, answer=body), Action.NOTHING
        case Stage.ASIDE, (Answered() | Unknown() | Silence()):
            return job, Action.NOTHING
    raise AssertionError(f"{seen} cannot be seen in {job.stage}")


def objection(job: Job, seen: Entered) -> Objection | None:
    """Why the document that a person entered is not believed to be the job's; None when it is."""
    if seen.found is None:
        return Objection("document_not_found")
    if seen.taken:
        return Objection("document_of_another")
    assert job.wanted is not None
    if job.snapshot is not None and seen.found.fd <= job.snapshot.last_fd:
        return Objection("document_too_early")
    differs = job.wanted.differences(seen.found)
    return Objection("document_differs", differs) if differs else None


def pause_s(job: Job, now: datetime) -> float:
    """How long to wait before the next LOOK, ASK or COMPARE: every second at first, then slower."""
    waited = now - (job.sent_at or now)
    return 1.0 if waited < timedelta(seconds=30) else 5.0 if waited < timedelta(minutes=10) else 30.0


def _ready(job: Job, snapshot: Snapshot, now: datetime) -> Step:
    """Nothing was sent and the register is ready: send, unless there is nothing to do or something to do first."""
    match job.kind, snapshot.shift:
        case (Kind.OPEN_SHIFT, Shift.OPEN) | (Kind.CLOSE_SHIFT, Shift.CLOSED):
            return replace(job, stage=Stage.DONE, snapshot=snapshot), Action.NOTHING
        case _ if now >= job.send_by:
            return _refused(job, "too_late", None), Action.NOTHING
        case ((Kind.PRINT | Kind.OPEN_SHIFT), Shift.EXPIRED):
            return job, Action.ROTATE_FIRST
        case Kind.PRINT, Shift.CLOSED:
            return job, Action.OPEN_FIRST
    sending = replace(job, stage=Stage.SENDING, snapshot=snapshot, server_start=snapshot.server_start)
    return replace(sending, sends=1, sent_at=now), Action.SEND


def _slip(job: Job, seen: Observation, now: datetime) -> Step:
    """A slip was sent: whatever becomes of it, it is not sent again."""
    match seen:
        case Answered(status=0):
            return replace(job, stage=Stage.DONE, answer=seen.body), Action.NOTHING
        case Answered(status, error):
            code = "register_missing" if status == 3 else "register_refused"
            return _refused(job, code, error), Action.NOTHING
        case Silence() if job.sent_at is not None and now < job.sent_at + SLIP_PATIENCE:
            return replace(job, stage=Stage.ASKING), Action.ASK
    return _refused(job, "answer_lost", None), Action.NOTHING


def _answered(job: Job, answer: Answered, now: datetime) -> Step:
    if answer.status == 0 and answer.document:
        return replace(job, stage=Stage.DONE, answer=answer.body), Action.NOTHING
    if answer.status == 3:  # the server found no such device: nothing happened
        return _refused(job, "register_missing", answer.error), Action.NOTHING
    # "Failed" may have come after the document (jammed paper), and "done" without a document proves nothing.
    suspect = answer.error or f"status {answer.status}" if answer.status != 0 else None
    if job.forgotten:
        return _asked(replace(job, suspect=suspect, answer=answer.body), job.server_start, now)
    # After a silence, a second copy of the request may still be on its way.
    settled_at = now + SETTLE if job.stage is Stage.ASKING or job.sends > 1 else None
    doubted = replace(job, stage=Stage.COMPARING, suspect=suspect, answer=answer.body, settled_at=settled_at)
    return doubted, Action.COMPARE


def _asked(job: Job, server_start: str | None, now: datetime) -> Step:
    """The server does not say that a forgotten job was done: wait until nothing can be on its way any more.

    Then a person decides about a receipt; about a shift's document the state of the register's shift does.
    """
    if job.settled_at is None or server_start != job.server_start:
        return replace(job, server_start=server_start, settled_at=now + SETTLE_AFTER_RESTART), Action.ASK
    if now < job.settled_at:
        return job, Action.ASK
    if job.kind is Kind.PRINT:
        return replace(job, stage=Stage.ASIDE), Action.NOTHING
    return Job(job.kind, job.send_by), Action.LOOK


def _compared(job: Job, seen: Compared, now: datetime) -> Step:
    made = _made(job, seen)
    if made is not None:
        return made, Action.NOTHING
    if job.settled_at is not None and seen.server_start != job.server_start:
        return _settling(job, seen.server_start, now)
    if job.settled_at is not None and now < job.settled_at:
        return job, Action.COMPARE
    said_done = job.answer is not None and job.suspect is None
    # A shift document is never set aside: the state of the register's shift can be read, and decides.
    if job.kind is Kind.PRINT and (not seen.whole or said_done):
        return replace(job, stage=Stage.ASIDE), Action.NOTHING
    if job.suspect is not None:
        return _refused(job, "register_refused", job.suspect), Action.NOTHING
    if job.sends >= SENDS_MAX:
        return _refused(job, "register_never_accepted", None), Action.NOTHING
    return replace(job, stage=Stage.SENDING, sends=job.sends + 1, settled_at=None), Action.SEND


def _settling(job: Job, server_start: str | None, now: datetime) -> Step:
    """Compare, but believe that nothing was done only when nothing can be on its way any more."""
    same_run = server_start is not None and server_start == job.server_start
    settled_at = now + (SETTLE if same_run else SETTLE_AFTER_RESTART)
    return replace(job, server_start=server_start, settled_at=settled_at), Action.COMPARE


def _made(job: Job, seen: Compared) -> Job | None:
    """The job as DONE, where the register shows that it was done."""
    assert job.snapshot is not None
    if job.kind is Kind.PRINT:
        free = (one for one in seen.documents if one.fd not in seen.taken)
        found = next((one for one in free if _fits(job, one)), None)
        return _done(job, found) if found else None
    if job.kind is Kind.OPEN_SHIFT:
        opened = seen.shift is Shift.OPEN and seen.session > job.snapshot.session
        return _done(job, None) if opened else None
    closed = seen.shift is Shift.CLOSED or seen.session > job.snapshot.session
    return _done(job, None) if closed else None


def _fits(job: Job, found: Found) -> bool:
    assert job.snapshot is not None
    return job.wanted is not None and found.fd > job.snapshot.last_fd and job.wanted.is_made_by(found)


def _done(job: Job, found: Found | None) -> Job:
    return replace(job, stage=Stage.DONE, found=found, suspect=None)


def _refused(job: Job, code: str, text: str | None) -> Job:
    return replace(job, stage=Stage.REFUSED, code=code, device_text=text)
