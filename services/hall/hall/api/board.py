"""The hall map over HTTP: a snapshot and a stream that share one `seq`."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Depends
from fastapi.responses import StreamingResponse

from edge.auth import Caller, needs
from edge.http import Body
from edge.live import From, Watch
from hall.api.fields import READ
from hall.domain.board import ClubSign, Tile, TileState, ZoneSign, counts
from hall.store import board, clubs
from kit.db import Database


class BoardView(Body):
    """The map after the club's change number `seq`. A tile is all that `device.changed` says of it later."""

    club: ClubSign
    server_time: datetime
    seq: int
    zones: tuple[ZoneSign, ...]
    devices: tuple[Tile, ...]
    counts: dict[TileState, int]


def board_routes(db: Database, watch: Watch) -> APIRouter:
    """The maps of the caller's clubs."""
    routes = APIRouter(tags=["board"])

    @routes.get("/v1/clubs/{club_id}/board")
    async def read_board(club_id: UUID, caller: Caller = needs(READ)) -> BoardView:
        async with db.look() as tx:
            seen = await board.snapshot(tx, caller.scope, club_id)
        return BoardView(
            club=seen.layout.club,
            server_time=tx.now,
            seq=seen.seq,
            zones=seen.layout.zones,
            devices=seen.tiles,
            counts=counts(seen.tiles),
        )

    @routes.get("/v1/clubs/{club_id}/stream", response_class=StreamingResponse)
    async def stream(club_id: UUID, begin: From = Depends(), caller: Caller = needs(READ)) -> StreamingResponse:
        """Server-sent events until the token expires or the hall stops: `device.changed`, `layout.changed`, each with
        its `seq` as id, or `resync` where the board must be read again. A comment comes every 5 s at least."""
        async with db.look() as tx:
            await clubs.club_of(tx, caller.scope, club_id)
        return await begin.stream(watch, caller, club_id)

    return routes
