"""The data folder of a one-machine stack: who uses it, what runs, and its secrets."""

import fcntl
import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from savepoint.failures import CommandFailed, Exit

DISK_MIN_BYTES = 200 * 1024 * 1024
DEFAULT = Path(os.environ.get("XDG_DATA_HOME", "~/.local/share")).expanduser() / "savepoint"


@dataclass(frozen=True, slots=True)
class Running:
    """A stack as it was started: where its parts are. Process ids are of what must be gone before another starts."""

    pid: int
    port: int
    postgres_url: str
    """As a superuser."""
    kafka_servers: str
    kafka_kind: str
    kkm_url: str
    kkm_control: bool
    children: dict[str, int] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


class Folder:
    """Everything that a one-machine stack keeps."""

    def __init__(self, path: Path) -> None:
        self.path = path.expanduser().resolve()
        self._lock: Any = None

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def prepare(self, fresh: bool = False) -> None:
        """Take the folder for this process, empty if `fresh`. Raises CommandFailed."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._take()
            if fresh:
                self._empty()
            free = shutil.disk_usage(self.path).free
        except OSError as wrong:
            raise CommandFailed(
                Exit.DISK, f"{self.path} cannot be used: {wrong.strerror}. Choose another with --data."
            ) from None
        if free < DISK_MIN_BYTES:
            free_mb = free // 1024 // 1024
            raise CommandFailed(Exit.DISK, f"Only {free_mb} MB are free for {self.path}: make room, or use --data.")

    def _take(self) -> None:
        self._lock = (self / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"{self.path} is in use by another savepoint. Stop it with `savepoint down`, or choose --data."
            raise CommandFailed(Exit.FOLDER_IN_USE, message) from None

    def _empty(self) -> None:
        for one in self.path.iterdir():
            if one.name == "lock":
                continue
            shutil.rmtree(one) if one.is_dir() else one.unlink()

    def in_use(self) -> bool:
        """Whether a stack holds the folder now."""
        if not (self / "lock").exists():
            return False
        with (self / "lock").open("a") as probe:
            try:
                fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def write(self, running: Running) -> None:
        """Say what runs; whole or not at all."""
        draft = self / "running.json.part"
        draft.write_text(json.dumps(asdict(running), indent=1))
        draft.replace(self / "running.json")

    def read(self) -> Running | None:
        """What ran last; it may be gone."""
        try:
            return Running(**json.loads((self / "running.json").read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def running(self) -> Running:
        """The stack that runs now. Raises CommandFailed when none does."""
        found = self.read() if self.in_use() else None
        if found is None:
            message = (
                f"No stack runs in {self.path}. Start one with `savepoint up`, or name another folder with --data."
            )
            raise CommandFailed(Exit.NOT_RUNNING, message)
        return found

    def secret(self, name: str) -> str:
        """A secret that was drawn once and stays."""
        path = self / "secrets" / name
        path.parent.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            draft = path.with_suffix(".part")
            draft.touch(mode=0o600)
            draft.write_text(secrets.token_urlsafe(32))
            draft.replace(path)
        return path.read_text()
