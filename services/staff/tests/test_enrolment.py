"""A browser becomes a till, once at a time, and stops being one."""

import asyncio

import httpx
import pytest

from conftest import Issuer
from kit.db import Database
from services.staff.tests.builders import (
    CLUB,
    OTHER_CLUB,
    OTHER_ORG,
    added_with_pin,
    by_password,
    by_pin,
    enrolled,
    everything,
    exchanged,
    key,
    rows,
)


async def till_id_of(http: httpx.AsyncClient, till: dict[str, str]) -> str:
    return str((await http.get("/v1/tills/me", headers=till)).json()["till_id"])


async def test_an_enrolled_browser_knows_which_till_it_is(http: httpx.AsyncClient, manager: dict[str, str]) -> None:
    header = await enrolled(http, manager)

    me = await http.get("/v1/tills/me", headers=header)

    assert me.headers["Cache-Control"] == "no-store"
    assert {name: me.json()[name] for name in ("club_id", "name")} == {"club_id": str(CLUB), "name": "Стойка"}
    (till,) = (await http.get("/v1/tills", headers=manager)).json()["items"]
    assert till["enrolled_at"] is not None
    assert "secret" not in till


@pytest.mark.parametrize("secret", [None, "", "unknown", "0" * 64])
async def test_an_unknown_secret_is_no_till(http: httpx.AsyncClient, manager: dict[str, str], secret: str) -> None:
    await enrolled(http, manager)

    answer = await http.get("/v1/tills/me", headers={} if secret is None else {"Savepoint-Till": secret})

    assert (answer.status_code, answer.json()["code"]) == (401, "till_unknown")


async def test_the_hash_is_no_secret(http: httpx.AsyncClient, db: Database, manager: dict[str, str]) -> None:
    await enrolled(http, manager)
    ((kept,),) = await rows(db, "select secret_hash from till")

    assert (await http.get("/v1/tills/me", headers={"Savepoint-Till": kept})).status_code == 401


async def test_a_new_enrolment_replaces_the_old_one_and_ends_its_sessions(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    old, anna = await enrolled(http, manager), await added_with_pin(db)
    till_id, began = await till_id_of(http, old), (await by_pin(http, old, anna)).json()

    new = await http.post(f"/v1/tills/{till_id}/enrolment", headers=manager | key())

    assert (await http.get("/v1/tills/me", headers=old)).status_code == 401
    assert (await exchanged(http, began)).json()["code"] == "session_ended"
    assert (await by_pin(http, {"Savepoint-Till": new.json()["secret"]}, anna)).status_code == 201


async def test_a_repeated_enrolment_gives_the_same_secret_and_ends_nothing(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    till_id, anna = await till_id_of(http, await enrolled(http, manager)), await added_with_pin(db)
    press = key()
    first = await http.post(f"/v1/tills/{till_id}/enrolment", headers=manager | press)
    began = (await by_pin(http, {"Savepoint-Till": first.json()["secret"]}, anna)).json()

    again = await http.post(f"/v1/tills/{till_id}/enrolment", headers=manager | press)

    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert (await exchanged(http, began)).status_code == 200


async def test_a_till_that_is_taken_back_lets_nobody_in_and_ends_its_sessions(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    till, other = await enrolled(http, manager), await enrolled(http, manager, name="Бар")
    anna = await added_with_pin(db)
    here, there = [(await by_pin(http, one, anna)).json() for one in (till, other)]
    typed = (await by_password(http, **till)).json()

    for _ in range(2):
        gone = await http.delete(f"/v1/tills/{here['till_id']}/enrolment", headers=manager)
        assert gone.status_code == 204

    for ended in (here, typed):
        assert (await exchanged(http, ended)).json()["code"] == "session_ended"
    assert (await exchanged(http, there)).status_code == 200
    for late in (await by_pin(http, till, anna), await by_password(http, **till)):
        assert (late.status_code, late.json()["code"]) == (401, "till_unknown")


async def test_taking_back_and_signing_in_at_the_same_instant_leaves_no_session(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    anna = await added_with_pin(db)
    for number in range(5):
        till = await enrolled(http, manager, name=f"Стойка {number}")
        till_id = await till_id_of(http, till)

        await asyncio.gather(
            *(by_pin(http, till, anna) for _ in range(3)),
            http.delete(f"/v1/tills/{till_id}/enrolment", headers=manager),
        )

        assert await rows(db, "select count(*) from session where ended_at is null") == [(0,)]


@pytest.mark.parametrize(
    "claims", [{"clubs": [str(OTHER_CLUB)]}, {"org": str(OTHER_ORG)}], ids=["another club", "another org"]
)
async def test_a_till_of_another_club_or_org_is_not_enrolled(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str], issuer: Issuer, claims: dict[str, object]
) -> None:
    till_id = await till_id_of(http, await enrolled(http, manager))
    header, before = issuer.header("staff.till.manage", **claims), await everything(db)

    path = f"/v1/tills/{till_id}/enrolment"
    for answer in (await http.post(path, headers=header | key()), await http.delete(path, headers=header)):
        assert answer.status_code == 404
    assert await everything(db) == before
