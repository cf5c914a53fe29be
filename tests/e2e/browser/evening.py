"""An ordinary evening at a club of 34 places: who plays what, since when, and what the journal remembers of the day."""

import asyncio
from typing import Any

import asyncpg

from tests.e2e.browser.front import Front
from tests.e2e.stacks import Embedded, Stack

ZONES = {
    "Standard": ("pc", [f"PC-{number:02d}" for number in range(7, 31)]),
    "PS5": ("console", ["PS-1", "PS-2", "PS-3", "PS-4"]),
}
"""Besides VIP, PC-01 to PC-06, which every club of ours begins with."""
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
TARIFFS = {
    "1 час": (60, {"VIP": 130_00, "Standard": 100_00, "PS5": 250_00}, ()),
    "5 часов": (300, {"VIP": 450_00, "Standard": 380_00}, ()),
    "Утро": (180, {"VIP": 210_00, "Standard": 170_00}, ({"days": EVERY_DAY, "from": "08:00", "to": "12:00"},)),
    "Турнир": (480, {"Standard": 600_00}, ({"days": [6, 7], "from": "12:00", "to": "20:00"},)),
}
CLIENTS = {
    "Иванов Иван": 1000_00,
    "Ким Алина": 300_00,
    "Соколов Артём": 650_00,
    "Морозова Дарья": 0,
    "Белов Никита": 1500_00,
    "Тен Виктор": 200_00,
    "Яковлева Софья": 480_00,
}
PLAYING = (
    ("PC-01", "3 часа", "Иванов Иван", 52), ("PC-02", "5 часов", "", 174), ("PC-07", "3 часа", "", 21),
    ("PC-08", "3 часа", "", 21), ("PC-09", "1 час", "Соколов Артём", 38), ("PC-11", "1 час", "", 51),
    ("PC-12", "5 часов", "Морозова Дарья", 11), ("PC-14", "3 часа", "", 133), ("PC-15", "3 часа", "", 133),
    ("PC-16", "1 час", "", 54), ("PC-19", "5 часов", "Белов Никита", 240), ("PC-20", "1 час", "", 7),
    ("PC-23", "3 часа", "Тен Виктор", 96), ("PC-27", "1 час", "", 29), ("PC-28", "1 час", "", 29),
    ("PS-1", "1 час", "Яковлева Софья", 44), ("PS-3", "1 час", "", 16),
)  # fmt: skip
"""Where, what, who (nobody: a guest), and for how many minutes already."""
AWAITED, BROKEN = "PC-25", "PC-30"


