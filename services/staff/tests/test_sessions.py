"""Sessions of browsers: begun, exchanged for tokens, locked, unlocked, listed, ended; and ended by what others do."""

import asyncio
from typing import Any

import httpx
import jwt
import pytest

from conftest import Fresh, Issuer, free_port
from kit.db import Database
from services.staff.tests.builders import (
    CLUB,
    OTHER_CLUB,
    OTHER_PIN,
    PASSWORD,
    PIN,
    Clock,
    a_settings,
    added,
    added_with_pin,
    bearer,
    by_password,
    by_pin,
    enrolled,
    everything,
    exchanged,
    key,
    rows,
    signed_in,
)
from services.staff.tests.conftest import serving
from staff.app import first_start
from staff.jobs import loops

NEW = "совсем другой пароль"


async def token(http: httpx.AsyncClient, began: dict[str, Any]) -> dict[str, str]:
    return bearer((await exchanged(http, began)).json())


def code_of(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code") if answer.content else None


async def test_a_session_at_a_till_gives_tokens_that_name_both(staff: httpx.AsyncClient, db: Database) -> None:
    till, anna = await enrolled(staff, bearer(await signed_in(staff))), await added_with_pin(db, clubs=(CLUB,))

    began = await by_pin(staff, till, anna)
    given = await exchanged(staff, began.json())

    assert (began.status_code, began.headers["Cache-Control"]) == (201, "no-store")
    assert (began.json()["name"], began.json()["must_change_password"]) == (anna.name, False)
    assert given.headers["Cache-Control"] == "no-store"
    assert {name: given.json()[name] for name in ("expires_in_s", "member_id", "name")} == {
        "expires_in_s": 600,
        "member_id": str(anna.member_id),
        "name": anna.name,
    }
    claims = jwt.decode(given.json()["access_token"], options={"verify_signature": False})
    assert (claims["sid"], claims["till"]) == (began.json()["session_id"], began.json()["till_id"])
    me = (await staff.get("/v1/me", headers=bearer(given.json()))).json()
    assert (me["till_id"], me["has_pin"]) == (began.json()["till_id"], True)
    assert me["permissions_by_club"] == {str(CLUB): me["permissions"]}


async def test_a_session_without_a_till_is_begun_with_a_password_alone(staff: httpx.AsyncClient) -> None:
    began = (await by_password(staff, "OWNER")).json()

    assert began["till_id"] is None
    me = (await staff.get("/v1/me", headers=await token(staff, began))).json()
    assert (me["till_id"], me["clubs"], me["permissions_by_club"]) == (None, None, None)
    wrong = await staff.post("/v1/sessions", json={"login": "owner", "password": "wrong password"})
    assert code_of(wrong) == (401, "sign_in_wrong")


async def test_passwords_of_sessions_and_sign_ins_are_counted_together(http: httpx.AsyncClient) -> None:
    wrong = {"login": "owner", "password": "wrong password"}
    for path in ("/v1/sessions", "/v1/sign-in", "/v1/sessions", "/v1/sign-in", "/v1/sessions"):
        assert (await http.post(path, json=wrong)).status_code == 401

    assert code_of(await by_password(http)) == (429, "sign_in_locked")


async def test_who_does_not_work_at_the_tills_club_begins_nothing_there(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    till, boris = await enrolled(http, manager), await added(db, clubs=(OTHER_CLUB,))

    assert code_of(await by_password(http, boris.login, **till)) == (403, "till_elsewhere")
    assert code_of(await by_password(http, boris.login, **{"Savepoint-Till": "old"})) == (401, "till_unknown")
    assert await rows(db, "select count(*) from session") == [(0,)]


async def test_a_locked_session_gives_no_token_until_the_right_pin(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    till, anna = await enrolled(http, manager), await added_with_pin(db)
    began = (await by_pin(http, till, anna)).json()
    secret = {"session": began["session"]}

    for _ in range(2):
        assert (await http.post("/v1/sessions/lock", json=secret)).status_code == 204
    assert code_of(await exchanged(http, began)) == (423, "session_locked")
    wrong = await http.post("/v1/sessions/unlock", json=secret | {"pin": OTHER_PIN})
    assert (wrong.status_code, wrong.json()["params"]) == (401, {"tries_left": 4})
    assert code_of(await exchanged(http, began)) == (423, "session_locked")
    assert (await http.post("/v1/sessions/unlock", json=secret | {"pin": PIN})).status_code == 204
    assert (await exchanged(http, began)).status_code == 200


async def test_wrong_pins_at_the_lock_and_at_the_door_are_counted_together(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    till, anna = await enrolled(http, manager), await added_with_pin(db)
    secret = {"session": (await by_pin(http, till, anna)).json()["session"]}

    for _ in range(3):
        await http.post("/v1/sessions/unlock", json=secret | {"pin": OTHER_PIN})
    assert (await by_pin(http, till, anna, OTHER_PIN)).json()["params"] == {"tries_left": 1}
    assert code_of(await http.post("/v1/sessions/unlock", json=secret | {"pin": OTHER_PIN})) == (429, "pin_locked")
    assert code_of(await http.post("/v1/sessions/unlock", json=secret | {"pin": PIN})) == (429, "pin_locked")
    assert (await http.post("/v1/sessions/unlock", json=secret | {"password": PASSWORD})).status_code == 204


async def test_a_pin_unlocks_nothing_away_from_a_till(http: httpx.AsyncClient, db: Database) -> None:
    anna = await added_with_pin(db)
    began = (await by_password(http, anna.login)).json()
    secret = {"session": began["session"]}
    await http.post("/v1/sessions/lock", json=secret)

    assert code_of(await http.post("/v1/sessions/unlock", json=secret | {"pin": PIN})) == (409, "pin_needs_till")
    wrong = await http.post("/v1/sessions/unlock", json=secret | {"password": "wrong password"})
    assert code_of(wrong) == (409, "password_wrong")
    assert code_of(await exchanged(http, began)) == (423, "session_locked")
    assert (await http.post("/v1/sessions/unlock", json=secret | {"password": PASSWORD})).status_code == 204


@pytest.mark.parametrize("proof", [{}, {"pin": PIN, "password": PASSWORD}])
async def test_a_session_is_unlocked_with_one_proof(http: httpx.AsyncClient, proof: dict[str, str]) -> None:
    secret = {"session": (await by_password(http)).json()["session"]}

    answer = await http.post("/v1/sessions/unlock", json=secret | proof)
    assert code_of(answer) == (422, "pin_or_password")


async def test_signing_out_ends_the_session_and_may_be_repeated(staff: httpx.AsyncClient, db: Database) -> None:
    began, other = (await by_password(staff)).json(), (await by_password(staff)).json()
    mine, path = await token(staff, began), f"/v1/sessions/{began['session_id']}"

    for _ in range(2):
        assert (await staff.delete(path, headers=mine)).status_code == 204

    secret = {"session": began["session"]}
    assert code_of(await exchanged(staff, began)) == (401, "session_ended")
    assert code_of(await staff.post("/v1/sessions/lock", json=secret)) == (401, "session_ended")
    late = await staff.post("/v1/sessions/unlock", json=secret | {"password": PASSWORD})
    assert code_of(late) == (401, "session_ended")
    assert (await exchanged(staff, other)).status_code == 200


async def test_a_list_says_which_session_asks_and_where_the_others_are(staff: httpx.AsyncClient, db: Database) -> None:
    till = await enrolled(staff, bearer(await signed_in(staff)))
    first = (await by_password(staff, **till | {"User-Agent": "Firefox 141\t" + "x" * 500})).json()
    second = (await by_password(staff)).json()
    await by_password(staff, (await added(db)).login)

    page = (await staff.get("/v1/sessions", headers=await token(staff, second))).json()

    shown = [(one["session_id"], one["till_name"], one["current"]) for one in page["items"]]
    assert shown == [(second["session_id"], None, True), (first["session_id"], "Стойка", False)]
    assert page["items"][1]["user_agent"] == ("Firefox 141" + "x" * 500)[:200]
    assert not {"session", "secret_hash"} & page["items"][0].keys()


async def test_anothers_sessions_are_the_owners_to_see_and_to_end(staff: httpx.AsyncClient, db: Database) -> None:
    anna, boris = await added(db, role="administrator"), await added(db)
    hers, his = [(await by_password(staff, member.login)).json() for member in (anna, boris)]
    owner, annas = bearer(await signed_in(staff)), await token(staff, hers)
    path, query = f"/v1/sessions/{his['session_id']}", {"member_id": str(boris.member_id)}

    assert code_of(await staff.get("/v1/sessions", params=query, headers=annas)) == (403, "permission_missing")
    assert code_of(await staff.delete(path, headers=annas)) == (404, "session_not_found")
    assert (await exchanged(staff, his)).status_code == 200
    (seen,) = (await staff.get("/v1/sessions", params=query, headers=owner)).json()["items"]
    assert (seen["session_id"], seen["name"]) == (his["session_id"], boris.name)
    assert (await staff.delete(path, headers=owner)).status_code == 204
    assert code_of(await exchanged(staff, his)) == (401, "session_ended")


async def test_a_limited_owner_ends_no_session_of_another_clubs_member(
    http: httpx.AsyncClient, db: Database, issuer: Issuer
) -> None:
    boris = await added(db, clubs=(OTHER_CLUB,))
    his = (await by_password(http, boris.login)).json()
    limited = issuer.header("staff.account.read", "staff.session.own", "staff.session.manage", clubs=[str(CLUB)])
    before = await everything(db)

    seen = await http.get("/v1/sessions", params={"member_id": str(boris.member_id)}, headers=limited)
    assert (
        seen.status_code,
        (await http.delete(f"/v1/sessions/{his['session_id']}", headers=limited)).status_code,
    ) == (404, 404)
    assert await everything(db) == before


async def test_a_removed_members_sessions_end_at_once(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    till = await enrolled(http, manager)
    for _ in range(5):
        anna = await added_with_pin(db)
        began = (await by_pin(http, till, anna)).json()

        await asyncio.gather(
            *(by_pin(http, till, anna) for _ in range(3)),
            by_password(http, anna.login),
            http.delete(f"/v1/members/{anna.member_id}", headers=manager),
        )

        assert code_of(await exchanged(http, began)) == (401, "session_ended")
        assert await rows(db, "select count(*) from session where ended_at is null") == [(0,)]


async def test_a_member_who_leaves_a_club_leaves_its_tills(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    here, there = await enrolled(http, manager), await enrolled(http, manager, OTHER_CLUB)
    anna = await added_with_pin(db)
    at_this, at_that = [(await by_pin(http, till, anna)).json() for till in (here, there)]

    await http.patch(f"/v1/members/{anna.member_id}", json={"clubs": [str(CLUB)]}, headers=manager)

    assert (await exchanged(http, at_this)).status_code == 200
    assert code_of(await exchanged(http, at_that)) == (401, "session_ended")


async def test_a_token_speaks_of_the_member_as_they_are_now(staff: httpx.AsyncClient, db: Database) -> None:
    anna, owner = await added(db, role="operator"), bearer(await signed_in(staff))
    began = (await by_password(staff, anna.login)).json()

    await staff.patch(f"/v1/members/{anna.member_id}", json={"role": "accountant"}, headers=owner)

    me = (await staff.get("/v1/me", headers=await token(staff, began))).json()
    assert (me["role"], "billing.sale.pay" in me["permissions"]) == ("accountant", False)


async def test_a_first_password_is_changed_in_its_session_and_ends_the_others(staff: httpx.AsyncClient) -> None:
    owner = bearer(await signed_in(staff))
    body = {"login": "anna", "name": "Анна К.", "role": "administrator"}
    one_time = (await staff.post("/v1/members", json=body, headers=owner | key())).json()["one_time_password"]
    here, there = [
        (await staff.post("/v1/sessions", json={"login": "anna", "password": one_time})).json() for _ in range(2)
    ]
    assert here["must_change_password"] is True
    first = await token(staff, here)
    assert code_of(await staff.get("/v1/me", headers=first)) == (403, "password_change_required")
    assert code_of(await staff.get("/v1/sessions", headers=first)) == (403, "password_change_required")

    changed = await staff.post("/v1/password", json={"old": one_time, "new": NEW}, headers=first)

    assert (changed.status_code, changed.json()["refresh_token"]) == (200, None)
    assert (await staff.get("/v1/me", headers=await token(staff, here))).json()["login"] == "anna"
    assert code_of(await exchanged(staff, there)) == (401, "session_ended")


async def test_who_must_change_their_password_may_leave(staff: httpx.AsyncClient) -> None:
    owner = bearer(await signed_in(staff))
    body = {"login": "anna", "name": "Анна К.", "role": "administrator"}
    one_time = (await staff.post("/v1/members", json=body, headers=owner | key())).json()["one_time_password"]
    began = (await staff.post("/v1/sessions", json={"login": "anna", "password": one_time})).json()

    left = await staff.delete(f"/v1/sessions/{began['session_id']}", headers=await token(staff, began))

    assert left.status_code == 204
    assert code_of(await exchanged(staff, began)) == (401, "session_ended")


async def test_a_session_ends_after_half_a_day_and_is_forgotten(fresh: Fresh) -> None:
    clock = Clock()
    db = await fresh("staff", clock=clock)
    await first_start(db, a_settings())
    async with serving(db, a_settings(port=free_port())) as url, httpx.AsyncClient(base_url=url) as http:
        began = (await by_password(http)).json()
        clock.move(hours=11, minutes=59)
        assert (await exchanged(http, began)).status_code == 200
        clock.move(minutes=1)
        assert code_of(await exchanged(http, began)) == (401, "session_ended")
    clock.move(seconds=1)
    for loop in loops(db, a_settings()):
        await loop.run()
    assert await rows(db, "select count(*) from session") == [(0,)]


async def test_another_replica_sees_a_lock_and_an_end_at_once(db: Database, http: httpx.AsyncClient) -> None:
    began = (await by_password(http)).json()
    replica = Database(db.engine.url.render_as_string(hide_password=False), "staff")
    async with serving(replica, a_settings(port=free_port())) as url, httpx.AsyncClient(base_url=url) as other:
        await http.post("/v1/sessions/lock", json={"session": began["session"]})
        assert (await exchanged(other, began)).status_code == 423
        await http.post("/v1/sessions/unlock", json={"session": began["session"], "password": PASSWORD})
        mine = await token(other, began)
        assert (await other.delete(f"/v1/sessions/{began['session_id']}", headers=mine)).status_code == 204
        assert (await exchanged(http, began)).status_code == 401
    await replica.engine.dispose()
