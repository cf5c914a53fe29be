"""Failures as pages: each says what is safe and what to do; a region's failure stays in its region."""

import logging

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.exceptions import HTTPException

from console.api.desk import Locked, SignInNeeded, language_of
from console.clients.services import Problem, Unreachable

log = logging.getLogger(__name__)


def _of_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"


def _where(request: Request) -> str:
    """The page to come back to: the one that is open, where a region asked."""
    return request.headers.get("hx-current-url-path") or (request.url.path if request.method == "GET" else "/")


def _drawn(request: Request, status: int, code: str, why: object = None) -> HTMLResponse:
    block = "notice" if _of_htmx(request) else None
    data = {"code": code, "why": why, "status": status, "here": request.url.path}
    return HTMLResponse(request.app.state.pages.draw("error.html", language_of(request), data, block), status)


def install(app: FastAPI) -> None:
    """Answer every failure of the console with a page or a notice."""

    @app.exception_handler(SignInNeeded)
    async def outside(request: Request, _: Exception) -> Response:
        if _of_htmx(request):
            return Response(status_code=401, headers={"HX-Redirect": "/sign-in"})
        return RedirectResponse(f"/sign-in?next={_where(request)}", 303)

    @app.exception_handler(Locked)
    async def locked(request: Request, _: Exception) -> Response:
        if _of_htmx(request):
            return Response(status_code=423, headers={"HX-Reswap": "none", "HX-Trigger": "desk.locked"})
        return RedirectResponse(f"/locked?next={_where(request)}", 303)

    @app.exception_handler(Problem)
    async def refused(request: Request, why: Problem) -> Response:
        return _drawn(request, why.status if why.status < 500 else 502, why.code, why)

    @app.exception_handler(Unreachable)
    async def silent(request: Request, why: Unreachable) -> Response:
        return _drawn(request, 503, "unreachable", why)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, _: Exception) -> Response:
        return _drawn(request, 422, "form_invalid")

    @app.exception_handler(HTTPException)
    async def http(request: Request, why: HTTPException) -> Response:
        return _drawn(request, why.status_code, "page_not_found" if why.status_code == 404 else "not_here")

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, why: Exception) -> Response:
        log.error("answered 500 to %s %s", request.method, request.url.path, exc_info=why)
        return _drawn(request, 500, "unexpected")
