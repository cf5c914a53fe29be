"""A person settles a receipt that nothing readable decides; the register is read before it is believed."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, model_validator
from sqlalchemy import Row

from edge import problems
from edge.auth import Caller, needs
from edge.http import Body, Text, Whole, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from fiscal.central.api.receipts import ReceiptView, SettlementView, said_view, view_of
from fiscal.central.domain.receipt import State
from fiscal.central.domain.settlement import State as Outcome
from fiscal.central.store import receipts, settlements
from kit.db import Database, Tx
from kit.errors import Refused

NOT_IN_DOUBT = {
    State.ORDERED: "This receipt is on its way to the register. Wait a moment and look again.",
    State.WAITING: "Nothing was sent to the register yet, so there is no document: the receipt goes on by itself.",
    State.REGISTERED: "This receipt is registered already; there is nothing to settle.",
    State.REFUSED: "This receipt is refused already, and has no document; there is nothing to settle.",
    State.UNFISCALISED: "This sale ended without a receipt: a correction receipt closes it, not a settlement.",
}


class NotInDoubt(Refused):
    """The receipt is not unknown: nobody has to say what became of it."""

    def __init__(self, receipt: Row[Any]) -> None:
        params = {"receipt_id": str(receipt.receipt_id), "state": receipt.state, "fd": receipt.fd}
        super().__init__(f"receipt_{receipt.state}", NOT_IN_DOUBT[State(receipt.state)], params=params)


class Settlement(Body):
    """What the paper, or the register's journal, says: the document's number, or null where there is none."""

    model_config = example(fd=1234, reason="Номер с чека")

    fd: Whole | None = Field(ge=1, le=2**32 - 1)
    """ФД on the paper."""
    reason: Text | None = Field(default=None, min_length=1, max_length=200)
    """Required where there is no document: how that is known."""

    @model_validator(mode="after")
    def reasoned(self) -> "Settlement":
        if self.fd is None and self.reason is None:
            raise ValueError("say in `reason` how you know that there is no document")
        return self


class Wanted(Body):
    """What was said about which receipts, newest first."""

    club_id: UUID | None = None
    receipt_id: UUID | None = None
    after: Cursor = None
    limit: Limit = 50


def settlements_of(router: APIRouter, db: Database) -> None:
    @router.post("/v1/receipts/{receipt_id}/settlement", response_model=ReceiptView)
    async def settle(
        receipt_id: UUID, body: Settlement, caller: Caller = needs("fiscal.receipt.settle"), once: Once = Depends()
    ) -> Response:
        """Say what became of an unknown receipt. With `Prefer: wait` the answer comes when the register was read."""
        said: list[UUID] = []

        async def change(tx: Tx) -> Answer:
            await view_of(tx, caller, receipt_id)
            receipt = await receipts.find(tx, receipt_id, lock=True)
            assert receipt is not None
            if receipt.state != State.UNKNOWN:
                raise NotInDoubt(receipt)
            said.append(await settlements.say(tx, receipt, body.fd, body.reason, caller.person()))
            act, club_id = "fiscal.receipt.settled", receipt.club_id
            journal(tx, caller, act, receipt_id, club_id=club_id, after={"fd": body.fd}, reason=body.reason)
            return await _answer(tx, caller, receipt_id, said[0])

        async def look() -> Answer:
            async with db.look() as tx:
                return await _answer(tx, caller, receipt_id, said[0])

        return await once.answer(caller, change, look)

    @router.get("/v1/settlements")
    async def listed(
        wanted: Annotated[Wanted, Query()], caller: Caller = needs("fiscal.receipt.read")
    ) -> Page[SettlementView]:
        """Who said what about receipts in doubt, and what came of it, newest first."""
        columns = wanted.model_dump(exclude={"after", "limit"})
        async with db.look() as tx:
            rows = await settlements.listed(tx, caller.scope, wanted.limit, wanted.after, **columns)
        return page([said_view(row) for row in rows], [row.settlement_id for row in rows], wanted.limit)


async def _answer(tx: Tx, caller: Caller, receipt_id: UUID, settlement_id: UUID) -> Answer:
    """The receipt; 202 while the register was not read, a problem where it shows something else."""
    location = f"/v1/receipts/{receipt_id}"
    one = said_view(await settlements.one(tx, settlement_id))
    if one.state in (Outcome.REFUSED, Outcome.SUPERSEDED):
        code = one.code or "settlement_superseded"
        params = {"receipt_id": str(receipt_id), "fd": one.fd, "differs": one.differs, "found": one.found}
        refused = Refused(code, one.detail, retry="new_key", receipt="unknown", params=params)
        return Answer(problems.of(refused), location, status=409)
    done = one.state is not Outcome.CHECKING
    return Answer(await view_of(tx, caller, receipt_id), location, status=200 if done else 202, done=done)
