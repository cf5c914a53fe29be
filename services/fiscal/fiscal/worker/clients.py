"""HTTP to KKM-Server: one connection a command, a time-out on each, and three answers: done, refused, silence."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from fiscal.worker.domain import kkm
from fiscal.worker.domain.document import CLOSING, RECEIPTS, Found
from fiscal.worker.domain.job import Kind
from fiscal.worker.domain.kkm import Address, Body, Unit
from fiscal.worker.domain.observation import Answered, Compared, NotReady, Shift, Silence, Snapshot, Unknown

READ_TIMEOUT_S = 10
"""Twice what the server is told to hold an answer; longer open calls keep Evotor registers from ending."""

DOCUMENTS_MAX = 300
"""More documents than this since a snapshot are not read: then a person compares."""


@dataclass(frozen=True, slots=True)
class State:
    """The register as `GetDataKKT` tells it, with the server's start."""

    server_start: str | None
    check_number: int
    session: int
    info: Mapping[str, Any]
    shift: Shift
    clock_gap_s: int | None = None
    """How far the register's clock is ahead of the server's; both tell the club's local time."""

    def snapshot(self, last_fd: int) -> Snapshot:
        return Snapshot(self.server_start, self.shift, self.session, last_fd)


class KkmServer:
    """One KKM-Server."""

    def __init__(self, url: str, user: str, password: str) -> None:
        # A connection of its own for each command: a broken one never spoils the next.
        limits = httpx.Limits(max_connections=10, max_keepalive_connections=0)
        self.url = url
        timeout = httpx.Timeout(READ_TIMEOUT_S, connect=3)
        self.http = httpx.AsyncClient(
            base_url=url, auth=(user, password), limits=limits, timeout=timeout, trust_env=False
        )

    async def close(self) -> None:
        await self.http.aclose()

    async def execute(self, body: Body) -> Body | Silence:
        """The server's answer, or why there is none."""
        try:
            content = json.dumps(body, ensure_ascii=False).encode()
            answer = await self.http.post("/Execute", content=content, extensions={"command": body["Command"]})
        except (httpx.ConnectError, httpx.ConnectTimeout):
            return Silence.NOT_SENT
        except (httpx.HTTPError, httpx.StreamError):
            return Silence.LOST
        if answer.status_code in (401, 403, 501):
            # It was read and turned away before any device: as definite as "no such device".
            return {"Status": 3, "Error": f"KKM-Server: HTTP {answer.status_code} {kkm.clean(answer.text)[:200]}"}
        try:
            said = json.loads(answer.content, parse_float=Decimal) if answer.status_code == 200 else None
        except ValueError:
            return Silence.LOST
        return kkm.clean(said) if isinstance(said, dict) else Silence.LOST

    async def state(self, address: Address) -> State | NotReady:
        """How the register is now."""
        server, device = await asyncio.gather(
            self.execute(kkm.reading("GetServerData")), self.execute(kkm.reading("GetDataKKT", address))
        )
        if isinstance(device, Silence):
            return NotReady("register_unreachable")
        status, info = kkm.number(device, "Status"), device.get("Info")
        if status != 0 or not isinstance(info, Mapping):
            codes = {1: "register_busy", 4: "register_busy", 3: "register_missing"}
            return NotReady(codes.get(status or -1, "register_error"), kkm.error_of(device))
        shift = kkm.SHIFTS.get(kkm.number(info, "SessionState") or 0)
        if shift is None:
            return NotReady("register_error", f"SessionState {info.get('SessionState')}")
        check, session = kkm.number(device, "CheckNumber") or 0, kkm.number(device, "SessionNumber") or 0
        return State(_start(server), check, session, info, shift, _clock_gap_s(server, info))

    async def last_fd(self, address: Address) -> int | NotReady:
        """Number of the register's last fiscal document; 0 when it has none."""
        answer = await self.execute(kkm.reading("GetDataCheck", address, FiscalNumber=0, NumberCopies=0))
        if isinstance(answer, Silence):
            return NotReady("register_unreachable")
        found = kkm.document_of(answer)
        if found is not None:
            return found.fd
        # Any other error proves nothing: a register that has forgotten its documents would be printed on again.
        return 0 if kkm.says_no_document(answer) else NotReady("register_error", kkm.error_of(answer))

    async def send(self, kind: Kind, body: Body) -> Answered | Silence:
        """Give the command; it may be done even if this says silence."""
        answer = await self.execute(body)
        return answer if isinstance(answer, Silence) else kkm.answered(kind, answer)

    async def ask(self, kind: Kind, command_id: str) -> Answered | Silence | Unknown:
        """What became of the command; changes nothing."""
        answer = await self.execute({"Command": "GetRezult", "IdCommand": command_id})
        if isinstance(answer, Silence):
            return Silence.LOST
        meant = kkm.asked(kind, answer)
        if meant is not None:
            return meant
        server = await self.execute(kkm.reading("GetServerData"))
        return Unknown(_start(server))

    async def compare(self, address: Address, since_fd: int) -> Compared | Silence:
        """The register now, with its sales after document `since_fd`; changes nothing."""
        state = await self.state(address)
        last = await self.last_fd(address)
        if isinstance(state, NotReady) or isinstance(last, NotReady):
            return Silence.LOST
        documents = await self.documents(address, since_fd + 1, min(last, since_fd + DOCUMENTS_MAX))
        if isinstance(documents, Silence):
            return documents
        # Fewer documents than there were: another drive, and nothing to compare with.
        readable = all(found is not None for found in documents) and since_fd <= last <= since_fd + DOCUMENTS_MAX
        receipts = tuple(found for found in documents if found is not None and found.type in RECEIPTS)
        return Compared(state.server_start, state.shift, state.session, receipts, whole=readable)

    async def document(self, address: Address, fd: int) -> Found | Silence | None:
        """Document `fd`; None where the register shows no such document, Silence where it cannot say now."""
        answer = await self.execute(kkm.reading("GetDataCheck", address, FiscalNumber=fd, NumberCopies=0))
        if isinstance(answer, Silence):
            return answer
        found = kkm.document_of(answer)
        if found is not None and found.fd == fd:
            return found
        definite = kkm.number(answer, "Status") == 0 or kkm.says_no_document(answer)
        return None if definite else Silence.LOST

    async def units(self) -> tuple[Unit, ...] | NotReady:
        """The server's devices; no device is asked for anything."""
        answer = await self.execute(kkm.reading("List"))
        if isinstance(answer, Silence):
            return NotReady("register_unreachable")
        return kkm.units_of(answer) if kkm.number(answer, "Status") == 0 else _not_listed(answer)

    async def shift_begins(self, address: Address, known: int) -> int | Silence:
        """The first document of the shift that has document `known`, as far back as documents can be read."""
        oldest = max(known - DOCUMENTS_MAX, 1)
        for fd in range(known - 1, oldest - 1, -1):
            found = await self.document(address, fd)
            if isinstance(found, Silence):
                return found
            if found is None or found.type == CLOSING:
                return fd + 1
        return min(oldest, known)

    async def documents(self, address: Address, first: int, last: int) -> list[Found | None] | Silence:
        """Documents `first` to `last`; None for one that cannot be read, Silence when the register stops answering."""
        found: list[Found | None] = []
        for fd in range(first, last + 1):
            answer = await self.execute(kkm.reading("GetDataCheck", address, FiscalNumber=fd, NumberCopies=0))
            if isinstance(answer, Silence) or kkm.number(answer, "Status") in (1, 4):
                return Silence.LOST
            found.append(kkm.document_of(answer))
        return found


def _not_listed(answer: Body) -> NotReady:
    return NotReady("register_error", kkm.error_of(answer))


def _start(answer: Body | Silence) -> str | None:
    return _server_says(answer, "ServerDateStart")


def _server_says(answer: Body | Silence, name: str) -> str | None:
    told = None if isinstance(answer, Silence) else answer.get("ServerData")
    said = told.get(name) if isinstance(told, Mapping) else None
    return str(said) if said else None


def _clock_gap_s(server: Body | Silence, info: Mapping[str, Any]) -> int | None:
    there, here = kkm.local_time(info.get("DateTimeKKT")), kkm.local_time(_server_says(server, "OSCurDateTime"))
    return round((there - here).total_seconds()) if there and here else None
