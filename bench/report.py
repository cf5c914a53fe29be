"""The figures of a run beside their targets. Nothing is asserted: a slow machine is not a fault."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Target:
    """What a figure should reach (`at_least`) or stay under."""

    value: float
    text: str
    at_least: bool

    def verdict(self, found: float) -> str:
        """`ok` or `below target`."""
        return "ok" if (found >= self.value if self.at_least else found < self.value) else "below target"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `value` is what the target is compared with, `text` what is shown."""

    name: str
    value: float
    text: str
    target: Target | None = None

    @property
    def verdict(self) -> str:
        return self.target.verdict(self.value) if self.target else ""


RATIO = Target(0.3, ">= 0.3", at_least=True)
RELAY = Target(8000, ">= 8,000/s", at_least=True)
P99 = Target(100, "< 100 ms", at_least=False)
CLICK = {0: Target(100, "< 100 ms", at_least=False), 50: Target(150, "< 150 ms", at_least=False)}
KEY = Target(50, "< 50 ms", at_least=False)
CHANGE = Target(200, "< 200 ms", at_least=False)
FIRST_LOAD = Target(40_000, "< 40 kB", at_least=False)
MEMORY = Target(700, "< 700 MB", at_least=False)


def machine(postgres_version: str) -> str:
    """Where the figures come from, and whether something else ran there when they began."""
    cores, load = os.cpu_count() or 1, os.getloadavg()[0]
    busy = "; SOMETHING ELSE IS RUNNING, the figures are worse for it" if load > 0.3 * cores else ""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"{cores} cores ({_processor()}), {python}, PostgreSQL {postgres_version}; load at the start {load:.2f}{busy}"
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def console() -> Console:
    """Where the figures go; wide enough for a line each where nobody says how wide it is."""
    out = Console(soft_wrap=True, highlight=False)
    return out if out.is_terminal else Console(soft_wrap=True, highlight=False, width=120)


def show(out: Console, figures: Sequence[Figure]) -> None:
    """Print the table."""
    table = Table("figure", "value", "target", "verdict")
    for one in figures:
        colour = {"ok": "green", "below target": "red"}.get(one.verdict, "")
        verdict = f"[{colour}]{one.verdict}[/]" if colour else ""
        table.add_row(one.name, one.text, one.target.text if one.target else "", verdict)
    out.print(table)
