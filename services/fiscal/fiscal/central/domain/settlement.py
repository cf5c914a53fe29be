"""What a person said about a receipt in doubt, and what came of it."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any


class State(StrEnum):
    CHECKING = "checking"
    """The club's worker reads the register for it, as soon as the register answers."""
    ACCEPTED = "accepted"
    REFUSED = "refused"
    """The register shows something else: the receipt stays unknown, and somebody may say something else."""
    OVERRULED = "overruled"
    """The receipt ended meanwhile, otherwise than was said."""
    SUPERSEDED = "superseded"
    """Something else was said about the receipt before this was checked."""


def ended_by(said_fd: int | None, registered_fd: int | None) -> State:
    """What came of a word, where the receipt ended as document `registered_fd`, or refused (None)."""
    return State.ACCEPTED if said_fd == registered_fd else State.OVERRULED


REFUSED = {
    "document_not_found": "The register shows no document {fd}. Look at the number on the paper (ФД) once more.",
    "document_of_another": "Document {fd} was printed for something else. Look for the paper of this receipt.",
    "document_too_early": "Document {fd} was there before this receipt was sent. Look for a later one.",
    "document_differs": "Document {fd} is not this receipt: {differs}. Look for the paper of this receipt.",
    "job_unknown": "The club's worker knows nothing of this receipt yet: its memory was lost. Try again in 5 minutes.",
    "not_sent": "Nothing was sent to the register yet, so there is no document: the receipt goes on by itself.",
}
SUMS = {"total": "total", "card": "part by card", "advance": "part by advance"}


def words(
    state: State, code: str | None, fd: int | None, found: Mapping[str, Any] | None, differs: Sequence[str], wanted: Any
) -> str:
    """How it stands, for the person who said it. `wanted` has the receipt's sums and lines."""
    if state is State.CHECKING:
        return "The register is being read. Until it answers, this receipt stays unknown."
    if state is State.ACCEPTED:
        return "There is no document: the receipt is refused." if fd is None else f"Document {fd} is this receipt."
    if state is State.OVERRULED:
        return "The register has decided otherwise; the receipt says how."
    if state is State.SUPERSEDED:
        return "Something else was said about this receipt before the register was read."
    because = "; ".join(_difference(name, found or {}, wanted) for name in differs)
    return REFUSED.get(code or "", "The register does not show what was said.").format(fd=fd, differs=because)


def _difference(name: str, found: Mapping[str, Any], wanted: Any) -> str:
    if name in SUMS:
        there, here = found.get(f"{name}_kopecks", 0), getattr(wanted, f"{name}_kopecks")
        return f"its {SUMS[name]} is {_rubles(there)} and not {_rubles(here)}"
    if name == "kind":
        return f"it is no sale but «{found.get('kind', '')}»"
    return f"it is for «{', '.join(found.get('names', ()))}»"


def _rubles(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}"
