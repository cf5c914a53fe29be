"""Manual payment: a register does not answer, and for a while, by somebody's word, sales end without a document."""

from datetime import datetime, timedelta

LASTS_MAX = timedelta(hours=24)
"""An emergency that lasts longer is looked at by somebody again."""

NO_ANSWER = frozenset(
    {"register_unreachable", "register_missing", "register_error", "register_never_accepted", "no_paper"}
)
"""Refusals of a register that prints nothing whatever it is given. One that objects to a receipt, is busy,
or is back after a receipt's time was over, works."""


def without_document(code: str | None, returns: bool) -> bool:
    """Whether a settlement refused for `code` is done without a document; money never goes back without one."""
    return not returns and code in NO_ANSWER


def problem(until: datetime, now: datetime) -> str | None:
    """Why it cannot last until then."""
    if until <= now:
        return "manual_payment_over"
    return "manual_payment_too_long" if until - now > LASTS_MAX else None
