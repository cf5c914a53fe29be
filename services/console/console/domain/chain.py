"""All clubs at a glance, those in trouble first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.domain.texts import N_

TROUBLES: dict[str, str] = {
    "register_unheard": N_("was not heard yet"),
    "register_unreachable": N_("does not answer"),
    "receipt_unknown": N_("receipt not confirmed"),
    "receipt_waiting": N_("a receipt waits"),
    "no_paper": N_("no paper"),
    "shift_expired": N_("its shift is older than 24 hours"),
    "ofd_backlog": N_("receipts have not reached the OFD"),
    "drive_ends": N_("the fiscal drive ends soon"),
    "clock_off": N_("its clock is off"),
    "manual_payment": N_("manual payment"),
    "unfiscalised": N_("sales without a receipt"),
}
"""What is wrong with a register, in words."""


@dataclass(frozen=True, slots=True)
class ClubShown:
    """One club of the chain; what a service did not tell is None."""

    club_id: str
    name: str
    time_zone: str
    taken: int
    places: int
    revenue_kopecks: int | None
    refunds_kopecks: int
    shifts: tuple[Mapping[str, Any], ...] | None
    registers: tuple[Mapping[str, Any], ...] | None
    """Its registers that are in trouble."""
    has_register: bool
    troubles: int
    """How much is not as it should be: 0 is well."""


@dataclass(frozen=True, slots=True)
class Chain:
    clubs: tuple[ClubShown, ...]
    taken: int
    places: int
    revenue_kopecks: int | None
    refunds_kopecks: int


Things = Sequence[Mapping[str, Any]]


def chain(halls: Things, money: Things | None, registers: Things | None) -> Chain:
    """The chain of what the hall, billing and fiscal tell; `money` and `registers` are None where they are silent."""
    by_club = {one["club_id"]: one for one in money or ()}
    shown = [
        _club(hall, None if money is None else by_club.get(hall["club_id"], {}), _of(registers, hall)) for hall in halls
    ]
    shown.sort(key=lambda club: (-club.troubles, club.name))
    revenue = None if money is None else sum(club.revenue_kopecks or 0 for club in shown)
    refunds = sum(club.refunds_kopecks for club in shown)
    return Chain(tuple(shown), sum(c.taken for c in shown), sum(c.places for c in shown), revenue, refunds)


def _of(registers: Things | None, hall: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...] | None:
    if registers is None:
        return None
    return tuple(one for one in registers if one["club_id"] == hall["club_id"])


def _club(
    hall: Mapping[str, Any], money: Mapping[str, Any] | None, registers: tuple[Mapping[str, Any], ...] | None
) -> ClubShown:
    counts = hall["counts"]
    taken, shifts = counts["active"] + counts["held"], None if money is None else tuple(money.get("open_shifts", ()))
    ill = tuple(one for one in registers or () if troubles(one))
    # Guests who play while no shift is open: somebody forgot it, or the hall and the till tell different tales.
    unwatched = bool(taken) and shifts == ()
    return ClubShown(
        club_id=hall["club_id"],
        name=hall["name"],
        time_zone=hall["time_zone"],
        taken=taken,
        places=taken + counts["free"],
        revenue_kopecks=None if money is None else money.get("revenue_kopecks", 0),
        refunds_kopecks=(money or {}).get("refunds_kopecks", 0),
        shifts=shifts,
        registers=None if registers is None else ill,
        has_register=bool(registers),
        troubles=2 * len(ill) + unwatched,
    )


def troubles(register: Mapping[str, Any]) -> list[str]:
    """What somebody has to look at, worst first, as fiscal names it."""
    return [name for name in register.get("troubles", ()) if name in TROUBLES]
