"""Faults on demand: which commands they strike, and the same chances for the same seed."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from random import Random
from typing import Any


class What(StrEnum):
    """What a fault does; the words of the control endpoint."""

    DELAY = "delay"
    CUT_BEFORE = "cut_before"
    CUT_AFTER = "cut_after"
    HANG_QUEUED = "hang_queued"
    HANG_RUNNING = "hang_running"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    LOST_JOURNAL = "lost_journal"
    RESTART = "restart"
    HTTP_500 = "http_500"
    HTTP_503 = "http_503"
    GARBAGE = "garbage"
    NO_PAPER = "no_paper"
    DOUBLE_ANSWER = "double_answer"


# Invented: what the device says when a fault brings no text of its own.
ERROR_DEFAULT = "Ошибка регистрации ( 299 : ККТ: Ошибка устройства )"


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `command` and `num_device` are None where any will do, `times` is 0 for always."""

    id: int
    what: What
    command: str | None = None
    num_device: int | None = None
    times: int = 1
    after: int = 0
    seconds: float = 5.0
    error: str = ERROR_DEFAULT
    # How many matching commands there were.
    seen: int = 0

    def matches(self, command: str, num_device: int | None) -> bool:
        """Whether the fault concerns a command at all."""
        return self.command in (None, command) and self.num_device in (None, num_device)

    @property
    def struck(self) -> int:
        """How often it struck."""
        past = max(0, self.seen - self.after)
        return min(past, self.times) if self.times else past

    @property
    def spent(self) -> bool:
        """Whether it will never strike again."""
        return bool(self.times) and self.struck >= self.times


@dataclass(frozen=True, slots=True)
class Chance:
    """Faults at random: one in `1 / rate` commands is struck by one of `what`."""

    seed: int
    rate: float
    what: tuple[What, ...]


Strikes = dict[What, Fault]


class Faults:
    """The faults in force. Several may strike one command; of two alike the first counts."""

    def __init__(self, kept: dict[str, Any] | None = None) -> None:
        kept = kept or {"faults": [], "chance": None}
        self._faults = [Fault(**{**one, "what": What(one["what"])}) for one in kept["faults"]]
        self._last_id = max((fault.id for fault in self._faults), default=0)
        self._chance: Chance | None = None
        self._streams: dict[tuple[str, int | None], Random] = {}
        self.cleared = asyncio.Event()
        if (chance := kept["chance"]) is not None:
            self.seed(Chance(chance["seed"], chance["rate"], tuple(map(What, chance["what"]))))

    def kept(self) -> dict[str, Any]:
        """What survives the process; the draws of a seed begin anew with it."""
        chance = None if self._chance is None else asdict(self._chance)
        return {"faults": [asdict(fault) for fault in self._faults], "chance": chance}

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._faults)

    def add(self, fault: Fault) -> Fault:
        """Put a fault in force; it gets the next id."""
        self._last_id += 1
        added = replace(fault, id=self._last_id)
        self._faults.append(added)
        return added

    def seed(self, chance: Chance) -> None:
        """Strike at random from now on; a rate of 0 stops it."""
        self._chance = chance if chance.rate > 0 else None
        self._streams = {}

    def clear(self) -> None:
        """End all faults; what hangs for ever goes on."""
        self._faults = []
        self.cleared.set()
        self.cleared = asyncio.Event()

    def strike(self, command: str, num_device: int | None) -> Strikes:
        """Count a command and say what strikes it."""
        struck: list[Fault] = []
        for place, fault in enumerate(self._faults):
            if not fault.matches(command, num_device):
                continue
            counted = replace(fault, seen=fault.seen + 1)
            self._faults[place] = counted
            if counted.struck > fault.struck:
                struck.append(counted)
        self._faults = [fault for fault in self._faults if not fault.spent]
        strikes = {fault.what: fault for fault in reversed(struck)}
        return self._by_chance(command, num_device) | strikes

    def _by_chance(self, command: str, num_device: int | None) -> Strikes:
        if self._chance is None:
            return {}
        # A stream of its own per kind of command and device: polling more or less often changes nothing elsewhere.
        key = (command, num_device)
        if key not in self._streams:
            self._streams[key] = Random(f"{self._chance.seed}/{command}/{num_device}")  # noqa: S311 - not a secret
        draw = self._streams[key]
        if draw.random() >= self._chance.rate:
            return {}
        what = draw.choice(self._chance.what)
        return {what: Fault(0, what)}
