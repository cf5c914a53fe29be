"""Sessions over HTTP: order one, end one, look."""

from datetime import datetime, timedelta
from typing import Annotated, Self
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from edge import problems
from edge.auth import Caller, Forbidden, needs
from edge.http import Body, Text, example
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from hall.api.fields import END, ORDER, PAY, READ
from hall.api.ordering import NewSession, order
from hall.domain.session import Cause, EndPolicy, Money, Session, Staff, State
from hall.store import board, facts, sessions
from hall.store.refusals import SaleNotPaid, SessionAlreadyEnded, SessionNotStarted
from kit.db import Database, Tx


class EndBody(Body):
    """Why the session is ended by hand."""

    model_config = example(reason="Гость ушёл")

    reason: Annotated[Text, Field(min_length=1, max_length=200)]


class EndQuote(Body):
    """What ending a session now would leave of its time, what becomes of that, and what the guest gets back."""

    left_s: int
    policy: EndPolicy
    returned_kopecks: int


class StaffView(Body):
    member_id: UUID
    name: str


class RefusalView(Body):
    """Why the sale was not paid, and what is with the guest's money."""

    code: str
    money: Money
    device_text: str | None


class SessionView(Body):
    """A session: as it was ordered, and what became of it."""

    session_id: UUID
    sale_id: UUID
    state: State
    club_id: UUID
    till_id: UUID
    device_id: UUID
    device_name: str
    zone_name: str
    client_id: UUID | None
    client_name: str | None
    tariff_id: UUID
    tariff_name: str
    minutes: int
    price_kopecks: int
    bonus_cap_percent: int
    ordered_at: datetime
    ordered_by: StaffView
    pay_by: datetime
    started_at: datetime | None
    ends_at: datetime | None
    ended_at: datetime | None
    cause: Cause | None
    """What ended it."""
    unused_s: int | None
    """Paid time that was left; this version does not give it back."""
    end_reason: str | None
    ended_by: StaffView | None
    refused_at: datetime | None
    refusal: RefusalView | None

    @classmethod
    def of(cls, session: Session) -> Self:
        return cls.model_validate(session, from_attributes=True)


def ordering_sessions(db: Database, pay_within: timedelta) -> APIRouter:
    """Sessions are ordered; a device is held for `pay_within`."""
    routes = APIRouter(tags=["sessions"])

    @routes.post("/v1/sessions", status_code=202, response_model=SessionView)
    async def order_session(body: NewSession, caller: Caller = needs(ORDER), once: Once = Depends()) -> Response:
        """Order a session and hold its device until the sale is paid.

        201 without a payment. With one: 200 once the session runs, 409 with the sale's code once it failed, and 202
        where neither happened within the time of `Prefer: wait=N`. A payment needs the permission `billing.sale.pay`.
        """
        if body.payment is not None:
            _refuse_unless_may_pay(caller)
        ordered: list[Session] = []

        async def change(tx: Tx) -> Answer:
            ordered.append(await order(tx, caller, body, pay_within))
            return _answer(ordered[0], done=body.payment is None)

        async def view() -> Answer:
            async with db.look() as tx:
                session = await sessions.session_of(tx, caller.scope, ordered[0].session_id)
            return _answer(session, done=session.state is not State.ORDERED)

        return await once.answer(caller, change, view)

    return routes


def ending_sessions(db: Database) -> APIRouter:
    """Sessions are ended by hand."""
    routes = APIRouter(tags=["sessions"])

    @routes.post("/v1/sessions/{session_id}/end", response_model=SessionView)
    async def end_session(
        session_id: UUID, body: EndBody, caller: Caller = needs(END), once: Once = Depends()
    ) -> Response:
        """End an active session at once. The time that is left is counted, and not given back in this version."""

        async def change(tx: Tx) -> Answer:
            session = await sessions.session_of(tx, caller.scope, session_id, lock=True)
            _refuse_unless_active(session)
            ended = session.end_by_hand(tx.now, Staff(caller.subject, caller.name), body.reason)
            await sessions.save_session(tx, ended)
            await board.devices_changed(tx, (ended.club_id, ended.device_id))
            tx.tell(facts.ended(ended))
            act = "hall.session.ended"
            journal(tx, caller, act, session_id, club_id=ended.club_id, before=session, after=ended, reason=body.reason)
            return Answer(SessionView.of(ended), _location(ended))

        return await once.answer(caller, change)

    @routes.post("/v1/sessions/{session_id}/end/quote")
    async def quote_end(session_id: UUID, caller: Caller = needs(END)) -> EndQuote:
        """What ending it now would mean; nothing is done."""
        async with db.look() as tx:
            session = await sessions.session_of(tx, caller.scope, session_id)
            _refuse_unless_active(session)
            return EndQuote.model_validate(session.leftover(tx.now), from_attributes=True)

    return routes


def reading_sessions(db: Database) -> APIRouter:
    """Sessions in the caller's clubs."""
    routes = APIRouter(tags=["sessions"])

    @routes.get("/v1/sessions")
    async def list_sessions(
        caller: Caller = needs(READ),
        club_id: UUID | None = None,
        client_id: UUID | None = None,
        state: State | None = None,
        cursor: Cursor = None,
        limit: Limit = 50,
    ) -> Page[SessionView]:
        async with db.look() as tx:
            found = await sessions.sessions_of(tx, caller.scope, limit, cursor, club_id, client_id, state)
        return page([SessionView.of(one) for one in found], [one.session_id for one in found], limit)

    @routes.get("/v1/sessions/{session_id}")
    async def read_session(session_id: UUID, caller: Caller = needs(READ)) -> SessionView:
        async with db.look() as tx:
            return SessionView.of(await sessions.session_of(tx, caller.scope, session_id))

    return routes


def _refuse_unless_may_pay(caller: Caller) -> None:
    """A payment that comes with an order is a payment like any other."""
    if PAY not in caller.permissions:
        detail = f"You may not take a payment: it needs the permission {PAY}. Order without it, or ask the owner."
        raise Forbidden("permission_missing", detail, params={"permission": PAY})


def _refuse_unless_active(session: Session) -> None:
    if session.state is State.ENDED:
        raise SessionAlreadyEnded(session)
    if session.state is not State.ACTIVE:
        raise SessionNotStarted(session)


def _answer(session: Session, done: bool) -> Answer:
    """How an order stands: 202 while it awaits the payment that came with it."""
    if session.state is State.REFUSED:
        problem = SaleNotPaid(session)
        return Answer(problems.of(problem), _location(session), status=problem.status)
    waiting = 201 if done else 202
    status = waiting if session.state is State.ORDERED else 200
    return Answer(SessionView.of(session), _location(session), status, done)


def _location(session: Session) -> str:
    return f"/v1/sessions/{session.session_id}"
