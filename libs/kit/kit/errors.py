"""Three kinds of failure, by what happens next: `Refused` is an answer; `Transient` is tried again; all else is a bug
or a bad message: it is parked, or it is a 500 whose cause is in the log."""

from typing import Any


class Refused(Exception):
    """The business says no: a stable slug, and words for the person at the desk.

    `members` go into the problem: typed `params`; for a payment also `money`, `receipt`, `device_text`, `retry`.
    """

    status = 409

    def __init__(self, code: str, detail: str, *, retry: str = "never", **members: Any) -> None:
        super().__init__(f"{code}: {detail}")
        self.code, self.detail, self.members = code, detail, {"retry": retry, **members}


class NotFound(Refused):
    """No such thing in the caller's org and clubs; whether it exists elsewhere is not said."""

    status = 404

    def __init__(self, noun: str, wanted: object) -> None:
        super().__init__(f"{noun}_not_found", f"There is no {noun} {wanted} here.", params={"id": str(wanted)})


class Invalid(Refused):
    """The request contradicts itself, or a rule that no field shows alone."""

    status = 422


class Transient(Exception):
    """The world is at fault: a time-out, a lost connection, a lock. Trying again may help."""
