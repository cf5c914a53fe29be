"""The joined stream of a browser: what it tells, where it goes on, and that nothing stays open behind it."""

import asyncio
import time
from collections.abc import AsyncIterator

import anyio
import httpx
import pytest

from console.clients import live
from console.clients.live import joined
from console.clients.services import Services
from console.clients.sessions import Person


class Streams(httpx.AsyncBaseTransport):
    """Services that tell one thing and stay open; closing takes a moment, as a socket does."""

    def __init__(self, down: str = "", goes_on: bool = False) -> None:
        self.open, self.down, self.asked = 0, down, dict[str, str | None]()
        self.goes_on = goes_on
        """Whether a service says every now and then that it is still there."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        service = request.url.path.split("/")[2]
        self.asked[service] = request.headers.get("last-event-id")
        if service == self.down:
            return httpx.Response(503)
        return httpx.Response(200, headers={"content-type": "text/event-stream"}, stream=_Open(self, service))


class _Open(httpx.AsyncByteStream):
    def __init__(self, streams: Streams, service: str) -> None:
        self.streams, self.service = streams, service
        streams.open += 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield f"id: 7\nevent: {self.service}.changed\ndata: {{}}\n\n".encode()
        while self.streams.goes_on:
            await asyncio.sleep(0.005)
            yield b": still here\n\n"
        await asyncio.Event().wait()

    async def aclose(self) -> None:
        for _ in range(5):
            await asyncio.sleep(0)
        self.streams.open -= 1


def person() -> Person:
    return Person("token", "anna", "Анна", frozenset(), None, None, None, time.time() + 600)


async def told(streams: Streams, last: str, count: int) -> list[str]:
    """So many lines' worth of events; then the browser goes away as browsers do."""
    services, found = Services("http://gateway/api", streams), list[str]()
    async with anyio.create_task_group() as tasks:

        async def browser() -> None:
            async for lines in joined(services, person(), "club", last, asyncio.Event()):
                found.append(lines)
                if len(found) == count:
                    tasks.cancel_scope.cancel()

        tasks.start_soon(browser)
    return found


async def test_a_browser_that_goes_away_leaves_nothing_open() -> None:
    streams = Streams()
    await told(streams, "", 5)
    for _ in range(100):
        if not streams.open:
            break
        await asyncio.sleep(0)
    assert streams.open == 0


async def test_each_stream_goes_on_where_it_was() -> None:
    streams = Streams()
    found = await told(streams, "billing=12;hall=40;other=1", 5)
    assert streams.asked == {"billing": "12", "hall": "40", "fiscal": None}
    last = [line for lines in found for line in lines.splitlines() if line.startswith("id: ")][-1]
    assert last == "id: billing=7;fiscal=7;hall=7"


async def test_a_service_that_is_gone_is_named_and_the_others_are_heard() -> None:
    found = "".join(await told(Streams(down="billing"), "", 5))
    assert 'event: upstream.down\ndata: {"service": "billing"}' in found
    assert "event: hall.changed" in found
    assert "event: fiscal.changed" in found


async def test_a_club_where_nothing_happens_is_heard_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the services say to keep their streams open is no news, and keeps nobody from saying that we are there."""
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.05)
    found = await told(Streams(goes_on=True), "", 12)
    names = [line for lines in found for line in lines.splitlines() if line.startswith("event: ")]
    assert "event: message" not in names
    assert names[-2:] == ["event: heartbeat"] * 2
