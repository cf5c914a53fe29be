"""The cable between a browser and the gateway: it can be cut, pulled out and plugged in again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

CHUNK_BYTES = 64 * 1024


class Cable:
    """Passes bytes on to `url`; `here` is where the browser finds it."""

    def __init__(self, url: str) -> None:
        there = urlsplit(url)
        assert there.hostname is not None
        self.host, self.port = there.hostname, there.port
        self.here = ""
        self._plugged = True
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Every connection breaks; the next ones are taken."""
        for writer in list(self._open):
            writer.transport.abort()

    def pull(self) -> None:
        """Every connection breaks, and none comes through until `plug`."""
        self._plugged = False
        self.cut()

    def plug(self) -> None:
        self._plugged = True

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self._plugged:
            writer.transport.abort()
            return
        with suppress(OSError):
            there, onward = await asyncio.open_connection(self.host, self.port)
            self._open |= {writer, onward}
            await asyncio.gather(self._pass(reader, onward), self._pass(there, writer))
            self._open -= {writer, onward}

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                writer.write(chunk)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()


@asynccontextmanager
async def cable(url: str) -> AsyncIterator[Cable]:
    """A cable to the gateway at `url`."""
    made = Cable(url)
    server = await asyncio.start_server(made.serve, "127.0.0.1", 0)
    made.here = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.close()
        made.cut()
