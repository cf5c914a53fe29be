"""The command line: `savepoint-kkm-emulator`."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from kkm_server.app import create_app
from kkm_server.serving import EmulatorServer, address, listening
from kkm_server.store import FolderUnusable, StateInUse, StateNewer, StateUnusable

# 1 is Python's own and 2 argparse's.
EXIT_CODES: dict[type[Exception], int] = {OSError: 3, FolderUnusable: 4, StateInUse: 5, StateNewer: 6}
DEFAULT_PORT = 5893


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve the emulator until it is told to stop."""
    asked = _parser().parse_args(arguments)
    control = asked.control or os.environ.get("KKM_CONTROL") == "1"
    try:
        # The port first: a second emulator on one port must not touch the state.
        listener = listening(asked.listen, asked.port)
        app = create_app(asked.data, control)
    except (OSError, StateUnusable) as trouble:
        sys.stderr.write(f"savepoint-kkm-emulator: {_said(trouble, asked)}\n")
        sys.exit(next(code for kind, code in EXIT_CODES.items() if isinstance(trouble, kind)))
    with listener:
        sys.stdout.write(f"listening on {address(listener)}\n")
        sys.stdout.flush()
        EmulatorServer(app).run(sockets=[listener])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="savepoint-kkm-emulator", description="An emulator of KKM-Server.")
    parser.add_argument("--data", type=Path, required=True, help="folder of its state; it is made where it is missing")
    parser.add_argument("--port", type=_port, default=DEFAULT_PORT, help="0 takes a free one (default: %(default)s)")
    parser.add_argument("--listen", default="127.0.0.1", metavar="HOST", help="address (default: %(default)s)")
    parser.add_argument("--control", action="store_true", help="serve /control as well (or KKM_CONTROL=1)")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65_535:
        raise ValueError(text)
    return port


def _said(trouble: Exception, asked: argparse.Namespace) -> str:
    if isinstance(trouble, OSError):
        return f"cannot listen on {asked.listen}:{asked.port}: {trouble.strerror}"
    return str(trouble)
