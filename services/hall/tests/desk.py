"""A desk that speaks to the hall's API: keys, tokens and bodies with good defaults."""

import itertools
from typing import Any
from uuid import UUID

import httpx

from conftest import Issuer
from kit.time import new_id
from services.hall.tests.builders import Furnished

_numbers = itertools.count(1)
ALL = ("hall.club.manage", "hall.board.read", "hall.session.order", "hall.session.end", "billing.sale.pay")
TILL = UUID("0193a000-0000-7000-8000-0000000000e1")
CASH = {"tenders": [{"kind": "cash", "amount_kopecks": 450_00, "received_kopecks": 500_00}]}


class Desk:
    """Somebody who may do all that the hall asks for, unless `permissions` or `claims` say otherwise."""

    def __init__(self, http: httpx.AsyncClient, issuer: Issuer, *permissions: str, **claims: Any) -> None:
        self.http = http
        self.header = issuer.header(*(permissions or ALL), **claims)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.http.get(path, params=query, headers=self.header)

    async def post(self, path: str, body: Any, key: str | None = None, prefer: str | None = None) -> httpx.Response:
        headers = self.header | {"Idempotency-Key": key or f"key-{next(_numbers)}"}
        return await self.http.post(path, json=body, headers=headers | ({"Prefer": prefer} if prefer else {}))

    async def patch(self, path: str, body: Any) -> httpx.Response:
        return await self.http.patch(path, json=body, headers=self.header)

    async def put(self, path: str, body: Any) -> httpx.Response:
        return await self.http.put(path, json=body, headers=self.header)

    async def order(self, hall: Furnished, key: str | None = None, prefer: str | None = None, **changes: Any) -> Any:
        return await self.post("/v1/sessions", an_order(hall, **changes), key, prefer)


def an_order(hall: Furnished, **changes: Any) -> dict[str, Any]:
    usual = {"device_id": hall.device.device_id, "till_id": TILL, "tariff_id": hall.tariff.tariff_id}
    return {name: str(value) if isinstance(value, UUID) else value for name, value in (usual | changes).items()}


def a_device_body(hall: Furnished, **changes: Any) -> dict[str, Any]:
    return {"name": f"PS5-{next(_numbers)}", "kind": "console", "zone_id": str(hall.vip.zone_id)} | changes


def a_tariff_body(hall: Furnished, **changes: Any) -> dict[str, Any]:
    prices = [{"zone_id": str(hall.vip.zone_id), "price_kopecks": 900_00}]
    return {"name": f"Ночь {next(_numbers)}", "minutes": 600, "prices": prices} | changes


def code(answer: httpx.Response) -> tuple[int, str]:
    """Status and slug of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


def somewhere() -> str:
    """An id that nothing has."""
    return str(new_id())
