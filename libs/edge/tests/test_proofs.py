"""Proofs: judged where they are spent, and spent once."""

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import APIRouter, Depends, Response
from sqlalchemy import text

from conftest import ORG, Fresh, Issuer
from edge.auth import Caller, needs
from edge.http import create_app
from edge.idempotency import Answer, Once
from edge.proofs import Shown, proof
from kit.db import Database, Tx
from kit.kafka import Kafka
from kit.relay import Relay
from kit.service import Service
from kit.time import new_id

ANNA, BORIS, SALE = UUID(int=7), UUID(int=8), new_id()


def routes() -> APIRouter:
    """A toy till that refunds with a second person's proof, and opens its drawer with anybody's."""
    router = APIRouter()

    @router.post("/v1/sales/{sale_id}/refund/{kopecks}")
    async def refund(
        sale_id: UUID,
        kopecks: int,
        caller: Caller = needs("toy.refund"),
        shown: Shown = proof("toy.refund"),
        once: Once = Depends(),
    ) -> Response:
        async def change(tx: Tx) -> Answer:
            spent = await shown.spend(tx, caller, sale_id, kopecks, second=True)
            await tx.conn.execute(text("insert into deposit values (:k)"), {"k": -kopecks})
            return Answer({"by": spent.by_name})

        return await once.answer(caller, change)

    return router


@pytest.fixture
async def db(fresh: Fresh) -> Database:
    return await fresh("edge")


@pytest.fixture
async def http(db: Database, issuer: Issuer) -> AsyncIterator[httpx.AsyncClient]:
    app = create_app(Service("edge", db, Relay(db, Kafka("nowhere:1"))), [routes()], issuer.tokens())
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://toy") as client:
        yield client


def a_proof(issuer: Issuer, **changes: Any) -> str:
    usual = {
        "aud": "savepoint-proof",
        "sub": str(ANNA),
        "org": str(ORG),
        "by": {"member_id": str(BORIS), "name": "Борис Л."},
        "act": "toy.refund",
        "subject": str(SALE),
        "jti": str(new_id()),
        "amount_kopecks": 300_00,
    }
    return issuer.token(**(usual | changes))


async def press(
    http: httpx.AsyncClient, issuer: Issuer, shown: str | None, kopecks: int = 300_00, key: str | None = None
) -> httpx.Response:
    headers = issuer.header("toy.refund") | {"Idempotency-Key": key or str(new_id())}
    headers |= {"Savepoint-Proof": shown} if shown is not None else {}
    return await http.post(f"/v1/sales/{SALE}/refund/{kopecks}", headers=headers)


async def refunds(db: Database) -> int:
    async with db.begin() as tx:
        return int(await tx.conn.scalar(text("select count(*) from deposit")))


async def test_a_proof_is_spent_once_however_often_it_is_shown(
    http: httpx.AsyncClient, db: Database, issuer: Issuer
) -> None:
    shown = a_proof(issuer)

    answers = await asyncio.gather(*(press(http, issuer, shown) for _ in range(5)))

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"proof_spent"}
    assert await refunds(db) == 1


async def test_a_repeated_press_needs_no_second_proof(http: httpx.AsyncClient, db: Database, issuer: Issuer) -> None:
    first = await press(http, issuer, a_proof(issuer), key="one")
    late = a_proof(issuer, exp=int(time.time()) - 60)

    again = await press(http, issuer, late, key="one")

    assert (again.status_code, again.json()) == (200, first.json()) == (200, {"by": "Борис Л."})
    assert await refunds(db) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"exp": 1}, "proof_wrong"),
        ({"aud": "savepoint"}, "proof_wrong"),
        ({"iss": "elsewhere"}, "proof_wrong"),
        ({"sub": str(BORIS)}, "proof_wrong"),
        ({"org": str(new_id())}, "proof_wrong"),
        ({"act": "toy.other"}, "proof_wrong"),
        ({"subject": str(new_id())}, "proof_wrong"),
        ({"amount_kopecks": 299_99}, "proof_wrong"),
        ({"amount_kopecks": None}, "proof_wrong"),
        ({"by": "Борис"}, "proof_wrong"),
        ({"by": {"member_id": str(ANNA), "name": "Анна К."}}, "proof_needed"),
    ],
    ids=str,
)
async def test_a_proof_of_something_else_is_none(
    http: httpx.AsyncClient, db: Database, issuer: Issuer, changes: dict[str, Any], code: str
) -> None:
    answer = await press(http, issuer, a_proof(issuer, **changes))

    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert await refunds(db) == 0


@pytest.mark.parametrize(("shown", "code"), [(None, "proof_needed"), ("nonsense", "proof_wrong"), ("", "proof_needed")])
async def test_without_a_proof_the_desk_is_told_that_one_is_needed(
    http: httpx.AsyncClient, issuer: Issuer, shown: str | None, code: str
) -> None:
    answer = await press(http, issuer, shown)

    assert (answer.status_code, answer.json()["code"]) == (403, code)
    assert answer.json()["params"]["act"] == "toy.refund"


async def test_an_access_token_is_no_proof(http: httpx.AsyncClient, issuer: Issuer) -> None:
    assert (await press(http, issuer, issuer.token("toy.refund"))).json()["code"] == "proof_wrong"


async def test_a_smaller_sum_than_was_approved_is_refunded(http: httpx.AsyncClient, issuer: Issuer) -> None:
    assert (await press(http, issuer, a_proof(issuer), kopecks=100_00)).status_code == 200
