"""Where the time of a sale goes: what its messages say of themselves in the outboxes and inboxes they passed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import select

from bench.stack import Stack
from bench.till import Press
from contracts import Message, branch, fiscal
from kit import inbox, outbox
from kit.db import Database
from savepoint.places import places

PATH: tuple[tuple[str, type[Message], str], ...] = (
    ("billing", fiscal.PrintReceipt, "fiscal"),
    ("fiscal", branch.Print, "worker"),
    ("worker", branch.JobDone, "fiscal"),
    ("fiscal", fiscal.ReceiptRegistered, "billing"),
)
"""The way of a receipt: who tells what to whom."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One message: when its transaction began, when the relay knew it sent, when its reader began with it."""

    told_at: datetime
    sent_at: datetime
    taken_at: datetime


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the way, and the milliseconds that half of the sales needed at most."""

    name: str
    ms: float


async def stretches(stack: Stack, presses: Sequence[Press]) -> list[Stretch]:
    """The way of `presses`, which came one after another: the n-th message of a type belongs to the n-th of them."""
    databases = places(stack.folder).databases()
    worker = next(name for name in databases if name.startswith("fiscal-worker"))
    databases["worker"] = databases.pop(worker)
    try:
        ways = [await _passages(databases[teller], model, databases[reader], presses) for teller, model, reader in PATH]
    finally:
        for db in databases.values():
            await db.engine.dispose()
    return _between(presses, ways)


def _between(presses: Sequence[Press], ways: Sequence[Sequence[Passage]]) -> list[Stretch]:
    found = [_stretch("request to transaction, billing", [p.at for p in presses], [w.told_at for w in ways[0]])]
    for number, ((teller, model, reader), way) in enumerate(zip(PATH, ways, strict=True)):
        told, sent, taken = ([getattr(w, name) for w in way] for name in ("told_at", "sent_at", "taken_at"))
        found.append(_stretch(f"{model.TYPE}: {teller} commits, its relay sends", told, sent))
        found.append(_stretch(f"{model.TYPE}: broker to transaction, {reader}", sent, taken))
        if reader == "worker":
            found.append(_stretch("the worker and the register", taken, [w.told_at for w in ways[number + 1]]))
    found.append(_stretch("settling and answering", taken, [p.answered_at for p in presses]))
    return found


def _stretch(name: str, begun: Sequence[datetime], ended: Sequence[datetime]) -> Stretch:
    pairs = zip(begun, ended, strict=True)
    return Stretch(name, median((end - begin).total_seconds() * 1000 for begin, end in pairs))


async def _passages(
    teller: Database, model: type[Message], reader: Database, presses: Sequence[Press]
) -> list[Passage]:
    told, taken = outbox.rows.c, inbox.rows.c
    ours = (told.type == model.TYPE, told.created_at >= presses[0].at, told.created_at <= presses[-1].answered_at)
    async with teller.engine.connect() as conn:
        rows = (await conn.execute(select(outbox.rows).where(*ours).order_by(told.id))).all()
    rows = [row for row in rows if json.loads(row.body).get("kind", "print") == "print"]
    if len(rows) != len(presses):
        raise RuntimeError(f"{len(rows)} {model.TYPE} for {len(presses)} sales")
    async with reader.engine.connect() as conn:
        found = await conn.execute(select(inbox.rows).where(taken.event_id.in_([row.event_id for row in rows])))
    when = {row.event_id: row.taken_at for row in found}
    return [Passage(row.created_at, row.published_at, when[row.event_id]) for row in rows]
