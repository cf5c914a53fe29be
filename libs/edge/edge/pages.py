"""Lists as cursor pages: newest first, a page tells where the next one begins."""

from typing import Annotated, Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, Field

T = TypeVar("T")

PAGE_MAX = 200

Cursor = Annotated[UUID | None, Field(description="`next` of the page before; absent for the first page")]
Limit = Annotated[int, Field(ge=1, le=PAGE_MAX)]


class Page(BaseModel, Generic[T]):
    """Some items, and the cursor of those after them; `next` is absent on the last page."""

    items: list[T]
    next: UUID | None = None


def page(items: list[T], ids: list[UUID], limit: int) -> Page[T]:
    """A page of at most `limit` from a query that asked for one more; `ids` are the items' ids, in order."""
    more = len(items) > limit
    return Page(items=items[:limit], next=ids[limit - 1] if more else None)
