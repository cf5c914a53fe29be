"""Composition: a store, an emulator, and the routes over it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from kkm_server.api import METHODS, PATHS, ExecuteApi
from kkm_server.clock import Clock, SystemClock
from kkm_server.control import ControlApi
from kkm_server.emulator import Emulator
from kkm_server.page import Page
from kkm_server.store import Store


def create_app(data: Path, control: bool, clock: Clock | None = None) -> FastAPI:
    """Build the emulator over a data folder; raises `StateUnusable` where the folder cannot be used.

    The emulator is `app.state.emulator`; it is closed when the application shuts down. Faults of the transport need
    the application to be served with `kkm_server.serving`.
    """
    emulator = Emulator(Store(data), clock or SystemClock())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        emulator.close()

    # No pages of the framework: they would load scripts from outside.
    app = FastAPI(title="KKM-Server emulator", openapi_url=None, docs_url=None, redoc_url=None, lifespan=lifespan)
    app.state.emulator = emulator
    execute = ExecuteApi(emulator)
    for path, asynchronous in PATHS.items():
        endpoint = execute.do_not_wait if asynchronous else execute.wait
        app.add_route(path, endpoint, methods=METHODS)
        app.add_route(path + "/", endpoint, methods=METHODS)
    page = Page(emulator)
    app.add_route("/", page.newest)
    app.add_route("/page.css", page.style)
    app.add_route("/documents/{number:int}", page.one)
    if control:
        app.include_router(ControlApi(emulator).router())
        app.add_exception_handler(RequestValidationError, _refused)
    return app


async def _refused(_: Request, wrong: Any) -> JSONResponse:
    """422 with the field's name, the first one that is wrong."""
    first = wrong.errors()[0]
    field = ".".join(str(part) for part in first["loc"] if part != "body")
    return JSONResponse({"field": field, "detail": f"{field}: {first['msg']}"}, 422)
