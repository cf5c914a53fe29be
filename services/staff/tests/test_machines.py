"""Machines over HTTP: a secret once, short tokens for it."""

import httpx
import jwt
import pytest

from conftest import ORG, Issuer, free_port
from edge.auth import Tokens
from edge.scope import Scope
from kit.db import Database
from services.staff.tests.builders import CLUB, OTHER_CLUB, OTHER_ORG, a_settings, key, rows
from services.staff.tests.conftest import serving

AGENT = {"name": "PC-07", "kind": "agent", "club_id": str(CLUB)}


async def a_machine(http: httpx.AsyncClient, header: dict[str, str], **changes: str) -> dict[str, str]:
    answer = await http.post("/v1/machines", json=AGENT | changes, headers=header | key())
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def proof(machine: dict[str, str]) -> dict[str, str]:
    return {"machine_id": machine["machine_id"], "secret": machine["secret"]}


@pytest.mark.parametrize(("kind", "permission"), [("agent", "hall.agent.act"), ("worker", "fiscal.branch.work")])
async def test_a_machine_gets_a_token_that_every_service_takes(
    db: Database, issuer: Issuer, kind: str, permission: str
) -> None:
    settings = a_settings(port=free_port())
    async with serving(db, settings) as url, httpx.AsyncClient(base_url=url) as http:
        owner = await http.post("/v1/sign-in", json={"login": "owner", "password": "верная лошадь батарея скоба"})
        header = {"Authorization": f"Bearer {owner.json()['access_token']}"}
        machine = await a_machine(http, header, kind=kind)

        answer = await http.post("/v1/machines/token", json=proof(machine))

        caller = await Tokens(f"{url}/v1/jwks", "savepoint").caller(answer.json()["access_token"])
    assert answer.headers["Cache-Control"] == "no-store"
    assert (str(caller.subject), caller.name) == (machine["machine_id"], "PC-07")
    assert (caller.permissions, caller.scope) == (frozenset({permission}), Scope(ORG, frozenset({CLUB})))


async def test_only_the_hash_of_a_secret_is_kept_and_a_lost_answer_comes_again(
    http: httpx.AsyncClient, db: Database, manager: dict[str, str]
) -> None:
    answers = [await http.post("/v1/machines", json=AGENT, headers=manager | key("one")) for _ in range(3)]

    assert len({answer.text for answer in answers}) == 1
    assert answers[0].headers["Cache-Control"] == "no-store"
    assert answers[2].headers["Idempotency-Replayed"] == "true"
    assert await rows(db, "select count(*) from machine") == [(1,)]
    (body,) = (await rows(db, "select body from idempotency"))[0]
    assert body["secret"] != answers[0].json()["secret"]
    assert (await http.post("/v1/machines/token", json=proof(answers[2].json()))).status_code == 200


async def test_a_wrong_secret_and_an_unknown_machine_read_the_same(
    http: httpx.AsyncClient, manager: dict[str, str]
) -> None:
    machine, other = await a_machine(http, manager), await a_machine(http, manager)

    wrong = [
        await http.post("/v1/machines/token", json=body)
        for body in (
            proof(machine) | {"secret": other["secret"]},
            proof(machine) | {"machine_id": str(OTHER_ORG)},
            proof(machine) | {"secret": "ключ"},
        )
    ]

    assert [(answer.status_code, answer.json()["code"]) for answer in wrong] == [(401, "machine_wrong")] * 3


async def test_a_revoked_machine_gets_no_more_tokens(http: httpx.AsyncClient, manager: dict[str, str]) -> None:
    machine = await a_machine(http, manager)
    path = f"/v1/machines/{machine['machine_id']}"

    assert (await http.delete(path, headers=manager)).status_code == 204

    assert (await http.post("/v1/machines/token", json=proof(machine))).status_code == 401
    assert (await http.get("/v1/machines", headers=manager)).json()["items"] == []
    assert (await http.delete(path, headers=manager)).status_code == 404


async def test_machines_are_listed_without_their_secrets(http: httpx.AsyncClient, manager: dict[str, str]) -> None:
    machine = await a_machine(http, manager)

    (listed,) = (await http.get("/v1/machines", headers=manager)).json()["items"]

    assert listed == {name: value for name, value in machine.items() if name != "secret"}


async def test_a_machine_of_another_club_or_org_does_not_exist(
    http: httpx.AsyncClient, manager: dict[str, str], issuer: Issuer
) -> None:
    machine = await a_machine(http, manager)
    for claims in ({"clubs": [str(OTHER_CLUB)]}, {"org": str(OTHER_ORG)}):
        header = issuer.header("staff.machine.manage", **claims)
        assert (await http.delete(f"/v1/machines/{machine['machine_id']}", headers=header)).status_code == 404
        assert (await http.get("/v1/machines", headers=header)).json()["items"] == []
        assert (await http.post("/v1/machines", json=AGENT, headers=header | key())).status_code == 404
    assert (await http.post("/v1/machines/token", json=proof(machine))).status_code == 200


async def test_a_machines_token_opens_nothing_of_staff(http: httpx.AsyncClient, issuer: Issuer) -> None:
    header = issuer.header("hall.agent.act", clubs=[str(CLUB)])

    for path in ("/v1/me", "/v1/members", "/v1/roles", "/v1/machines", "/v1/tills"):
        assert (await http.get(path, headers=header)).status_code == 403


async def test_the_token_is_signed_by_a_key_of_the_jwks(http: httpx.AsyncClient, manager: dict[str, str]) -> None:
    machine = await a_machine(http, manager)
    token = (await http.post("/v1/machines/token", json=proof(machine))).json()["access_token"]

    served = await http.get("/v1/jwks")

    assert jwt.get_unverified_header(token)["kid"] in [one["kid"] for one in served.json()["keys"]]
    assert served.headers["Cache-Control"] == "public, max-age=300"
    assert all("d" not in one for one in served.json()["keys"])
