"""What a worker can see of its register, its server and the people at the desk: all that a job is decided by."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from fiscal.worker.domain.document import Found


class Shift(StrEnum):
    """State of the register's shift: `SessionState` 1, 2, 3."""

    CLOSED = "closed"
    OPEN = "open"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The register just before the first sending. `server_start` is None where the server did not tell it."""

    server_start: str | None
    shift: Shift
    session: int
    last_fd: int
    """Number of the last fiscal document that existed then."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The register answered and is ready."""

    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class NotReady:
    """The register cannot be looked at: unreachable, switched off, out of paper. Nothing was sent."""

    code: str
    device_text: str | None = None
    hurried: bool = False
    """Sales go on without receipts meanwhile: nobody waits for the register to be ready."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A definite answer about the command, from its own call or from GetRezult. `document`: it names a document."""

    status: int
    error: str
    document: bool
    body: Mapping[str, Any]


class Silence(StrEnum):
    """No definite answer."""

    NOT_SENT = "not sent"
    """The connection was refused: not a byte left."""
    LOST = "lost"
    """Cut, timed out, or not understood: it may have been done."""
    RUNNING = "running"
    """Status 1 or 4: accepted, not finished."""
    REPEATED = "repeated"
    """Status 5: done earlier under this id; GetRezult has the answer."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """GetRezult: the server knows no such command. `server_start` tells whether it is the same run of the server."""

    server_start: str | None


@dataclass(frozen=True, slots=True)
class Compared:
    """The register as it is now, and its documents after the snapshot's last; `whole` False: some are unreadable."""

    server_start: str | None
    shift: Shift
    session: int
    documents: tuple[Found, ...]
    whole: bool = True
    taken: frozenset[int] = frozenset()
    """Numbers of those that other jobs made. A job that was set aside comes back when others have printed."""


@dataclass(frozen=True, slots=True)
class ShiftFailed:
    """The shift that this job needs could not be opened or closed."""

    code: str
    device_text: str | None


@dataclass(frozen=True, slots=True)
class Entered:
    """A person says that it became document `fd`; what the register holds under that number."""

    fd: int
    found: Found | None
    """None: the register shows no such document, or one that cannot be made out."""
    taken: bool = False
    """Another job made it."""


@dataclass(frozen=True, slots=True)
class Denied:
    """A person looked and says that there is no document; the register as it is now, None for a forgotten job."""

    compared: Compared | None


Observation = Looked | NotReady | Answered | Silence | Unknown | Compared | ShiftFailed | Entered | Denied
