"""Tills over HTTP."""

import asyncio
import json

import httpx
import pytest

from conftest import Issuer
from kit.db import Database
from services.staff.tests.builders import CLUB, OTHER_CLUB, OTHER_ORG, everything, key, rows, told

DESK = {"name": " Стойка у входа ", "club_id": str(CLUB)}


async def a_till(http: httpx.AsyncClient, header: dict[str, str], **changes: str) -> dict[str, str]:
    answer = await http.post("/v1/tills", json=DESK | changes, headers=header | key())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_an_added_and_renamed_till_is_told(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    till = await a_till(http, manager)

    renamed = await http.patch(f"/v1/tills/{till['till_id']}", json={"name": "Бар"}, headers=manager)
    again = await http.patch(f"/v1/tills/{till['till_id']}", json={"name": "Бар"}, headers=manager)

    assert (till["name"], renamed.json()["name"], again.status_code) == ("Стойка у входа", "Бар", 200)
    facts = [(kind, json.loads(body)) for kind, body in (await told(db))[1:]]
    assert [(kind, fact["name"]) for kind, fact in facts] == [
        ("staff.till.added.v1", "Стойка у входа"),
        ("staff.till.changed.v1", "Бар"),
    ]
    assert {fact["till_id"] for _, fact in facts} == {till["till_id"]}
    assert {fact["club_id"] for _, fact in facts} == {str(CLUB)}


async def test_a_name_is_one_tills_in_a_club_and_free_in_another(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    await a_till(http, manager)
    other = await a_till(http, manager, name="Бар")
    await a_till(http, manager, club_id=str(OTHER_CLUB))
    before = await everything(db)

    again = await http.post("/v1/tills", json=DESK | {"name": "СТОЙКА У ВХОДА"}, headers=manager | key())
    renamed = await http.patch(f"/v1/tills/{other['till_id']}", json={"name": "стойка у входа"}, headers=manager)

    assert [(one.status_code, one.json()["code"]) for one in (again, renamed)] == [(409, "till_name_taken")] * 2
    assert await everything(db) == before


async def test_many_presses_add_one_till(http: httpx.AsyncClient, db: Database, manager: dict[str, str]) -> None:
    press = [http.post("/v1/tills", json=DESK, headers=manager | key("one")) for _ in range(5)]

    answers = await asyncio.gather(*press)

    assert {answer.status_code for answer in answers} == {201}
    assert await rows(db, "select count(*) from till") == [(1,)]


async def test_tills_are_listed_by_club(http: httpx.AsyncClient, manager: dict[str, str], issuer: Issuer) -> None:
    here, there = await a_till(http, manager), await a_till(http, manager, club_id=str(OTHER_CLUB))
    limited = issuer.header("staff.till.read", clubs=[str(CLUB)])

    async def seen(header: dict[str, str], **query: str) -> list[str]:
        answer = await http.get("/v1/tills", params=query, headers=header)
        return [till["till_id"] for till in answer.json()["items"]]

    assert await seen(manager) == [there["till_id"], here["till_id"]]
    assert await seen(manager, club_id=str(OTHER_CLUB)) == [there["till_id"]]
    assert await seen(manager, limit="1", after=there["till_id"]) == [here["till_id"]]
    assert await seen(limited) == [here["till_id"]]
    assert await seen(limited, club_id=str(OTHER_CLUB)) == []


@pytest.mark.parametrize(
    "claims", [{"clubs": [str(OTHER_CLUB)]}, {"org": str(OTHER_ORG)}], ids=["another club", "another org"]
)
async def test_a_till_of_another_club_or_org_does_not_exist(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str], issuer: Issuer, claims: dict[str, object]
) -> None:
    till = await a_till(http, manager)
    header, before = issuer.header("staff.till.read", "staff.till.manage", **claims), await everything(db)

    renamed = await http.patch(f"/v1/tills/{till['till_id']}", json={"name": "Бар"}, headers=header)
    new = await http.post("/v1/tills", json=DESK | {"name": "Бар"}, headers=header | key())

    assert (renamed.status_code, new.status_code) == (404, 404)
    assert (await http.get("/v1/tills", headers=header)).json()["items"] == []
    assert await everything(db) == before
