"""The data folder of a one-machine stack: who uses it, what runs, and its secrets."""

import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from savepoint.failures import CommandFailed, Exit

DISK_MIN_BYTES = 200 * 1024 * 1024
OURS = frozenset(
    [
        "lock",
        "running.json",
        "running.json.part",
        "stack.log",
        "services.log",
        "broker.log",
        "emulator.log",
        "demo",
        "day",
        "postgres",
        "secrets",
        "tls",
        "workers",
        "kkm-server",
    ]
)
"""What a stack makes in its folder."""
KEPT = ("lock", "stack.log")
"""What an emptied folder still holds: the process that empties it has locked the one and may speak into the other."""
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
    listen: str | None = None
    """The address of the club's network at which the desk is served by TLS, too."""
    tls_port: int = 0

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

    def prepare(self) -> None:
        """Take the folder for this process. Raises CommandFailed."""
        with self._usable():
            self.path.mkdir(parents=True, exist_ok=True)
            self._take()
            free = shutil.disk_usage(self.path).free
        if free < DISK_MIN_BYTES:
            free_mb = free // 1024 // 1024
            raise CommandFailed(Exit.DISK, f"Only {free_mb} MB are free for {self.path}: make room, or use --data.")

    def make(self) -> None:
        """See that the folder is there and can be written to. Raises CommandFailed."""
        with self._usable():
            self.path.mkdir(parents=True, exist_ok=True)
            (self / "lock").touch()

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as wrong:
            no_folder = isinstance(wrong, (FileExistsError, NotADirectoryError))
            said = "it is not a folder" if no_folder else wrong.strerror
            message = f"{self.path} cannot be used: {said}. Choose another with --data."
            raise CommandFailed(Exit.DISK, message) from None

    def _take(self) -> None:
        self._lock = (self / "lock").open("a")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            message = f"{self.path} is in use by another savepoint. Stop it with `savepoint down`, or choose --data."
            raise CommandFailed(Exit.FOLDER_IN_USE, message) from None
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()

    def empty(self) -> None:
        """Lose everything in the folder, which is this process's; or nothing, and raise CommandFailed."""
        with self._usable():
            others = sorted({one.name for one in self.path.iterdir()} - OURS)
            if others:
                message = (
                    f"{self.path} holds {others[0]}, which is not Savepoint's. Nothing was removed; choose --data."
                )
                raise CommandFailed(Exit.FOLDER_IN_USE, message)
            for one in self.path.iterdir():
                if one.name in KEPT:
                    continue
                shutil.rmtree(one) if one.is_dir() else one.unlink()

    def in_use(self) -> bool:
        """Whether a stack holds the folder now."""
        if not (self / "lock").exists():
            return False
        with self._usable(), (self / "lock").open() as probe:
            try:
                fcntl.flock(probe, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def holder(self) -> int:
        """The process that holds the folder. Raises CommandFailed when none does."""
        if not self.in_use():
            message = (
                f"No stack runs in {self.path}. Start one with `savepoint up`, or name another folder with --data."
            )
            raise CommandFailed(Exit.NOT_RUNNING, message)
        return int((self / "lock").read_text())

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
        """The stack that runs now. Raises CommandFailed when none does, or it does not tell where its parts are."""
        pid, found = self.holder(), self.read()
        if found is None:
            message = (
                f"The stack of {self.path} (process {pid}) starts or stops, or its running.json is damaged. "
                "Try again in a moment; if that does not help, stop it with `savepoint down`."
            )
            raise CommandFailed(Exit.STACK, message)
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
