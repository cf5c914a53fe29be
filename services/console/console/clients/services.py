"""Calls to the gateway. An answer is data; a problem and silence are exceptions, each with what the desk must know."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

REGION_TIMEOUT_S = 1.5
"""A part of a page is not waited for any longer: the page shows the others."""
SIGN_IN_TIMEOUT_S = 5
"""Nothing can be shown to somebody whom nobody knows."""
COMMAND_TIMEOUT_S = 20
WAIT_S = 3
"""So long a money command is held open for its end; then the dialog shows its steps."""


class Problem(Exception):
    """A service refused: `code` and `params` say why, the rest what is with the money and the receipt."""

    def __init__(self, service: str, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"{service}: {status} {body.get('code')}")
        self.service, self.status = service, status
        self.code = str(body.get("code", "unexpected"))
        self.detail = str(body.get("detail", ""))
        self.params: dict[str, Any] = dict(body.get("params") or {})
        self.device_text: str | None = body.get("device_text")
        self.money: str | None = body.get("money")
        self.receipt: str | None = body.get("receipt")
        self.retry: str | None = body.get("retry")

    @property
    def definite(self) -> bool:
        """Whether nothing was done and never will be of this attempt: the next one needs a new key."""
        return self.status < 500 and self.retry != "same_key"


class Unreachable(Exception):
    """A service did not answer in time, or its gateway has no connection to it."""

    def __init__(self, service: str) -> None:
        super().__init__(service)
        self.service = service


class Services:
    """One connection pool to the gateway at `url`, which ends in `/api`."""

    def __init__(self, url: str, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self.http = httpx.AsyncClient(
            base_url=url,
            transport=transport,
            trust_env=False,
            timeout=REGION_TIMEOUT_S,
            limits=httpx.Limits(max_connections=200, max_keepalive_connections=50),
        )

    async def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = REGION_TIMEOUT_S,
    ) -> Any:
        """What `path` (`/hall/v1/...`) answers, as data; text where it is not JSON. Raises Problem, Unreachable."""
        service = path.split("/")[1]
        sent = dict(headers or {}) | ({"Authorization": f"Bearer {token}"} if token else {})
        try:
            answer = await self.http.request(method, path, json=body, headers=sent, timeout=timeout_s)
        except httpx.HTTPError:
            raise Unreachable(service) from None
        if answer.status_code in (502, 503, 504):
            raise Unreachable(service)
        kind = answer.headers.get("content-type", "")
        if answer.is_error:
            raise Problem(service, answer.status_code, answer.json() if "json" in kind else {})
        # A 204 may name a kind all the same.
        return answer.json() if "json" in kind and answer.content else answer.text or None

    @asynccontextmanager
    async def stream(self, path: str, token: str, last_id: str | None) -> AsyncIterator[httpx.Response]:
        """A service's server-sent events; the caller reads them. Raises Unreachable."""
        headers = {"Authorization": f"Bearer {token}", "Accept": "text/event-stream"}
        headers |= {"Last-Event-ID": last_id} if last_id else {}
        timeout = httpx.Timeout(REGION_TIMEOUT_S, read=12)
        try:
            async with self.http.stream("GET", path, headers=headers, timeout=timeout) as answer:
                if answer.is_error:
                    raise Unreachable(path.split("/")[1])
                yield answer
        except httpx.HTTPError:
            raise Unreachable(path.split("/")[1]) from None
