"""The journal: every privileged act is told once, kept once, and read by who may."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from conftest import ORG, Issuer
from contracts.headers import headers
from contracts.journal import ACTS, Act, Actor, HallAct
from kit.consume import Intake
from kit.db import Database
from kit.parked import Delivery
from kit.time import new_id
from services.staff.tests.builders import (
    CLUB,
    NOW,
    OTHER_CLUB,
    OTHER_ORG,
    PASSWORD,
    acts,
    added,
    added_with_pin,
    bearer,
    by_password,
    enrolled,
    key,
    rows,
    signed_in,
)
from staff.consumers import handlers
from staff.domain.journal import trace_of

TRACE = "0af7651916cd43dd8448eb211c80319c"
PARENT = f"00-{TRACE}-b7ad6b7169203331-01"


def an_act(kind: type[Act] = HallAct, **changes: Any) -> Act:
    usual: dict[str, Any] = {
        "org_id": ORG,
        "act_id": new_id(),
        "at": NOW,
        "act": f"{kind.TYPE.partition('.')[0]}.tariff.changed",
        "person": Actor(member_id=UUID(int=7), name="Анна К."),
        "club_id": CLUB,
        "subject": "a subject",
    }
    return kind(**(usual | changes))


def delivered(act: Act, **changes: Any) -> Delivery:
    usual: dict[str, Any] = {"topic": act.topic, "partition": 0, "offset": 0, "key": act.key, "body": act.body()}
    return Delivery(headers=headers(act, new_id(), NOW, PARENT), **(usual | changes))


async def take(db: Database, *told: Act) -> None:
    await Intake(db, handlers()).take([delivered(act) for act in told])


async def read(http: httpx.AsyncClient, header: dict[str, str], **query: Any) -> list[dict[str, Any]]:
    answer = await http.get("/v1/journal", params=query, headers=header)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["items"])


@pytest.mark.parametrize("kind", ACTS.values(), ids=list(ACTS))
async def test_an_act_of_any_service_is_kept_once_with_all_that_it_says(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str], kind: type[Act]
) -> None:
    before, after = {"prices": {"a": 1}, "active": True}, {"prices": {"a": 2}, "active": None}
    act = an_act(kind, before=before, after=after, reason="новый прайс")

    await take(db, act, act)
    await take(db, act)

    (seen,) = await read(http, manager)
    assert (seen["act_id"], seen["person"]["name"], seen["trace_id"]) == (str(act.act_id), "Анна К.", TRACE)
    assert (seen["before"], seen["after"], seen["reason"]) == (before, after, "новый прайс")
    assert datetime.fromisoformat(seen["at"]) == NOW


async def test_an_act_that_says_little_is_kept(http: httpx.AsyncClient, db: Database, manager: dict[str, str]) -> None:
    act = an_act(club_id=None, subject="\0", person=Actor(member_id=UUID(int=7), name="\0"), after={"note": "\0"})

    await Intake(db, handlers()).take([delivered(act)])

    (seen,) = await read(http, manager)
    assert (seen["club_id"], seen["till_name"], seen["before"], seen["subject"]) == (None, None, None, "")
    assert seen["after"] == {"note": "\0"}
    assert await rows(db, "select count(*) from parked") == [(0,)]


@pytest.mark.parametrize(
    ("traceparent", "trace_id"),
    [(PARENT, TRACE), (None, None), ("", None), ("00-short-b7ad6b7169203331-01", None), (f"{TRACE}", None)],
)
def test_a_trace_is_kept_where_there_is_one(traceparent: str | None, trace_id: str | None) -> None:
    assert trace_of(traceparent) == trace_id


async def test_the_journal_is_found_by_club_person_act_and_time(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    boris = Actor(member_id=UUID(int=8), name="Борис Л.")
    first = an_act(act="hall.tariff.changed", at=NOW)
    second = an_act(act="hall.session.ended", at=NOW + timedelta(hours=1), person=boris)
    third = an_act(act="hall.tariff.added", at=NOW + timedelta(hours=2), club_id=OTHER_CLUB)
    await take(db, first, second, third)

    async def found(**query: Any) -> list[Act]:
        known = {str(act.act_id): act for act in (first, second, third)}
        return [known[one["act_id"]] for one in await read(http, manager, **query)]

    assert await found() == [third, second, first]
    assert await found(club_id=CLUB) == [second, first]
    assert await found(member_id=UUID(int=8)) == [second]
    assert await found(act="hall.tariff") == [third, first]
    assert await found(act="hall.tariff.added") == [third]
    assert await found(act="hall.tari") == []
    assert await found(**{"from": (NOW + timedelta(hours=1)).isoformat()}) == [third, second]
    assert await found(to=(NOW + timedelta(hours=1)).isoformat()) == [first]
    assert await found(limit=1) == [third]
    assert await found(limit=1, after=third.act_id) == [second]


async def test_who_acts_for_some_clubs_reads_of_these_alone(
    http: httpx.AsyncClient, db: Database, issuer: Issuer
) -> None:
    here, there, everywhere = an_act(), an_act(club_id=OTHER_CLUB), an_act(club_id=None)
    elsewhere = an_act(org_id=OTHER_ORG)
    await take(db, here, there, everywhere, elsewhere)

    async def found(**claims: Any) -> set[str]:
        return {one["act_id"] for one in await read(http, issuer.header("staff.journal.read", **claims))}

    assert await found(clubs=[str(CLUB)]) == {str(here.act_id)}
    assert await found() == {str(act.act_id) for act in (here, there, everywhere)}
    assert await found(org=str(OTHER_ORG)) == {str(elsewhere.act_id)}


@pytest.mark.parametrize("query", ["from=yesterday", "from=2026-11-23T10:00:00", "act=%27", "act=A", "club_id=5"])
async def test_a_bad_question_is_refused(http: httpx.AsyncClient, manager: dict[str, str], query: str) -> None:
    assert (await http.get(f"/v1/journal?{query}", headers=manager)).status_code == 422


@pytest.mark.parametrize("change", ["update journal set act = 'x'", "delete from journal"])
async def test_what_was_done_is_never_rewritten(db: Database, change: str) -> None:
    await take(db, an_act())

    with pytest.raises(DBAPIError, match="permission denied"):
        async with db.begin() as tx:
            await tx.conn.execute(text(change))


async def test_each_of_staffs_own_privileged_acts_is_told(staff: httpx.AsyncClient, db: Database) -> None:
    owner = bearer(await signed_in(staff))
    body = {"login": "anna", "name": "Анна К.", "role": "operator", "clubs": [str(CLUB)]}
    anna = f"/v1/members/{(await staff.post('/v1/members', json=body, headers=owner | key())).json()['member_id']}"
    await staff.patch(anna, json={"role": "administrator"}, headers=owner)
    await staff.patch(anna, json={"role": "administrator"}, headers=owner)
    for act in ("reset-password", "unlock"):
        await staff.post(f"{anna}/{act}", headers=owner | key())
    await staff.delete(f"{anna}/pin", headers=owner)
    await enrolled(staff, owner)
    ((till_id,),) = await rows(db, "select till_id from till")
    await staff.patch(f"/v1/tills/{till_id}", json={"name": "Бар"}, headers=owner)
    for _ in range(2):
        await staff.delete(f"/v1/tills/{till_id}/enrolment", headers=owner)
    agent = {"name": "PC-07", "kind": "agent", "club_id": str(CLUB)}
    machine = (await staff.post("/v1/machines", json=agent, headers=owner | key())).json()
    await staff.delete(f"/v1/machines/{machine['machine_id']}", headers=owner)
    boris = await added(db)
    session = (await by_password(staff, boris.login)).json()
    for _ in range(2):
        await staff.delete(f"/v1/sessions/{session['session_id']}", headers=owner)
    await staff.delete(anna, headers=owner)

    told = await acts(db)

    assert [act["act"].removeprefix("staff.") for act in told] == [
        "member.added",
        "member.changed",
        "member.password_reset",
        "member.unlocked",
        "member.pin_taken",
        "till.added",
        "till.enrolled",
        "till.renamed",
        "till.taken_back",
        "machine.added",
        "machine.revoked",
        "session.ended",
        "member.removed",
    ]
    assert {act["person"]["name"] for act in told} == {"Владелец"}
    assert (told[1]["before"], told[1]["after"]) == ({"role": "operator"}, {"role": "administrator"})
    assert {act["club_id"] for act in told[:11]} == {str(CLUB)}
    assert (told[7]["before"], told[7]["after"]) == ({"name": "Стойка"}, {"name": "Бар"})


async def test_an_act_at_a_till_names_it_and_no_secret_is_told(staff: httpx.AsyncClient, db: Database) -> None:
    owner = bearer(await signed_in(staff))
    till = await enrolled(staff, owner)
    began = (await by_password(staff, **till)).json()
    token = (await staff.post("/v1/sessions/token", json={"session": began["session"]})).json()
    anna = await added_with_pin(db)

    await staff.delete(f"/v1/members/{anna.member_id}/pin", headers=bearer(token))
    await staff.delete(f"/v1/members/{anna.member_id}", headers=bearer(token))

    assert [act["till_id"] for act in (await acts(db))[-2:]] == [began["till_id"]] * 2
    told = repr(await rows(db, "select convert_from(body, 'UTF8') from outbox"))
    for hidden in ("argon2", "password_hash", "pin_hash", "secret_hash", PASSWORD, began["session"], *till.values()):
        assert hidden not in told


async def test_own_sign_outs_and_refused_acts_are_not_told(staff: httpx.AsyncClient, db: Database) -> None:
    began = (await by_password(staff)).json()
    token = (await staff.post("/v1/sessions/token", json={"session": began["session"]})).json()

    await staff.delete(f"/v1/sessions/{began['session_id']}", headers=bearer(token))
    await staff.delete(f"/v1/machines/{new_id()}", headers=bearer(token))

    assert await acts(db) == []
