"""Sessions over HTTP: a browser signs in, gets access tokens one by one, is locked, unlocked and signed out."""

import secrets
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel

from edge.auth import Caller, needs
from edge.http import Body
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from edge.scope import Scope
from kit.db import Database, Tx
from kit.errors import NotFound, Refused
from kit.time import new_id
from staff.api.enrolment import TillSecret, TillUnknown, of_secret
from staff.api.fields import Credentials, Password, Pin, Secret
from staff.api.proving import NoPinHere, OneProof, PasswordWrong, Proving, SignInWrong
from staff.domain.member import Member
from staff.domain.roles import ACCOUNT_READ, SESSION_OWN
from staff.domain.session import SESSION_LIFE, Session
from staff.domain.till import Till
from staff.domain.tokens import ACCESS_LIFE, bearer_of
from staff.domain.vault import secret_hash
from staff.store import members, sessions, tills
from staff.store.keys import Mint
from staff.store.sessions import Listed

AGENT_MAX = 200
MANAGE = "staff.session.manage"
Agent = Annotated[str, Header(alias="User-Agent", include_in_schema=False)]
OfMember = Annotated[UUID | None, Query(description="whose; absent: the caller's own")]


class SessionEnded(Refused):
    """No such session, or it is over: signed out, too old, its till taken back, its member gone."""

    status = 401

    def __init__(self) -> None:
        super().__init__("session_ended", "Your session is over. Sign in again.")


class SessionLocked(Refused):
    """The screen waits for a PIN or a password."""

    status = 423

    def __init__(self) -> None:
        super().__init__("session_locked", "The screen is locked. Enter your PIN.")


class TillElsewhere(Refused):
    """The member does not work at the club of this till."""

    status = 403

    def __init__(self) -> None:
        detail = "You do not work at this till's club. Ask the owner to add the club to your account."
        super().__init__("till_elsewhere", detail)


class PinCredentials(Body):
    member_id: UUID
    pin: Pin


class SessionSecret(Body):
    session: Secret


class Unlock(Body):
    """The PIN of who signed in, at an enrolled till; or their password."""

    session: Secret
    pin: Pin | None = None
    password: Password | None = None


class Began(BaseModel):
    """`session` is the secret for the browser's cookie: it is not shown again."""

    session: str
    session_id: UUID
    member_id: UUID
    name: str
    must_change_password: bool
    till_id: UUID | None
    expires_at: datetime


class SessionToken(BaseModel):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  the type of a token
    expires_in_s: int = int(ACCESS_LIFE.total_seconds())
    member_id: UUID
    name: str


class SessionView(BaseModel):
    session_id: UUID
    member_id: UUID
    name: str
    till_id: UUID | None
    till_name: str | None
    created_at: datetime
    last_used_at: datetime
    user_agent: str | None
    current: bool
    """It is the session that asks."""

    @classmethod
    def of(cls, listed: Listed, member: Member, caller: Caller) -> "SessionView":
        one = listed.session
        known = {name: getattr(one, name) for name in cls.model_fields if hasattr(one, name)}
        beside = {"name": member.name, "till_name": listed.till_name, "current": one.session_id == caller.session}
        return cls.model_validate(known | beside)


