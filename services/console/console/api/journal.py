"""The journal: who did what, when and where; what it changed, why, and the trace to the logs."""

import asyncio
from typing import Any

from fastapi import APIRouter, Response

from console.api.desk import AtDesk, Desk
from console.api.forms import words
from console.domain import journal as told

router = APIRouter()
PAGE_ROWS = 50


@router.get("/journal")
async def page(
    desk: Desk = AtDesk,
    club_id: str = "",
    member_id: str = "",
    act: str = "",
    since: str = "",
    until: str = "",
    after: str = "",
) -> Response:
    """The journal of the clubs that this person sees, newest first; each choice of the filter is in the address."""
    days = told.days(since, until)
    asked = {"club_id": club_id, "member_id": member_id, "act": act, "after": after, "limit": PAGE_ROWS}
    found, clubs, members = await asyncio.gather(
        desk.part(desk.get("/staff/v1/journal", **asked, **days.moments(desk.time_zone))),
        desk.part(desk.everything("/hall/v1/clubs")),
        desk.part(desk.everything("/staff/v1/members")),
    )
    say = words(desk)
    names = {club["club_id"]: club["name"] for club in clubs or ()}
    chosen = {"club_id": club_id, "member_id": member_id, "act": act, "since": since, "until": until}
    data: dict[str, Any] = {"found": found, "clubs": names, "members": members or [], "chosen": chosen}
    data |= {"acts": told.acts(say), "act": lambda slug: told.act(slug, say)}
    data |= {"differences": lambda entry: told.differences(entry, say, desk.language)}
    return desk.page("journal.html", **data)
