"""No operation of any service is open to a token that is not good: composed as always, connected to nothing.

On a running stack nobody can have an expired token without waiting for it; here a key of the test's own signs them.
"""

import time
from collections.abc import Callable

import httpx
import pytest
from fastapi import FastAPI

from conftest import Issuer
from savepoint.documents import apps, operations


@pytest.fixture(scope="module")
def composed() -> dict[str, FastAPI]:
    return apps()


BAD: dict[str, tuple[Callable[[Issuer, str], str], str]] = {
    "expired": (lambda issuer, permission: issuer.token(permission, exp=int(time.time()) - 60), "token_expired"),
    "of another issuer": (lambda issuer, permission: issuer.token(permission, iss="elsewhere"), "token_invalid"),
    "for somebody else": (lambda issuer, permission: issuer.token(permission, aud="elsewhere"), "token_invalid"),
}


@pytest.mark.parametrize("bad", BAD)
async def test_every_operation_refuses_a_token_that_is(composed: dict[str, FastAPI], issuer: Issuer, bad: str) -> None:
    token_of, code = BAD[bad]
    for name, app in composed.items():
        app.state.tokens = issuer.tokens()
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
            for one in operations(app):
                if one.permission is not None:
                    headers = {"Authorization": f"Bearer {token_of(issuer, one.permission)}"}

                    answer = await http.request(one.method, one.path, headers=headers, json={})

                    assert (answer.status_code, answer.json()["code"]) == (401, code), (name, one)
                    assert answer.headers["content-type"] == "application/problem+json"