class Sessions:
    """What a browser does for the person in front of it, and what they and the owner do with sessions."""

    def __init__(self, db: Database, mint: Mint, proving: Proving) -> None:
        self.db, self.mint, self.proving = db, mint, proving

    async def by_password(
        self, body: Credentials, response: Response, till_secret: TillSecret = None, agent: Agent = ""
    ) -> Began:
        """A session for a login and a password, at the till of this browser where it is one."""
        response.headers["Cache-Control"] = "no-store"

        async def act(tx: Tx, member: Member) -> Began:
            till = await of_secret(tx, till_secret) if till_secret else None
            return await self._begin(tx, member, till, agent)

        return await self.proving.password(body.login.lower(), body.password, SignInWrong(), act)

    async def by_pin(
        self, body: PinCredentials, response: Response, till_secret: TillSecret = None, agent: Agent = ""
    ) -> Began:
        """A session for a PIN at an enrolled till. The fifth wrong one locks it for this person at this till."""
        response.headers["Cache-Control"] = "no-store"
        async with self.db.begin() as tx:
            till = await of_secret(tx, till_secret)

        async def act(tx: Tx, member: Member) -> Began:
            return await self._begin(tx, member, till, agent)

        return await self.proving.pin(body.member_id, till, body.pin, act)

    async def token(self, body: SessionSecret, response: Response) -> SessionToken:
        """An access token that speaks of the member as they are now."""
        response.headers["Cache-Control"] = "no-store"
        async with self.db.begin() as tx:
            session = await sessions.use(tx, _hash(body.session))
            member = await members.present(tx, session.member_id) if session else None
            if session is None or member is None:
                raise SessionEnded
            if session.locked_at is not None:
                raise SessionLocked
            access = await self.mint.token(tx, bearer_of(member, session))
        return SessionToken(access_token=access, member_id=member.member_id, name=member.name)

    async def lock(self, body: SessionSecret) -> None:
        """No token is given until the session is unlocked; one that was given lives out its ten minutes."""
        async with self.db.begin() as tx:
            if not await sessions.lock(tx, _hash(body.session)):
                raise SessionEnded

    async def unlock(self, body: Unlock) -> None:
        """The person is back: their PIN at an enrolled till, or their password."""
        if (body.pin is None) == (body.password is None):
            raise OneProof
        async with self.db.begin() as tx:
            session = await sessions.live(tx, _hash(body.session))
            member = await members.present(tx, session.member_id) if session else None
            till = await tills.by_id(tx, session.till_id) if session and session.till_id else None
        if session is None or member is None:
            raise SessionEnded

        async def act(tx: Tx, _: Member) -> None:
            if not await sessions.unlock(tx, session.session_id):
                raise SessionEnded

        if body.password is not None:
            return await self.proving.password(member.login, body.password, PasswordWrong(), act)
        assert body.pin is not None
        if till is None:
            raise NoPinHere
        return await self.proving.pin(member.member_id, till, body.pin, act)

    async def list_sessions(
        self, member_id: OfMember = None, after: Cursor = None, limit: Limit = 50, caller: Caller = needs(ACCOUNT_READ)
    ) -> Page[SessionView]:
        """The sessions of one member that are not over, newest first; another's needs `staff.session.manage`."""
        whose = member_id or caller.subject
        if whose != caller.subject:
            caller.must(MANAGE)
        async with self.db.begin() as tx:
            # One's own by the org alone: a token may name clubs that are not the member's any more.
            scope = caller.scope if whose != caller.subject else Scope(caller.scope.org_id)
            member = await members.one(tx, scope, whose)
            found = await sessions.of_member(tx, whose, after, limit)
        ids = [listed.session.session_id for listed in found]
        return page([SessionView.of(listed, member, caller) for listed in found], ids, limit)

    async def end_session(self, session_id: UUID, caller: Caller = needs(SESSION_OWN)) -> None:
        """Sign out. Another's session needs `staff.session.manage`. Safe to repeat."""
        async with self.db.begin() as tx:
            whose = await sessions.whose(tx, caller.scope.org_id, session_id)
            if whose is not None and whose != caller.subject:
                # Whoever may not end others' sessions is not told that there is one.
                whose = whose if MANAGE in caller.permissions else None
            if whose is None:
                raise NotFound("session", session_id)
            theirs = await members.for_update(tx, caller.scope, whose) if whose != caller.subject else None
            ended = await sessions.end(tx, session_id)
            if theirs is not None and ended:
                journal(tx, caller, "staff.session.ended", session_id, club_id=theirs.only_club, before=_seen(theirs))

    async def _begin(self, tx: Tx, member: Member, till: Till | None, agent: str) -> Began:
        """A session of the locked member."""
        if till is not None:
            # Locked: taken back in this instant, it ends this session or there is none.
            if till.secret_hash is None or await tills.enrolled(tx, till.secret_hash, lock=True) is None:
                raise TillUnknown
            if till.org_id != member.org_id or not member.works_at(till.club_id):
                raise TillElsewhere
        fresh = secrets.token_urlsafe(32)
        session = Session(
            session_id=new_id(),
            org_id=member.org_id,
            member_id=member.member_id,
            till_id=till.till_id if till else None,
            secret_hash=secret_hash(fresh),
            user_agent=_shown(agent),
            created_at=tx.now,
            last_used_at=tx.now,
            expires_at=tx.now + SESSION_LIFE,
        )
        await sessions.begin(tx, session)
        known = {name: getattr(session, name) for name in ("session_id", "member_id", "till_id", "expires_at")}
        return Began(**known, session=fresh, name=member.name, must_change_password=member.must_change_password)


def routes(db: Database, mint: Mint, proving: Proving) -> APIRouter:
    router, do = APIRouter(prefix="/v1/sessions", tags=["sessions"]), Sessions(db, mint, proving)
    router.get("")(do.list_sessions)
    router.post("", status_code=201)(do.by_password)
    router.post("/pin", status_code=201)(do.by_pin)
    router.post("/token")(do.token)
    router.post("/lock", status_code=204)(do.lock)
    router.post("/unlock", status_code=204)(do.unlock)
    router.delete("/{session_id}", status_code=204)(do.end_session)
    return router


def _hash(secret: Secret) -> str:
    return secret_hash(secret.get_secret_value())


def _seen(member: Member) -> dict[str, str]:
    return {"member_id": str(member.member_id), "name": member.name}


def _shown(agent: str) -> str | None:
    """What the browser says that it is, as far as a list can show it."""
    return "".join(c for c in agent if c.isprintable())[:AGENT_MAX] or None
