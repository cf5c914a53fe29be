"""Everything that survives: registers, documents, the journal and the server's own settings, in one SQLite file."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from kkm_server.domain.document import Document
from kkm_server.domain.register import Register

FILE = "kkm-server.sqlite3"
VERSION = 1

_SCHEMA = f"""
BEGIN;
CREATE TABLE server (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE registers (num_device INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE documents (
    id INTEGER PRIMARY KEY,
    num_device INTEGER NOT NULL,
    number INTEGER NOT NULL,
    check_number INTEGER NOT NULL,
    body TEXT NOT NULL,
    UNIQUE (num_device, check_number)
);
CREATE UNIQUE INDEX fiscal_numbers ON documents (num_device, number) WHERE number > 0;
CREATE TABLE journal (
    boot INTEGER NOT NULL, id_command TEXT NOT NULL, answer TEXT NOT NULL,
    PRIMARY KEY (boot, id_command)
) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
COMMIT;
"""

_registers = TypeAdapter(Register)
_documents = TypeAdapter(Document)


class StateUnusable(Exception):
    """The data folder cannot be used; the text says why in one line."""


class FolderUnusable(StateUnusable):
    """The folder cannot be made, or not be written to."""


class StateInUse(StateUnusable):
    """Another emulator holds the folder."""


class StateNewer(StateUnusable):
    """The state was written by a newer version."""


class Store:
    """The only place with SQL. Used from one thread at a time; every call is short."""

    def __init__(self, data: Path) -> None:
        self._db = _opened(data)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it is in the file when the block ends, or none: a full disk is `StateUnusable`."""
        try:
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except sqlite3.Error as trouble:
            raise StateUnusable(f"cannot write the state: {trouble}") from trouble
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    # The server's own settings, by name.

    def setting(self, key: str, default: Any) -> Any:
        """A value that was kept, or the default."""
        row = self._db.execute("SELECT value FROM server WHERE key = ?", (key,)).fetchone()
        return default if row is None else json.loads(row[0])

    def keep(self, key: str, value: Any) -> None:
        """Keep a JSON value."""
        self._db.execute("INSERT OR REPLACE INTO server VALUES (?, ?)", (key, json.dumps(value)))

    # Registers.

    def registers(self) -> list[Register]:
        """All registers by slot."""
        rows = self._db.execute("SELECT body FROM registers ORDER BY num_device")
        return [_registers.validate_json(body) for (body,) in rows]

    def save_register(self, register: Register) -> None:
        """Write the state of one register."""
        body = _registers.dump_json(register).decode()
        self._db.execute("INSERT OR REPLACE INTO registers VALUES (?, ?)", (register.device.num, body))

    def replace_registers(self, registers: Iterable[Register]) -> None:
        """Start afresh with these: no documents, an empty journal."""
        for table in ("registers", "documents", "journal"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - the names are above
        for register in registers:
            self.save_register(register)

    # Documents.

    def add_documents(self, documents: Sequence[Document]) -> None:
        """Write new documents; a number that exists already is an error of ours."""
        for document in documents:
            body = _documents.dump_json(document, exclude_defaults=True).decode()
            row = (document.num_device, document.number, document.check_number, body)
            self._db.execute("INSERT INTO documents (num_device, number, check_number, body) VALUES (?, ?, ?, ?)", row)

    def documents(self, num_device: int) -> list[Document]:
        """All documents of a register, oldest first."""
        rows = self._db.execute("SELECT body FROM documents WHERE num_device = ? ORDER BY check_number", (num_device,))
        return [_documents.validate_json(body) for (body,) in rows]

    def count_documents(self, num_device: int) -> int:
        """How many documents a register has made."""
        rows = self._db.execute("SELECT count(*) FROM documents WHERE num_device = ?", (num_device,))
        return int(rows.fetchone()[0])

    def newest_documents(self, limit: int) -> list[Document]:
        """The last documents of all registers, newest first."""
        rows = self._db.execute("SELECT body FROM documents ORDER BY id DESC LIMIT ?", (limit,))
        return [_documents.validate_json(body) for (body,) in rows]

    def fiscal_document(self, num_device: int, number: int) -> Document | None:
        """A fiscal document of a register by its number, 0 for the last one."""
        asked = "SELECT body FROM documents WHERE num_device = ? AND number > 0"
        if number == 0:
            rows = self._db.execute(f"{asked} ORDER BY number DESC LIMIT 1", (num_device,))
        else:
            rows = self._db.execute(f"{asked} AND number = ?", (num_device, number))
        row = rows.fetchone()
        return None if row is None else _documents.validate_json(row[0])

    # The journal.

    def journal_answer(self, boot: int, id_command: str) -> dict[str, Any] | None:
        """The answer of a command that ended since this start of the server."""
        row = self._db.execute(
            "SELECT answer FROM journal WHERE boot = ? AND id_command = ?", (boot, id_command)
        ).fetchone()
        return None if row is None else dict(json.loads(row[0]))

    def add_journal_answer(self, boot: int, id_command: str, answer: dict[str, Any]) -> None:
        """Remember how a command ended."""
        text = json.dumps(answer, ensure_ascii=False)
        self._db.execute("INSERT OR REPLACE INTO journal VALUES (?, ?, ?)", (boot, id_command, text))


def _opened(data: Path) -> sqlite3.Connection:
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as trouble:
        raise FolderUnusable(f"cannot make the data folder {data}: {trouble.strerror}") from None
    db: sqlite3.Connection | None = None
    try:
        db = sqlite3.connect(data / FILE, timeout=0.0, isolation_level=None, check_same_thread=False)
        _prepare(db, data)
    except sqlite3.Error as trouble:
        if db is not None:
            db.close()
        if "locked" in str(trouble):
            raise StateInUse(f"another emulator uses the data folder {data}") from None
        raise FolderUnusable(f"cannot use {data / FILE}: {trouble}") from None
    except StateUnusable:
        db.close() if db is not None else None
        raise
    return db


def _prepare(db: sqlite3.Connection, data: Path) -> None:
    # One emulator per folder: the lock is the kernel's, so a killed process leaves none behind.
    db.execute("PRAGMA locking_mode = EXCLUSIVE")
    db.execute("PRAGMA journal_mode = WAL")
    # A killed process loses nothing, since its writes are in the page cache; a power cut may lose the last ones.
    db.execute("PRAGMA synchronous = NORMAL")
    # A write takes the lock even where there is nothing to change.
    db.execute("BEGIN EXCLUSIVE")
    db.execute("COMMIT")
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > VERSION:
        raise StateNewer(f"the state in {data} is of version {version}; this emulator knows {VERSION}")
    if version == 0:
        db.executescript(_SCHEMA)
