"""A second person at the same till agrees with a PIN to what one may not do alone."""

from collections.abc import Mapping
from typing import Any

from console.api.desk import TILL_COOKIE, Desk


async def others(desk: Desk) -> Any:
    """Who else works at this till: one of them may agree."""
    secret = {"Savepoint-Till": desk.request.cookies.get(TILL_COOKIE, "")}
    till = await desk.part(desk.services.ask("GET", "/staff/v1/tills/me", headers=secret))
    return [one for one in till["members"] if one["member_id"] != desk.person.member_id] if till else []


async def proof(desk: Desk, act: str, subject: str, kopecks: int, filled: Mapping[str, str], attempt: str) -> str:
    """The second person's PIN becomes a proof for this act alone; without a PIN there is none. Raises Problem."""
    if not filled.get("pin"):
        return ""
    asked = {"act": act, "subject": subject, "amount_kopecks": kopecks, "club_id": desk.club_id}
    approval = await desk.send("POST", "/staff/v1/approvals", asked, f"{attempt}-{kopecks}")
    entered = {"member_id": filled.get("member_id", ""), "pin": filled["pin"]}
    granted = await desk.send("POST", f"/staff/v1/approvals/{approval['approval_id']}/grant", entered)
    return str(granted["proof"])
