"""What a browser must say before it may change anything, and what every page carries."""

import httpx
import pytest
from starlette.datastructures import Headers

from console.api.guard import of_our_own
from services.console.tests.gateway import Gateway


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "https://desk.example"}, False),
        ({"origin": "https://desk.example"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({}, True),
    ],
)
def test_a_request_of_another_site_is_known(headers: dict[str, str], ours: bool) -> None:
    assert of_our_own(Headers(headers | {"host": "desk.example"})) is ours


async def test_another_site_s_form_changes_nothing(desk: httpx.AsyncClient, gateway: Gateway) -> None:
    asked = len(gateway.asked)
    answer = await desk.post("/lock", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert len(gateway.asked) == asked


async def test_every_answer_carries_a_policy_that_allows_our_own_files_alone(desk: httpx.AsyncClient) -> None:
    for path in ("/sign-in", "/nowhere", "/hall"):
        answer = await desk.get(path)
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("name", ["../app.py", "%2e%2e/app.py", "js/../../app.py", "vendor/../../__init__.py", "js"])
async def test_no_file_but_ours_is_served(desk: httpx.AsyncClient, name: str) -> None:
    assert (await desk.get(f"/static/x/{name}")).status_code == 404


@pytest.mark.parametrize("then", ["//evil.example", "https://evil.example", "/\\evil.example", "evil"])
async def test_nobody_is_led_to_another_site_after_signing_in(desk: httpx.AsyncClient, then: str) -> None:
    answer = await desk.get("/sign-in", params={"next": then, "password": "true"})
    assert 'name="next" value="/"' in answer.text
