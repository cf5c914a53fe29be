"""Transport facts: CloudEvents names in Kafka headers, and what a header may look like."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from contracts.message import Message

ID = "ce_id"
TYPE = "ce_type"
SOURCE = "ce_source"
TIME = "ce_time"
SPEC = "ce_specversion"
TRACE = "traceparent"
ORG = "savepoint-org"
CLUB = "savepoint-club"


def headers(message: Message, event_id: UUID, at: datetime, traceparent: str | None) -> dict[str, str]:
    """The headers of `message`. `event_id` is drawn when the message enters the outbox and never again.

    The source is added by the outbox, which knows whose it is.
    """
    known = {ID: str(event_id), TYPE: message.TYPE, TIME: at.isoformat(), SPEC: "1.0", ORG: str(message.org_id)}
    if message.club is not None:
        known[CLUB] = str(message.club)
    if traceparent is not None:
        known[TRACE] = traceparent
    return known


def readable(raw: Iterable[tuple[str, bytes]]) -> dict[str, str]:
    """Headers as text."""
    return {name: text(value or b"") for name, value in raw}


def text(raw: bytes) -> str:
    """A key or a header as text that any reader can keep: what is not UTF-8, and NUL, is escaped."""
    return raw.decode("utf-8", errors="backslashreplace").replace("\0", r"\x00")
