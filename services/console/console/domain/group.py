"""Several places chosen at once: how they stand, and what one tariff would mean for those that are free."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.domain.board import TileShown, zones
from console.domain.texts import N_

GROUP_MAX = 200
"""As many as the biggest club has."""

REASONS: dict[str, str] = {
    "device_held": N_("taken a moment ago"),
    "device_busy": N_("somebody plays here"),
    "device_out_of_service": N_("out of service"),
    "tariff_not_offered": N_("this tariff is not sold here now"),
    "no_price_in_zone": N_("no price in this zone"),
    "outside_schedule": N_("not at this hour"),
    "not_active": N_("switched off"),
}
"""Why one place among many is left out, in two words; whatever else is said in full."""


@dataclass(frozen=True, slots=True)
class Group:
    """The places that were chosen, in the map's order."""

    places: tuple[TileShown, ...]
    tiles: Mapping[str, Mapping[str, Any]]
    """Device -> its tile, as the hall tells it."""

    def having(self, state: str) -> list[Mapping[str, Any]]:
        """The tiles of those in a state of the hall: `free`, `held`, `active`, `out_of_service`."""
        found = [self.tiles[place.device_id] for place in self.places]
        return [tile for tile in found if tile["state"] == state]

    def name(self, device_id: str) -> str:
        """What a place is called; a dash where it is on the map no longer."""
        return str(self.tiles[device_id]["name"]) if device_id in self.tiles else "—"


def group(board: Mapping[str, Any], chosen: Collection[str], paying: frozenset[str] = frozenset()) -> Group:
    """What of `chosen` is on the board; a place that was removed meanwhile is left out."""
    shown = [tile for zone in zones(board, paying) for tile in zone.tiles if tile.device_id in chosen]
    known = {tile["device_id"]: tile for tile in board["devices"]}
    return Group(tuple(shown[:GROUP_MAX]), {one.device_id: known[one.device_id] for one in shown[:GROUP_MAX]})


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Free places that cannot have a tariff; `reason` is a slug of REASONS."""

    names: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class ForAll:
    """One tariff for all that are free: how many of them can have it, for how much together, and who is left out."""

    tariff_id: str
    name: str
    places: int
    total_kopecks: int
    left_out: tuple[LeftOut, ...]


def for_all(free: Sequence[Mapping[str, Any]], by_zone: Mapping[str, Mapping[str, Any]]) -> list[ForAll]:
    """The tariffs that at least one of the `free` tiles can have; `by_zone` is what each zone is offered."""
    names = {one["tariff_id"]: one["name"] for offers in by_zone.values() for one in offers["offers"]}
    return [_for_all(tariff_id, name, free, by_zone) for tariff_id, name in names.items()]


def _for_all(
    tariff_id: str, name: str, free: Sequence[Mapping[str, Any]], by_zone: Mapping[str, Mapping[str, Any]]
) -> ForAll:
    places, total_kopecks, left_out = 0, 0, []
    for zone_id, offers in by_zone.items():
        here = tuple(tile["name"] for tile in free if tile["zone_id"] == zone_id)
        price = next((one["price_kopecks"] for one in offers["offers"] if one["tariff_id"] == tariff_id), None)
        if price is None:
            left_out.append(LeftOut(here, _reason(tariff_id, offers)))
        else:
            places += len(here)
            total_kopecks += price * len(here)
    return ForAll(tariff_id, name, places, total_kopecks, tuple(left_out))


def _reason(tariff_id: str, offers: Mapping[str, Any]) -> str:
    told = (one["reason"] for one in offers["not_offered"] if one["tariff_id"] == tariff_id)
    return str(next(told, "tariff_not_offered"))
