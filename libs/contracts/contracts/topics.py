"""Every topic of Savepoint: its key, its owner, its partitions and how long it keeps messages.

`savepoint topics apply` makes them; no service makes one by touching it. Facts are kept longer than the outboxes keep
their rows (7 days), so that a service that was down for a week still finds what it missed.
"""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Topic:
    """The stream of one kind of thing. `name` holds a `*` where there is one topic per club."""

    name: str
    key: str
    owner: str
    partitions: int
    retention_days: int = 14
    readers: tuple[str, ...] = ()
    """Who may read it, where that is less than every service."""


TOPICS: tuple[Topic, ...] = (
    Topic("hall.club", "club", "hall", partitions=3),
    Topic("hall.device", "device", "hall", partitions=6),
    Topic("hall.session", "session", "hall", partitions=12),
    Topic("billing.client", "client", "billing", partitions=6),
    Topic("billing.sale", "sale", "billing", partitions=12),
    Topic("billing.ledger", "account", "billing", partitions=12),
    Topic("billing.shift", "shift", "billing", partitions=6),
    Topic("billing.stock", "product", "billing", partitions=6),
    Topic("fiscal.commands", "club", "fiscal", partitions=12),
    # One partition: a register does one thing at a time, and its club's worker is alone.
    Topic("fiscal.branch.*.jobs", "register", "fiscal", partitions=1, readers=("fiscal-worker",)),
    Topic("fiscal.branch.*.answers", "register", "fiscal-worker", partitions=1, readers=("fiscal",)),
    Topic("fiscal.receipt", "receipt", "fiscal", partitions=12),
    Topic("fiscal.card", "charge", "fiscal", partitions=12),
    Topic("fiscal.shift", "register", "fiscal", partitions=6),
    Topic("fiscal.register", "register", "fiscal", partitions=6),
    Topic("marking.commands", "club", "marking", partitions=6),
    Topic("marking.code", "code's id", "marking", partitions=6),
    Topic("notifications.commands", "recipient", "notifications", partitions=6),
    Topic("notifications.message", "message", "notifications", partitions=6),
    Topic("staff.member", "member", "staff", partitions=3),
    Topic("staff.till", "till", "staff", partitions=3),
    # What the journal is made of: a topic has one owner, so there is one for each service.
    Topic("staff.act", "act", "staff", partitions=3),
    Topic("hall.act", "act", "hall", partitions=3),
    Topic("billing.act", "act", "billing", partitions=3),
    Topic("fiscal.act", "act", "fiscal", partitions=3),
)

SHARED = tuple(topic for topic in TOPICS if "*" not in topic.name)
"""The topics that exist before any club does."""

BRANCH = tuple(topic for topic in TOPICS if "*" in topic.name)
"""The topics that each club has for itself."""


def branch(club_id: UUID) -> tuple[Topic, ...]:
    """The topics between the central fiscal app and one club's worker."""
    return tuple(
        Topic(t.name.replace("*", str(club_id)), t.key, t.owner, t.partitions, t.retention_days, t.readers)
        for t in BRANCH
    )
