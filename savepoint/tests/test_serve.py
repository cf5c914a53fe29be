"""Which clubs of one machine get a worker: they share its KKM-Server."""

import asyncio
import socket
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn

from conftest import eventually
from savepoint import serve
from savepoint.serve import Address, alone

A, B = UUID(int=1), UUID(int=2)


@pytest.mark.parametrize(
    ("first", "second", "served"),
    [
        ((1, "", ""), (2, "", ""), {A, B}),
        ((1, "", ""), (1, "", ""), {A}),
        ((1, "", ""), (0, "", ""), {A}),
        ((0, "111", ""), (0, "222", ""), {A, B}),
        ((1, "111", ""), (0, "111", ""), {A}),
        ((1, "", ""), (0, "222", ""), {A}),
    ],
)
def test_two_clubs_never_share_a_register(first: Address, second: Address, served: set[UUID]) -> None:
    assert alone([(A, first), (B, second)]) == served


async def _page(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})


async def test_a_network_that_is_not_there_is_served_when_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody else has its port, or its cable is out: nothing else stops for that."""
    monkeypatch.setattr(serve, "NETWORK_AGAIN_S", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        known: dict[str, Any] = {"lifespan": "off", "log_config": None, "port": port}
        network = serve._Network(lambda: uvicorn.Config(_page, **known))
        network.begin()
        await asyncio.sleep(0)

    async def served() -> bool:
        try:
            async with httpx.AsyncClient(trust_env=False) as http:
                return (await http.get(f"http://127.0.0.1:{port}/")).text == "here"
        except httpx.HTTPError:
            return False

    assert await eventually(served)
    await network.end()
    assert not await served()
