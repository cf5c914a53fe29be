"""Confirmations and approvals: whose PIN makes which proof, and where."""

from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest
from sqlalchemy import text

from kit.db import Database
from kit.time import new_id
from services.staff.tests.builders import (
    CLUB,
    OTHER_CLUB,
    OTHER_PIN,
    PASSWORD,
    PIN,
    acts,
    added_with_pin,
    bearer,
    by_password,
    by_pin,
    enrolled,
    everything,
    exchanged,
    key,
    signed_in,
)
from staff.domain.member import Member
from staff.domain.roles import TABLE

REFUND = "billing.refund"
SALE = str(new_id())


@dataclass
class Desk:
    """Anna, an operator, signed in at a till; an administrator is near."""

    http: httpx.AsyncClient
    db: Database
    owner: dict[str, str]
    till: dict[str, str]
    anna: Member
    header: dict[str, str]
    senior: Member

    async def ask(self, **changes: Any) -> httpx.Response:
        usual = {"act": REFUND, "subject": SALE, "amount_kopecks": 300_00, "club_id": str(CLUB)}
        return await self.http.post("/v1/approvals", json=usual | changes, headers=self.header | key())

    async def grant(self, approval_id: str, member: Member, pin: str = PIN, **header: str) -> httpx.Response:
        body = {"member_id": str(member.member_id), "pin": pin}
        path = f"/v1/approvals/{approval_id}/grant"
        return await self.http.post(path, json=body, headers=header or self.header)

    async def confirm(self, header: dict[str, str], **proof: str) -> httpx.Response:
        body = {"act": "billing.shift.close", "subject": SALE} | proof
        return await self.http.post("/v1/confirmations", json=body, headers=header)


async def at(http: httpx.AsyncClient, till: dict[str, str], member: Member) -> dict[str, str]:
    return bearer((await exchanged(http, (await by_pin(http, till, member)).json())).json())


