"""One stream for a browser: what the services tell of the club, as the person at the desk, joined."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse

from console.api.desk import AtDesk, Desk
from console.clients.live import joined

router = APIRouter()
SEQ_MAX = 2**63 - 1
UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/live")
async def live(
    request: Request, hall: Annotated[int | None, Query(ge=0, le=SEQ_MAX)] = None, desk: Desk = AtDesk
) -> Response:
    """`<service>.<event>` as the services name them, `clock` every 15 s, `heartbeat` every 5 s, `upstream.down` and
    `upstream.up`. The id is each stream's last one: a browser that comes again goes on where it was. One that comes
    first goes on after `hall`, the change that its map was drawn with, and need not ask for the map again."""
    if desk.club_id is None:
        return Response(status_code=204)
    last = request.headers.get("last-event-id") or (f"hall={hall}" if hall is not None else "")
    stopping = request.app.state.stopping
    lines = joined(desk.services, desk.person, desk.club_id, last, stopping)
    return StreamingResponse(lines, media_type="text/event-stream", headers=UNBUFFERED)
