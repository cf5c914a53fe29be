"""Members over HTTP: who is added, changed, removed, and what is told."""

import asyncio
import json
from typing import Any
from uuid import UUID

import httpx
import pytest

from conftest import ORG, Issuer
from kit.db import Database
from services.staff.tests.builders import CLUB, OTHER_CLUB, added, everything, key, rows, told
from staff.domain.member import Member
from staff.domain.roles import permissions_of

ANNA = {"login": "Anna", "name": " Анна К. ", "role": "operator", "clubs": [str(CLUB)], "inn": "771234567890"}


async def facts(db: Database) -> list[tuple[str, dict[str, Any]]]:
    """What was told since the first start."""
    return [(kind, json.loads(body)) for kind, body in (await told(db))[1:]]


async def owner_of(db: Database) -> UUID:
    return UUID(str((await rows(db, "select member_id from member where login = 'owner'"))[0][0]))


async def test_an_added_member_is_answered_told_and_listed(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    answer = await http.post("/v1/members", json=ANNA, headers=manager | key())

    anna = answer.json()
    assert answer.status_code == 201
    assert (anna["login"], anna["name"], anna["inn"]) == ("anna", "Анна К.", "771234567890")
    assert (anna["role"], anna["clubs"], anna["must_change_password"]) == ("operator", [str(CLUB)], True)
    ((kind, fact),) = await facts(db)
    assert kind == "staff.member.added.v1"
    assert (fact["member_id"], fact["org_id"], fact["clubs"]) == (anna["member_id"], str(ORG), [str(CLUB)])
    listed = (await http.get("/v1/members", headers=manager)).json()["items"]
    assert [one["login"] for one in listed] == ["anna", "owner"]
    assert {"password", "password_hash", "one_time_password"}.isdisjoint(listed[0])


async def test_every_club_is_told_as_none_named(http: httpx.AsyncClient, db: Database, manager: dict[str, str]) -> None:
    body = {"login": "anna", "name": "Анна", "role": "accountant"}

    assert (await http.post("/v1/members", json=body, headers=manager | key())).json()["clubs"] is None
    assert (await facts(db))[0][1]["clubs"] == []


async def test_a_lost_answer_is_given_again_with_the_same_password_and_adds_nobody(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    press = [http.post("/v1/members", json=ANNA, headers=manager | key("one")) for _ in range(4)]

    answers = await asyncio.gather(*press)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len(await facts(db)) == 1
    body = {"login": "anna", "password": answers[0].json()["one_time_password"]}
    assert (await http.post("/v1/sign-in", json=body)).status_code == 200


async def test_a_taken_login_is_refused_whatever_its_capitals(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    before = await everything(db)

    answer = await http.post("/v1/members", json=ANNA | {"login": "OWNER"}, headers=manager | key())

    assert (answer.status_code, answer.json()["code"]) == (409, "login_taken")
    assert await everything(db) == before


async def test_a_change_is_told_and_what_is_absent_stays(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    member = await added(db, clubs=(CLUB,), inn="771234567890")
    path = f"/v1/members/{member.member_id}"

    renamed = (await http.patch(path, json={"name": "Анна Королёва"}, headers=manager)).json()
    freed = (await http.patch(path, json={"clubs": None, "inn": None, "role": "accountant"}, headers=manager)).json()

    assert (renamed["name"], renamed["role"], renamed["clubs"]) == ("Анна Королёва", "operator", [str(CLUB)])
    assert (freed["name"], freed["role"], freed["clubs"], freed["inn"]) == ("Анна Королёва", "accountant", None, None)
    assert [kind for kind, _ in await facts(db)] == ["staff.member.changed.v1"] * 2
    assert (await facts(db))[1][1]["role"] == "accountant"


async def test_a_change_that_changes_nothing_tells_nothing(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    member = await added(db)
    for body in ({}, {"name": member.name}, {"clubs": None}):
        answer = await http.patch(f"/v1/members/{member.member_id}", json=body, headers=manager)
        assert answer.status_code == 200
    assert await facts(db) == []


async def test_a_removed_member_is_told_and_gone(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    member = await added(db)
    path = f"/v1/members/{member.member_id}"

    assert (await http.delete(path, headers=manager)).status_code == 204

    assert (await http.delete(path, headers=manager)).json()["code"] == "member_not_found"
    assert (await http.patch(path, json={"name": "Б"}, headers=manager)).status_code == 404
    assert [kind for kind, _ in await facts(db)] == ["staff.member.removed.v1"]


async def test_the_last_owner_can_be_neither_removed_nor_demoted_nor_sent_to_one_club(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    path = f"/v1/members/{await owner_of(db)}"
    await added(db, role="owner", clubs=(CLUB,))
    before = await everything(db)

    answers = [
        await http.delete(path, headers=manager),
        await http.patch(path, json={"role": "administrator"}, headers=manager),
        await http.patch(path, json={"clubs": [str(CLUB)]}, headers=manager),
    ]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(409, "last_owner")] * 3
    assert await everything(db) == before
    assert (await http.patch(path, json={"name": "Хозяйка"}, headers=manager)).status_code == 200


async def test_owners_who_remove_each_other_in_the_same_instant_leave_one(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    ids = [await owner_of(db), *[(await added(db, role="owner")).member_id for _ in range(4)]]

    removals = [http.delete(f"/v1/members/{member_id}", headers=manager) for member_id in ids]
    answers = await asyncio.gather(*removals)

    assert sorted(answer.status_code for answer in answers) == [204] * 4 + [409]
    left = await rows(db, "select count(*) from member where role = 'owner' and removed_at is null")
    assert left == [(1,)]


@pytest.mark.parametrize("role", ["administrator", "operator", "accountant"])
async def test_no_other_role_can_manage_members(
    http: httpx.AsyncClient, db: Database, issuer: Issuer, role: Any
) -> None:
    member = await added(db)
    before = await everything(db)
    header, path = issuer.header(*permissions_of(role)) | key(), f"/v1/members/{member.member_id}"

    answers = [
        await http.post("/v1/members", json=ANNA, headers=header),
        await http.patch(path, json={"role": "owner"}, headers=header),
        await http.delete(path, headers=header),
        await http.post(f"{path}/reset-password", headers=header),
        await http.post(f"{path}/unlock", headers=header),
    ]

    assert [answer.status_code for answer in answers] == [403] * 5
    assert answers[0].json()["params"] == {"permission": "staff.member.manage"}
    assert await everything(db) == before


async def test_an_operator_who_signed_in_cannot_manage_members(staff: httpx.AsyncClient, db: Database) -> None:
    member = await added(db, role="operator")
    body = {"login": member.login, "password": "верная лошадь батарея скоба"}
    token = (await staff.post("/v1/sign-in", json=body)).json()["access_token"]

    answer = await staff.post("/v1/members", json=ANNA, headers={"Authorization": f"Bearer {token}"} | key())

    assert answer.status_code == 403


async def attempts(http: httpx.AsyncClient, member: Member, header: dict[str, str]) -> list[int]:
    path = f"/v1/members/{member.member_id}"
    return [
        (await http.patch(path, json={"name": "Б"}, headers=header)).status_code,
        (await http.delete(path, headers=header)).status_code,
        (await http.post(f"{path}/reset-password", headers=header | key())).status_code,
        (await http.post(f"{path}/unlock", headers=header | key())).status_code,
    ]


@pytest.mark.parametrize(
    "claims",
    [{"org": str(UUID(int=5))}, {"clubs": [str(OTHER_CLUB)]}, {"clubs": []}],
    ids=["another org", "another club", "no club"],
)
async def test_who_works_elsewhere_does_not_exist(
    http: httpx.AsyncClient, db: Database, issuer: Issuer, claims: dict[str, Any]
) -> None:
    member = await added(db, clubs=(CLUB,))
    header, before = issuer.header("staff.member.read", "staff.member.manage", **claims), await everything(db)

    assert await attempts(http, member, header) == [404] * 4
    assert (await http.get("/v1/members", headers=header)).json() == {"items": [], "next": None}
    assert await everything(db) == before


async def test_somebody_of_one_club_adds_members_there_alone(
    http: httpx.AsyncClient, db: Database, issuer: Issuer
) -> None:
    header = issuer.header("staff.member.manage", clubs=[str(CLUB)])
    bodies: list[dict[str, Any]] = [ANNA, ANNA | {"clubs": None}, ANNA | {"clubs": [str(CLUB), str(OTHER_CLUB)]}]

    answers = [
        await http.post("/v1/members", json=body | {"login": f"anna-{number}"}, headers=header | key())
        for number, body in enumerate(bodies)
    ]

    assert [answer.status_code for answer in answers] == [201, 422, 404]
    assert answers[1].json()["code"] == "clubs_unnamed"


async def test_somebody_of_one_club_cannot_raise_a_colleague_above_it(
    http: httpx.AsyncClient, db: Database, issuer: Issuer
) -> None:
    member = await added(db, clubs=(CLUB,))
    header = issuer.header("staff.member.manage", clubs=[str(CLUB)])
    path = f"/v1/members/{member.member_id}"

    assert (await http.patch(path, json={"clubs": None}, headers=header)).status_code == 422
    assert (await http.patch(path, json={"clubs": [str(OTHER_CLUB)]}, headers=header)).status_code == 404
    assert (await http.patch(path, json={"name": "Б"}, headers=header)).status_code == 200


async def test_an_org_that_is_not_here_adds_nobody(http: httpx.AsyncClient, issuer: Issuer) -> None:
    header = issuer.header("staff.member.manage", org=str(UUID(int=5)))

    answer = await http.post("/v1/members", json=ANNA, headers=header | key())

    assert (answer.status_code, answer.json()["code"]) == (404, "org_not_found")


async def test_members_are_listed_in_pages(http: httpx.AsyncClient, db: Database, manager: dict[str, str]) -> None:
    for _ in range(4):
        await added(db)
    seen: list[str] = []
    after: dict[str, str] = {}
    for _ in range(3):
        page = (await http.get("/v1/members", params={"limit": "2", **after}, headers=manager)).json()
        seen += [one["member_id"] for one in page["items"]]
        after = {"after": page["next"]} if page["next"] else {}

    assert (len(seen), len(set(seen)), after) == (5, 5, {})
    assert seen == sorted(seen, reverse=True)


async def test_the_roles_are_listed_with_what_they_give(http: httpx.AsyncClient, manager: dict[str, str]) -> None:
    roles = {one["role"]: one["permissions"] for one in (await http.get("/v1/roles", headers=manager)).json()}

    assert set(roles) == {"owner", "administrator", "operator", "accountant"}
    assert roles["operator"] == sorted(permissions_of("operator"))
