"""Members over HTTP: add, change, remove, unlock, and give a new password."""

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from contracts.staff import MemberAdded, MemberChanged, MemberRemoved
from edge.auth import Caller, needs
from edge.http import Body
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from edge.scope import Scope
from kit.db import Database, Tx
from kit.errors import Invalid, NotFound, Refused
from kit.time import new_id
from staff.api.fields import Clubs, Inn, Login, Name
from staff.api.hashing import Hashing
from staff.api.shown_once import reveal
from staff.domain.lockout import Tries
from staff.domain.member import Member
from staff.domain.roles import Role
from staff.domain.vault import Vault
from staff.store import members, orgs, pins, sessions, sign_ins


class LastOwner(Refused):
    """Nobody would be left to let anybody in."""

    def __init__(self) -> None:
        detail = "This is the last owner of the whole org. Make somebody else an owner of all clubs first."
        super().__init__("last_owner", detail)


class ClubsUnnamed(Invalid):
    """Every club was asked for by somebody who has some."""

    def __init__(self) -> None:
        detail = "You may act at some clubs only: name the clubs that this member works at."
        super().__init__("clubs_unnamed", detail)


class NewMember(Body):
    """Somebody joins the staff. `clubs` is absent where they work at every club of the org."""

    login: Login = Field(examples=["anna"])
    name: Name = Field(examples=["Анна К."])
    role: Role = Field(examples=["operator"])
    clubs: Clubs | None = None
    inn: Inn | None = Field(default=None, examples=["771234567890"])


class MemberChange(Body):
    """What is different now; what is absent stays. `clubs: null` is every club, `inn: null` none."""

    # The defaults are never read: an absent field changes nothing.
    name: Name = Field(default="", examples=["Анна Королёва"])
    role: Role = Field(default="operator", examples=["administrator"])
    clubs: Clubs | None = None
    inn: Inn | None = None


class MemberView(BaseModel):
    member_id: UUID
    login: str
    name: str
    inn: str | None
    role: Role
    clubs: list[UUID] | None
    must_change_password: bool
    has_pin: bool
    added_at: datetime

    @classmethod
    def of(cls, member: Member) -> "MemberView":
        return cls.model_validate(member, from_attributes=True)


class WithPassword(MemberView):
    """A member and a password for one sign-in, which asks for a new one at once. It is not shown again."""

    one_time_password: str = Field(examples=["k7wm-2xq6-a5bc-defg"])


