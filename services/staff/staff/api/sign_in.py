"""Signing in and out, refreshing, and changing one's own password."""

import secrets
from dataclasses import replace
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from edge.auth import Caller, needs
from edge.http import Body
from edge.scope import Scope
from kit.db import Database, Tx
from kit.errors import Invalid, Refused
from staff.api.fields import Credentials, Password, Secret
from staff.api.hashing import Hashing
from staff.api.proving import PasswordWrong, Proving, SignInWrong
from staff.domain import passwords
from staff.domain.member import Member
from staff.domain.roles import ACCOUNT_READ, PASSWORD_CHANGE, Role
from staff.domain.tokens import ACCESS_LIFE, bearer_of
from staff.domain.vault import secret_hash
from staff.store import members, sessions, sign_ins
from staff.store.keys import Mint


class RefreshOver(Refused):
    """No such refresh token, or it is good no more."""

    status = 401

    def __init__(self) -> None:
        super().__init__("refresh_over", "Your sign-in is over. Sign in again.")


class PasswordWeak(Invalid):
    """The new password would not do."""

    def __init__(self, why: str) -> None:
        super().__init__("password_weak", f"Choose another password. {why}")


class RefreshToken(Body):
    refresh_token: Secret


class PasswordChange(Body):
    old: Password
    new: Password