@pytest.fixture
async def desk(staff: httpx.AsyncClient, db: Database, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setitem(TABLE, f"{REFUND}.approve", ("owner", "administrator"))
    owner = bearer(await signed_in(staff))
    till = await enrolled(staff, owner)
    anna = await added_with_pin(db, clubs=(CLUB,))
    senior = await added_with_pin(db, OTHER_PIN, role="administrator", name="Борис Л.", clubs=(CLUB,))
    return Desk(staff, db, owner, till, anna, await at(staff, till, anna), senior)


def said(proof: str) -> dict[str, Any]:
    return dict(jwt.decode(proof, options={"verify_signature": False}))


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_ones_own_pin_proves_one_act_for_two_minutes(desk: Desk) -> None:
    answer = await desk.confirm(desk.header, pin=PIN)

    claims = said(answer.json()["proof"])
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    assert (claims["aud"], claims["act"], claims["subject"]) == ("savepoint-proof", "billing.shift.close", SALE)
    assert claims["sub"] == claims["by"]["member_id"] == str(desk.anna.member_id)
    me = await desk.http.get("/v1/me", headers={"Authorization": f"Bearer {answer.json()['proof']}"})
    assert code(me) == (401, "token_invalid")


async def test_a_confirmation_takes_the_pin_at_a_till_and_the_password_anywhere(desk: Desk) -> None:
    away = bearer((await exchanged(desk.http, (await by_password(desk.http, desk.anna.login)).json())).json())

    assert code(await desk.confirm(desk.header, pin=OTHER_PIN)) == (401, "pin_wrong")
    assert code(await desk.confirm(away, pin=PIN)) == (409, "pin_needs_till")
    assert code(await desk.confirm(away)) == (422, "pin_or_password")
    assert code(await desk.confirm(away, password="wrong password")) == (409, "password_wrong")
    assert (await desk.confirm(away, password=PASSWORD)).status_code == 200


async def test_a_second_person_with_the_right_grants_what_was_asked(desk: Desk) -> None:
    asked = (await desk.ask()).json()
    granted = await desk.grant(asked["approval_id"], desk.senior, OTHER_PIN)

    assert (asked["state"], granted.status_code, granted.json()["approver"]) == ("asked", 200, "Борис Л.")
    claims = said(granted.json()["proof"])
    assert claims["sub"] == str(desk.anna.member_id)
    assert claims["by"] == {"member_id": str(desk.senior.member_id), "name": "Борис Л."}
    assert (claims["act"], claims["subject"], claims["amount_kopecks"]) == (REFUND, SALE, 300_00)
    seen = (await desk.http.get(f"/v1/approvals/{asked['approval_id']}", headers=desk.header)).json()
    assert (seen["state"], seen["granted_by"]) == ("granted", str(desk.senior.member_id))
    (told,) = [act for act in await acts(desk.db) if act["act"] == "staff.approval.granted"]
    assert (told["person"]["name"], told["after"]["amount_kopecks"]) == ("Борис Л.", 300_00)


async def test_a_grant_that_is_repeated_gives_the_same_proof_to_spend_and_is_told_once(desk: Desk) -> None:
    approval_id = (await desk.ask()).json()["approval_id"]
    other = await added_with_pin(desk.db, role="owner")

    proofs = [(await desk.grant(approval_id, desk.senior, OTHER_PIN)).json()["proof"] for _ in range(2)]

    assert {said(proof)["jti"] for proof in proofs} == {approval_id}
    assert code(await desk.grant(approval_id, other)) == (409, "approval_over")
    assert len([act for act in await acts(desk.db) if act["act"] == "staff.approval.granted"]) == 1


async def test_nobody_approves_their_own_act_or_without_the_right_or_after_its_time(desk: Desk) -> None:
    operator = await added_with_pin(desk.db)
    elsewhere = await added_with_pin(desk.db, role="owner", clubs=(OTHER_CLUB,))
    approval_id = (await desk.ask()).json()["approval_id"]

    assert code(await desk.grant(approval_id, desk.anna)) == (403, "approver_is_asker")
    assert code(await desk.grant(approval_id, operator)) == (403, "approver_may_not")
    assert code(await desk.grant(approval_id, elsewhere)) == (401, "pin_unset")
    assert code(await desk.grant(approval_id, desk.senior, PIN)) == (401, "pin_wrong")
    async with desk.db.begin() as tx:
        await tx.conn.execute(text("update approval set expires_at = now()"))
    assert code(await desk.grant(approval_id, desk.senior, OTHER_PIN)) == (409, "approval_over")


async def test_an_approval_is_granted_at_the_till_where_it_was_asked_for(desk: Desk) -> None:
    approval_id = (await desk.ask()).json()["approval_id"]
    bar = await enrolled(desk.http, desk.owner, name="Бар")
    there = await at(desk.http, bar, desk.anna)

    assert code(await desk.grant(approval_id, desk.senior, OTHER_PIN, **there)) == (409, "pin_needs_till")
    assert code(await desk.grant(approval_id, desk.senior, OTHER_PIN, **desk.owner)) == (409, "pin_needs_till")
    assert (await desk.grant(approval_id, desk.senior, OTHER_PIN)).status_code == 200


async def test_a_till_that_was_taken_back_takes_no_pin_of_a_token_that_still_lives(desk: Desk) -> None:
    till_id = (await desk.http.get("/v1/tills/me", headers=desk.till)).json()["till_id"]
    await desk.http.delete(f"/v1/tills/{till_id}/enrolment", headers=desk.owner)

    assert code(await desk.confirm(desk.header, pin=PIN)) == (409, "pin_needs_till")
    assert code(await desk.ask()) == (409, "pin_needs_till")


async def test_what_cannot_be_approved_is_not_asked(desk: Desk) -> None:
    before = await everything(desk.db)

    assert code(await desk.ask(act="billing.nothing")) == (422, "act_unknown")
    assert code(await desk.ask(club_id=str(OTHER_CLUB))) == (404, "club_not_found")
    assert await everything(desk.db) == before
