"""Manual payment: turned on and off by a person, and what has no document because of it."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import Field, field_validator

from edge.auth import Caller, needs
from edge.http import Body, Instant, Text, example
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from fiscal.central import store
from fiscal.central.api.receipts import ReceiptView, views
from fiscal.central.api.register_views import MissingView, RegisterView, view_of
from fiscal.central.domain.manual import problem
from fiscal.central.domain.receipt import State
from fiscal.central.store import Register, manual, receipts
from fiscal.central.store.manual import ManualPayment
from kit.db import Database, Tx
from kit.errors import Invalid, NotFound, Refused
from kit.time import new_id

MANAGES = "fiscal.register.manage"
NOT_UNTIL_THEN = {
    "manual_payment_over": "That moment is over. Say until when receipts may be missing.",
    "manual_payment_too_long": "Manual payment lasts a day at most: say an earlier moment, and prolong it when needed.",
}


class ByHand(Body):
    """Until when sales may end without a receipt, and why."""

    model_config = example(until="2026-11-23T19:00:00Z", reason="Касса не включается, мастер едет")

    until: Instant
    reason: Text = Field(min_length=1, max_length=200)

    @field_validator("until", mode="before")
    @classmethod
    def written(cls, until: Any) -> Any:
        """A number would be read as seconds since 1970."""
        if not isinstance(until, str):
            raise ValueError("say a moment like 2026-11-23T19:00:00Z")
        return until


class Unfiscalised(Page[ReceiptView]):
    """Sales without a receipt, newest first, and what all of them come to."""

    missing: MissingView


class Wanted(Body):
    register_id: UUID | None = None
    club_id: UUID | None = None
    after: Cursor = None
    limit: Limit = 50


def manual_payment(router: APIRouter, db: Database) -> None:
    _turning_on(router, db)
    _turning_off(router, db)
    _listing(router, db)


def _turning_on(router: APIRouter, db: Database) -> None:
    @router.put("/v1/registers/{register_id}/manual-payment")
    async def turn_on(register_id: UUID, body: ByHand, caller: Caller = needs(MANAGES)) -> RegisterView:
        """From now on a sale whose register does not answer ends without a receipt; refunds are refused meanwhile.

        On already: a new one takes its place. It turns itself off.
        """
        async with db.begin() as tx:
            register = await _register(tx, caller, register_id)
            if register.mode == "off":
                raise Refused("register_off", "This club fiscalises elsewhere: Savepoint prints no receipts for it.")
            why = problem(body.until, tx.now)
            if why is not None:
                raise Invalid(why, NOT_UNTIL_THEN[why])
            await manual.end_what_is_over(tx, register_id)
            before = (await manual.on(tx, [register_id])).get(register_id)
            if before is not None:
                await manual.end(tx, before, caller.person())
            ours = (new_id(), register.org_id, register.club_id, register_id)
            await manual.begin(tx, ManualPayment(*ours, tx.now, body.until, body.reason, caller.person()))
            was = {"until": before.until} if before else None
            told: dict[str, Any] = {"before": was, "after": {"until": body.until}, "reason": body.reason}
            journal(tx, caller, "fiscal.manual_payment.on", register_id, club_id=register.club_id, **told)
            return await view_of(tx, caller, register)


def _turning_off(router: APIRouter, db: Database) -> None:
    @router.delete("/v1/registers/{register_id}/manual-payment")
    async def turn_off(register_id: UUID, caller: Caller = needs(MANAGES)) -> RegisterView:
        """Every sale waits for its receipt again. Off already: nothing changes."""
        async with db.begin() as tx:
            register = await _register(tx, caller, register_id)
            before = (await manual.on(tx, [register_id])).get(register_id)
            if before is not None:
                await manual.end(tx, before, caller.person())
                act, until = "fiscal.manual_payment.off", {"until": before.until}
                journal(tx, caller, act, register_id, club_id=register.club_id, before=until)
            return await view_of(tx, caller, register)


def _listing(router: APIRouter, db: Database) -> None:
    @router.get("/v1/unfiscalised")
    async def unfiscalised(
        wanted: Annotated[Wanted, Query()], caller: Caller = needs("fiscal.receipt.read")
    ) -> Unfiscalised:
        """The journal of settlements without a document: each has to be closed by a correction receipt."""
        which: dict[str, Any] = {"register_id": wanted.register_id, "club_id": wanted.club_id}
        async with db.look() as tx:
            rows = await receipts.listed(
                tx, caller.scope, wanted.limit, wanted.after, state=State.UNFISCALISED, **which
            )
            found = await store.registers_of(tx, caller.scope, **which)
            missing = (await manual.missing(tx, [one.register_id for one in found])).values()
            shown = page(await views(tx, rows), [row.receipt_id for row in rows], wanted.limit)
        counted = MissingView(
            count=sum(one.count for one in missing),
            total_kopecks=sum(one.total_kopecks for one in missing),
            last_at=max((one.last_at for one in missing if one.last_at), default=None),
        )
        return Unfiscalised(items=shown.items, next=shown.next, missing=counted)


async def _register(tx: Tx, caller: Caller, register_id: UUID) -> Register:
    """The register, locked. Raises NotFound."""
    found = await store.registers_of(tx, caller.scope, register_id=register_id, lock=True)
    if not found:
        raise NotFound("register", register_id)
    return found[0]
