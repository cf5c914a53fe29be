"""What a person at the desk does and sees in a browser."""

import asyncio
import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from playwright.async_api import Locator, Page, ViewportSize, expect

from console.api.catalogue import translations
from savepoint.day import Club, Desk
from tests.e2e.browser.cable import Cable
from tests.e2e.stacks import Stack

PINS = {"anna": "481593", "boris": "730264", "owner": "905173"}
DESK: ViewportSize = {"width": 1366, "height": 768}
expect.set_options(timeout=30_000)


@dataclass
class Front:
    """A club that is open to guests, one enrolled till, and the people who know their PINs."""

    stack: Stack
    club: Club
    till_secret: str
    owner: Desk
    anna: Desk
    people: dict[str, str]
    """Login -> member id."""

    async def kkm(self, method: str, path: str, body: Any = None) -> Any:
        """The register's control endpoint."""
        async with httpx.AsyncClient(base_url=self.stack.kkm_url, timeout=10, trust_env=False) as http:
            answer = await http.request(method, path, json=body)
            assert answer.status_code < 400, answer.text
            return answer.json() if answer.content else None

    async def documents(self) -> list[dict[str, Any]]:
        """The register's sales, oldest first."""
        return [one for one in await self.kkm("GET", "/control/documents?NumDevice=1") if one["kind"] == "sale"]

    async def fault(self, what: str, **more: Any) -> None:
        """The register's next receipt meets this fault."""
        await self.kkm("POST", "/control/faults", {"command": "RegisterCheck", "what": what, **more})

    async def sold_past_us(self) -> int:
        """Somebody sells a bottle of water with the register's other program; its document's number."""
        line = {"Name": "Вода", "Quantity": 1, "Price": 45, "Amount": 45, "Tax": -1, "MeasureOfQuantity": 0}
        line |= {"SignMethodCalculation": 4, "SignCalculationObject": 1}
        sold = {"Command": "RegisterCheck", "NumDevice": 1, "IdCommand": str(uuid4()), "TypeCheck": 0, "Cash": 45}
        sold |= {
            "IsFiscalCheck": True,
            "CashierName": "Кто-то",
            "TaxVariant": "1",
            "CheckStrings": [{"Register": line}],
        }
        answer = await self.kkm("POST", "/Execute", sold)
        assert answer["Status"] == 0, answer
        return int((await self.documents())[-1]["number"])

    async def shift(self) -> Any:
        """The till's shift that is not closed; None without one."""
        found = await self.anna.get(f"/billing/v1/shifts?till_id={self.club.till_id}&limit=1")
        return next((one for one in found["items"] if one["state"] != "closed"), None)

    async def open_shift(self) -> Any:
        """The till's open shift, opened where none is."""
        body = {"till_id": self.club.till_id, "float_kopecks": 2000_00}
        return await self.shift() or await self.anna.post("/billing/v1/shifts", body, 201)

    async def close_shift(self) -> None:
        """What must be in the drawer is there; the next story finds the till closed."""
        await self.clear()
        shift = await self.shift()
        if shift is not None:
            counted = {"cash_kopecks": shift["expected_cash_kopecks"]}
            await self.anna.post(f"/billing/v1/shifts/{shift['shift_id']}/close", counted)

    async def order(self, place: int) -> Any:
        """A guest's session somewhere else in the club, waiting to be paid."""
        body = {"device_id": self.club.devices[place], "tariff_id": self.club.tariff_id, "till_id": self.club.till_id}
        session = await self.anna.post("/hall/v1/sessions", body, 201)
        for _ in range(600):
            if (await self.anna.send("GET", f"/billing/v1/sales/{session['sale_id']}")).status_code == 200:
                return session
            await asyncio.sleep(0.05)
        raise AssertionError("billing does not open the sale")

    async def pay(self, session: Any) -> None:
        """Its payment in cash."""
        tenders = [{"kind": "cash", "amount_kopecks": session["price_kopecks"]}]
        await self.anna.post(f"/billing/v1/sales/{session['sale_id']}/payment", {"tenders": tenders})

    async def free(self, name: str) -> None:
        """Whatever takes this place is over."""
        board = await self.anna.get(f"/hall/v1/clubs/{self.club.club_id}/board")
        session = next(tile["session"] for tile in board["devices"] if tile["name"] == name)
        if session is not None and session["started_at"]:
            path = f"/hall/v1/sessions/{session['session_id']}/end"
            await self.anna.send("POST", path, {"reason": "место нужно"})
        elif session is not None:
            await self.anna.send("POST", f"/billing/v1/sales/{session['sale_id']}/cancel", {})

    async def client(self, name: str, kopecks: int = 0) -> dict[str, Any]:
        """A client with money on the balance."""
        body = {"phone": f"+7916{uuid4().int % 10**7:07d}", "name": name}
        client: dict[str, Any] = await self.anna.post("/billing/v1/clients", body, 201)
        if kopecks:
            tenders = [{"kind": "cash", "amount_kopecks": kopecks}]
            top_up = {"client_id": client["client_id"], "till_id": self.club.till_id, "tenders": tenders}
            await self.anna.post("/billing/v1/top-ups", top_up)
        return client

    async def clear(self) -> None:
        """End what a story left running: the next one finds every place free."""
        await self.kkm("DELETE", "/control/faults")
        shift = await self.shift()
        for _ in range(600):
            if shift is None:
                return
            blockers = await self.anna.get(f"/billing/v1/shifts/{shift['shift_id']}/blockers")
            if not blockers:
                return
            for one in blockers:
                await self._end(one)
        raise AssertionError(f"unfinished after all: {blockers}")

    async def _end(self, blocker: dict[str, Any]) -> None:
        if blocker["code"] == "session_running":
            path = f"/hall/v1/sessions/{blocker['params']['session_id']}/end"
            await self.anna.send("POST", path, {"reason": "история рассказана"})
        elif blocker["code"] == "payment_pending":
            await self.anna.send("POST", f"/billing/v1/sales/{blocker['params']['sale_id']}/cancel", {})