class SignedIn(BaseModel):
    """`refresh_token` is good once, for 12 hours; while the password must be changed there is none, and the access
    token is good for `POST /v1/password` and for signing out alone. A browser's session needs none either."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  the type of a token
    expires_in_s: int = int(ACCESS_LIFE.total_seconds())
    refresh_token: str | None
    must_change_password: bool


class Me(BaseModel):
    """Who is signed in. `clubs` is null where that is every club; `permissions` are those of the token.

    `till_id` is the enrolled till that this browser is. `permissions_by_club` is null where no club is named.
    """

    member_id: UUID
    org_id: UUID
    login: str
    name: str
    inn: str | None
    role: Role
    clubs: list[UUID] | None
    permissions: list[str]
    permissions_by_club: dict[UUID, list[str]] | None
    has_pin: bool
    till_id: UUID | None


class SignIns:
    """What a member does with their own sign-in."""

    def __init__(self, db: Database, mint: Mint, hashing: Hashing, proving: Proving) -> None:
        self.db, self.mint, self.hashing, self.proving = db, mint, hashing, proving

    async def sign_in(self, body: Credentials, response: Response) -> SignedIn:
        """Five wrong passwords lock the login, known or not, for a minute; each further one for twice as long."""
        response.headers["Cache-Control"] = "no-store"
        return await self.proving.password(body.login.lower(), body.password, SignInWrong(), self._begin)

    async def refresh(self, body: RefreshToken, response: Response) -> SignedIn:
        """New tokens for a refresh token, which is good once: a second use ends the whole sign-in.

        Two uses within ten seconds are two tabs of one browser, and get the same refresh token.
        """
        response.headers["Cache-Control"] = "no-store"
        async with self.db.begin() as tx:
            renewed = await self._renew(tx, body.refresh_token.get_secret_value())
        if renewed is None:
            raise RefreshOver
        return renewed

    async def sign_out(self, body: RefreshToken) -> None:
        """End the sign-in of this refresh token; safe to repeat."""
        token_hash = secret_hash(body.refresh_token.get_secret_value())
        async with self.db.begin() as tx:
            member_id = await sign_ins.whose(tx, token_hash)
            if member_id is None:
                return
            await members.present_for_update(tx, member_id)
            found = await sign_ins.refresh(tx, token_hash)
            if found is not None:
                await sign_ins.end(tx, found.sign_in_id)

    async def change_password(
        self, body: PasswordChange, response: Response, caller: Caller = needs(PASSWORD_CHANGE)
    ) -> SignedIn:
        """A new password for the caller; all their other sign-ins and sessions end."""
        response.headers["Cache-Control"] = "no-store"
        member, new = await self._me(caller), body.new.get_secret_value()
        same = new == body.old.get_secret_value()
        weakness = "It is the old one." if same else passwords.weakness(new, member.login)
        if weakness is not None:
            raise PasswordWeak(weakness)
        new_hash = await self.hashing.hashed(new)

        async def change(tx: Tx, member: Member) -> SignedIn:
            changed = replace(member, password_hash=new_hash, must_change_password=False)
            await members.save(tx, changed)
            await sign_ins.end_all(tx, changed.member_id)
            await sessions.end_of_member(tx, changed.member_id, but=caller.session)
            return await self._begin(tx, changed, refreshed=caller.session is None)

        return await self.proving.password(member.login, body.old, PasswordWrong(), change)

    async def who_am_i(self, caller: Caller = needs(ACCOUNT_READ)) -> Me:
        """Who the caller is, and what they may do where."""
        member = await self._me(caller)
        may, clubs = sorted(caller.permissions), caller.scope.clubs
        by_club = None if clubs is None else dict.fromkeys(sorted(clubs), may)
        here = {"permissions": may, "permissions_by_club": by_club, "till_id": caller.till}
        return Me.model_validate({name: getattr(member, name) for name in Me.model_fields.keys() - here.keys()} | here)

    async def _me(self, caller: Caller) -> Member:
        # By the org alone: a token may name clubs that are not the member's any more.
        async with self.db.begin() as tx:
            return await members.one(tx, Scope(caller.scope.org_id), caller.subject)

    async def _begin(self, tx: Tx, member: Member, refreshed: bool = True) -> SignedIn:
        """A new sign-in of a locked member; just an access token while their password must be changed, or where a
        session gives the next ones."""
        access = await self.mint.token(tx, bearer_of(member))
        must_change = member.must_change_password
        if must_change or not refreshed:
            return SignedIn(access_token=access, refresh_token=None, must_change_password=must_change)
        fresh = secrets.token_urlsafe(32)
        await sign_ins.begin(tx, member.member_id, secret_hash(fresh))
        return SignedIn(access_token=access, refresh_token=fresh, must_change_password=False)

    async def _renew(self, tx: Tx, token: str) -> SignedIn | None:
        """New tokens in the place of a good refresh token; None where it is not, and then its sign-in may be over."""
        token_hash, fresh = secret_hash(token), self.mint.vault.successor(token)
        member_id = await sign_ins.whose(tx, token_hash)
        member = await members.present_for_update(tx, member_id) if member_id else None
        found = await sign_ins.refresh(tx, token_hash) if member else None
        if member is None or found is None:
            return None
        verdict = found.verdict(tx.now)
        if verdict == "good":
            await sign_ins.rotate(tx, found, token_hash, secret_hash(fresh))
        elif verdict == "over":
            return None
        elif verdict == "reused" or not await self._awaits_use(tx, fresh):
            await sign_ins.end(tx, found.sign_in_id)
            return None
        access = await self.mint.token(tx, bearer_of(member))
        return SignedIn(access_token=access, refresh_token=fresh, must_change_password=member.must_change_password)

    async def _awaits_use(self, tx: Tx, token: str) -> bool:
        """Whether it is the newest refresh token of its sign-in, whose member is locked."""
        found = await sign_ins.refresh(tx, secret_hash(token))
        return found is not None and found.used_at is None


def routes(db: Database, mint: Mint, hashing: Hashing, proving: Proving) -> APIRouter:
    router, do = APIRouter(prefix="/v1", tags=["sign-in"]), SignIns(db, mint, hashing, proving)
    router.post("/sign-in")(do.sign_in)
    router.post("/refresh")(do.refresh)
    router.post("/sign-out", status_code=204)(do.sign_out)
    router.post("/password")(do.change_password)
    router.get("/me")(do.who_am_i)
    return router
