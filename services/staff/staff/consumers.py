"""What staff follows: the acts that every service tells, its own among them. They are the journal."""

from contracts.journal import ACTS, Act
from kit.consume import Handlers
from kit.db import Tx
from kit.parked import Delivery
from staff.domain.journal import Entry, trace_of
from staff.store import journal


def handlers() -> Handlers:
    """The facts that staff follows."""
    follow = Handlers()

    async def keep(tx: Tx, acts: list[tuple[Act, Delivery]]) -> None:
        """Keep each act once, with the trace that it belongs to."""
        await journal.keep(tx, [entry(act, delivery) for act, delivery in acts])

    for kind in ACTS.values():
        follow.handle(kind, in_sets=True)(keep)
    return follow


def entry(act: Act, delivery: Delivery) -> Entry:
    """The act as the journal keeps it."""
    return Entry(
        act_id=act.act_id,
        org_id=act.org_id,
        club_id=act.club_id,
        at=act.at,
        act=act.act,
        member_id=act.person.member_id,
        member_name=_text(act.person.name),
        till_id=act.till_id,
        subject=_text(act.subject),
        before=act.before,
        after=act.after,
        reason=None if act.reason is None else _text(act.reason),
        trace_id=trace_of(delivery.trace),
    )


def _text(text: str) -> str:
    """Without the one character that Postgres does not take; JSON columns keep its escape."""
    return text.replace("\0", "")
