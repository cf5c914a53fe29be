"""Faults of the wire, seen by a client that reads raw bytes from a socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest

from conftest import eventually
from emulators.kkm_server.tests.toy import Json, Kkm, a_receipt


@asynccontextmanager
async def connection(kkm: Kkm) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    reader, writer = await asyncio.open_connection(kkm.http.base_url.host, kkm.http.base_url.port)
    try:
        yield reader, writer
    finally:
        writer.close()


def request(body: Json) -> bytes:
    content = json.dumps(body).encode()
    return b"POST /Execute HTTP/1.1\r\nHost: kkm\r\nContent-Length: %d\r\n\r\n" % len(content) + content


async def bytes_until_closed(kkm: Kkm, body: Json) -> bytes:
    """Everything the server says to one request until it closes the connection itself."""
    async with connection(kkm) as (reader, writer), asyncio.timeout(10):
        writer.write(request(body))
        received = b""
        try:
            while chunk := await reader.read(65536):
                received += chunk
        except ConnectionResetError:
            pass
        return received


async def read_answer(reader: asyncio.StreamReader) -> Json:
    async with asyncio.timeout(10):
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
        return dict(json.loads(await reader.readexactly(int(lengths[0].split(b":")[1]))))


async def test_cut_before_closes_the_connection_and_does_nothing(served: Kkm) -> None:
    await served.spoil("cut_before", command="RegisterCheck")

    assert await bytes_until_closed(served, a_receipt(IdCommand="cut")) == b""

    assert await served.documents() == []
    assert (await served.rezult("cut"))["Status"] == 3


async def test_cut_after_prints_and_says_nothing_and_the_journal_has_the_answer(served: Kkm) -> None:
    await served.spoil("cut_after", command="RegisterCheck")

    assert await bytes_until_closed(served, a_receipt(IdCommand="cut")) == b""

    assert await served.kinds() == ["open_shift", "sale"]
    rezult = await served.rezult("cut")
    assert (rezult["Status"], rezult["Rezult"]["Status"]) == (0, 0)
    assert rezult["Rezult"]["QRCode"]
    assert (await served.ask(a_receipt(IdCommand="cut")))["Status"] == 5


async def test_cut_after_waits_for_the_device_whatever_the_timeout_says(served: Kkm) -> None:
    await served.device(seconds_per_receipt=5)
    await served.spoil("cut_after", command="RegisterCheck")
    cut = asyncio.create_task(bytes_until_closed(served, a_receipt(Timeout=1)))

    await eventually(served.queue)
    assert not cut.done()
    assert await served.documents() == []
    served.clock.forward(5)

    assert await cut == b""
    assert await served.kinds() == ["open_shift", "sale"]


async def test_cut_after_does_not_wait_for_a_client_that_an_evotor_would_wait_for(served: Kkm) -> None:
    await served.device(IdTypeDevice="Evotor")
    await served.spoil("cut_after", command="RegisterCheck")

    assert await bytes_until_closed(served, a_receipt(IdCommand="cut")) == b""
    assert (await served.rezult("cut"))["Rezult"]["Status"] == 0


async def test_a_client_library_sees_a_cut_as_a_lost_connection(served: Kkm) -> None:
    await served.spoil("cut_after", command="RegisterCheck")

    with pytest.raises(httpx.TransportError):
        await served.ask(a_receipt())


async def test_a_cut_closes_one_connection_and_no_other(served: Kkm) -> None:
    await served.spoil("cut_after", command="RegisterCheck")
    async with connection(served) as (reader, writer):
        writer.write(request({"Command": "GetLineLength"}))
        await read_answer(reader)

        assert await bytes_until_closed(served, a_receipt()) == b""

        writer.write(request({"Command": "GetLineLength"}))
        assert (await read_answer(reader))["Status"] == 0


async def test_a_restart_cuts_whoever_waits(served: Kkm) -> None:
    await served.spoil("restart", command="RegisterCheck")

    assert await bytes_until_closed(served, a_receipt()) == b""
    assert await served.kinds() == ["open_shift", "sale"]


async def test_a_double_answer_comes_twice_on_one_connection(served: Kkm) -> None:
    await served.spoil("double_answer", command="RegisterCheck")
    async with connection(served) as (reader, writer):
        writer.write(request(a_receipt()))

        first, second = await read_answer(reader), await read_answer(reader)
        assert first == second
        assert first["Status"] == 0

        # And the connection lives on: what comes next belongs to the next request.
        writer.write(request({"Command": "GetLineLength"}))
        assert (await read_answer(reader))["Command"] == "GetLineLength"
    assert await served.kinds() == ["open_shift", "sale"]


@pytest.mark.parametrize(("what", "status"), [("http_500", 500), ("http_503", 503)])
async def test_a_broken_transport_answers_with_its_status_and_does_nothing(served: Kkm, what: str, status: int) -> None:
    await served.spoil(what)

    response = await served.http.post("/Execute", json=a_receipt(IdCommand="x"))

    assert response.status_code == status
    assert not response.headers["content-type"].startswith("application/json")
    assert response.headers["access-control-allow-origin"] == "*"
    assert await served.documents() == []


async def test_garbage_hides_the_answer_of_a_command_that_was_carried_out(served: Kkm) -> None:
    await served.spoil("garbage", command="RegisterCheck")

    response = await served.http.post("/Execute", json=a_receipt(IdCommand="x"))

    with pytest.raises(json.JSONDecodeError):
        response.json()
    assert (await served.rezult("x"))["Rezult"]["Status"] == 0


async def test_requests_on_one_connection_are_answered_in_order(served: Kkm) -> None:
    async with connection(served) as (reader, writer):
        writer.write(b"".join(request({"Command": "GetLineLength", "IdCommand": str(n)}) for n in range(5)))

        assert [(await read_answer(reader))["IdCommand"] for _ in range(5)] == ["0", "1", "2", "3", "4"]
