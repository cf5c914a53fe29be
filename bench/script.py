"""What billing sends to Postgres for one top-up posting, written down as a pgbench script.

The statements are not copied by hand: one receipt is taken in and what SQLAlchemy gives to the driver is kept, so that
the script is today's code. Each parameter becomes a literal, but for those that differ from one posting to the next.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event

from bench import topups
from billing.consumers import handlers
from kit.consume import Intake
from kit.db import Database

Statement = tuple[str, Sequence[Any], bool]
"""SQL, its parameters, and whether it is sent for many rows: then they are rows of parameters."""

SALE = "lpad(to_hex(:n::bigint), 32, '0')::uuid"
CLIENT = f"lpad(to_hex(:n::bigint % {topups.CLIENTS} + 1), 32, '0')::uuid"
ENTRY = "md5(:n::text)::uuid"
EVENT = "uuidv7()"


async def posting(db: Database, number: int) -> str:
    """Settle top-up `number` in `db`; the script that settles top-up `:n` in the same way."""
    statements: list[Statement] = []

    def keep(_: object, __: object, sql: str, values: Sequence[Any], ___: object, many: bool) -> None:
        statements.append((sql, values, many))

    event.listen(db.engine.sync_engine, "before_cursor_execute", keep)
    try:
        await Intake(db, handlers()).take([topups.receipt(number)])
    finally:
        event.remove(db.engine.sync_engine, "before_cursor_execute", keep)
    return script(statements, number)


def script(statements: Sequence[Statement], number: int) -> str:
    """The statements in one transaction, each a round trip; the rows of one statement are sent together."""
    differs = _differs(statements, number)
    lines = [r"\set i :i + 1", r"\set n :first + :client_id * :each + :i", "begin;"]
    for sql, values, many in statements:
        given = values if many else [values]
        rows = [_filled(sql, _drawn(sql, row, len(given) - at), differs) for at, row in enumerate(given, 1)]
        # As asyncpg sends many rows: one round trip for all.
        lines += [r"\startpipeline", *rows, r"\endpipeline"] if many else rows
    return "\n".join([*lines, "commit;", ""])


def _differs(statements: Sequence[Statement], number: int) -> dict[Any, str]:
    """SQL for the values that differ between postings."""
    client = topups.client_id(number)
    known: dict[Any, str] = {topups.sale_id(number): SALE, str(topups.sale_id(number)): f"({SALE})::text"}
    known[f"client:{client}"] = _text("client:") + f" || ({CLIENT})"
    for sql, values, many in statements:
        if sql.startswith("insert into entry"):
            known[values[1][0]] = ENTRY
        elif sql.startswith(("INSERT INTO inbox", "INSERT INTO outbox")):
            known |= {row[0]: EVENT for row in (values if many else [values])}
    return known


class Sql(str):
    """A value that is an expression."""


def _drawn(sql: str, row: Sequence[Any], behind: int) -> Sequence[Any]:
    """A row of live changes with the number that its transaction has just drawn for it, `behind` the last one."""
    if not sql.startswith("INSERT INTO live_change"):
        return row
    club_id, _, *rest = row
    last = f"(select seq from live where club_id = '{club_id}')"  # noqa: S608  an id of ours
    return [club_id, Sql(f"{last} - {behind}"), *rest]


def _filled(sql: str, values: Sequence[Any], differs: Mapping[Any, str]) -> str:
    """One statement with its parameters in their places, on one line."""
    shown = re.sub(r"\$(\d+)", lambda place: _literal(values[int(place[1]) - 1], differs), " ".join(sql.split()))
    return shown + ";"


def _literal(value: Any, differs: Mapping[Any, str]) -> str:
    match value:
        case None:
            return "null"
        case Sql():
            return f"({value})"
        case bool() | int():
            return f"({str(value).lower()})"
        case bytes():
            return rf"'\x{value.hex()}'"
        case datetime():
            return "now()"
        case list():
            return f"array[{', '.join(_literal(one, differs) for one in value)}]"
        case str() | UUID() if value in differs:
            return f"({differs[value]})"
        case UUID():
            return f"'{value}'"
        case str():
            return _text(value)
    raise TypeError(f"no literal for a {type(value).__name__}")


def _text(value: str) -> str:
    """A literal without a colon: pgbench would take what follows it for a variable."""
    escaped = value.replace("\\", "\\\\").replace("'", "''").replace(":", r"\003A")
    return f"U&'{escaped}'"
