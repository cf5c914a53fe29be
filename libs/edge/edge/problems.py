"""Every failure that leaves over HTTP, as `application/problem+json` (RFC 9457) with a stable slug."""

import logging
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kit.errors import Refused, Transient

log = logging.getLogger(__name__)

CODES = {400: "request_invalid", 404: "path_not_found", 405: "method_not_allowed", 413: "body_too_large"}
DETAILS = {
    400: "The body cannot be read. Send JSON in UTF-8.",
    404: "There is nothing here. The APIs are under /api/<service>/v1.",
    405: "This cannot be asked here in this way. The header Allow says how it can.",
}
"""In the place of the framework's own words, which say less."""


def document(status: int, code: str, detail: str, **members: Any) -> dict[str, Any]:
    """A problem's members; empty ones are left out."""
    title = code.replace("_", " ").capitalize()
    known = {"type": f"urn:savepoint:problem:{code}", "code": code, "title": title, "status": status, "detail": detail}
    return known | {name: value for name, value in members.items() if value is not None}


def of(refused: Refused) -> dict[str, Any]:
    return document(refused.status, refused.code, refused.detail, **refused.members)


def _response(problem: dict[str, Any], **headers: str) -> JSONResponse:
    if problem.get("retry") == "later" or problem["status"] == 503:
        headers["Retry-After"] = str(problem.get("params", {}).get("wait_s", 1))
    return JSONResponse(problem, problem["status"], headers, media_type="application/problem+json")


async def http(_: Request, failure: HTTPException) -> JSONResponse:
    """What the framework refuses by itself."""
    status = failure.status_code
    detail = DETAILS.get(status, failure.detail)
    return _response(document(status, CODES.get(status, "http_error"), detail), **(failure.headers or {}))


def install(app: FastAPI) -> None:
    """Answer every failure of `app` with a problem; what nobody foresaw is a 500 that gives nothing away."""

    @app.exception_handler(Refused)
    async def refused(_: Request, failure: Refused) -> JSONResponse:
        return _response(of(failure), **({"WWW-Authenticate": "Bearer"} if failure.status == 401 else {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, failure: RequestValidationError) -> JSONResponse:
        errors = [{"field": ".".join(map(str, e["loc"])), "problem": e["msg"]} for e in failure.errors()[:20]]
        detail = "; ".join(f"{e['field']}: {e['problem']}" for e in errors[:3])
        return _response(document(422, "request_invalid", detail, params={"errors": errors}, retry="never"))

    app.exception_handler(HTTPException)(http)

    @app.exception_handler(Transient)
    async def transient(_: Request, failure: Transient) -> JSONResponse:
        log.warning("answered 503: %s", failure)
        detail = "The service cannot reach its database right now. Nothing was changed. Try again with the same key."
        return _response(document(503, "try_again", detail, retry="same_key"))

    @app.exception_handler(Exception)
    async def unforeseen(request: Request, failure: Exception) -> JSONResponse:
        log.error("answered 500 to %s %s", request.method, request.url.path, exc_info=failure)
        detail = "Something unforeseen failed; it is in the log. Trying again with the same key does nothing twice."
        return _response(document(500, "unexpected", detail, retry="same_key"))
