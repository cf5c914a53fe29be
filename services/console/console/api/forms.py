"""What all forms of the desk share: one attempt for all presses of one form, and what came of it."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import Form, Request, Response

from console.api.catalogue import translations
from console.api.desk import Desk
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


def go(path: str) -> Response:
    """On to another page, for htmx."""
    return Response(status_code=204, headers={"HX-Redirect": path})


def inside(path: str, otherwise: str) -> str:
    """Only to a page of ours."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else otherwise


def different(body: Mapping[str, object], now: Mapping[str, object]) -> dict[str, object]:
    """What of `body` is not so already: a change names that alone."""
    return {name: value for name, value in body.items() if now.get(name) != value}


async def lists_in(request: Request) -> dict[str, list[str]]:
    """A form's fields with all their values."""
    form = await request.form()
    return {name: [str(value) for value in form.getlist(name)] for name in form}


def words(desk: Desk) -> Callable[[str], str]:
    """What a message is called in the desk's language."""
    return translations(desk.language).gettext


def club_needed(desk: Desk) -> str:
    """The club on this screen. Raises Problem, where none was chosen."""
    if desk.club_id is None:
        raise Problem("hall", 404, {"code": "no_club_chosen"})
    return desk.club_id
