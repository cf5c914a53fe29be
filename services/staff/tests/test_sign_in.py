"""Signing in and out, as a person at the desk does it, against staff really served."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from conftest import Fresh, eventually, free_port
from kit.db import Database
from services.staff.tests.builders import (
    PASSWORD,
    Clock,
    a_settings,
    added,
    bearer,
    everything,
    key,
    refresh,
    rows,
    sign_in,
    signed_in,
)
from services.staff.tests.conftest import serving
from staff.app import first_start
from staff.domain.roles import OWN, TABLE
from staff.store import members

NEW = "совсем другой пароль"


async def test_the_owner_signs_in_and_is_who_they_are(staff: httpx.AsyncClient) -> None:
    answer = await sign_in(staff, login="Owner")

    signed = answer.json()
    assert answer.headers["Cache-Control"] == "no-store"
    assert {name: signed[name] for name in ("token_type", "expires_in_s", "must_change_password")} == {
        "token_type": "Bearer",
        "expires_in_s": 600,
        "must_change_password": False,
    }
    me = (await staff.get("/v1/me", headers=bearer(signed))).json()
    assert (me["login"], me["role"], me["clubs"]) == ("owner", "owner", None)
    assert set(me["permissions"]) == {*TABLE, *OWN}


@pytest.mark.parametrize(("login", "password"), [("owner", "wrong password"), ("nobody", PASSWORD), ("", " ")])
async def test_a_wrong_login_and_a_wrong_password_read_the_same(
    http: httpx.AsyncClient, login: str, password: str
) -> None:
    answer = await sign_in(http, login or "оwner с кириллицей", password)

    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_wrong")
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_refresh_token_is_good_once(staff: httpx.AsyncClient) -> None:
    first = await signed_in(staff)

    second = (await refresh(staff, first["refresh_token"])).json()

    assert second["refresh_token"] != first["refresh_token"]
    assert (await staff.get("/v1/me", headers=bearer(second))).status_code == 200


async def an_hour_passes(db: Database) -> None:
    async with db.begin() as tx:
        await tx.conn.execute(text("update refresh_token set used_at = used_at - interval '1 hour'"))


async def test_a_reused_refresh_token_kills_its_whole_family_and_no_other(
    http: httpx.AsyncClient, db: Database
) -> None:
    first, other = await signed_in(http), await signed_in(http)
    second = (await refresh(http, first["refresh_token"])).json()
    await an_hour_passes(db)

    stolen = await refresh(http, first["refresh_token"])

    assert (stolen.status_code, stolen.json()["code"]) == (401, "refresh_over")
    assert (await refresh(http, second["refresh_token"])).status_code == 401
    assert (await refresh(http, other["refresh_token"])).status_code == 200


async def test_two_tabs_that_refresh_in_the_same_moment_get_the_same_successor(
    http: httpx.AsyncClient, db: Database
) -> None:
    token = (await signed_in(http))["refresh_token"]

    answers = await asyncio.gather(*(refresh(http, token) for _ in range(10)))

    assert {answer.status_code for answer in answers} == {200}
    (successor,) = {answer.json()["refresh_token"] for answer in answers}
    assert successor != token
    await an_hour_passes(db)
    assert (await refresh(http, successor)).status_code == 200


async def test_a_token_whose_successor_was_used_too_is_stolen_at_any_moment(http: httpx.AsyncClient) -> None:
    first = (await signed_in(http))["refresh_token"]
    second = (await refresh(http, first)).json()["refresh_token"]
    third = (await refresh(http, second)).json()["refresh_token"]

    assert (await refresh(http, first)).status_code == 401
    assert (await refresh(http, third)).status_code == 401


async def test_a_tab_that_is_late_after_a_sign_out_gets_nothing(http: httpx.AsyncClient) -> None:
    first = (await signed_in(http))["refresh_token"]
    second = (await refresh(http, first)).json()["refresh_token"]
    await http.post("/v1/sign-out", json={"refresh_token": second})

    assert (await refresh(http, first)).status_code == 401


async def test_a_refresh_token_of_yesterday_is_over(http: httpx.AsyncClient, db: Database) -> None:
    token = (await signed_in(http))["refresh_token"]
    async with db.begin() as tx:
        await tx.conn.execute(text("update refresh_token set expires_at = now()"))

    assert (await refresh(http, token)).status_code == 401


async def test_a_refresh_speaks_of_the_member_as_they_are_now(staff: httpx.AsyncClient, db: Database) -> None:
    member = await added(db, role="operator")
    token = (await signed_in(staff, member.login))["refresh_token"]
    owner = bearer(await signed_in(staff))
    await staff.patch(f"/v1/members/{member.member_id}", json={"role": "accountant"}, headers=owner)

    renewed = (await refresh(staff, token)).json()

    me = (await staff.get("/v1/me", headers=bearer(renewed))).json()
    assert (me["role"], "billing.sale.pay" in me["permissions"]) == ("accountant", False)


async def test_signing_out_ends_the_sign_in_and_may_be_repeated(http: httpx.AsyncClient) -> None:
    first = await signed_in(http)
    second = (await refresh(http, first["refresh_token"])).json()

    for token in (second["refresh_token"], second["refresh_token"], "unknown"):
        assert (await http.post("/v1/sign-out", json={"refresh_token": token})).status_code == 204
    assert (await refresh(http, second["refresh_token"])).status_code == 401


async def test_a_removed_members_refresh_dies_at_once(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    member = await added(db)
    token = (await signed_in(http, member.login))["refresh_token"]

    assert (await http.delete(f"/v1/members/{member.member_id}", headers=manager)).status_code == 204

    assert (await refresh(http, token)).status_code == 401
    assert (await sign_in(http, member.login)).json()["code"] == "sign_in_wrong"
    assert await rows(db, "select count(*) from sign_in where ended_at is null") == [(0,)]


async def test_removing_and_signing_in_at_the_same_instant_leaves_no_sign_in(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    for _ in range(5):
        member = await added(db)
        token = (await signed_in(http, member.login))["refresh_token"]

        await asyncio.gather(
            *(sign_in(http, member.login) for _ in range(3)),
            refresh(http, token),
            http.delete(f"/v1/members/{member.member_id}", headers=manager),
        )

        assert await rows(db, "select count(*) from sign_in where ended_at is null") == [(0,)]


async def test_who_must_change_their_password_can_do_that_alone(staff: httpx.AsyncClient) -> None:
    owner = bearer(await signed_in(staff))
    body = {"login": "anna", "name": "Анна К.", "role": "administrator"}
    anna = (await staff.post("/v1/members", json=body, headers=owner | key())).json()

    first = await signed_in(staff, "anna", anna["one_time_password"])

    assert (first["must_change_password"], first["refresh_token"]) == (True, None)
    for path in ("/v1/me", "/v1/members", "/v1/tills", "/v1/roles"):
        refused = await staff.get(path, headers=bearer(first))
        assert (refused.status_code, refused.json()["code"]) == (403, "password_change_required")
        assert "Choose a password of your own" in refused.json()["detail"]
    change = {"old": anna["one_time_password"], "new": NEW}
    changed = (await staff.post("/v1/password", json=change, headers=bearer(first))).json()
    assert (changed["must_change_password"], bool(changed["refresh_token"])) == (False, True)
    assert (await staff.get("/v1/members", headers=bearer(changed))).status_code == 200
    assert (await sign_in(staff, "anna", anna["one_time_password"])).status_code == 401
    assert (await signed_in(staff, "anna", NEW))["must_change_password"] is False


async def test_a_changed_password_ends_every_other_sign_in(staff: httpx.AsyncClient) -> None:
    here, there = await signed_in(staff), await signed_in(staff)

    changed = await staff.post("/v1/password", json={"old": PASSWORD, "new": NEW}, headers=bearer(here))

    assert changed.status_code == 200
    for token in (here["refresh_token"], there["refresh_token"]):
        assert (await refresh(staff, token)).status_code == 401
    assert (await refresh(staff, changed.json()["refresh_token"])).status_code == 200


@pytest.mark.parametrize("new", ["short", "ownerowner123", PASSWORD, "aaaaaaaaaaaa"])
async def test_a_weak_or_equal_new_password_is_refused_and_changes_nothing(
    staff: httpx.AsyncClient, db: Database, new: str
) -> None:
    signed = await signed_in(staff)
    before = await everything(db)

    answer = await staff.post("/v1/password", json={"old": PASSWORD, "new": new}, headers=bearer(signed))

    assert (answer.status_code, answer.json()["code"]) == (422, "password_weak")
    assert await everything(db) == before


async def test_a_password_reset_while_another_is_compared_wins(http: httpx.AsyncClient, db: Database) -> None:
    """The old password was right when it was compared, and another one is set before the answer."""
    member = await added(db)
    async with db.begin() as tx:
        await members.present_for_update(tx, member.member_id)
        late = asyncio.create_task(sign_in(http, member.login))
        await eventually(lambda: rows(db, "select 1 from pg_stat_activity where wait_event_type = 'Lock'"))
        await tx.conn.execute(
            text("update member set password_hash = '$argon2id$another' where member_id = :id"),
            {"id": member.member_id},
        )

    assert (await late).status_code == 401


async def test_a_one_time_password_replaces_the_old_one_everywhere(staff: httpx.AsyncClient, db: Database) -> None:
    member = await added(db)
    token = (await signed_in(staff, member.login))["refresh_token"]
    for _ in range(5):
        await sign_in(staff, member.login, "wrong password")
    owner = bearer(await signed_in(staff))

    reset = await staff.post(f"/v1/members/{member.member_id}/reset-password", headers=owner | key())

    assert (await refresh(staff, token)).status_code == 401
    assert (await sign_in(staff, member.login)).status_code == 401
    assert (await signed_in(staff, member.login, reset.json()["one_time_password"]))["must_change_password"] is True


async def test_a_sign_in_lasts_a_month_however_often_it_is_refreshed(fresh: Fresh) -> None:
    clock = Clock()
    db = await fresh("staff", clock=clock)
    await first_start(db, a_settings())
    began = clock.now
    async with serving(db, a_settings(port=free_port())) as url, httpx.AsyncClient(base_url=url) as http:
        token = (await signed_in(http))["refresh_token"]
        while (answer := await refresh(http, token)).status_code == 200:
            token = answer.json()["refresh_token"]
            clock.move(hours=11)

    assert timedelta(days=30) <= clock.now - began <= timedelta(days=31)
