"""The product's own HTTP: `/Execute`."""

import asyncio
import base64
import hmac

from fastapi import Request, Response

from kkm_server.clock import within
from kkm_server.emulator import Emulator, Ticket
from kkm_server.envelope import BadRequest, Status, answer, encoded, read_call
from kkm_server.faults import What
from kkm_server.queues import Answer, Job
from kkm_server.selection import NoDevice
from kkm_server.wire import Cut, Twice

PATHS = {"/Execute": False, "/Execute/sync": False, "/Execute/async": True}
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# A receipt with pictures stays far below; more is refused before it is read.
BODY_BYTES_MAX = 10 * 1024 * 1024

_ORIGIN = {"Access-Control-Allow-Origin": "*"}
_PREFLIGHT = {"Access-Control-Allow-Methods": "POST, OPTIONS", "Access-Control-Allow-Headers": "*, Authorization"}
_JSON = "application/json; charset=utf-8"


class ExecuteApi:
    """Answers commands over HTTP."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    async def wait(self, request: Request) -> Response:
        """`/Execute` and `/Execute/sync`: the answer comes when the command ends or `Timeout` passes."""
        return await self._answered(request, asynchronous=False)

    async def do_not_wait(self, request: Request) -> Response:
        """`/Execute/async`: the answer comes at once."""
        return await self._answered(request, asynchronous=True)

    async def _answered(self, request: Request, *, asynchronous: bool) -> Response:
        if request.method == "OPTIONS":
            return Response(headers=_ORIGIN | _PREFLIGHT)
        if request.method != "POST":
            return _plain(405)
        if not allowed(request.headers.get("authorization"), self._emulator.state.passwords):
            return _plain(401, {"WWW-Authenticate": 'Basic realm="KkmServer"'})
        body = await _body(request)
        if body is None:
            return _plain(413)
        try:
            call = read_call(body, asynchronous=asynchronous)
        except BadRequest as wrong:
            return _json(answer("", "", Status.FAILED, wrong.text))
        if not self._emulator.knows(call.command):
            return _plain(501)
        try:
            ticket = self._emulator.take(call)
        except BadRequest as wrong:
            return _json(answer(call.command, call.id_command, Status.FAILED, wrong.text))
        except NoDevice as no:
            return _json(answer(call.command, call.id_command, Status.NOT_FOUND, no.text, no.num_device))
        return await self._through_faults(request, ticket)

    async def _through_faults(self, request: Request, ticket: Ticket) -> Response:
        """Answer a command through a transport that may fail on the way in or out."""
        strikes = ticket.strikes
        if What.CUT_BEFORE in strikes:
            return Cut()
        # A broken transport on the way in: the command does not arrive.
        if What.HTTP_500 in strikes:
            return _plain(500)
        if What.HTTP_503 in strikes:
            return _plain(503)
        ended = await self._ended(request, ticket)
        if ended is None or What.CUT_AFTER in strikes:
            return Cut()
        # A broken transport on the way out: the command was carried out, its answer cannot be read.
        if What.GARBAGE in strikes:
            return Response("<html>Bad Gateway", media_type="text/html", headers=_ORIGIN)
        if What.DOUBLE_ANSWER in strikes:
            return Twice(encoded(ended), media_type=_JSON, headers=_ORIGIN)
        return _json(ended)

    async def _ended(self, request: Request, ticket: Ticket) -> Answer | None:
        begun = self._emulator.begin(ticket)
        if not isinstance(begun, Job):
            return begun
        try:
            if What.CUT_AFTER in ticket.strikes:
                # Nobody will get an answer, so nobody keeps the result open.
                begun.left.set()
                return await begun.done
            if ticket.call.at_once:
                return begun.unfinished()
            return await self._within_timeout(request, begun)
        finally:
            begun.left.set()

    async def _within_timeout(self, request: Request, job: Job) -> Answer | None:
        """Wait at most `Timeout`; the command goes on all the same."""
        clock, timeout_s = self._emulator.state.clock, job.call.timeout_s
        if self._emulator.withholds(job):
            gone = asyncio.ensure_future(_gone(request))
            await within(clock, gone, timeout_s)
            gone.cancel()
            return job.unfinished()
        if await within(clock, job.done, timeout_s):
            return job.done.result()
        return job.unfinished()


def allowed(authorization: str | None, passwords: dict[str, str]) -> bool:
    """Whether Basic credentials open the server; a login without a password is open, also to nobody by name."""
    login, password = _credentials(authorization)
    wanted = passwords.get(login)
    if wanted is None:
        return False
    return not wanted or hmac.compare_digest(wanted.encode(), password.encode())


def _credentials(authorization: str | None) -> tuple[str, str]:
    if not authorization:
        # That a call without credentials counts as `User` with an empty password is our reading (reference 2).
        return "User", ""
    scheme, _, encoded_pair = authorization.partition(" ")
    try:
        pair = base64.b64decode(encoded_pair, validate=True).decode() if scheme.lower() == "basic" else ""
    # Not base64, not ASCII, or not UTF-8 inside.
    except ValueError:
        pair = ""
    login, _, password = pair.partition(":")
    return login, password


async def _body(request: Request) -> bytes | None:
    """The whole body, or None where it is too long."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            return None
    return bytes(body)


async def _gone(request: Request) -> None:
    """Come back when the client has closed the connection."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _json(record: Answer) -> Response:
    return Response(encoded(record), media_type=_JSON, headers=_ORIGIN)


_REASONS = {
    401: "Unauthorized",
    405: "Method Not Allowed",
    413: "Payload Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


def _plain(status_code: int, headers: dict[str, str] | None = None) -> Response:
    return Response(_REASONS[status_code], status_code, _ORIGIN | (headers or {}), "text/plain")
