"""The map is true: whatever happens to the stream, the page ends as the board."""

import asyncio
from typing import Any

from playwright.async_api import Route, expect

from tests.e2e.browser.front import Front, Screen

TILES = "[...document.querySelectorAll('.tile')].map((one) => [one.dataset.name, one.dataset.state])"
SHOWN = f"() => Object.fromEntries({TILES})"


async def test_what_happens_elsewhere_is_seen_here(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await screen.sign_in()
    await screen.tile_is("PC-01", "free")

    session = await front.order(0)
    await screen.tile_is("PC-01", "held")
    await expect(screen.page.locator("#tray .parked")).to_have_count(1)
    await front.pay(session)

    await screen.tile_is("PC-01", "active")
    await expect(screen.page.locator("#tray .parked")).to_have_count(0)


async def test_a_stream_that_is_cut_leaves_no_tile_stale(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await screen.sign_in()
    for place in (0, 1, 2):
        screen.wire.pull()
        await front.order(place)
        screen.wire.plug()
    await front.order(3)
    await screen.tile_is("PC-04", "held")

    board = await front.anna.get(f"/hall/v1/clubs/{front.club.club_id}/board")
    states = {tile["name"]: tile["state"] for tile in board["devices"]}
    await _until_equal(screen, states)


async def test_a_map_that_was_just_drawn_is_not_asked_for_again(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await screen.sign_in()
    asked: list[str] = []
    screen.page.on("request", lambda one: asked.append(one.url))
    await screen.page.reload()
    await front.order(0)
    await screen.tile_is("PC-01", "held")
    assert [url for url in asked if "/hall/map" in url] == []


async def test_a_second_tab_misses_nothing_that_happened_while_it_was_drawn(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await screen.sign_in()

    async def meanwhile(route: Route) -> None:
        drawn = await route.fetch()
        await front.order(1)
        await screen.tile_is("PC-02", "held")
        await route.fulfill(response=drawn)

    second = await screen.page.context.new_page()
    await second.route("**/hall", meanwhile)
    await second.goto("/hall")
    await expect(second.locator(".tile[data-name='PC-02']")).to_have_attribute("data-state", "held")
    await second.close()


async def _until_equal(screen: Screen, states: dict[str, str]) -> None:
    shown: Any = None
    for _ in range(300):
        shown = await screen.page.evaluate(SHOWN)
        if shown == states:
            return
        await asyncio.sleep(0.1)
    assert shown == states


async def test_silence_is_said_and_takes_no_money(screen: Screen, front: Front) -> None:
    await front.open_shift()
    await screen.sign_in()
    await screen.order("2")
    before = len(await front.documents())

    screen.wire.pull()
    banner = screen.page.locator("#offline")
    await expect(banner).to_be_visible()
    await screen.page.keyboard.press("Enter")
    pay = screen.dialog.locator("[data-pay]")
    await expect(pay).to_be_visible()
    screen.wire.plug()
    await expect(banner).not_to_be_visible()
    await expect(pay.locator("[name=received]")).to_have_value("")
    await screen.page.keyboard.press("Enter")

    await screen.tile_is("PC-02", "active")
    assert len(await front.documents()) == before + 1


async def test_a_panel_whose_news_could_not_be_fetched_asks_again(screen: Screen, front: Front) -> None:
    """The cable is pulled between the news and what it asks for: nothing fails aloud, and nothing stays stale."""
    await front.open_shift()
    await screen.sign_in()
    await screen.tile("PC-05").click()
    choosing = screen.page.locator("#side [data-start]")
    await expect(choosing.locator("#who")).to_be_focused()
    await screen.tile("PC-05").focus()
    pulled = asyncio.Event()

    async def breaks(route: Any) -> None:
        await route.abort("connectionfailed")
        pulled.set()

    await screen.page.route("**/hall/places/*", breaks)
    await front.order(4)
    await asyncio.wait_for(pulled.wait(), 15)
    await expect(choosing).to_be_visible()
    await screen.page.unroute("**/hall/places/*")

    await expect(choosing).not_to_be_visible()
    await screen.tile_is("PC-05", "held")
