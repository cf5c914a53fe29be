"""Time and identity, given from outside: a clock, fresh ids, and ids that are equal on a second try."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid5

from uuid_utils.compat import uuid7

Clock = Callable[[], datetime]
"""Gives an aware UTC moment."""

SAVEPOINT = UUID("5a7e9011-7000-5000-8000-736176657074")
"""The namespace of derived ids; changing it would make every derived id a new one."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def new_id() -> UUID:
    """A fresh UUIDv7: ids sort by the moment they were drawn."""
    return uuid7()


def derived_id(*cause: object) -> UUID:
    """The id that `cause` always gives: use it where a second try must name the same thing."""
    return uuid5(SAVEPOINT, "/".join(str(part) for part in cause))
