"""Confirmations and approvals: a PIN, entered once more for one act, becomes a proof that its service asks for."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field

from edge.auth import Caller, Forbidden, needs
from edge.http import Body, Text, Whole
from edge.idempotency import Answer, Once
from edge.journal import journal
from edge.scope import Scope
from kit.db import Database, Tx
from kit.errors import Invalid, Refused
from kit.time import new_id
from staff.api.fields import Password, Pin
from staff.api.proving import NoPinHere, OneProof, PasswordWrong, Proving
from staff.domain.approval import APPROVAL_LIFE, PROOF_LIFE, Approval, Proof, permission_to_approve
from staff.domain.member import Member
from staff.domain.roles import ACCOUNT_READ, TABLE, permissions_of
from staff.domain.till import Till
from staff.store import approvals, members, tills
from staff.store.keys import Mint

ActName = Annotated[str, Field(pattern=r"^[a-z]+\.[a-z_]+(\.[a-z_]+)?$", max_length=72, examples=["billing.refund"])]
Subject = Annotated[Text, Field(min_length=1, max_length=100)]
"""The id of the thing that the act is done to."""


class ActUnknown(Invalid):
    """Nobody may approve such an act: it needs no approval, or there is none of this name."""

    def __init__(self, act: str) -> None:
        super().__init__("act_unknown", f"There is no approval of {act}.", params={"act": act})


class ApprovalOver(Refused):
    """Nobody granted it in time, or somebody else did."""

    def __init__(self) -> None:
        super().__init__("approval_over", "This approval was granted already, or waited too long. Ask for another one.")


class ApproverIsAsker(Forbidden):
    """A second person is a second person."""

    def __init__(self) -> None:
        super().__init__("approver_is_asker", "Somebody else has to approve this.")


class ApproverMayNot(Forbidden):
    """The PIN was right, and its owner has not got the right."""

    def __init__(self, permission: str) -> None:
        detail = f"They may not approve this: it needs the permission {permission}."
        super().__init__("approver_may_not", detail, params={"permission": permission})


class Confirmation(Body):
    """The caller's own PIN at an enrolled till, or their password, for one act on one thing."""

    pin: Pin | None = None
    password: Password | None = None
    act: ActName
    subject: Subject


class NewApproval(Body):
    act: ActName
    subject: Subject
    amount_kopecks: Annotated[Whole, Field(gt=0, le=10**12)] | None = None
    club_id: UUID


class Grant(Body):
    member_id: UUID
    pin: Pin


class Proven(BaseModel):
    """`proof` goes into the header `Savepoint-Proof` of the act, once, within two minutes."""

    proof: str
    expires_at: datetime


class Granted(Proven):
    approver: str


class ApprovalView(BaseModel):
    approval_id: UUID
    state: Literal["asked", "granted", "over"]
    act: str
    subject: str
    amount_kopecks: int | None
    club_id: UUID
    till_id: UUID
    asked_by: UUID
    granted_by: UUID | None
    asked_at: datetime
    expires_at: datetime

    @classmethod
    def of(cls, approval: Approval, now: datetime) -> "ApprovalView":
        known = {name: getattr(approval, name) for name in cls.model_fields if name != "state"}
        return cls.model_validate(known | {"state": approval.state(now)})


