"""Receipts as the desk sees them, and what people said about those in doubt."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field
from sqlalchemy import Row

from contracts.money import Person
from edge.auth import Caller, needs
from edge.http import Body, Instant
from edge.pages import Cursor, Limit, Page, page
from fiscal.central.api.pictures import svg
from fiscal.central.domain import paper, settlement
from fiscal.central.domain.settlement import State
from fiscal.central.store import papers, receipts, settlements
from kit.db import Database, Tx
from kit.errors import NotFound

SHOWN = {"Cache-Control": "private, no-cache", "Content-Security-Policy": "default-src 'none'"}
"""It changes when the register answers; and whatever is in a name, a browser runs none of it."""


class Picture(Response):
    """A drawing."""

    media_type = "image/svg+xml"


class SettlementView(BaseModel):
    """What a person said about a receipt in doubt: the number of its document, or that there is none."""

    settlement_id: UUID
    receipt_id: UUID
    club_id: UUID
    fd: int | None
    reason: str | None
    said_by: Person
    said_at: datetime
    state: State
    code: str | None
    detail: str
    """For the person who said it."""
    differs: list[str]
    """What is otherwise with the entered document: kind, total, card, advance, lines."""
    found: dict[str, Any] | None
    """What the register holds under the entered number, where that is something else."""
    ended_at: datetime | None


class ReceiptView(BaseModel):
    receipt_id: UUID
    sale_id: UUID
    shift_id: UUID
    club_id: UUID
    register_id: UUID | None
    client_id: UUID | None
    state: str
    purpose: str
    lines: list[dict[str, Any]]
    total_kopecks: int
    cash_kopecks: int
    card_kopecks: int
    advance_kopecks: int
    document: dict[str, Any] | None
    code: str | None
    device_text: str | None
    ordered_at: datetime
    ended_at: datetime | None
    manual_payment_id: UUID | None = None
    """By which manual payment it ended without a document."""
    settlement: SettlementView | None = None
    """The last that a person said about it while it was in doubt, and what came of that."""


class Wanted(Body):
    """Which receipts, newest first."""

    sale_id: UUID | None = None
    shift_id: UUID | None = None
    client_id: UUID | None = None
    club_id: UUID | None = None
    fd: int | None = Field(default=None, ge=0, le=2**62)
    state: Literal["ordered", "waiting", "unknown", "registered", "refused", "unfiscalised"] | None = None
    purpose: Literal["settlement", "advance", "refund", "advance_back"] | None = None
    register_id: UUID | None = None
    total_kopecks: int | None = Field(default=None, ge=0, le=10**12)
    since: Instant | None = Field(default=None, alias="from")
    """Ordered at this moment or later."""
    before: Instant | None = Field(default=None, alias="to")
    """Ordered before this moment."""
    after: Cursor = None
    limit: Limit = 50


def receipts_of(router: APIRouter, db: Database) -> None:
    @router.get("/v1/receipts")
    async def listed(
        wanted: Annotated[Wanted, Query()], caller: Caller = needs("fiscal.receipt.read")
    ) -> Page[ReceiptView]:
        """Receipts, newest first."""
        columns = wanted.model_dump(exclude={"after", "limit"})
        async with db.look() as tx:
            rows = await receipts.listed(tx, caller.scope, wanted.limit, wanted.after, **columns)
            shown = await views(tx, rows)
        return page(shown, [row.receipt_id for row in rows], wanted.limit)

    @router.get("/v1/receipts/{receipt_id}")
    async def one(receipt_id: UUID, caller: Caller = needs("fiscal.receipt.read")) -> ReceiptView:
        async with db.look() as tx:
            return await view_of(tx, caller, receipt_id)

    _papers(router, db)


def _papers(router: APIRouter, db: Database) -> None:
    async def paper_of(caller: Caller, receipt_id: UUID) -> paper.Receipt:
        async with db.look() as tx:
            rows = await receipts.listed(tx, caller.scope, 1, receipt_id=receipt_id)
            if not rows:
                raise NotFound("receipt", receipt_id)
            return await papers.paper_of(tx, rows[0])

    @router.get("/v1/receipts/{receipt_id}/picture.svg", response_class=Picture)
    async def picture(receipt_id: UUID, caller: Caller = needs("fiscal.receipt.read")) -> Response:
        """The receipt as 80 mm paper. It says what it is: a copy, or a receipt that is not confirmed."""
        drawn = await paper_of(caller, receipt_id)
        return Picture(svg(paper.laid_out(drawn, paper.COLUMNS), f"Чек {receipt_id}"), headers=SHOWN)

    @router.get("/v1/receipts/{receipt_id}/text", response_class=PlainTextResponse)
    async def text(
        receipt_id: UUID, columns: Literal["42", "32"] = "42", caller: Caller = needs("fiscal.receipt.read")
    ) -> Response:
        """The same as plain text, for paper of 80 or 57 mm."""
        width = int(columns)
        drawn = paper.laid_out(await paper_of(caller, receipt_id), width)
        return PlainTextResponse(paper.as_text(drawn, width), headers=SHOWN)


async def view_of(tx: Tx, caller: Caller, receipt_id: UUID) -> ReceiptView:
    """One receipt of the caller's clubs. Raises NotFound."""
    rows = await receipts.listed(tx, caller.scope, 1, receipt_id=receipt_id)
    if not rows:
        raise NotFound("receipt", receipt_id)
    return (await views(tx, rows))[0]


async def views(tx: Tx, rows: Sequence[Row[Any]]) -> list[ReceiptView]:
    said = await settlements.last_of(tx, [row.receipt_id for row in rows])
    shown = [ReceiptView.model_validate(row, from_attributes=True) for row in rows]
    return [
        one.model_copy(update={"settlement": said_view(said[one.receipt_id])}) if one.receipt_id in said else one
        for one in shown
    ]


def said_view(row: Row[Any]) -> SettlementView:
    """What was said, with words for the person who said it."""
    state = State(row.state or State.CHECKING)
    same = ("settlement_id", "receipt_id", "club_id", "fd", "reason", "said_by", "said_at", "code", "found", "ended_at")
    detail = settlement.words(state, row.code, row.fd, row.found, row.differs or (), row)
    own = {name: getattr(row, name) for name in same}
    return SettlementView(**own, state=state, detail=detail, differs=row.differs or [])
