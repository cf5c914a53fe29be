"""The services as a test says that they answer, and a browser whose person is signed in."""

import base64
import json
import time
from typing import Any
from urllib.parse import parse_qs

import httpx

from console.app import compose
from console.settings import Settings

CLUB, TILL = "0193a000-0000-7000-8000-0000000000c1", "0193a000-0000-7000-8000-0000000000a1"
EVERYTHING = [
    "hall.board.read",
    "hall.club.manage",
    "hall.session.order",
    "hall.session.end",
    "billing.client.read",
    "billing.client.manage",
    "billing.sale.read",
    "billing.sale.pay",
    "billing.sale.cancel",
    "billing.top_up.take",
    "billing.shift.read",
    "billing.bonus.grant",
    "billing.refund.take",
    "fiscal.receipt.read",
    "fiscal.receipt.settle",
    "fiscal.register.read",
    "fiscal.register.manage",
    "fiscal.tax.manage",
]


class Gateway(httpx.AsyncBaseTransport):
    """Answers by method and path; what no test has named is not found. `asked` is what came, in order."""

    def __init__(self) -> None:
        self.answers: dict[str, tuple[int, Any]] = {}
        self.first: dict[str, tuple[int, Any]] = {}
        self.asked: list[httpx.Request] = []

    def says(self, call: str, body: Any, status: int = 200) -> None:
        """`call`: `GET /hall/v1/clubs`, without the query."""
        self.answers[call] = (status, body)

    def refuses(self, call: str, code: str, status: int = 409, **more: Any) -> None:
        self.says(call, {"code": code, "detail": f"{code} in the service's words", **more}, status)

    def refuses_once(self, call: str, code: str, status: int = 409, **more: Any) -> None:
        """The first that asks is refused; the others get what `says` told."""
        self.first[call] = (status, {"code": code, "detail": code, **more})

    def is_silent(self, call: str) -> None:
        self.says(call, None, 503)

    def sent(self, call: str) -> list[httpx.Request]:
        method, path = call.split(" ")
        return [one for one in self.asked if one.method == method and one.url.path == f"/api{path}"]

    def body(self, call: str) -> Any:
        """What was sent last."""
        return json.loads(self.sent(call)[-1].content)

    def query(self, call: str) -> dict[str, str]:
        """What was asked for last."""
        return {name: values[0] for name, values in parse_qs(self.sent(call)[-1].url.query.decode()).items()}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        missing = (404, {"code": "not_found", "detail": request.url.path})
        call = f"{request.method} {request.url.path.removeprefix('/api')}"
        status, body = self.first.pop(call) if call in self.first else self.answers.get(call, missing)
        if isinstance(body, str):
            return httpx.Response(status, text=body)
        return httpx.Response(status, json=body)


def token(permissions: list[str], till_id: str | None = TILL, everywhere: bool = False) -> str:
    """A token as staff gives one; the console does not check what staff has just handed it."""
    claims: dict[str, Any] = {"sub": "anna", "name": "Анна К.", "permissions": permissions, "till": till_id}
    claims["clubs"] = None if everywhere else [CLUB]
    body = base64.urlsafe_b64encode(json.dumps(claims | {"exp": time.time() + 600}).encode()).decode().rstrip("=")
    return f"head.{body}.sign"


def browser(
    gateway: Gateway,
    permissions: list[str] | None = None,
    till_id: str | None = TILL,
    language: str = "en",
    everywhere: bool = False,
) -> httpx.AsyncClient:
    """The console of `gateway`, and a browser in it: signed in, at a till."""
    held = EVERYTHING if permissions is None else permissions
    gateway.says("POST /staff/v1/sessions/token", {"access_token": token(held, till_id, everywhere)})
    app = compose(Settings(api_url="http://gateway/api"), gateway)
    cookies = f"__Host-savepoint=secret; __Host-club={CLUB}; language={language}; time-zone=Europe/Moscow"
    transport = httpx.ASGITransport(app)
    return httpx.AsyncClient(transport=transport, base_url="http://desk", headers={"Cookie": cookies})
