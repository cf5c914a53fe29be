"""PINs over HTTP: one's own is chosen with the password; another's can only be taken away."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter

from edge.auth import Caller, needs
from edge.http import Body
from edge.journal import journal
from edge.scope import Scope
from kit.db import Database, Tx
from kit.errors import Invalid
from staff.api.fields import Password, Pin
from staff.api.hashing import Hashing
from staff.api.proving import PasswordWrong, Proving
from staff.domain import pins as rules
from staff.domain.member import Member
from staff.domain.roles import ACCOUNT_READ
from staff.domain.vault import Vault
from staff.store import members, pins


class PinTooSimple(Invalid):
    """One of those that people try first."""

    def __init__(self) -> None:
        detail = "Anybody would try this one. Choose six digits without a pattern, and not a way over the keys."
        super().__init__("pin_too_simple", detail)


class NewPin(Body):
    pin: Pin
    password: Password


class Pins:
    """What may be done with PINs over HTTP."""

    def __init__(self, db: Database, vault: Vault, hashing: Hashing, proving: Proving) -> None:
        self.db, self.vault, self.hashing, self.proving = db, vault, hashing, proving

    async def choose(self, body: NewPin, caller: Caller = needs(ACCOUNT_READ)) -> None:
        """This is the caller's PIN now, at every till of their clubs; wrong tries of the one before are forgotten."""
        pin = body.pin.get_secret_value()
        if rules.too_simple(pin):
            raise PinTooSimple
        async with self.db.begin() as tx:
            seen = await members.one(tx, Scope(caller.scope.org_id), caller.subject)
        pin_hash = await self.hashing.hashed(self.vault.peppered(seen.member_id, pin))

        async def act(tx: Tx, member: Member) -> None:
            await members.save(tx, replace(member, pin_hash=pin_hash))
            await pins.forget_tries(tx, member.member_id)

        await self.proving.password(seen.login, body.password, PasswordWrong(), act)

    async def take_away(self, member_id: UUID, caller: Caller = needs("staff.member.manage")) -> None:
        """The member has no PIN any more, and chooses another with their password. Safe to repeat."""
        async with self.db.begin() as tx:
            before = await members.for_update(tx, caller.scope, member_id)
            await members.save(tx, replace(before, pin_hash=None))
            journal(tx, caller, "staff.member.pin_taken", member_id, club_id=before.only_club)


def routes(db: Database, vault: Vault, hashing: Hashing, proving: Proving) -> APIRouter:
    router, do = APIRouter(prefix="/v1", tags=["pins"]), Pins(db, vault, hashing, proving)
    router.put("/me/pin", status_code=204)(do.choose)
    router.delete("/members/{member_id}/pin", status_code=204)(do.take_away)
    return router
