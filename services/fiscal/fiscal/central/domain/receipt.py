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


class Contradiction(Exception):
    """A worker said the opposite of what it said before: somebody has to look."""


class NotAsked(Exception):
    """A worker spoke of a job that it was not given: of another club's, another register's, or of another kind."""


ENDED = (State.REGISTERED, State.REFUSED)


def moved(state: State, word: State) -> bool:
    """Whether `word` is news for a receipt in `state`. Raises Contradiction: an ended receipt never changes."""
    if state in ENDED:
        if word in ENDED and word is not state:
            raise Contradiction(f"a receipt that is {state} was told to be {word}")
        return False
    return True
