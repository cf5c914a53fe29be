"""The emulator on a socket, with a protocol that can fail as a network does."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from typing import Any, cast

import uvicorn
from fastapi import FastAPI

from kkm_server.emulator import Emulator
from kkm_server.wire import WireProtocol


class EmulatorServer(uvicorn.Server):
    """uvicorn as the emulator needs it; sockets are given to `serve` or `run`."""

    def __init__(self, app: FastAPI) -> None:
        config = uvicorn.Config(
            app,
            http=WireProtocol,
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        super().__init__(config)
        self._emulator = cast("Emulator", app.state.emulator)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop; a command that hangs for ever must not keep the process alive."""
        self._emulator.queues.drop()
        await super().shutdown(sockets)


class _Guest(EmulatorServer):
    """In a process of others the signals are theirs."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listening(host: str, port: int) -> socket.socket:
    """A socket that takes connections from now on; port 0 takes a free one."""
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    listener = socket.socket(family, kind, protocol)
    # A restart must get its port back while old connections still linger.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(place)
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def address(listener: socket.socket) -> str:
    """The base URL of a socket."""
    host, port = cast("tuple[str, int]", listener.getsockname()[:2])
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.asynccontextmanager
async def serving(app: FastAPI, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve an emulator in this event loop; gives its base URL."""
    with listening(host, port) as listener:
        server = _Guest(app)
        served: asyncio.Task[Any] = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield address(listener)
        finally:
            server.should_exit = True
            await served