class Members:
    """What may be done with members over HTTP."""

    def __init__(self, db: Database, vault: Vault, hashing: Hashing) -> None:
        self.db, self.vault, self.hashing = db, vault, hashing

    async def list_members(
        self, after: Cursor = None, limit: Limit = 50, caller: Caller = needs("staff.member.read")
    ) -> Page[MemberView]:
        """Who works at the caller's clubs, newest first."""
        async with self.db.begin() as tx:
            found = await members.page(tx, caller.scope, after, limit)
        return page([MemberView.of(member) for member in found], [member.member_id for member in found], limit)

    async def add_member(
        self, body: NewMember, caller: Caller = needs("staff.member.manage"), once: Once = Depends()
    ) -> Response:
        """Somebody joins the staff; the answer holds their one-time password."""
        clubs = _clubs_of(body.clubs, caller.scope)
        seed, password_hash = await self._one_time_password()

        async def change(tx: Tx) -> Answer:
            await orgs.known(tx, caller.scope.org_id)
            known = {**body.model_dump(), "clubs": clubs, "org_id": caller.scope.org_id, "added_at": tx.now}
            member = Member(**known, member_id=new_id(), password_hash=password_hash, must_change_password=True)
            await members.add(tx, member)
            tx.tell(members.fact(MemberAdded, member, tx))
            _journal(tx, caller, "added", member, after=member)
            return Answer(_with_seed(member, seed), status=201)

        return reveal(await once.answer(caller, change), "one_time_password", self.vault.one_time_password)

    async def change_member(
        self, member_id: UUID, body: MemberChange, caller: Caller = needs("staff.member.manage")
    ) -> MemberView:
        """A member's name, role, clubs or INN; their sign-ins know at the next refresh."""
        changes: dict[str, Any] = body.model_dump(exclude_unset=True)
        if "clubs" in changes:
            changes["clubs"] = _clubs_of(body.clubs, caller.scope)
        async with self.db.begin() as tx:
            await orgs.lock(tx, caller.scope.org_id)
            before = await members.for_update(tx, caller.scope, member_id)
            after = replace(before, **changes)
            if before.leads and not after.leads:
                await _leave_an_owner(tx, before)
            if after != before:
                await members.save(tx, after)
                await sessions.end_elsewhere(tx, after)
                tx.tell(members.fact(MemberChanged, after, tx))
                _journal(tx, caller, "changed", after, before=before, after=after)
        return MemberView.of(after)

    async def remove_member(self, member_id: UUID, caller: Caller = needs("staff.member.manage")) -> None:
        """A member works here no more: no sign-in, refresh or session from now on; a token lives out its 10 minutes."""
        async with self.db.begin() as tx:
            await orgs.lock(tx, caller.scope.org_id)
            member = await members.for_update(tx, caller.scope, member_id)
            if member.leads:
                await _leave_an_owner(tx, member)
            await members.remove(tx, member)
            await sign_ins.end_all(tx, member_id)
            await sessions.end_of_member(tx, member_id)
            tx.tell(members.fact(MemberRemoved, member, tx))
            _journal(tx, caller, "removed", member, before=member)

    async def reset_password(
        self, member_id: UUID, caller: Caller = needs("staff.member.manage"), once: Once = Depends()
    ) -> Response:
        """A new one-time password; the old one, the PIN, all sign-ins and sessions and the lock are gone."""
        seed, password_hash = await self._one_time_password()

        async def change(tx: Tx) -> Answer:
            before = await members.for_update(tx, caller.scope, member_id)
            # A PIN lets in like a password: whoever knew the one may know the other.
            member = replace(before, password_hash=password_hash, must_change_password=True, pin_hash=None)
            await members.save(tx, member)
            await sign_ins.end_all(tx, member_id)
            await sessions.end_of_member(tx, member_id)
            await self._unlock(tx, member)
            _journal(tx, caller, "password_reset", member)
            return Answer(_with_seed(member, seed))

        return reveal(await once.answer(caller, change), "one_time_password", self.vault.one_time_password)

    async def unlock_member(
        self, member_id: UUID, caller: Caller = needs("staff.member.manage"), once: Once = Depends()
    ) -> Response:
        """Forget a member's wrong passwords and PINs: they may try again at once."""

        async def change(tx: Tx) -> Answer:
            member = await members.for_update(tx, caller.scope, member_id)
            await self._unlock(tx, member)
            _journal(tx, caller, "unlocked", member)
            return Answer(MemberView.of(member))

        return await once.answer(caller, change)

    async def _unlock(self, tx: Tx, member: Member) -> None:
        login_key = self.vault.login_key(member.login)
        await sign_ins.tries_for_update(tx, login_key)
        await sign_ins.save_tries(tx, login_key, Tries())
        await pins.forget_tries(tx, member.member_id)

    async def _one_time_password(self) -> tuple[str, str]:
        """A seed and the hash of the password that the vault makes of it."""
        seed = secrets.token_urlsafe(16)
        return seed, await self.hashing.hashed(self.vault.one_time_password(seed))


def routes(db: Database, vault: Vault, hashing: Hashing) -> APIRouter:
    router, do = APIRouter(prefix="/v1/members", tags=["members"]), Members(db, vault, hashing)
    router.get("")(do.list_members)
    router.post("", status_code=201, response_model=WithPassword)(do.add_member)
    router.patch("/{member_id}")(do.change_member)
    router.delete("/{member_id}", status_code=204)(do.remove_member)
    router.post("/{member_id}/reset-password", response_model=WithPassword)(do.reset_password)
    router.post("/{member_id}/unlock", response_model=MemberView)(do.unlock_member)
    return router


def _journal(
    tx: Tx, caller: Caller, verb: str, member: Member, before: Member | None = None, after: Member | None = None
) -> None:
    act, club_id = f"staff.member.{verb}", member.only_club
    journal(tx, caller, act, member.member_id, club_id=club_id, before=before, after=after)


def _with_seed(member: Member, seed: str) -> WithPassword:
    return WithPassword(**MemberView.of(member).model_dump(), one_time_password=seed)


def _clubs_of(wanted: list[UUID] | None, scope: Scope) -> tuple[UUID, ...] | None:
    """The clubs to work at, which must be the caller's own; a club of somebody else does not exist."""
    if wanted is None:
        if scope.clubs is not None:
            raise ClubsUnnamed
        return None
    for club_id in wanted:
        if not scope.covers(club_id):
            raise NotFound("club", club_id)
    return tuple(dict.fromkeys(wanted))


async def _leave_an_owner(tx: Tx, member: Member) -> None:
    if not await members.another_leads(tx, member):
        raise LastOwner
