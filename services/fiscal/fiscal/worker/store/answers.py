"""What the worker tells about a job: each word when it is new, and the last one again whenever the job comes again."""

from collections.abc import Sequence
from typing import Any

from contracts import TYPES, branch
from contracts.branch import EnteredDocument
from contracts.fiscal import Document, ForeignDocument, Totals
from fiscal.worker.domain import kkm
from fiscal.worker.domain.document import Found
from fiscal.worker.domain.job import Job, Kind, Objection, Stage
from fiscal.worker.domain.kkm import Qr
from fiscal.worker.store import Stored
from fiscal.worker.store.settlements import Said
from kit.db import Tx


def tell(tx: Tx, stored: Stored, waiting: str | None = None, **counted: Any) -> dict[str, Any] | None:
    """Tell how the job stands, where that is news; its last word, to be stored.

    `waiting`: why nothing was sent yet. `counted`: totals and foreign documents of a closed shift.
    """
    word = _word(tx, stored, waiting, counted)
    if word is None or (stored.word and _meaning(stored.word) == _meaning(_stored(word))):
        return stored.word
    tx.tell(word)
    return _stored(word)


def tell_again(tx: Tx, stored: Stored) -> None:
    """Somebody asks: the last word once more; before there is one, it will come by itself."""
    if stored.word is not None:
        tx.tell(TYPES[stored.word["type"]].model_validate(stored.word["body"]))


def unsettled(tx: Tx, stored: Stored, said: Said, why: Objection, found: Found | None = None) -> None:
    """Tell that a person's word does not hold, with what the register has in its place."""
    document = found and EnteredDocument(
        fd=found.fd,
        kind=found.type[:64],
        total_kopecks=found.total,
        card_kopecks=found.card,
        advance_kopecks=found.advance,
        names=tuple(name for name, _ in found.lines),
    )
    said_of = {"settlement_id": said.settlement_id, "code": why.code, "differs": why.differs, "found": document}
    tx.tell(branch.JobUnsettled(**_base(tx, stored), **said_of))


def totals(kind_rows: Sequence[Any]) -> Totals:
    """What our documents of one register's shift add up to."""
    prints = [row for row in kind_rows if row.kind == Kind.PRINT]
    return Totals(
        receipts=len(prints),
        cash_kopecks=sum(row.cash_kopecks for row in prints),
        card_kopecks=sum(row.card_kopecks for row in prints),
        advance_kopecks=sum(row.advance_kopecks for row in prints),
    )


def foreign(found: Found) -> ForeignDocument:
    """A receipt that nobody asked us for."""
    return ForeignDocument(fd=found.fd, total_kopecks=found.total, cash_kopecks=found.cash, card_kopecks=found.card)


def qr_of(job: Job) -> Qr | None:
    """The QR text of the document that ended the job, from the answer or from the register's memory."""
    return kkm.parse_qr(job.found.qr) if job.found else kkm.qr_of(job.answer or {})


def _word(tx: Tx, stored: Stored, waiting: str | None, counted: dict[str, Any]) -> branch.Answer | None:
    job, base = stored.job, _base(tx, stored)
    if job.stage is Stage.DONE:
        answer = dict(job.answer or {})
        shift = kkm.number(answer, "SessionNumber") or (job.snapshot.session if job.snapshot else None)
        return branch.JobDone(**base, document=_document(job, shift), fiscal_shift=shift, answer=answer, **counted)
    if job.stage is Stage.REFUSED:
        return branch.JobRefused(**base, code=job.code or "register_refused", device_text=job.device_text)
    if job.stage in (Stage.ASKING, Stage.COMPARING, Stage.ASIDE):
        return branch.JobUnknown(**base, since=job.sent_at or tx.now)
    return branch.JobWaiting(**base, code=waiting) if waiting else None


def _base(tx: Tx, stored: Stored) -> dict[str, Any]:
    ours = {name: getattr(stored, name) for name in ("org_id", "club_id", "register_id", "job_id")}
    return ours | {"kind": stored.job.kind, "at": tx.now}


def _document(job: Job, shift: int | None) -> Document | None:
    qr, answer = qr_of(job), job.answer or {}
    if qr is None and job.found is None:
        return None
    if qr is None:
        assert job.found is not None
        qr = Qr(job.found.fd, "", job.found.fp, "", job.found.total, "")
    return Document(
        fd=qr.fd,
        fn=qr.fn,
        fp=qr.fp,
        issued_at_local=qr.at,
        total_kopecks=qr.total_kopecks,
        qr=qr.text,
        url=job.found.url if job.found else str(answer.get("URL") or "")[:500],
        fiscal_shift=shift,
        number_in_shift=kkm.number(answer, "SessionCheckNumber"),
    )


def _stored(word: branch.Answer) -> dict[str, Any]:
    return {"type": word.TYPE, "body": word.model_dump(mode="json")}


def _meaning(word: dict[str, Any]) -> tuple[Any, ...]:
    """Two words that mean the same are one: the moment of telling is not news."""
    return word["type"], word["body"].get("code"), word["body"].get("since")
