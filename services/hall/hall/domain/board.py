"""What the hall map shows: a tile for each device."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from hall.domain.device import Device, Kind
from hall.domain.session import Session, State


class TileState(StrEnum):
    FREE = "free"
    HELD = "held"
    ACTIVE = "active"
    OUT_OF_SERVICE = "out_of_service"


@dataclass(frozen=True, slots=True)
class Occupation:
    """The session that takes a device, as far as the map shows it."""

    session_id: UUID
    sale_id: UUID
    client_id: UUID | None
    client_name: str | None
    tariff_id: UUID
    tariff_name: str
    minutes: int
    price_kopecks: int
    ordered_at: datetime
    held_until: datetime | None
    started_at: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Tile:
    """A device on the map; `session` is there while the device is held or active."""

    device_id: UUID
    name: str
    kind: Kind
    zone_id: UUID
    state: TileState
    session: Occupation | None


@dataclass(frozen=True, slots=True)
class ClubSign:
    """The club as the map's frame names it."""

    club_id: UUID
    name: str
    time_zone: str


@dataclass(frozen=True, slots=True)
class ZoneSign:
    zone_id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Layout:
    """What the tiles stand in."""

    club: ClubSign
    zones: tuple[ZoneSign, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The map as it was after the club's change number `seq`."""

    seq: int
    layout: Layout
    tiles: tuple[Tile, ...]


def tile(device: Device, session: Session | None) -> Tile:
    """The tile of `device`, taken by the open `session` or by none."""
    assert session is None or session.device_id == device.device_id, session
    state, occupation = TileState.FREE if device.in_service else TileState.OUT_OF_SERVICE, None
    if session is not None:
        assert device.in_service, f"{session.session_id} is open on a device out of service"
        state = TileState.ACTIVE if session.state is State.ACTIVE else TileState.HELD
        occupation = _occupation(session)
    return Tile(device.device_id, device.name, device.kind, device.zone_id, state, occupation)


def _occupation(session: Session) -> Occupation:
    return Occupation(
        session_id=session.session_id,
        sale_id=session.sale_id,
        client_id=session.client_id,
        client_name=session.client_name,
        tariff_id=session.tariff_id,
        tariff_name=session.tariff_name,
        minutes=session.minutes,
        price_kopecks=session.price_kopecks,
        ordered_at=session.ordered_at,
        held_until=session.held_until,
        started_at=session.started_at,
        ends_at=session.ends_at,
    )


def counts(tiles: Sequence[Tile]) -> dict[TileState, int]:
    """How many devices are in each state; every state is named."""
    return {state: sum(one.state is state for one in tiles) for state in TileState}
