"""What changes at a club's register, live over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from edge.auth import Caller, needs
from edge.live import From, Watch
from fiscal.central import store
from kit.errors import NotFound


def live(router: APIRouter, watch: Watch) -> None:
    @router.get("/v1/clubs/{club_id}/stream", response_class=StreamingResponse)
    async def stream(
        club_id: UUID, begin: From = Depends(), caller: Caller = needs("fiscal.receipt.read")
    ) -> StreamingResponse:
        """Server-sent events until the token expires or fiscal stops, each with ids alone: read again what is on the
        screen. `receipt.changed` (receipt_id, sale_id, state), `register.changed` (register_id), each with its `seq` as
        id, or `resync` where everything must be read again. A comment comes every 5 s at least."""
        async with watch.db.look() as tx:
            if await store.club_zone(tx, caller.scope, club_id) is None:
                raise NotFound("club", club_id)
        return await begin.stream(watch, caller, club_id)
