"""Any action by its name: what somebody may do here, and nothing that is refused."""

import httpx

from console.domain.actions import MORE, actions
from services.console.tests.gateway import EVERYTHING, Gateway, browser


async def test_what_one_may_do_is_listed_in_ones_language(gateway: Gateway) -> None:
    async with browser(gateway, [*EVERYTHING, "billing.client.manage"], language="ru") as desk:
        text = (await desk.get("/actions")).text
    assert 'href="/clients/new"' in text
    assert "Новый клиент" in text
    assert 'href="/settings/people"' not in text


async def test_a_page_has_its_key_beside_its_name(desk: httpx.AsyncClient) -> None:
    assert "<kbd>F3</kbd>" in (await desk.get("/actions")).text


def test_without_a_till_no_money_is_taken() -> None:
    everything = frozenset(one.permission or "" for one in MORE)
    here, elsewhere = ({one.text for one in actions(everything, [], at_till)} for at_till in (True, False))
    assert here - elsewhere == {"Top up a balance", "Open the shift", "Close the shift"}
