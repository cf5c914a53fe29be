"""Bad input on every endpoint: the right status, a problem, and nothing changed."""

import copy
import json
import time
from typing import Any

import httpx
import pytest

from conftest import Issuer
from kit.db import Database
from kit.time import new_id
from services.staff.tests.builders import CLUB, PASSWORD, added, everything, key

UNKNOWN = str(new_id())
MEMBER = {"login": "anna", "name": "Анна К.", "role": "operator", "clubs": [str(CLUB)], "inn": "771234567890"}
CHANGE = {name: value for name, value in MEMBER.items() if name != "login"}
POSTS: dict[str, dict[str, Any]] = {
    "POST /v1/members": MEMBER,
    "PATCH /v1/members/{member}": CHANGE,
    "POST /v1/machines": {"name": "PC-07", "kind": "agent", "club_id": str(CLUB)},
    "POST /v1/machines/token": {"machine_id": UNKNOWN, "secret": "secret"},
    "POST /v1/tills": {"name": "Бар", "club_id": str(CLUB)},
    "PATCH /v1/tills/{till}": {"name": "Бар"},
    "POST /v1/sign-in": {"login": "owner", "password": PASSWORD},
    "POST /v1/refresh": {"refresh_token": "token"},
    "POST /v1/sign-out": {"refresh_token": "token"},
    "POST /v1/password": {"old": PASSWORD, "new": "совсем другой пароль"},
    "PUT /v1/me/pin": {"pin": "904175", "password": PASSWORD},
    "POST /v1/sessions": {"login": "owner", "password": PASSWORD},
    "POST /v1/sessions/pin": {"member_id": UNKNOWN, "pin": "904175"},
    "POST /v1/sessions/token": {"session": "secret"},
    "POST /v1/sessions/lock": {"session": "secret"},
    "POST /v1/sessions/unlock": {"session": "secret", "pin": "904175"},
    "POST /v1/confirmations": {"pin": "904175", "act": "billing.refund", "subject": UNKNOWN},
    "POST /v1/approvals": {"act": "billing.refund", "subject": UNKNOWN, "amount_kopecks": 1, "club_id": str(CLUB)},
    "POST /v1/approvals/{approval}/grant": {"member_id": UNKNOWN, "pin": "904175"},
}
GUARDED = {
    "GET /v1/me": "staff.account.read",
    "POST /v1/password": "staff.password.change",
    "GET /v1/roles": "staff.member.read",
    "GET /v1/members": "staff.member.read",
    "POST /v1/members": "staff.member.manage",
    "PATCH /v1/members/{member}": "staff.member.manage",
    "DELETE /v1/members/{member}": "staff.member.manage",
    "POST /v1/members/{member}/reset-password": "staff.member.manage",
    "POST /v1/members/{member}/unlock": "staff.member.manage",
    "GET /v1/machines": "staff.machine.manage",
    "POST /v1/machines": "staff.machine.manage",
    "DELETE /v1/machines/{machine}": "staff.machine.manage",
    "GET /v1/tills": "staff.till.read",
    "POST /v1/tills": "staff.till.manage",
    "PATCH /v1/tills/{till}": "staff.till.manage",
    "POST /v1/tills/{till}/enrolment": "staff.till.manage",
    "DELETE /v1/tills/{till}/enrolment": "staff.till.manage",
    "PUT /v1/me/pin": "staff.account.read",
    "DELETE /v1/members/{member}/pin": "staff.member.manage",
    "GET /v1/sessions": "staff.account.read",
    "DELETE /v1/sessions/{session}": "staff.session.own",
    "GET /v1/journal": "staff.journal.read",
    "POST /v1/confirmations": "staff.account.read",
    "POST /v1/approvals": "staff.account.read",
    "GET /v1/approvals/{approval}": "staff.account.read",
    "POST /v1/approvals/{approval}/grant": "staff.account.read",
}
PUBLIC = {"GET /v1/jwks", "POST /v1/sign-in", "POST /v1/refresh", "POST /v1/sign-out", "POST /v1/machines/token"}
PUBLIC |= {"GET /v1/tills/me", "POST /v1/sessions"}
PUBLIC |= {f"POST /v1/sessions/{act}" for act in ("pin", "token", "lock", "unlock")}
NO_KEY = {"POST /v1/password", "POST /v1/confirmations", "POST /v1/approvals/{approval}/grant"}
NULL_IS_AN_ANSWER = {"clubs", "inn", "amount_kopecks"}
WRONG: tuple[Any, ...] = (None, True, -1, 10**30, 1e300, [], {}, "", "\0", "\ud800", "x" * 5000, ["x"], ["\ud800"])


def path_of(endpoint: str, **ids: object) -> tuple[str, str]:
    method, _, path = endpoint.partition(" ")
    known = {"member": UNKNOWN, "till": UNKNOWN, "machine": UNKNOWN, "session": UNKNOWN, "approval": UNKNOWN} | ids
    return method, path.format(**known)


def bad_bodies(good: dict[str, Any]) -> list[str]:
    """Good bodies with one thing wrong, as JSON."""
    bad = [json.dumps(good | {"colour": "red"})]
    for name in good:
        for wrong in WRONG:
            if not (wrong is None and name in NULL_IS_AN_ANSWER):
                bad.append(json.dumps(good | {name: wrong}))
    return bad + ["[]", "null", '"text"', "5", "{", "", "NaN", "[" * 5000]


