"""What happens below HTTP: connections that are cut, and answers that come twice.

ASGI knows neither, so the server's protocol hands its transport to the application in `scope["extensions"]`.
"""

import asyncio
from typing import cast

from fastapi import Response
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_EXTENSION = "savepoint.wire"


class WireProtocol(HttpToolsProtocol):
    """uvicorn's own protocol, which also shows its transport."""

    def on_message_begin(self) -> None:
        """Begin a request; its scope is made here."""
        super().on_message_begin()
        self.scope["extensions"] = {_EXTENSION: {"transport": self.transport}}


def _transport(scope: Scope) -> asyncio.Transport:
    wire = scope.get("extensions", {}).get(_EXTENSION)
    if wire is None:
        # Without a socket, as in a test that calls the application directly, this is what a cut looks like.
        raise ConnectionResetError("the connection was cut (served without kkm_server.serving)")
    return cast("asyncio.Transport", wire["transport"])


class Cut(Response):
    """No answer: the TCP connection is closed."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Close the connection and wait until the server has noticed."""
        _transport(scope).abort()
        while (await receive())["type"] != "http.disconnect":
            pass


class Twice(Response):
    """The answer two times over, one after the other on one connection."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write one copy behind the back of HTTP, then the proper one."""
        head = b"".join(name + b": " + value + b"\r\n" for name, value in self.raw_headers)
        _transport(scope).write(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n" + bytes(self.body))
        await super().__call__(scope, receive, send)