class Approvals:
    """What a desk asks for before an act that a PIN stands behind."""

    def __init__(self, db: Database, mint: Mint, proving: Proving) -> None:
        self.db, self.mint, self.proving = db, mint, proving

    async def confirm(self, body: Confirmation, response: Response, caller: Caller = needs(ACCOUNT_READ)) -> Proven:
        """A proof that the caller is still the person who signed in."""
        response.headers["Cache-Control"] = "no-store"
        if (body.pin is None) == (body.password is None):
            raise OneProof

        async def act(tx: Tx, member: Member) -> Proven:
            who = (member.org_id, member.member_id, member.member_id, member.name)
            return await self._prove(tx, Proof(new_id(), *who, body.act, body.subject))

        if body.pin is not None:
            return await self.proving.pin(caller.subject, await self._till(caller), body.pin, act)
        assert body.password is not None
        async with self.db.begin() as tx:
            member = await members.one(tx, Scope(caller.scope.org_id), caller.subject)
        return await self.proving.password(member.login, body.password, PasswordWrong(), act)

    async def ask(self, body: NewApproval, caller: Caller = needs(ACCOUNT_READ), once: Once = Depends()) -> Response:
        """Ask for a second person, who comes to this till within ten minutes."""
        if permission_to_approve(body.act) not in TABLE:
            raise ActUnknown(body.act)
        caller.at_club(body.club_id)

        async def change(tx: Tx) -> Answer:
            till = await self._till(caller)
            await members.one(tx, Scope(caller.scope.org_id), caller.subject)
            approval = Approval(
                approval_id=new_id(),
                org_id=caller.scope.org_id,
                till_id=till.till_id,
                asked_by=caller.subject,
                asked_at=tx.now,
                expires_at=tx.now + APPROVAL_LIFE,
                **body.model_dump(),
            )
            await approvals.add(tx, approval)
            return Answer(ApprovalView.of(approval, tx.now), f"/v1/approvals/{approval.approval_id}", status=201)

        return await once.answer(caller, change)

    async def grant(
        self, approval_id: UUID, body: Grant, response: Response, caller: Caller = needs(ACCOUNT_READ)
    ) -> Granted:
        """A second person, who may, enters their PIN at the till where it was asked for."""
        response.headers["Cache-Control"] = "no-store"
        async with self.db.begin() as tx:
            asked = await approvals.one(tx, caller.scope, approval_id)
        till = await self._till(caller)
        if asked.till_id != till.till_id:
            raise NoPinHere
        if body.member_id == asked.asked_by:
            raise ApproverIsAsker

        async def act(tx: Tx, member: Member) -> Granted:
            return await self._grant(tx, caller, approval_id, member)

        return await self.proving.pin(body.member_id, till, body.pin, act)

    async def read(self, approval_id: UUID, caller: Caller = needs(ACCOUNT_READ)) -> ApprovalView:
        """How it stands; the proof is told to who granted it alone."""
        async with self.db.begin() as tx:
            return ApprovalView.of(await approvals.one(tx, caller.scope, approval_id), tx.now)

    async def _grant(self, tx: Tx, caller: Caller, approval_id: UUID, member: Member) -> Granted:
        """The locked member grants it. Again where the answer was lost: all proofs of it are spent as one."""
        approval = await approvals.one(tx, caller.scope, approval_id, lock=True)
        permission = permission_to_approve(approval.act)
        if permission not in permissions_of(member.role) or not member.works_at(approval.club_id):
            raise ApproverMayNot(permission)
        if tx.now >= approval.expires_at or approval.granted_by not in (None, member.member_id):
            raise ApprovalOver
        if approval.granted_by is None:
            await approvals.grant(tx, approval, member.member_id)
            approver = replace(caller, subject=member.member_id, name=member.name)
            told = {name: getattr(approval, name) for name in ("act", "subject", "amount_kopecks", "asked_by")}
            journal(tx, approver, "staff.approval.granted", approval_id, club_id=approval.club_id, after=told)
        who = (approval.org_id, approval.asked_by, member.member_id, member.name)
        proof = Proof(approval_id, *who, approval.act, approval.subject, approval.amount_kopecks)
        return Granted(**(await self._prove(tx, proof)).model_dump(), approver=member.name)

    async def _prove(self, tx: Tx, proof: Proof) -> Proven:
        return Proven(proof=await self.mint.proof(tx, proof), expires_at=tx.now + PROOF_LIFE)

    async def _till(self, caller: Caller) -> Till:
        """The enrolled till that the caller is at. Raises NoPinHere."""
        async with self.db.begin() as tx:
            till = await tills.by_id(tx, caller.till) if caller.till else None
        if till is None or till.org_id != caller.scope.org_id or till.secret_hash is None:
            raise NoPinHere
        return till


def routes(db: Database, mint: Mint, proving: Proving) -> APIRouter:
    router, do = APIRouter(prefix="/v1", tags=["approvals"]), Approvals(db, mint, proving)
    router.post("/confirmations")(do.confirm)
    router.post("/approvals", status_code=201, response_model=ApprovalView)(do.ask)
    router.get("/approvals/{approval_id}")(do.read)
    router.post("/approvals/{approval_id}/grant")(do.grant)
    return router
