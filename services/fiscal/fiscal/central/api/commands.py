"""What a person asks of a register, at the register: its devices, an X-report, a test slip, a receipt's fate."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel
from sqlalchemy import Row

from contracts.branch import KkmDevice
from contracts.money import Person
from edge.auth import Caller, needs
from edge.http import Body
from edge.idempotency import Answer, Once
from edge.pages import Cursor, Limit, Page, page
from fiscal.central import store
from fiscal.central.api.receipts import ReceiptView, view_of
from fiscal.central.domain.command import Kind, State, slip, words
from fiscal.central.domain.receipt import ENDED
from fiscal.central.domain.receipt import State as ReceiptState
from fiscal.central.store import commands, receipts
from kit.db import Database, Tx
from kit.errors import NotFound, Refused
from kit.time import new_id

PRINTS = "fiscal.register.print"
OFF = "This club fiscalises elsewhere: Savepoint reaches no register of it."
STARTING = "This register was added just now. Wait a few seconds and ask again."


class Unreached(Refused):
    """Nobody could ask this register for anything."""


class CommandView(BaseModel):
    """What was asked of a register, and what came of it."""

    command_id: UUID
    register_id: UUID
    kind: Kind
    state: State
    asked_by: Person
    asked_at: datetime
    ended_at: datetime | None
    code: str | None
    detail: str | None
    """For the person who asked, where it was refused."""
    device_text: str | None
    text: str | None = None
    """What was printed, where that is known: registers do not tell their X-report."""
    devices: list[KkmDevice] | None = None


class Wanted(Body):
    """What was asked of a register, newest first."""

    after: Cursor = None
    limit: Limit = 50


def commands_of(router: APIRouter, db: Database) -> None:
    @router.post("/v1/registers/{register_id}/devices/refresh", response_model=CommandView)
    async def devices(
        register_id: UUID, caller: Caller = needs("fiscal.register.manage"), once: Once = Depends()
    ) -> Response:
        """Ask which devices the club's KKM-Server has. With `Prefer: wait` the answer comes with them."""
        return await _asked(db, caller, once, register_id, Kind.DEVICES)

    @router.post("/v1/registers/{register_id}/x-report", response_model=CommandView)
    async def x_report(register_id: UUID, caller: Caller = needs(PRINTS), once: Once = Depends()) -> Response:
        """Print what the register's shift holds so far; never twice, and never beside a receipt."""
        return await _asked(db, caller, once, register_id, Kind.X_REPORT)

    @router.post("/v1/registers/{register_id}/test-slip", response_model=CommandView)
    async def test_slip(register_id: UUID, caller: Caller = needs(PRINTS), once: Once = Depends()) -> Response:
        """Print a slip that is no document, to see that the register prints."""
        return await _asked(db, caller, once, register_id, Kind.TEST_SLIP)

    @router.post("/v1/receipts/{receipt_id}/ask", response_model=ReceiptView)
    async def ask(receipt_id: UUID, caller: Caller = needs("fiscal.receipt.ask"), once: Once = Depends()) -> Response:
        """Ask the register now what became of a receipt; nothing is printed by that."""

        async def change(tx: Tx) -> Answer:
            await _receipt(tx, caller, receipt_id)
            await receipts.ask(tx, receipt_id)
            return await _receipt(tx, caller, receipt_id)

        return await once.answer(caller, change, _looking(db, lambda tx: _receipt(tx, caller, receipt_id)))

    _views(router, db)


def _views(router: APIRouter, db: Database) -> None:
    @router.get("/v1/registers/{register_id}/commands")
    async def listed(
        register_id: UUID, wanted: Annotated[Wanted, Query()], caller: Caller = needs("fiscal.register.read")
    ) -> Page[CommandView]:
        """Who asked what of the register, and what came of it, newest first."""
        async with db.look() as tx:
            await _register(tx, caller, register_id)
            rows = await commands.of_register(tx, caller.scope, register_id, wanted.limit, wanted.after)
        return page([_view(row) for row in rows], [row.command_id for row in rows], wanted.limit)

    @router.get("/v1/registers/{register_id}/commands/{command_id}")
    async def one(register_id: UUID, command_id: UUID, caller: Caller = needs("fiscal.register.read")) -> CommandView:
        async with db.look() as tx:
            return _view(await _command(tx, caller, register_id, command_id))


async def _asked(db: Database, caller: Caller, once: Once, register_id: UUID, kind: Kind) -> Response:
    """Ask the register's worker once; the answer waits for its own as long as the caller prefers."""
    command_id = new_id()

    async def change(tx: Tx) -> Answer:
        register = await _register(tx, caller, register_id)
        if register.mode == "off":
            raise Unreached("register_off", OFF)
        if not register.watched:
            raise Unreached("register_starting", STARTING, retry="later")
        zone = await store.club_zone(tx, caller.scope, register.club_id)
        lines = slip(register.name, tx.now.astimezone(zone)) if kind is Kind.TEST_SLIP else ()
        await commands.ask(tx, command_id, register, kind, caller.person(), lines)
        return await answer(tx)

    async def answer(tx: Tx) -> Answer:
        view = _view(await _command(tx, caller, register_id, command_id))
        done = view.state is not State.ASKED
        return Answer(
            view, f"/v1/registers/{register_id}/commands/{command_id}", status=200 if done else 202, done=done
        )

    return await once.answer(caller, change, _looking(db, answer))


def _looking(db: Database, answer: Callable[[Tx], Awaitable[Answer]]) -> Callable[[], Awaitable[Answer]]:
    async def look() -> Answer:
        async with db.look() as tx:
            return await answer(tx)

    return look


async def _receipt(tx: Tx, caller: Caller, receipt_id: UUID) -> Answer:
    view = await view_of(tx, caller, receipt_id)
    done = ReceiptState(view.state) in ENDED
    return Answer(view, f"/v1/receipts/{receipt_id}", status=200 if done else 202, done=done)


async def _register(tx: Tx, caller: Caller, register_id: UUID) -> store.Register:
    found = await store.registers_of(tx, caller.scope, register_id=register_id)
    if not found:
        raise NotFound("register", register_id)
    return found[0]


async def _command(tx: Tx, caller: Caller, register_id: UUID, command_id: UUID) -> Row[Any]:
    rows = await commands.of_register(tx, caller.scope, register_id, 1, command_id=command_id)
    if not rows:
        raise NotFound("command", command_id)
    return rows[0]


def _view(row: Row[Any]) -> CommandView:
    same = ("command_id", "register_id", "kind", "state", "asked_by", "asked_at", "ended_at", "code", "device_text")
    known, result = {name: getattr(row, name) for name in same}, row.result or {}
    lines = [line.replace(">#0#<", "") for line in result.get("lines", ()) if line != "<<->>"]
    printed = "\n".join(lines) if lines and row.state == State.DONE else None
    return CommandView(**known, detail=words(State(row.state), row.code), text=printed, devices=result.get("devices"))
