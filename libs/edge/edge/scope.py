"""Whose rows a caller may see: one org, and some or all of its clubs. Stores put it into every query."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause


@dataclass(frozen=True, slots=True)
class Scope:
    """`clubs` is None where every club of the org is allowed."""

    org_id: UUID
    clubs: frozenset[UUID] | None = None

    def covers(self, club_id: UUID) -> bool:
        return self.clubs is None or club_id in self.clubs

    def rows(self, table: FromClause) -> list[ColumnElement[bool]]:
        """Conditions that keep `table` to this scope; its `club_id` counts where it has one."""
        conditions: list[ColumnElement[bool]] = [table.c.org_id == self.org_id]
        if self.clubs is not None and "club_id" in table.c:
            conditions.append(table.c.club_id.in_(self.clubs))
        return conditions
