"""What a person sees while the command works: a live view in a terminal, plain lines in a pipe."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status
from rich.text import Text


class Progress:
    """Steps that take a moment: each is shown while it runs and stays as a line when it is done."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._status: Status | None = None
        self._name, self._since = "", 0.0

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show a spinner with what runs now; in a pipe, only the lines."""
        if not self.console.is_terminal:
            yield
            return
        with self.console.status("starting") as self._status:
            yield
        self._status = None

    def begin(self, name: str) -> None:
        """`name` runs from now on; what ran before is done."""
        self.end()
        self._name, self._since = name, time.perf_counter()
        if self._status is not None:
            self._status.update(name)

    def end(self) -> None:
        """What ran is done."""
        if self._name:
            self.done(self._name, "", time.perf_counter() - self._since)
        self._name = ""

    def done(self, title: str, detail: str, seconds: float) -> None:
        """A line that stays."""
        if self.console.is_terminal:
            parts = (("✓", "green"), f" {title:42} ", (f"{detail:58}", "dim"), (f" {seconds * 1000:6.0f} ms", "cyan"))
            self.console.print(Text.assemble(*parts))
        else:
            text = f"ok  {title}" + (f": {detail}" if detail else "")
            self.console.print(f"{text} ({seconds * 1000:.0f} ms)", highlight=False, soft_wrap=True)
