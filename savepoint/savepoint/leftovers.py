"""What a killed stack left running in a data folder that is ours now."""

from contextlib import suppress

import psutil

from savepoint.folder import Folder

END_WITHIN_S = 10


def end(folder: Folder, *, postgres: bool = False) -> None:
    """End the orphans, and forget where they were. Postgres is kept for the next stack, unless `postgres`."""
    before = folder.read()
    pids = list(before.children.values()) if before else []
    ended = [process for pid in pids if (process := _ours(folder, pid)) is not None]
    if postgres:
        ended += [process for process in [_postgres(folder)] if process is not None]
    for process in ended:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(ended, timeout=END_WITHIN_S)
    # A process id is soon another program's: nobody may take it for the stack that starts now.
    (folder / "running.json").unlink(missing_ok=True)


def _ours(folder: Folder, pid: int) -> psutil.Process | None:
    """The process, unless its id has become another program's."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        words = " ".join(process.cmdline())
        if str(folder.path) in words or "tansu" in words:
            return process
    return None


def _postgres(folder: Folder) -> psutil.Process | None:
    """The Postgres that runs in the folder: its own file says which process that is."""
    try:
        pid = int((folder / "postgres" / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return None
    return _ours(folder, pid)
