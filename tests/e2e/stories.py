"""What people do at a till, for stories to be told with."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from savepoint.day import HOUR_PRICE, Club, DayFailed, Desk
from tests.e2e.stacks import Stack

PATIENCE_S = 60
"""Parts that were killed take their time to come back."""


@dataclass
class Till:
    """Anna at the till."""

    anna: Desk
    club: Club
    stack: Stack
    shift_id: str = ""
    sessions: list[str] = field(default_factory=list)

    async def open(self) -> None:
        """Go on with the open shift, or open one."""
        current = await self.anna.send("GET", f"/billing/v1/shifts/current?till_id={self.club.till_id}")
        if current.status_code == 200:
            self.shift_id = current.json()["shift_id"]
            return

        async def opened() -> Any:
            body = {"till_id": self.club.till_id, "float_kopecks": 2000_00}
            answer = await self.anna.send("POST", "/billing/v1/shifts", body)
            return answer.json()["shift_id"] if answer.status_code == 201 else None

        self.shift_id = await self.until(opened, "a shift opens")

    async def order(self, place: int = 0, **body: Any) -> dict[str, Any]:
        """A session at a device, waiting to be paid; billing has opened its sale."""
        wanted = {"device_id": self.club.devices[place], "tariff_id": self.club.tariff_id, "till_id": self.club.till_id}
        session: dict[str, Any] = await self.anna.post("/hall/v1/sessions", wanted | body, 201)
        self.sessions.append(session["session_id"])

        async def opened() -> Any:
            return (await self.anna.send("GET", f"/billing/v1/sales/{session['sale_id']}")).status_code == 200

        await self.until(opened, "billing opens the sale")
        return session

    def pay_in_background(self, session: dict[str, Any], key: str | None = None) -> asyncio.Task[httpx.Response | None]:
        """Press "pay" in cash; what is killed meanwhile may take the answer with it."""

        async def press() -> httpx.Response | None:
            body = {"tenders": [{"kind": "cash", "amount_kopecks": HOUR_PRICE}]}
            try:
                return await self.anna.send("POST", f"/billing/v1/sales/{session['sale_id']}/payment", body, key)
            except httpx.HTTPError:
                return None

        return asyncio.create_task(press())

    async def sale(self, session: dict[str, Any]) -> dict[str, Any]:
        """The sale as it stands; whoever serves it may be coming back."""

        async def look() -> Any:
            answer = await self._send("GET", f"/billing/v1/sales/{session['sale_id']}")
            return answer.json() if answer is not None and answer.status_code == 200 else None

        found: dict[str, Any] = await self.until(look, "billing answers")
        return found

    async def becomes(self, session: dict[str, Any], state: str) -> dict[str, Any]:
        """Wait until the sale is in this state."""

        async def look() -> Any:
            sale = await self.sale(session)
            return sale if sale["state"] == state else None

        found: dict[str, Any] = await self.until(look, f"the sale is {state}")
        return found

    async def session_is(self, session: dict[str, Any], state: str) -> None:
        async def look() -> Any:
            answer = await self._send("GET", f"/hall/v1/sessions/{session['session_id']}")
            return answer is not None and answer.status_code == 200 and answer.json()["state"] == state

        await self.until(look, f"the session is {state}")

    async def printing(self) -> None:
        """Wait until the register has taken a receipt that it is slow with."""

        async def look() -> Any:
            return (await self.kkm("GET", "/control/state")).json()["devices"][0]["queue"] > 0

        await self.until(look, "the register prints")

    async def set_aside(self, session: dict[str, Any]) -> str:
        """Wait until the sale's receipt is unknown and every fault has struck; the receipt's id."""

        async def look() -> Any:
            sale, faults = await self.sale(session), (await self.kkm("GET", "/control/faults")).json()
            unknown = sale["problem"] is not None and sale["problem"]["receipt"] == "unknown"
            return sale["receipt_id"] if unknown and not faults else None

        return str(await self.until(look, "the receipt is set aside"))

    async def documents(self) -> list[dict[str, Any]]:
        """The register's sales, oldest first."""
        found = (await self.kkm("GET", "/control/documents?NumDevice=1")).json()
        return [one for one in found if one["kind"] == "sale"]

    async def fault(self, what: str, **more: Any) -> None:
        """The register's next receipt meets this fault."""
        await self.kkm("POST", "/control/faults", {"command": "RegisterCheck", "what": what, **more})

    async def kkm(self, method: str, path: str, body: Any = None) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.stack.kkm_url, timeout=10, trust_env=False) as http:
            answer = await http.request(method, path, json=body)
            assert answer.status_code < 400, answer.text
            return answer

    async def clear(self) -> None:
        """End what this story left running, so that the next one finds every device free."""
        await self.kkm("DELETE", "/control/faults")

        async def nothing_blocks() -> Any:
            for session_id in self.sessions:
                await self._leave(session_id)
            answer = await self._send("GET", f"/billing/v1/shifts/{self.shift_id}/blockers")
            return answer is not None and answer.status_code == 200 and not answer.json()

        await self.until(nothing_blocks, "nothing is unfinished")

    async def _leave(self, session_id: str) -> None:
        """End a session, or cancel its sale, whichever can be done by now."""
        found = await self._send("GET", f"/hall/v1/sessions/{session_id}")
        session = found.json() if found is not None and found.status_code == 200 else {"state": "unknown"}
        if session["state"] == "ordered":
            await self._send("POST", f"/billing/v1/sales/{session['sale_id']}/cancel", {})
        elif session["state"] == "active":
            await self._send("POST", f"/hall/v1/sessions/{session_id}/end", {"reason": "история рассказана"})

    async def _send(self, method: str, path: str, body: Any = None) -> httpx.Response | None:
        try:
            return await self.anna.send(method, path, body, str(uuid4()))
        except httpx.HTTPError:
            return None

    async def until(self, look: Any, what: str) -> Any:
        """What `look` gives once it gives something true. Where it does not, the failure says how everything stands."""
        for _ in range(PATIENCE_S * 10):
            found = await look()
            if found:
                return found
            await asyncio.sleep(0.1)
        raise DayFailed(f"{what}: not within {PATIENCE_S} s\n{await self.unfinished()}")

    async def unfinished(self) -> str:
        """What keeps the shift open, this story's sessions, and what the parts say of themselves."""
        blockers = await self._seen(f"/billing/v1/shifts/{self.shift_id}/blockers")
        said = ["What blocks the shift:", *(json.dumps(one, ensure_ascii=False) for one in blockers or [])]
        sales = {one["params"]["sale_id"]: "" for one in blockers or [] if "sale_id" in one.get("params", {})}
        for session_id in self.sessions:
            session = await self._seen(f"/hall/v1/sessions/{session_id}") or {}
            sales[session.get("sale_id", "")] = f"session {session_id} is {session.get('state')}"
        for sale_id, session_state in sales.items():
            sale = await self._seen(f"/billing/v1/sales/{sale_id}") or {}
            receipt = await self._seen(f"/fiscal/v1/receipts/{sale.get('receipt_id')}") or {}
            states = f"its sale {sale.get('state')} {sale.get('problem')}, its receipt {receipt.get('state')}"
            said.append(f"{session_state or sale_id}, {states}")
        return "\n".join([*said, "What the parts say:", await asyncio.to_thread(self.stack.words)])

    async def _seen(self, path: str) -> Any:
        answer = await self._send("GET", path)
        return answer.json() if answer is not None and answer.status_code == 200 else None
