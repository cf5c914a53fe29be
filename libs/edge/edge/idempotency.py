"""Once per `Idempotency-Key`: the same key and body get the first answer again, and nothing happens twice.

The key is claimed in the transaction that does the work, so a crash leaves both or neither. With `Prefer: wait=N` the
answer is held until the operation ends; a second press meanwhile is told that it still runs.
"""

import asyncio
import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy import JSON, Integer, String, Uuid, column, delete, select, table, update
from sqlalchemy.ext.asyncio import AsyncConnection

from edge.auth import Caller
from kit.columns import Moment, insert_on
from kit.db import Database, Tx
from kit.errors import Invalid, Refused, Transient

WAIT_MAX_S = 30
POLL_S = 0.1
"""How soon a change made by another replica ends a wait."""

TEXTS = [column(name, String) for name in ("key", "fingerprint", "location")]
MOMENTS = [column(name, Moment) for name in ("running_until", "created_at")]
rows = table("idempotency", column("org_id", Uuid), *TEXTS, column("status", Integer), column("body", JSON), *MOMENTS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a POST says. `done` False: the operation goes on, and `location` tells how it stands."""

    body: BaseModel | dict[str, Any]
    location: str = ""
    status: int = 200
    done: bool = True

    def stored(self) -> dict[str, Any]:
        body = self.body.model_dump(mode="json") if isinstance(self.body, BaseModel) else self.body
        return {"status": self.status, "body": body, "location": self.location}


class Once:
    """Dependency of a money or state POST: `answer` does its work once."""

    def __init__(self, request: Request) -> None:
        self.request = request
        self.db: Database = request.app.state.db
        self.key = request.headers.get("idempotency-key", "")
        if not re.fullmatch(r"[\x21-\x7e]{1,64}", self.key):
            detail = "Send an Idempotency-Key header of 1 to 64 visible ASCII characters."
            raise Invalid("idempotency_key_invalid", detail, retry="new_key")
        wanted = re.search(r"\bwait=(\d{1,4})\b", request.headers.get("prefer", ""))
        self.wait_s = min(int(wanted[1]), WAIT_MAX_S) if wanted else 0

    async def answer(
        self,
        caller: Caller,
        change: Callable[[Tx], Awaitable[Answer]],
        view: Callable[[], Awaitable[Answer]] | None = None,
    ) -> Response:
        """Do `change` once and answer; with `view`, wait as long as the caller prefers until it says done.

        Raises what `change` raises: then nothing was done, and the key is free again.
        """
        org_id, fingerprint = caller.scope.org_id, await self._fingerprint()
        async with self.db.begin() as tx:
            earlier = await self._claim(tx, org_id, fingerprint)
            if earlier is not None:
                return self._response(earlier, replayed="true")
            first = await change(tx)
            still = tx.now + timedelta(seconds=self.wait_s + 2)
            await self._store(tx, org_id, first, None if first.done or view is None else still)
        if first.done or view is None:
            return self._response(first.stored())
        try:
            final = await self._wait(view)
            async with self.db.begin() as tx:
                await self._store(tx, org_id, final, None)
        except Transient:  # what was done stays done: how it ends can be asked for
            return self._response(first.stored())
        return self._response(final.stored())

    async def _claim(self, tx: Tx, org_id: UUID, fingerprint: str) -> dict[str, Any] | None:
        """None where the key is new and now ours; else the answer that it got."""
        fresh = {"org_id": org_id, "key": self.key, "fingerprint": fingerprint, "created_at": tx.now}
        empty = {"status": 202, "body": {}, "location": ""}
        claim = insert_on(tx.conn, rows).values(fresh | empty).on_conflict_do_nothing().returning(rows.c.key)
        if (await tx.conn.execute(claim)).first() is not None:
            return None
        row = (await tx.conn.execute(select(rows).where(rows.c.org_id == org_id, rows.c.key == self.key))).one()
        if row.fingerprint != fingerprint:
            detail = "This Idempotency-Key was used for another request. Use a new one."
            raise Invalid("idempotency_key_reused", detail, retry="new_key")
        if row.running_until is not None and row.running_until > tx.now:
            raise Refused("still_running", "This was pressed a moment ago and is still being done.", retry="later")
        return {"status": row.status, "body": row.body, "location": row.location}

    async def _store(self, tx: Tx, org_id: UUID, answer: Answer, running_until: datetime | None) -> None:
        ours = update(rows).where(rows.c.org_id == org_id, rows.c.key == self.key)
        await tx.conn.execute(ours.values(**answer.stored(), running_until=running_until))

    async def _wait(self, view: Callable[[], Awaitable[Answer]]) -> Answer:
        """What is seen at the operation's end, when the caller's patience ends, or when this server stops."""
        now = asyncio.get_running_loop().time
        deadline = now() + self.wait_s
        while True:
            changed = self.db.changed.next()
            seen = await view()
            if seen.done or now() >= deadline or self.request.app.state.stopping.is_set():
                return seen
            await self.db.changed.wait(changed, min(deadline - now(), POLL_S))

    def _response(self, stored: dict[str, Any], replayed: str = "") -> Response:
        """The location is told as a caller outside of the gateway sees it."""
        location = stored["location"] and self.request.scope.get("root_path", "") + stored["location"]
        kind = "application/problem+json" if stored["status"] >= 400 else "application/json"
        known = {"Location": location, "Idempotency-Replayed": replayed}
        headers = {name: value for name, value in known.items() if value}
        return JSONResponse(stored["body"], stored["status"], headers, media_type=kind)

    async def _fingerprint(self) -> str:
        what = f"{self.request.method} {self.request.url.path}\n".encode() + await self.request.body()
        return hashlib.sha256(what).hexdigest()


async def prune(conn: AsyncConnection, before: datetime) -> None:
    """Forget keys first used before `before`."""
    await conn.execute(delete(rows).where(rows.c.created_at < before))
