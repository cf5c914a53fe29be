"""What every answer carries, and which requests are not answered at all.

A request that changes something must come from our own page: the browser says so itself, in `Sec-Fetch-Site` or
`Origin` (the rule of Go 1.25's http.CrossOriginProtection), so no form needs a token.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE = {"GET", "HEAD", "OPTIONS"}
BODY_MAX_BYTES = 64 * 1024
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; worker-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
CARRIED = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def of_our_own(headers: Headers) -> bool:
    """Whether the browser says that our own page asks; a program that is no browser sends neither header."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin.partition("://")[2] == headers.get("host")


class Guard:
    """Refuses what another site's page sends, and bodies that no desk sends; adds the headers to all answers."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)

        async def carrying(message: Message) -> None:
            if message["type"] == "http.response.start":
                ours = MutableHeaders(scope=message)
                for name, value in CARRIED.items():
                    ours[name] = value
                if not scope["path"].startswith("/static/"):
                    ours.setdefault("Cache-Control", "no-store")
            await send(message)

        if scope["method"] not in SAFE and not of_our_own(headers):
            refused = PlainTextResponse("This must be done on Savepoint's own page.", 403)
            await refused(scope, receive, carrying)
        elif int(headers.get("content-length") or 0) > BODY_MAX_BYTES:
            await PlainTextResponse("This is more than a form of Savepoint sends.", 413)(scope, receive, carrying)
        else:
            await self.app(scope, receive, carrying)
