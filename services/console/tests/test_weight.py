"""What a desk waits for when it opens the hall for the first time, in bytes on the wire."""

import re
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest

from console.api.pages import STATIC, static
from services.console.tests.gateway import CLUB, Gateway

FIRST_LOAD_MAX = 40_000
PLACES = 200
NAMED = re.compile(r"""(?:href|src|data-worker)="(/static/[^"#]+)""")
IMPORTED = re.compile(r"""^import .*?"\./([a-z]+\.js)";""", re.MULTILINE)


def a_big_hall() -> dict[str, Any]:
    """The map of 200 places, none of them taken."""
    zone = {"zone_id": str(UUID(int=1, version=4)), "name": "Standard"}
    free = {"kind": "pc", "zone_id": zone["zone_id"], "state": "free", "session": None}
    ids = Random(1)
    # Places are made over years: their ids have little in common, and do not compress.
    places = [
        free | {"device_id": str(UUID(int=ids.getrandbits(128), version=4)), "name": f"PC-{number:03d}"}
        for number in range(1, PLACES + 1)
    ]
    counts = {"active": 0, "free": PLACES, "held": 0, "out_of_service": 0}
    return {"seq": 7, "zones": [zone], "devices": places, "counts": counts}


async def weigh(desk: httpx.AsyncClient, path: str) -> dict[str, int]:
    """The page and every file that it asks for by itself, with their bytes as they were sent."""
    desk.headers["accept-encoding"] = "gzip, deflate, br, zstd"
    page = await desk.get(path)
    found, waiting = {path: page.num_bytes_downloaded}, NAMED.findall(page.text)
    while waiting:
        url = waiting.pop()
        if url in found:
            continue
        file = await desk.get(url)
        assert file.status_code == 200, url
        found[url] = file.num_bytes_downloaded
        if "/js/" in url:
            waiting += [f"{url.rpartition('/')[0]}/{name}" for name in IMPORTED.findall(file.text)]
    return found


async def test_the_hall_with_200_places_comes_in_40_kb(gateway: Gateway, desk: httpx.AsyncClient) -> None:
    gateway.says(f"GET /hall/v1/clubs/{CLUB}/board", a_big_hall())
    gateway.says("GET /billing/v1/sales", {"items": []})
    weights = await weigh(desk, "/hall")
    assert any("vendor/htmx" in url for url in weights)
    assert any("js/hall.js" in url for url in weights)
    assert sum(weights.values()) <= FIRST_LOAD_MAX, weights


@pytest.mark.parametrize(("taken", "sent"), [("gzip, deflate, br, zstd", "br"), ("gzip, deflate", "gzip"), ("", None)])
async def test_a_browser_gets_what_it_can_read(desk: httpx.AsyncClient, taken: str, sent: str | None) -> None:
    plain = (STATIC / "css/base.css").read_bytes()
    asked = await desk.get(static("css/base.css"), headers={"accept-encoding": taken})
    assert asked.headers.get("content-encoding") == sent
    assert asked.headers["content-type"] == "text/css; charset=utf-8"
    assert asked.content == plain
    page = await desk.get("/sign-in", headers={"accept-encoding": taken})
    assert page.headers.get("content-encoding") == sent
    assert "Savepoint" in page.text