async def refused(http: httpx.AsyncClient, method: str, path: str, **request: Any) -> int:
    """The status of an answer that must be a problem."""
    answer = await http.request(method, path, **request)
    assert answer.headers["content-type"] == "application/problem+json", (request, answer.text)
    assert answer.json()["status"] == answer.status_code
    return answer.status_code


@pytest.mark.parametrize("endpoint", POSTS)
async def test_a_bad_body_is_a_problem_and_changes_nothing(
    http: httpx.AsyncClient, db: Database, issuer: Issuer, endpoint: str
) -> None:
    member = await added(db)
    before = await everything(db)
    method, path = path_of(endpoint, member=member.member_id)
    allowed = issuer.header(*GUARDED.values(), sub=str(member.member_id))

    for body in bad_bodies(copy.deepcopy(POSTS[endpoint])):
        headers = allowed | key() | {"Content-Type": "application/json"}
        status = await refused(http, method, path, content=body, headers=headers)
        assert status in (400, 422), (body[:200], status)
    for name in POSTS[endpoint] if not endpoint.startswith("PATCH") else ():
        lacking = {field: value for field, value in POSTS[endpoint].items() if field != name}
        if name not in NULL_IS_AN_ANSWER:
            assert await refused(http, method, path, json=lacking, headers=allowed | key()) == 422, lacking
    assert await refused(http, method, path, content=b"x" * 10**6, headers=allowed | key()) == 413
    assert await everything(db) == before


@pytest.mark.parametrize("endpoint", GUARDED)
async def test_nobody_gets_in_without_a_good_token_and_the_permission(
    http: httpx.AsyncClient, db: Database, issuer: Issuer, endpoint: str
) -> None:
    before = await everything(db)
    permission = GUARDED[endpoint]
    method, path = path_of(endpoint)
    body = {"json": POSTS[endpoint]} if endpoint in POSTS else {}
    others = set(GUARDED.values()) - {permission}

    for header, status in (
        ({}, 401),
        ({"Authorization": "Bearer nonsense"}, 401),
        (issuer.header(permission, exp=int(time.time()) - 60), 401),
        (issuer.header(*others), 403),
    ):
        assert await refused(http, method, path, headers=header | key(), **body) == status
    assert await everything(db) == before


@pytest.mark.parametrize("endpoint", [one for one in GUARDED if "{" in one])
@pytest.mark.parametrize(("wanted", "status"), [(UNKNOWN, 404), ("5", 422), ("x" * 3000, 422), ("%00", 422)])
async def test_an_unknown_id_is_not_found_and_a_bad_one_is_refused(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str], endpoint: str, wanted: str, status: int
) -> None:
    before = await everything(db)
    method, path = path_of(endpoint, member=wanted, till=wanted, machine=wanted, session=wanted, approval=wanted)
    body = {"json": POSTS[endpoint]} if endpoint in POSTS else {}

    assert await refused(http, method, path, headers=manager | key(), **body) == status
    assert await everything(db) == before


@pytest.mark.parametrize("path", ["/v1/members", "/v1/machines", "/v1/tills", "/v1/sessions", "/v1/journal"])
@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=-1", "limit=x", "limit=1e9", "after=x", "after=%00", f"limit={10**30}"]
)
async def test_a_bad_page_is_refused(http: httpx.AsyncClient, manager: dict[str, str], path: str, query: str) -> None:
    assert await refused(http, "GET", f"{path}?{query}", headers=manager) == 422


@pytest.mark.parametrize("path", ["/v1/members", "/v1/machines", "/v1/tills", "/v1/journal"])
async def test_a_page_after_something_unknown_is_a_page(
    http: httpx.AsyncClient, manager: dict[str, str], path: str
) -> None:
    answer = await http.get(path, params={"after": "00000000-0000-0000-0000-000000000000"}, headers=manager)
    assert (answer.status_code, answer.json()) == (200, {"items": [], "next": None})


@pytest.mark.parametrize("endpoint", [one for one in GUARDED if one.startswith("POST") and one not in NO_KEY])
@pytest.mark.parametrize("bad", ["", "x" * 65, "with space"])
async def test_a_change_without_a_good_idempotency_key_is_refused(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str], endpoint: str, bad: str
) -> None:
    member = await added(db)
    before = await everything(db)
    method, path = path_of(endpoint, member=member.member_id)
    headers = manager | ({"Idempotency-Key": bad} if bad else {})

    assert await refused(http, method, path, headers=headers, json=POSTS.get(endpoint)) == 422
    assert await everything(db) == before


async def test_every_endpoint_is_tried_here(http: httpx.AsyncClient) -> None:
    document = (await http.get("/openapi.json")).json()
    names = {
        "member_id": "member",
        "machine_id": "machine",
        "till_id": "till",
        "session_id": "session",
        "approval_id": "approval",
    }
    found = set()
    for path, methods in document["paths"].items():
        for name, short in names.items():
            path = path.replace(name, short)
        found |= {f"{method.upper()} {path}" for method in methods}

    assert found == {*GUARDED, *PUBLIC}
    assert {f"{one}" for one in POSTS} <= found


async def test_bodies_have_examples_and_secrets_are_marked(http: httpx.AsyncClient) -> None:
    schemas = (await http.get("/openapi.json")).json()["components"]["schemas"]

    for name in ("NewMember", "NewMachine", "NewTill", "Credentials"):
        assert any("examples" in field for field in schemas[name]["properties"].values()), name
    for name, field in (("Credentials", "password"), ("PasswordChange", "new"), ("MachineProof", "secret")):
        assert schemas[name]["properties"][field]["format"] == "password"
