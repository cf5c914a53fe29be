"""The HTTP edge: problems, tokens, limits, and once per Idempotency-Key."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, FastAPI, Response
from pydantic import Field
from sqlalchemy import text

from conftest import Fresh, Issuer, eventually
from edge import idempotency
from edge.auth import Caller, Tokens, needs
from edge.http import Body, Flag, Instant, Text, Whole, create_app
from edge.idempotency import Answer, Once
from kit.db import Database, Tx
from kit.errors import Refused, Transient
from kit.kafka import Kafka
from kit.relay import Relay
from kit.service import Service

_numbers = itertools.count(1)


class Deposit(Body):
    kopecks: Whole = Field(gt=0, le=10**9)
    note: Text = Field(default="", max_length=20)
    by: Text = Field(default="Анна", min_length=1, max_length=20)
    counted: Flag = True
    at: Instant | None = None


def routes(db: Database) -> APIRouter:
    """A toy till: deposits are counted, some are refused, some take their time."""
    router = APIRouter()

    async def total() -> int:
        async with db.begin() as tx:
            return int(await tx.conn.scalar(text("select coalesce(sum(kopecks), 0) from deposit")))

    @router.post("/v1/deposits")
    async def deposit(body: Deposit, caller: Caller = needs("toy.deposit"), once: Once = Depends()) -> Response:
        async def change(tx: Tx) -> Answer:
            await tx.conn.execute(text("insert into deposit values (:k)"), {"k": body.kopecks})
            if body.note == "refuse":
                raise Refused("drawer_full", "The drawer is full. Empty it first.", money="none", params={"most": 5})
            if body.note == "crash":
                raise RuntimeError("a bug")
            if body.note == "away":
                raise Transient("the database is away")
            return Answer({"kopecks": body.kopecks}, "/v1/deposits/1", status=202, done=body.note != "slow")

        async def view() -> Answer:
            done = await total() >= 1000
            return Answer({"total": await total()}, "/v1/deposits/1", status=200 if done else 202, done=done)

        return await once.answer(caller, change, view if body.note == "slow" else None)

    @router.get("/v1/clubs/{club_id}")
    async def club(club_id: UUID, caller: Caller = needs("toy.read")) -> dict[str, Any]:
        return {"club": caller.at_club(club_id), "total": await total()}

    return router


@pytest.fixture
async def db(fresh: Fresh) -> Database:
    return await fresh("edge")


@pytest.fixture
async def app(db: Database, issuer: Issuer) -> FastAPI:
    return create_app(Service("edge", db, Relay(db, Kafka("nowhere:1"))), [routes(db)], issuer.tokens())


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client


@pytest.fixture
def till(issuer: Issuer) -> dict[str, str]:
    return issuer.header("toy.deposit", "toy.read")


def key(name: str | None = None) -> dict[str, str]:
    return {"Idempotency-Key": name or f"key-{next(_numbers)}"}


async def deposited(db: Database) -> int:
    async with db.begin() as tx:
        return int(await tx.conn.scalar(text("select coalesce(sum(kopecks), 0) from deposit")))


async def test_the_same_key_gets_the_first_answer_and_nothing_happens_twice(
    http: httpx.AsyncClient, db: Database, till: dict[str, str]
) -> None:
    pressed = [await http.post("/v1/deposits", json={"kopecks": 500}, headers=till | key("a")) for _ in range(3)]

    assert [answer.status_code for answer in pressed] == [202] * 3
    assert [answer.json() for answer in pressed] == [{"kopecks": 500}] * 3
    assert [answer.headers.get("Idempotency-Replayed") for answer in pressed] == [None, "true", "true"]
    assert pressed[2].headers["Location"] == "/v1/deposits/1"
    assert await deposited(db) == 500


async def test_many_presses_at_the_same_instant_do_it_once(
    http: httpx.AsyncClient, db: Database, till: dict[str, str]
) -> None:
    send = [http.post("/v1/deposits", json={"kopecks": 500}, headers=till | key("a")) for _ in range(8)]

    answers = await asyncio.gather(*send)

    assert {answer.status_code for answer in answers} == {202}
    assert await deposited(db) == 500


async def test_another_body_under_the_same_key_is_refused(
    http: httpx.AsyncClient, db: Database, till: dict[str, str]
) -> None:
    await http.post("/v1/deposits", json={"kopecks": 500}, headers=till | key("a"))

    other = await http.post("/v1/deposits", json={"kopecks": 501}, headers=till | key("a"))

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert await deposited(db) == 500


async def test_a_refusal_changes_nothing_and_frees_the_key(
    http: httpx.AsyncClient, db: Database, till: dict[str, str]
) -> None:
    refused = await http.post("/v1/deposits", json={"kopecks": 5, "note": "refuse"}, headers=till | key("a"))

    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json() == {
        "type": "urn:savepoint:problem:drawer_full",
        "code": "drawer_full",
        "title": "Drawer full",
        "status": 409,
        "detail": "The drawer is full. Empty it first.",
        "money": "none",
        "params": {"most": 5},
        "retry": "never",
    }
    again = await http.post("/v1/deposits", json={"kopecks": 6}, headers=till | key("a"))
    assert (again.status_code, await deposited(db)) == (202, 6)


async def test_a_press_while_the_first_still_runs_is_told_so(
    http: httpx.AsyncClient, db: Database, till: dict[str, str]
) -> None:
    body = {"kopecks": 500, "note": "slow"}
    first = asyncio.create_task(http.post("/v1/deposits", json=body, headers=till | key("a") | {"Prefer": "wait=20"}))
    await eventually(lambda: deposited(db))

    second = await http.post("/v1/deposits", json=body, headers=till | key("a"))
    await http.post("/v1/deposits", json={"kopecks": 600}, headers=till | key("b"))

    assert (second.status_code, second.json()["code"], second.headers["Retry-After"]) == (409, "still_running", "1")
    assert ((await first).status_code, (await first).json()) == (200, {"total": 1100})
    third = await http.post("/v1/deposits", json=body, headers=till | key("a"))
    assert (third.status_code, third.json()) == (200, {"total": 1100})


async def test_a_server_that_stops_answers_those_who_wait_with_what_is_known(
    http: httpx.AsyncClient, app: FastAPI, db: Database, till: dict[str, str]
) -> None:
    body = {"kopecks": 500, "note": "slow"}
    waiting = asyncio.create_task(http.post("/v1/deposits", json=body, headers=till | key("a") | {"Prefer": "wait=30"}))
    await eventually(lambda: deposited(db))

    app.state.stopping.set()

    answer = await asyncio.wait_for(waiting, timeout=10)
    assert (answer.status_code, answer.headers["Location"]) == (202, "/v1/deposits/1")
    again = await http.post("/v1/deposits", json=body, headers=till | key("a"))
    assert (again.status_code, await deposited(db)) == (202, 500)


async def test_a_wait_that_the_database_ends_answers_what_was_done(
    http: httpx.AsyncClient, db: Database, till: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(once: Once, view: Any) -> Answer:
        raise Transient("the database is away")

    monkeypatch.setattr(Once, "_wait", away)

    answer = await http.post(
        "/v1/deposits", json={"kopecks": 500, "note": "slow"}, headers=till | key() | {"Prefer": "wait=20"}
    )

    assert (answer.status_code, answer.headers["Location"], await deposited(db)) == (202, "/v1/deposits/1", 500)


async def test_a_wait_that_ends_too_early_answers_202_with_a_location(
    http: httpx.AsyncClient, till: dict[str, str]
) -> None:
    body = {"kopecks": 1, "note": "slow"}

    answer = await http.post("/v1/deposits", json=body, headers=till | key() | {"Prefer": "wait=0"})

    assert (answer.status_code, answer.headers["Location"]) == (202, "/v1/deposits/1")


@pytest.mark.parametrize("bad", ["", "x" * 65, "with space", "ключ"])
async def test_a_bad_key_is_refused_before_anything_happens(
    http: httpx.AsyncClient, db: Database, till: dict[str, str], bad: str
) -> None:
    headers = httpx.Headers(
        [(name.encode(), value.encode()) for name, value in (till | {"Idempotency-Key": bad}).items()]
    )

    answer = await http.post("/v1/deposits", json={"kopecks": 500}, headers=headers)

    assert (answer.status_code, await deposited(db)) == (422, 0)


BAD_BODIES = (
    b"""
{ | [] | null | "text" | {"kopecks": -1} | {"kopecks": 1e99} | {"kopecks": 1.5} | {"kopecks": "x"} | {"kopecks": NaN}
| {"kopecks": 1, "colour": "red"} | {"kopecks": 1, "note": "\\u0000"} | {"kopecks": 1, "note": "\\ud800"}
| {"kopecks": 1, "note": "longer than twenty characters"} | {"kopecks": true} | {"kopecks": "7"} | {"kopecks": 7.0}
| {"kopecks": 1, "by": "   "} | {"kopecks": 1, "counted": 1} | {"kopecks": 1, "counted": "true"}
| {"kopecks": 1, "at": "2026-01-01T00:00:00"} | {"kopecks": 1, "at": "9999-12-31T23:59:59-14:00"}
| {"kopecks": 1, "at": "0001-01-01T00:00:00+14:00"}
""".split(b"|")
    + [b"", b"\xff\xfe", b"[" * 5000]
)


@pytest.mark.parametrize("body", BAD_BODIES)
async def test_a_bad_body_is_a_problem_and_changes_nothing(
    http: httpx.AsyncClient, db: Database, till: dict[str, str], body: bytes
) -> None:
    headers = till | key() | {"Content-Type": "application/json"}

    answer = await http.post("/v1/deposits", content=body, headers=headers)

    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await deposited(db) == 0


async def test_a_huge_body_is_refused_with_and_without_a_length(
    http: httpx.AsyncClient, db: Database, till: dict[str, str]
) -> None:
    async def stream() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 10_000

    headers = till | key() | {"Content-Type": "application/json"}
    for content in (b"x" * 1_000_000, stream()):
        answer = await http.post("/v1/deposits", content=content, headers=headers)
        assert (answer.status_code, answer.headers["content-type"]) == (413, "application/problem+json")
    assert await deposited(db) == 0


async def test_an_unforeseen_failure_gives_nothing_away_and_changes_nothing(
    http: httpx.AsyncClient, db: Database, till: dict[str, str]
) -> None:
    answer = await http.post("/v1/deposits", json={"kopecks": 5, "note": "crash"}, headers=till | key())

    assert (answer.status_code, answer.json()["code"]) == (500, "unexpected")
    assert "bug" not in answer.text
    assert await deposited(db) == 0


async def test_a_database_that_is_away_is_a_503_with_the_same_key(
    http: httpx.AsyncClient, db: Database, till: dict[str, str]
) -> None:
    answer = await http.post("/v1/deposits", json={"kopecks": 5, "note": "away"}, headers=till | key())

    assert (answer.status_code, answer.json()["retry"], answer.headers["Retry-After"]) == (503, "same_key", "1")


def forged(issuer: Issuer) -> dict[str, dict[str, str]]:
    other = Issuer()
    other.server.server_close()
    good = issuer.token("toy.read")
    return {
        "token_missing": {},
        "token_expired": issuer.header("toy.read", exp=int(time.time()) - 60),
        "another key": other.header("toy.read"),
        "no signature": {"Authorization": f"Bearer {good.rsplit('.', 1)[0]}."},
        "another audience": issuer.header("toy.read", aud="elsewhere"),
        "another issuer": issuer.header("toy.read", iss="elsewhere"),
        "not a token": {"Authorization": "Bearer ..."},
        "basic": {"Authorization": "Basic dXNlcjpwdw=="},
        "claims of a wrong shape": issuer.header("toy.read", org=5),
        "no permissions at all": issuer.header(permissions=None),
    }


async def test_no_bad_token_gets_in(http: httpx.AsyncClient, issuer: Issuer) -> None:
    for name, header in forged(issuer).items():
        answer = await http.get(f"/v1/clubs/{UUID(int=1)}", headers=header)
        assert answer.status_code == 401, name
        assert answer.json()["code"] == (name if name.startswith("token_") else answer.json()["code"]), name


async def test_a_missing_permission_is_named(http: httpx.AsyncClient, issuer: Issuer) -> None:
    answer = await http.get(f"/v1/clubs/{UUID(int=1)}", headers=issuer.header("toy.deposit"))

    assert (answer.status_code, answer.json()["params"]) == (403, {"permission": "toy.read"})


async def test_another_club_does_not_exist(http: httpx.AsyncClient, issuer: Issuer) -> None:
    ours = issuer.header("toy.read", clubs=[str(UUID(int=1))])

    assert (await http.get(f"/v1/clubs/{UUID(int=1)}", headers=ours)).status_code == 200
    assert (await http.get(f"/v1/clubs/{UUID(int=2)}", headers=ours)).json()["code"] == "club_not_found"


async def test_known_keys_go_on_working_while_the_issuer_is_down() -> None:
    issuer = Issuer()
    tokens = issuer.tokens()
    await tokens.caller(issuer.token("toy.read"))
    issuer.server.shutdown()
    issuer.server.server_close()

    assert (await tokens.caller(issuer.token("toy.read"))).name == "Анна К."
    with pytest.raises(Refused) as unavailable:
        await Tokens(issuer.jwks_url, issuer.name).caller(issuer.token("toy.read"))
    assert unavailable.value.code == "keys_unavailable"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/nothing", 404, "path_not_found"),
        ("POST", "/v1/deposits/", 404, "path_not_found"),
        ("DELETE", "/v1/deposits", 405, "method_not_allowed"),
        ("GET", "/v1/clubs/x", 401, "token_missing"),
    ],
)
async def test_paths_and_methods_that_do_not_exist_are_problems(
    http: httpx.AsyncClient, method: str, path: str, status: int, code: str
) -> None:
    answer = await http.request(method, path)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_text_loses_the_spaces_around_it() -> None:
    assert Deposit.model_validate({"kopecks": 1, "by": "  Анна К. "}).by == "Анна К."


async def test_health_tells_what_is_wrong(http: httpx.AsyncClient) -> None:
    assert (await http.get("/livez")).status_code == 200
    assert (await http.get("/readyz")).json() == {"status": "ready"}
    assert "savepoint_edge_http_requests_total" in (await http.get("/metrics")).text


async def test_old_keys_are_forgotten(http: httpx.AsyncClient, db: Database, till: dict[str, str]) -> None:
    await http.post("/v1/deposits", json={"kopecks": 500}, headers=till | key("a"))
    async with db.begin() as tx:
        await idempotency.prune(tx.conn, tx.now)

    await http.post("/v1/deposits", json={"kopecks": 500}, headers=till | key("a"))

    assert await deposited(db) == 1000
