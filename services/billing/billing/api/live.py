"""What changes at a club, live over HTTP."""

from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from billing import store
from edge.auth import Caller, needs
from edge.live import From, Watch
from kit.errors import NotFound


def routes(watch: Watch) -> APIRouter:
    """The streams of the caller's clubs."""
    router = APIRouter()

    @router.get("/v1/clubs/{club_id}/stream", response_class=StreamingResponse)
    async def stream(
        club_id: UUID, begin: From = Depends(), caller: Caller = needs("billing.sale.read")
    ) -> StreamingResponse:
        """Server-sent events until the token expires or billing stops, each with ids alone: read again what is on the
        screen. `sale.changed` (sale_id, till_id, state), `shift.changed` (shift_id, till_id; also when what it should
        hold changed), `client.changed` (client_id), each with its `seq` as id, or `resync` where everything must be
        read again. A comment comes every 5 s at least."""
        async with watch.db.look() as tx:
            if not await store.is_club(tx, caller.scope, club_id):
                raise NotFound("club", club_id)
        return await begin.stream(watch, caller, club_id)

    return router