@dataclass
class Screen:
    """A browser window at the till, in one language."""

    page: Page
    front: Front
    language: str
    wire: Cable
    wrong: list[str] = field(default_factory=list)
    """What the browser complained of: broken policies, failed scripts."""

    def t(self, message: str, **values: Any) -> str:
        """A text of the desk in this window's language."""
        text: str = translations(self.language).gettext(message)
        return text % values if values else text.replace("%%", "%")

    def watch(self) -> None:
        """Note what a good page never says."""
        self.page.on("pageerror", lambda failure: self.wrong.append(f"script: {failure}"))
        self.page.on(
            "console", lambda said: self.wrong.append(said.text) if "Content Security Policy" in said.text else None
        )

    async def sign_in(self, login: str = "anna") -> None:
        """With a PIN, as every day begins."""
        await self.page.goto("/sign-in")
        people = self.page.locator(f"input[value='{self.front.people[login]}']")
        if await people.count() and not await people.is_checked():
            await people.locator("xpath=..").click()
        await self.page.locator("input[name=pin]").focus()
        await self.page.keyboard.type(PINS[login])
        await self.page.wait_for_url(re.compile(r"/(hall|chain|start|shift)"))

    def tile(self, name: str) -> Locator:
        return self.page.locator(f".tile[data-name='{name}']")

    async def tile_is(self, name: str, state: str) -> None:
        await expect(self.tile(name)).to_have_attribute("data-state", state)

    async def type(self, *keys: str) -> None:
        """Keys as they come from a hand: `37` is two of them, `Enter` one."""
        for key in keys:
            if len(key) > 1 and not key.isdigit():
                await self.page.keyboard.press(key)
            else:
                await self.page.keyboard.type(key)

    async def choose(self, number: str) -> Locator:
        """A place by its number; its panel."""
        await self.type(number, "Enter")
        panel = self.page.locator("#side .panel")
        await expect(panel).to_be_visible()
        return panel

    async def order(self, number: str) -> None:
        """A guest, the first tariff, up to the pay dialog."""
        await self.choose(number)
        await expect(self.page.locator("#who")).to_be_focused()
        await self.type("Enter", "1", "Enter")
        await expect(self.page.locator("#dialog [data-pay]")).to_be_visible()

    @property
    def dialog(self) -> Locator:
        return self.page.locator("#dialog")

    def button(self, message: str, **values: Any) -> Locator:
        return self.page.get_by_role("button", name=self.t(message, **values)).first
