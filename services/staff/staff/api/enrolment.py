"""Enrolment: a browser becomes a till, and a PIN is taken at it from then on."""

import secrets
from dataclasses import replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Response
from pydantic import BaseModel

from edge.auth import Caller, needs
from edge.idempotency import Answer, Once
from edge.journal import journal
from kit.db import Database, Tx
from kit.errors import Refused
from staff.api.shown_once import reveal
from staff.domain.till import Till
from staff.domain.vault import Vault, secret_hash
from staff.store import members, sessions, tills

TillSecret = Annotated[
    str | None, Header(alias="Savepoint-Till", max_length=128, description="the secret of an enrolled till's browser")
]


class TillUnknown(Refused):
    """No till has this secret, or it has another one by now."""

    status = 401

    def __init__(self) -> None:
        detail = "This browser is no till any more, or never was. The owner can enrol it in the settings."
        super().__init__("till_unknown", detail)


class Enrolled(BaseModel):
    """An enrolled till and its secret, which is not shown again."""

    till_id: UUID
    club_id: UUID
    name: str
    secret: str


class TillMember(BaseModel):
    member_id: UUID
    name: str


class TillHere(BaseModel):
    """The till that a browser is, and who may enter a PIN at it."""

    till_id: UUID
    club_id: UUID
    name: str
    members: list[TillMember]


class Enrolment:
    """What makes a browser a till, and what a till knows of itself."""

    def __init__(self, db: Database, vault: Vault) -> None:
        self.db, self.vault = db, vault

    async def enrol(
        self, till_id: UUID, caller: Caller = needs("staff.till.manage"), once: Once = Depends()
    ) -> Response:
        """A secret for the till's browser. The one before is worth nothing any more, and its sessions end."""
        seed = secrets.token_urlsafe(16)
        kept = secret_hash(self.vault.till_secret(seed))

        async def change(tx: Tx) -> Answer:
            before = await tills.for_update(tx, caller.scope, till_id)
            till = replace(before, secret_hash=kept, enrolled_at=tx.now)
            await tills.save(tx, till)
            await sessions.end_of_till(tx, till_id)
            journal(tx, caller, "staff.till.enrolled", till_id, club_id=till.club_id, before=before, after=till)
            return Answer(Enrolled(**_seen(till), secret=seed), status=201)

        return reveal(await once.answer(caller, change), "secret", self.vault.till_secret)

    async def take_back(self, till_id: UUID, caller: Caller = needs("staff.till.manage")) -> None:
        """No browser is this till any more; its sessions end at once. Safe to repeat."""
        async with self.db.begin() as tx:
            before = await tills.for_update(tx, caller.scope, till_id)
            if before.secret_hash is None:
                return
            till = replace(before, secret_hash=None, enrolled_at=None)
            await tills.save(tx, till)
            await sessions.end_of_till(tx, till_id)
            journal(tx, caller, "staff.till.taken_back", till_id, club_id=till.club_id, before=before, after=till)

    async def till_here(self, response: Response, secret: TillSecret = None) -> TillHere:
        """The till that this browser is, and who works at its club and has a PIN."""
        response.headers["Cache-Control"] = "no-store"
        async with self.db.begin() as tx:
            till = await of_secret(tx, secret)
            found = await members.with_pin(tx, till.org_id, till.club_id)
        seen = [TillMember(member_id=member.member_id, name=member.name) for member in found]
        return TillHere(**_seen(till), members=seen)


async def of_secret(tx: Tx, secret: str | None) -> Till:
    """The till whose browser has this secret. Raises TillUnknown."""
    till = await tills.enrolled(tx, secret_hash(secret)) if secret else None
    if till is None:
        raise TillUnknown
    return till


def routes(db: Database, vault: Vault) -> APIRouter:
    router, do = APIRouter(prefix="/v1/tills", tags=["tills"]), Enrolment(db, vault)
    router.get("/me")(do.till_here)
    router.post("/{till_id}/enrolment", status_code=201, response_model=Enrolled)(do.enrol)
    router.delete("/{till_id}/enrolment", status_code=204)(do.take_back)
    return router


def _seen(till: Till) -> dict[str, UUID | str]:
    return {"till_id": till.till_id, "club_id": till.club_id, "name": till.name}
