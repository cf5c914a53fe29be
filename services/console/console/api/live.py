"""One stream for a browser: what the services tell of the club, as the person at the desk, joined."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from console.api.desk import AtDesk, Desk
from console.clients.live import joined

router = APIRouter()
UNBUFFERED = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


@router.get("/live")
async def live(request: Request, desk: Desk = AtDesk) -> Response:
    """`<service>.<event>` as the services name them, `clock` every 15 s, `heartbeat` every 5 s, `upstream.down` and
    `upstream.up`. The id is each stream's last one: a browser that comes again goes on where it was."""
    if desk.club_id is None:
        return Response(status_code=204)
    last = request.headers.get("last-event-id", "")
    stopping = request.app.state.stopping
    lines = joined(desk.services, desk.person, desk.club_id, last, stopping)
    return StreamingResponse(lines, media_type="text/event-stream", headers=UNBUFFERED)
