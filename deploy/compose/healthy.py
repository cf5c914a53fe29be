"""A container's health: `python -I -S healthy.py [PORT] [PATH]` exits 0 when what runs here says that it is ready.

It runs every few seconds for as long as the container lives, so it loads nothing but a socket.
"""

import os
import socket
import sys

ANSWER_WITHIN_S = 4
"""The health check's own limit is a second longer: then this can still say what was wrong."""


def main() -> None:
    port = int(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("SAVEPOINT_PORT", "8000"))
    path = sys.argv[2] if len(sys.argv) > 2 else "/readyz"
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=ANSWER_WITHIN_S) as connection:
            connection.sendall(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            answer = b""
            while received := connection.recv(4096):
                answer += received
    except OSError as wrong:
        sys.exit(f"port {port}: {wrong}")
    head, _, body = answer.partition(b"\r\n\r\n")
    if b" 200 " not in head.partition(b"\r\n")[0]:
        sys.exit(body[:2000].decode(errors="replace") or "no answer")


if __name__ == "__main__":
    main()
