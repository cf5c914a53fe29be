"""`python -m bench`: every figure in one run, on one Postgres."""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bench import broker, hops, pgbench, postgres, posting, relaying, stack, till, window
from bench.report import (
    CHANGE,
    CLICK,
    FIRST_LOAD,
    KEY,
    MEMORY,
    P99,
    RATIO,
    RELAY,
    Figure,
    Target,
    console,
    machine,
    show,
)
from kit import telemetry
from savepoint.show import Progress

SETTLES_S, IDLE_S = 2, 5
"""So long the stack is left alone after the day, and so long it is then looked at."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is done for each figure. `each`: clients of pgbench -> postings by every one of them."""

    each: dict[int, int]
    events: int
    rows: int
    keys: int
    presses: int
    clicks: int
    changes_s: int


FULL = Sizes(
    each={1: 5000, 4: 2500, 16: 1000}, events=10_000, rows=20_000, keys=400, presses=300, clicks=60, changes_s=20
)
QUICK = Sizes(each={1: 1000, 4: 500, 16: 200}, events=2_000, rows=5_000, keys=400, presses=40, clicks=20, changes_s=5)


async def run(sizes: Sizes, folder: Path, out: Console, progress: Progress) -> None:
    """Measure and print."""
    with postgres.running(folder / "postgres") as server:
        out.print(machine(await server.version()))
        figures = await _data_path(sizes, server, progress)
        await server.forget()
    # The same server and files, started again by the stack: what the figures above left in memory is not the stack's.
    async with stack.up(folder) as running:
        more, notes = await _whole(sizes, running, progress)
    progress.end()
    show(out, figures + more)
    for note in notes:
        out.print(note)


async def _data_path(sizes: Sizes, server: postgres.Postgres, progress: Progress) -> list[Figure]:
    """The parts of billing's data path, each alone."""
    progress.begin("pgbench")
    rates = await pgbench.rates(server, sizes.each)
    best = max(rates, key=lambda clients: rates[clients].tps)
    figures = [
        Figure(f"pgbench, {clients} at a time", one.tps, f"{one.tps:,.0f} tps, {one.latency_ms:.1f} ms each")
        for clients, one in rates.items()
    ]
    progress.begin("postings through the intake")
    by_intake = await posting.by_intake(server, sizes.events)
    figures += _postings("Intake.take", by_intake, rates[best].tps, best)
    async with broker.running() as kafka:
        progress.begin("postings through the broker")
        by_consumer = await posting.by_consumer(server, kafka, sizes.events)
        figures += _postings("broker and Consumer", by_consumer, rates[best].tps, best)
        progress.begin("relay")
        rows = await relaying.rate(server, kafka, sizes.rows, sizes.keys)
    return [*figures, Figure(f"relay, {sizes.keys} keys", rows, f"{rows:,.0f} rows/s", RELAY)]


def _postings(way: str, rate: posting.Rate, tps: float, clients: int) -> list[Figure]:
    share = rate.per_s / tps
    return [
        Figure(f"top-up postings by one replica, {way}", rate.per_s, f"{rate.per_s:,.0f}/s in {rate.batch_rows:.0f}s"),
        Figure(f"  share of pgbench's best, {clients} at a time", share, f"{share:.2f}", RATIO),
    ]


async def _whole(sizes: Sizes, running: stack.Stack, progress: Progress) -> tuple[list[Figure], list[str]]:
    """The whole stack: its memory after a day, then a till that does not pause."""
    progress.begin("the first day")
    club = await till.day(running)
    await asyncio.sleep(SETTLES_S)
    idle, parts = await stack.cpu_percent(running, IDLE_S), stack.memory_mb(running)
    progress.begin(f"{sizes.presses} top-ups, one after another")
    presses = await till.top_ups(running, club, sizes.presses)
    took = [one.took_ms for one in presses]
    p50, p99 = till.percentile(took, 0.5), till.percentile(took, 0.99)
    figures = [
        Figure(f"sale to receipt, p50 of {len(took)}", p50, f"{p50:.0f} ms"),
        Figure("sale to receipt, p99", p99, f"{p99:.0f} ms, worst {max(took):.0f} ms", P99),
        Figure("processor of the stack, idle after the day", idle, f"{idle:.0f} % of a core"),
    ]
    total = sum(parts.values())
    memory = Figure("memory of the stack, idle after the day", total, f"{total} MB", MEMORY)
    notes = ["", "Where the time of a sale goes, median ms:"]
    notes += [f"{one.ms:8.1f}  {one.name}" for one in await hops.stretches(running, presses)]
    progress.begin("the desk in a browser")
    desk, why = _desk(await window.feel(running, club, sizes.clicks, sizes.changes_s))
    figures += desk
    notes += why
    notes += ["", "Memory (PSS), MB: " + ", ".join(f"{name} {size}" for name, size in parts.items())]
    return [*figures, *([memory] if parts else [])], notes


def _desk(felt: window.Felt | None) -> tuple[list[Figure], list[str]]:
    """What the desk's finger waits for."""
    if felt is None:
        return [], ["", "No Chromium on this machine: the desk in a browser was not measured."]

    def both(name: str, took: list[float], target: Target) -> Figure:
        p50, p95 = till.percentile(took, 0.5), till.percentile(took, 0.95)
        return Figure(name, p95, f"{p50:.0f} / {p95:.0f} ms", target)

    p99 = till.percentile(felt.change, 0.99)
    figures = [both(f"click to painted panel, +{ms} ms, p50/p95", felt.click[ms], CLICK[ms]) for ms in CLICK]
    figures.append(both("key to feedback, p50/p95", felt.key, KEY))
    change = f"{window.PLACES} tiles, {window.CHANGES_PER_S} changes/s"
    figures.append(Figure(f"live change to tile, {change}, p99", p99, f"{p99:.0f} ms of {len(felt.change)}", CHANGE))
    load = f"{felt.first_bytes / 1000:.1f} kB, {felt.all_bytes / 1000:.1f} kB with what follows"
    figures.append(Figure("first load, on the wire", felt.first_bytes, load, FIRST_LOAD))
    return figures, []


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m bench", description="What Savepoint costs on this machine.")
    options.add_argument("--quick", action="store_true", help="less of everything: a look, not a figure to quote")
    asked = options.parse_args()
    telemetry.set_up("bench", level="WARNING")
    out, progress = console(), Progress(Console(stderr=True))
    with tempfile.TemporaryDirectory(prefix="savepoint-bench-") as folder, _runner() as runner, progress.live():
        runner.run(run(QUICK if asked.quick else FULL, Path(folder), out, progress))


def _runner() -> asyncio.Runner:
    """The event loop that uvicorn gives to the services, where there is one."""
    if sys.platform == "win32":
        return asyncio.Runner()
    import uvloop

    return asyncio.Runner(loop_factory=uvloop.new_event_loop)


if __name__ == "__main__":
    main()
