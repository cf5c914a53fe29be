"""What others printed on a register in a shift that we close."""

import logging

from contracts.fiscal import ForeignDocument
from fiscal.worker import store
from fiscal.worker.clients import KkmServer
from fiscal.worker.domain.document import SALE
from fiscal.worker.domain.job import Job
from fiscal.worker.domain.observation import Silence
from fiscal.worker.store import Stored, answers
from kit.db import Database

log = logging.getLogger(__name__)

COUNT_TRIES = 3
SHIFT_MAX = 2000
"""No more documents than this are looked through for those of others."""


async def foreign_documents(db: Database, kkm: KkmServer, stored: Stored, closed: Job) -> tuple[ForeignDocument, ...]:
    """Receipts since the shift before that we did not make; empty as well when the register does not tell."""
    assert closed.snapshot is not None
    last = closed.snapshot.last_fd
    async with db.begin() as tx:
        ours = {row.fd for row in await store.documents_of(tx, stored.register_id, closed.snapshot.session)}
        before = await store.last_before(tx, stored.register_id, closed.snapshot.session, last)
    for _ in range(COUNT_TRIES):
        known = min(ours, default=last + 1)
        first = before + 1 if before is not None else await kkm.shift_begins(stored.address, known)
        if isinstance(first, Silence):
            continue
        missing = sorted(set(range(max(first, last + 1 - SHIFT_MAX), last + 1)) - ours)
        if not missing:
            return ()
        found = await kkm.documents(stored.address, missing[0], missing[-1])
        if not isinstance(found, Silence):
            theirs = [one for one in found if one is not None and one.type == SALE and one.fd not in ours]
            return tuple(answers.foreign(one) for one in theirs)
    log.warning("register %s did not say what others printed in shift %s", stored.register_id, closed.snapshot)
    return ()
