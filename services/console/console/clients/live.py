"""The services' streams of one club joined into one, each resumed by itself after a cut.

What the browser gets as an id names the last one of every stream, so that a stream that was cut in the browser, here
or at a service goes on without a gap.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime

from httpx_sse import EventSource

from console.clients.services import Services, Unreachable
from console.clients.sessions import EARLY_S, Person

UPSTREAMS: dict[str, str] = {
    "hall": "/hall/v1/clubs/{club_id}/stream",
    "billing": "/billing/v1/clubs/{club_id}/stream",
    "fiscal": "/fiscal/v1/clubs/{club_id}/stream",
}
HEARTBEAT_S, CLOCK_S, RETRY_S, QUEUE_MAX = 5.0, 15.0, 2.0, 500
Told = tuple[str, str, str, str]
"""Service, id, event, data."""
Queue = asyncio.Queue[Told]
_closing: set["asyncio.Task[None]"] = set()
"""Followers until they are done: a task that nobody holds may vanish before it has closed its connection."""


async def joined(
    services: Services, person: Person, club_id: str, last: str, stopping: asyncio.Event
) -> AsyncIterator[str]:
    """Lines of server-sent events until the person's token ends; the browser then comes again with a new one."""
    seen = _parsed(last)
    queue: Queue = asyncio.Queue(QUEUE_MAX)
    following = [
        asyncio.create_task(_follow(services, person.token, service, path.format(club_id=club_id), seen, queue))
        for service, path in UPSTREAMS.items()
    ]
    for task in following:
        _closing.add(task)
        task.add_done_callback(_closing.discard)
    try:
        yield "retry: 1000\n\n"
        yield _event("clock", _now(), seen)
        told_at = time.monotonic()
        while time.time() < person.until - EARLY_S / 2 and not stopping.is_set():
            try:
                service, told, name, data = await asyncio.wait_for(queue.get(), HEARTBEAT_S)
                if told:
                    seen[service] = told
                yield _event(name, data, seen)
            except TimeoutError:
                yield _event("heartbeat", "{}", seen)
            if time.monotonic() - told_at > CLOCK_S:
                told_at = time.monotonic()
                yield _event("clock", _now(), seen)
    finally:
        # Not awaited here: a browser that has gone cancels us again and again, and each of that would reach them while
        # they close their connections, which would stay open for ever.
        for task in following:
            task.cancel()


async def _follow(
    services: Services, token: str, service: str, path: str, seen: Mapping[str, str], queue: Queue
) -> None:
    """Put what one service tells into the queue, for ever; tells once when it goes away and when it is back."""
    last, down = seen.get(service), False
    while True:
        try:
            async with services.stream(path, token, last) as answer:
                for event in _begun(service, last, down):
                    await queue.put((service, "", event, json.dumps({"service": service})))
                down = False
                async for told in EventSource(answer).aiter_sse():
                    # A comment, which keeps the stream open, is read as a nameless event without data: passed on, it
                    # would be no heartbeat to the browser and leave no silence for one.
                    if told.event == "message" and not told.data:
                        continue
                    last = told.id or last
                    await queue.put((service, told.id, told.event, told.data))
        except Unreachable:
            if not down:
                await queue.put((service, "", "upstream.down", json.dumps({"service": service})))
            down = True
        await asyncio.sleep(RETRY_S)


def _begun(service: str, last: str | None, down: bool) -> list[str]:
    """What a page must ask again when a stream begins: what was drawn before may have changed before it was heard.

    A service tells from the moment at which it answers, so whoever asks now misses nothing.
    """
    if last is not None and not down:
        return []
    return ["upstream.up", "resync"] if service == "hall" else ["upstream.up"]


def _now() -> str:
    return json.dumps({"now": datetime.now(UTC).isoformat()})


def _event(name: str, data: str, seen: Mapping[str, str]) -> str:
    ids = ";".join(f"{service}={last}" for service, last in sorted(seen.items()))
    return (f"id: {ids}\n" if ids else "") + f"event: {name}\ndata: {data}\n\n"


def _parsed(last: str) -> dict[str, str]:
    """`billing=12;hall=40` of a browser that comes again; anything else begins anew."""
    pairs = (part.partition("=") for part in last.split(";"))
    return {service: seq for service, _, seq in pairs if service in UPSTREAMS and seq.isdigit()}
