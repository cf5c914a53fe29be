"""What all forms of the desk share: one attempt for all presses of one form, and what came of it."""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Form, Request, Response

from console.clients.services import Problem, Unreachable
from kit.time import new_id

Attempt = Annotated[str, Form(max_length=64)]
Short = Annotated[str, Form(max_length=64)]
Long = Annotated[str, Form(max_length=200)]
Why = Problem | Unreachable


def attempt_after(why: Why, attempt: str) -> str:
    """A new attempt where nothing was done and never will be; the same one where nobody knows."""
    return str(new_id()) if isinstance(why, Problem) and why.definite else attempt


def status_of(why: Why) -> int:
    return why.status if isinstance(why, Problem) and why.status < 500 else 503


async def typed_in(request: Request) -> dict[str, str]:
    """A form's fields; of several with one name the last."""
    return {name: str(value) for name, value in (await request.form()).items()}


async def chosen_in(request: Request, name: str) -> list[str]:
    """All that was chosen under one name: days, clubs."""
    return [str(value) for value in (await request.form()).getlist(name)]


def go(path: str) -> Response:
    """On to another page, for htmx."""
    return Response(status_code=204, headers={"HX-Redirect": path})


def inside(path: str, otherwise: str) -> str:
    """Only to a page of ours."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else otherwise


def different(body: Mapping[str, object], now: Mapping[str, object]) -> dict[str, object]:
    """What of `body` is not so already: a change names that alone."""
    return {name: value for name, value in body.items() if now.get(name) != value}
