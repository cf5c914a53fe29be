"""The hall map as a template draws it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class TileShown:
    """One place: its state as a word the stylesheet and the texts know, until when, and who."""

    device_id: str
    name: str
    kind: str
    state: str
    """`free`, `held`, `receipt` (paid, not confirmed), `active`, `out_of_service`."""
    until: str
    """To the second."""
    who: str
    sale_id: str
    """The sale that a held place waits for; empty else."""


@dataclass(frozen=True, slots=True)
class ZoneShown:
    zone_id: str
    name: str
    tiles: tuple[TileShown, ...]


def shown(tile: Mapping[str, Any], paying: frozenset[str] = frozenset()) -> TileShown:
    """A tile of the hall; `paying` are the sales whose receipt is awaited, as billing says."""
    session = tile["session"] or {}
    held = tile["state"] == "held"
    sale_id = session.get("sale_id") or ""
    return TileShown(
        device_id=tile["device_id"],
        name=tile["name"],
        kind=tile["kind"],
        state="receipt" if held and sale_id in paying else tile["state"],
        until=_to_the_second((session.get("held_until") if held else session.get("ends_at")) or ""),
        who=session.get("client_name") or "",
        sale_id=sale_id if held else "",
    )


def _to_the_second(moment: str) -> str:
    """`2026-11-23T18:04:05.123456Z` without the part that no tile shows."""
    return re.sub(r"\.\d+", "", moment)


def zones(board: Mapping[str, Any], paying: frozenset[str] = frozenset()) -> list[ZoneShown]:
    """The club's zones with their places, by name; a zone without places is not on the map."""
    by_zone: dict[str, list[TileShown]] = {zone["zone_id"]: [] for zone in board["zones"]}
    for tile in board["devices"]:
        by_zone[tile["zone_id"]].append(shown(tile, paying))
    return [
        ZoneShown(zone["zone_id"], zone["name"], tuple(sorted(by_zone[zone["zone_id"]], key=_natural)))
        for zone in board["zones"]
        if by_zone[zone["zone_id"]]
    ]


def _natural(tile: TileShown) -> tuple[str, int, str]:
    """PC-9 stands before PC-10."""
    digits = "".join(c for c in tile.name if c.isdigit())
    return tile.name.rstrip("0123456789"), int(digits or 0), tile.name


def awaited(sales: Sequence[Mapping[str, Any]]) -> frozenset[str]:
    """The sales whose receipt is not confirmed yet."""
    return frozenset(sale["sale_id"] for sale in sales if sale["state"] == "fiscalising")