class Evening:
    """The club as it fills."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.places: dict[str, str] = {}
        self.tariffs: dict[str, str] = {"3 часа": front.club.tariff_id}
        self.clients: dict[str, str] = {"": ""}

    async def furnish(self) -> None:
        """Zones, places and prices."""
        club, owner = f"/hall/v1/clubs/{self.front.club.club_id}", self.front.owner
        zones = {one["name"]: one["zone_id"] for one in (await owner.get(f"{club}/zones"))["items"]}
        for name, (kind, places) in ZONES.items():
            zones[name] = (await owner.post(f"{club}/zones", {"name": name}, 201))["zone_id"]
            for place in places:
                await owner.post(f"{club}/devices", {"name": place, "kind": kind, "zone_id": zones[name]}, 201)
        for name, (minutes, prices, windows) in TARIFFS.items():
            priced = [{"zone_id": zones[zone], "price_kopecks": price} for zone, price in prices.items()]
            new = {"name": name, "minutes": minutes, "prices": priced, "windows": list(windows)}
            self.tariffs[name] = (await owner.post(f"{club}/tariffs", new, 201))["tariff_id"]
        whole = {"VIP": 300_00, "Standard": 250_00, "PS5": 600_00}
        priced = [{"zone_id": zones[zone], "price_kopecks": price} for zone, price in whole.items()]
        await owner.ask("PATCH", f"/hall/v1/tariffs/{self.front.club.tariff_id}", 200, {"prices": priced})
        board = await owner.get(f"{club}/board")
        self.places = {one["name"]: one["device_id"] for one in board["devices"]}

    async def fill(self) -> None:
        """Clients with money, places with guests."""
        await self.front.open_shift()
        for name, kopecks in CLIENTS.items():
            self.clients[name] = (await self.front.client(name, kopecks))["client_id"]
        for place, tariff, who, minutes in PLAYING:
            await self._plays(place, tariff, who, minutes)
        await self.order(AWAITED, "3 часа")
        await self.front.owner.ask("PATCH", f"/hall/v1/devices/{self.places[BROKEN]}", 200, {"in_service": False})

    async def trouble(self) -> None:
        """A receipt that is not confirmed, a place that is not paid, and a register that has much to tell."""
        front = self.front
        await front.kkm("PATCH", "/control/devices/1", {"fs_days_left": 12, "ofd_unsent": 31, "ofd_oldest_days": 5})
        await front.fault("cut_after")
        await front.kkm("POST", "/control/faults", {"command": "GetRezult", "what": "cut_before", "times": 0})
        session = await self.order("PC-03", "3 часа")
        asyncio.get_running_loop().create_task(front.pay(session)).add_done_callback(lambda done: done.exception())
        for _ in range(300):
            sale = await front.anna.get(f"/billing/v1/sales/{session['sale_id']}")
            if sale["problem"] and sale["problem"]["receipt"] == "unknown":
                break
            await asyncio.sleep(0.1)
        await self.order("PC-04", "5 часов")

    async def _pay(self, session: Any, who: str, place: str) -> None:
        """From the balance where there is enough of it, by card in every third place, in cash."""
        price = session["price_kopecks"]
        from_balance = CLIENTS.get(who, 0) >= price
        kind = "balance" if from_balance else "card" if int(place[-1]) % 3 == 0 else "cash"
        tender = {"kind": kind, "amount_kopecks": price} | ({"slip": f"48{place[-1]}1"} if kind == "card" else {})
        await self.front.anna.post(f"/billing/v1/sales/{session['sale_id']}/payment", {"tenders": [tender]})

    async def _plays(self, place: str, tariff: str, who: str, minutes: int) -> None:
        session = await self.order(place, tariff, who)
        await self._pay(session, who, place)
        for _ in range(100):
            if (await self.front.anna.get(f"/hall/v1/sessions/{session['session_id']}"))["state"] == "active":
                break
            await asyncio.sleep(0.1)
        await earlier(self.front.stack, session, minutes)

    async def order(self, place: str, tariff: str, who: str = "") -> Any:
        """A place is taken and waits to be paid."""
        body = {"device_id": self.places[place], "tariff_id": self.tariffs[tariff], "till_id": self.front.club.till_id}
        session = await self.front.anna.post(
            "/hall/v1/sessions", body | ({"client_id": self.clients[who]} if who else {}), 201
        )
        for _ in range(600):
            if (await self.front.anna.send("GET", f"/billing/v1/sales/{session['sale_id']}")).status_code == 200:
                return session
            await asyncio.sleep(0.05)
        raise AssertionError("billing does not open the sale")


BEGAN = """UPDATE session SET ordered_at = ordered_at - $2 * interval '1 minute',
    started_at = started_at - $2 * interval '1 minute', ends_at = ends_at - $2 * interval '1 minute'
    WHERE session_id = $1"""
SOLD = "UPDATE sale SET ends_at = ends_at - $2 * interval '1 minute' WHERE sale_id = $1"


async def earlier(stack: Stack, session: Any, minutes: int) -> None:
    """As if it had begun so long ago: a picture of guests who all came in the same minute is of no club.

    Nothing over HTTP sets a clock back, so it is done where the session and its sale are kept.
    """
    assert isinstance(stack, Embedded), "pictures are taken on the one-machine stack"
    url = stack.running()["postgres_url"]
    for database, statement, of in (("hall", BEGAN, session["session_id"]), ("billing", SOLD, session["sale_id"])):
        db = await asyncpg.connect(url, database=database)
        await db.execute(statement, of, minutes)
        await db.close()
