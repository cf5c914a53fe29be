"""The ledger: entries are added, never changed; the database sees that they add up and keeps the balances."""

import json
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import JSON, BigInteger, String, Uuid, column, table, text

from billing.domain.ledger import Entry
from contracts.billing import LedgerPosted
from kit.columns import Moment
from kit.db import Tx

entries = table(
    "entry",
    *[column(name, Uuid) for name in ("entry_id", "org_id", "sale_id", "shift_id")],
    *[column(name, String) for name in ("reason", "note")],
    column("person", JSON),
    column("posted_at", Moment),
)
postings = table("posting", column("entry_id", Uuid), column("account", String), column("amount_kopecks", BigInteger))

# Whole sets in one statement each: the trigger that checks and sums works on a statement's rows together.
ADD_ENTRIES = text(
    "insert into entry (entry_id, org_id, sale_id, shift_id, reason, note, person, posted_at)"
    " select *, cast(:at as timestamptz) from unnest(cast(:entries as uuid[]), cast(:orgs as uuid[]),"
    " cast(:sales as uuid[]), cast(:shifts as uuid[]), cast(:reasons as text[]), cast(:notes as text[]),"
    " cast(:persons as json[]))"
)
ADD_POSTINGS = text(
    "insert into posting (entry_id, account, amount_kopecks)"
    " select * from unnest(cast(:entries as uuid[]), cast(:accounts as text[]), cast(:amounts as bigint[]))"
)


Posted = tuple[UUID, Entry, str | None]
"""Whose entry it is, the entry, and the trace that it belongs to."""


async def post(tx: Tx, some: Sequence[Posted]) -> None:
    """Post entries and tell of each posting, all in two statements."""
    if not some:
        return
    values = {
        "at": tx.now,
        "entries": [entry.entry_id for _, entry, _ in some],
        "orgs": [org_id for org_id, _, _ in some],
        "sales": [entry.sale_id for _, entry, _ in some],
        "shifts": [entry.shift_id for _, entry, _ in some],
        "reasons": [entry.reason for _, entry, _ in some],
        "notes": [entry.note for _, entry, _ in some],
        "persons": [json.dumps(entry.person) if entry.person else None for _, entry, _ in some],
    }
    await tx.conn.execute(ADD_ENTRIES, values)
    flat = [(entry.entry_id, one.account, one.amount_kopecks) for _, entry, _ in some for one in entry.postings]
    ids, names, amounts = (list(part) for part in zip(*flat, strict=True))
    await tx.conn.execute(ADD_POSTINGS, {"entries": ids, "accounts": names, "amounts": amounts})
    for org_id, entry, trace in some:
        base = {"org_id": org_id, "entry_id": entry.entry_id, "sale_id": entry.sale_id, "reason": entry.reason}
        for one in entry.postings:
            moved = {"account": one.account, "amount_kopecks": one.amount_kopecks, "posted_at": tx.now}
            tx.tell(LedgerPosted(**base, **moved), trace=trace)
