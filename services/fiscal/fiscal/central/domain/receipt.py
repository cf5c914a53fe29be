"""How a receipt stands, and which word of a worker moves it."""

from enum import StrEnum


class State(StrEnum):
    ORDERED = "ordered"
    WAITING = "waiting"
    """Nothing was sent to the register yet."""
    UNKNOWN = "unknown"
    """The register may have printed it."""
    REGISTERED = "registered"
    REFUSED = "refused"
    UNFISCALISED = "unfiscalised"
    """The settlement is done without a document, by somebody's word; a correction will close it."""


RETURNS = {"advance": "advance_back", "settlement": "refund"}
"""The purpose of a receipt that returns what one of this purpose took: its sums went out."""


class Contradiction(Exception):
    """A worker said the opposite of what it said before: somebody has to look."""


class NotAsked(Exception):
    """A worker spoke of a job that it was not given: of another club's, another register's, or of another kind."""


ENDED = (State.REGISTERED, State.REFUSED, State.UNFISCALISED)


def contradicts(state: State, word: State) -> bool:
    """Whether `word` says the opposite of how the receipt has ended."""
    nothing_printed = (State.REFUSED, State.UNFISCALISED)
    if state in nothing_printed and word in nothing_printed:
        return False
    return state in ENDED and word in ENDED and word is not state


def moved(state: State, word: State, fd: int | None = None) -> bool:
    """Whether `word` is news for a receipt in `state`; an ended receipt never changes.

    Its document `fd` is proof against whatever a worker says later, one that lost its memory for example; without one,
    a word that contradicts the end raises Contradiction.
    """
    if contradicts(state, word) and fd is None:
        raise Contradiction(f"a receipt that is {state} was told to be {word}")
    return state not in ENDED
