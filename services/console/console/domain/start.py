"""How far a new club has come on its way to its first paid session."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STEPS = ("club", "places", "tariff", "till", "register", "shift")

Things = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Guide:
    """What there is already; a step is done when its thing exists."""

    done: frozenset[str]
    zones: tuple[str, ...] = ()
    places: int = 0
    tariffs: tuple[str, ...] = ()
    tills: tuple[Mapping[str, Any], ...] = ()
    register: str = ""
    tills_free: tuple[Mapping[str, Any], ...] = ()

    @property
    def next(self) -> str:
        """The step that has the focus."""
        return next(step for step in STEPS if step not in self.done)

    def state(self, step: str) -> str:
        """`done`, `now` or `later`."""
        if step in self.done:
            return "done"
        return "now" if step == self.next else "later"


def guide(
    club: Mapping[str, Any] | None,
    zones: Things = (),
    devices: Things = (),
    tariffs: Things = (),
    tills: Things = (),
    registers: Things = (),
    taxed: bool = False,
    till_id: str | None = None,
) -> Guide:
    """The guide of a club; `till_id` is the till that the asking browser is."""
    here = any(till["till_id"] == till_id for till in tills)
    is_done = {
        "club": club is not None,
        "places": bool(devices),
        "tariff": any(one["active"] and one["prices"] for one in tariffs),
        "till": here,
        "register": bool(registers) and taxed,
    }
    return Guide(
        done=frozenset(step for step, done in is_done.items() if done),
        zones=tuple(zone["name"] for zone in zones),
        places=len(devices),
        tariffs=tuple(one["name"] for one in tariffs),
        tills=tuple(tills),
        register=registers[0]["name"] if registers else "",
        tills_free=tuple(till for till in tills if not till.get("enrolled_at")),
    )
