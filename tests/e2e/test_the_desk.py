"""The console behind the gateway of either stack: what a browser gets, before there is one."""

import httpx

from savepoint.day import Club
from tests.e2e.stacks import Stack


async def test_the_desk_is_at_the_root_and_knows_who_may_come_in(stack: Stack, club: Club) -> None:
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=10) as http:
        outside = await http.get("/hall")
        assert (outside.status_code, outside.headers["location"]) == (303, "/sign-in?next=/hall")
        form = await http.get("/sign-in", headers={"Accept-Language": "en"})
        assert "Sign in" in form.text
        assert "default-src 'none'" in form.headers["content-security-policy"]

        answer = await http.post("/sign-in/password", data={"login": "anna", "password": club.logins["anna"]})

        assert answer.status_code == 303, answer.text
        cookie = answer.headers["set-cookie"].partition(";")[0]
        inside = await http.get(f"/hall?club={club.club_id}", headers={"Cookie": cookie, "Accept-Language": "en"})
        assert inside.status_code == 200
        assert "PC-01" in inside.text


async def test_what_another_site_sends_is_refused(stack: Stack, club: Club) -> None:
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=10) as http:
        for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}):
            credentials = {"login": "anna", "password": club.logins["anna"]}
            answer = await http.post("/sign-in/password", data=credentials, headers=headers)
            assert answer.status_code == 403
            assert "set-cookie" not in answer.headers


async def test_the_joined_stream_comes_at_once_and_unbuffered(stack: Stack, club: Club) -> None:
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=10) as http:
        signed = await http.post("/sign-in/password", data={"login": "anna", "password": club.logins["anna"]})
        cookie = signed.headers["set-cookie"].partition(";")[0]
        headers = {"Cookie": cookie}
        async with http.stream("GET", f"/live?club={club.club_id}", headers=headers) as live:
            assert live.headers["content-type"].startswith("text/event-stream")
            events = []
            async for line in live.aiter_lines():
                if line.startswith("event: "):
                    events.append(line.removeprefix("event: "))
                if "heartbeat" in events:
                    break
        assert events[0] == "clock"


async def test_a_path_of_no_service_is_a_problem_and_not_a_page(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=10) as http:
        for path in ("/api/bar/v1/orders", "/api/console/v1/pages"):
            answer = await http.get(path)
            assert (answer.status_code, answer.json()["code"]) == (404, "path_not_found"), path


async def test_a_page_that_is_not_there_says_so_and_leads_back(stack: Stack) -> None:
    async with httpx.AsyncClient(base_url=stack.url, trust_env=False, timeout=10) as http:
        answer = await http.get("/nothing", headers={"Accept-Language": "en"})
    assert answer.status_code == 404
    assert "There is no such page." in answer.text
    assert 'href="/"' in answer.text
