"""Machines over HTTP: agents and workers get a secret once, and short tokens for it."""

import hmac
import secrets
from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from edge.auth import Caller, needs
from edge.http import Body
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.pages import Cursor, Limit, Page, page
from kit.db import Database, Tx
from kit.errors import Refused
from kit.time import new_id
from staff.api.fields import Name, Secret
from staff.api.shown_once import reveal
from staff.domain.machine import Machine
from staff.domain.roles import Kind
from staff.domain.tokens import ACCESS_LIFE, bearer_of_machine
from staff.domain.vault import secret_hash
from staff.store import machines, orgs
from staff.store.keys import Mint


class MachineWrong(Refused):
    """No such machine, it was revoked, or this is not its secret; which of these is not said."""

    status = 401

    def __init__(self) -> None:
        detail = "This machine is not known here, or its secret is wrong. Add it again in the settings."
        super().__init__("machine_wrong", detail)


class NewMachine(Body):
    name: Name = Field(examples=["PC-07"])
    kind: Kind = Field(examples=["agent"])
    club_id: UUID


class MachineProof(Body):
    machine_id: UUID
    secret: Secret


class MachineView(BaseModel):
    machine_id: UUID
    club_id: UUID
    name: str
    kind: Kind
    added_at: datetime

    @classmethod
    def of(cls, machine: Machine) -> "MachineView":
        return cls.model_validate(machine, from_attributes=True)


class WithSecret(MachineView):
    """A machine and its secret, which is not shown again."""

    secret: str


class MachineToken(BaseModel):
    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  the type of a token
    expires_in_s: int = int(ACCESS_LIFE.total_seconds())


class Machines:
    """What may be done with machines over HTTP, and by them."""

    def __init__(self, db: Database, mint: Mint) -> None:
        self.db, self.mint = db, mint

    async def list_machines(
        self, after: Cursor = None, limit: Limit = 50, caller: Caller = needs("staff.machine.manage")
    ) -> Page[MachineView]:
        """The machines of the caller's clubs that may get tokens, newest first."""
        async with self.db.begin() as tx:
            found = await machines.page(tx, caller.scope, after, limit)
        return page([MachineView.of(machine) for machine in found], [one.machine_id for one in found], limit)

    async def add_machine(
        self, body: NewMachine, caller: Caller = needs("staff.machine.manage"), once: Once = Depends()
    ) -> Response:
        """A machine of one club; the answer holds its secret."""
        caller.at_club(body.club_id)
        seed = secrets.token_urlsafe(16)
        kept = secret_hash(self.mint.vault.machine_secret(seed))

        async def change(tx: Tx) -> Answer:
            org_id = caller.scope.org_id
            await orgs.known(tx, org_id)
            machine = Machine(new_id(), org_id, body.club_id, body.name, body.kind, kept, tx.now)
            await machines.add(tx, machine)
            journal(tx, caller, "staff.machine.added", machine.machine_id, club_id=machine.club_id, after=machine)
            return Answer(WithSecret(**MachineView.of(machine).model_dump(), secret=seed), status=201)

        return reveal(await once.answer(caller, change), "secret", self.mint.vault.machine_secret)

    async def revoke_machine(self, machine_id: UUID, caller: Caller = needs("staff.machine.manage")) -> None:
        """The machine gets no more tokens; one that it has lives out its ten minutes."""
        async with self.db.begin() as tx:
            gone = await machines.revoke(tx, caller.scope, machine_id)
            journal(tx, caller, "staff.machine.revoked", machine_id, club_id=gone.club_id, before=gone)

    async def machine_token(self, body: MachineProof, response: Response) -> MachineToken:
        """A short token for a machine that knows its secret."""
        response.headers["Cache-Control"] = "no-store"
        given = secret_hash(body.secret.get_secret_value())
        async with self.db.begin() as tx:
            machine = await machines.by_id(tx, body.machine_id)
            if machine is None or not hmac.compare_digest(machine.secret_hash, given):
                raise MachineWrong
            return MachineToken(access_token=await self.mint.token(tx, bearer_of_machine(machine)))


def routes(db: Database, mint: Mint) -> APIRouter:
    router, do = APIRouter(prefix="/v1/machines", tags=["machines"]), Machines(db, mint)
    router.get("")(do.list_machines)
    router.post("", status_code=201, response_model=WithSecret)(do.add_machine)
    router.delete("/{machine_id}", status_code=204)(do.revoke_machine)
    router.post("/token")(do.machine_token)
    return router
