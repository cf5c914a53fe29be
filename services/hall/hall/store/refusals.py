"""What the hall refuses: one class per cause, in words for the person at the desk."""

from datetime import datetime
from uuid import UUID

from hall.domain.device import Device
from hall.domain.session import Session
from hall.domain.tariff import NotOffered, Reason
from kit.errors import Refused


class NameTaken(Refused):
    """Another one of the club has this name."""

    def __init__(self, noun: str, name: str) -> None:
        detail = f"The club already has a {noun} called {name}. Choose another name."
        super().__init__("name_taken", detail, params={"noun": noun, "name": name})


class TooMany(Refused):
    """The club has as many of these as one map can show."""

    def __init__(self, noun: str, most: int) -> None:
        detail = f"One club can have at most {most} {noun}s. Split it into two clubs."
        super().__init__("too_many", detail, params={"noun": noun, "most": most})


class WholeOrgNeeded(Refused):
    """The caller acts for some clubs, and this is a matter of the whole org."""

    status = 403

    def __init__(self) -> None:
        detail = "You act for some clubs only, and this concerns the whole org. Ask its owner."
        super().__init__("whole_org_needed", detail)


class DeviceInUse(Refused):
    """A held or active device stays where it is."""

    def __init__(self, device: Device, session: Session) -> None:
        detail = f"{device.name} has a session that is {session.state}. Wait for its end, or end it first."
        params = {"device_id": str(device.device_id), "session_id": str(session.session_id), "state": session.state}
        super().__init__("device_in_use", detail, params=params)


class DeviceOutOfService(Refused):
    """Nothing is sold on a device out of service."""

    def __init__(self, device: Device) -> None:
        detail = f"{device.name} is out of service. Choose another device, or put it back into service."
        params = {"device_id": str(device.device_id), "device_name": device.name}
        super().__init__("device_out_of_service", detail, params=params)


class DeviceBusy(Refused):
    """Somebody plays on the device."""

    def __init__(self, session: Session) -> None:
        detail = f"{session.device_name} has a running session. Choose another device; client and tariff can be kept."
        super().__init__("device_busy", detail, params=_taken(session, session.ends_at))


class DeviceHeld(Refused):
    """The device awaits a payment."""

    def __init__(self, session: Session) -> None:
        detail = f"{session.device_name} has just been taken and awaits payment. Choose another device, or take the "
        detail += "payment of that sale or cancel it."
        super().__init__("device_held", detail, params=_taken(session, session.pay_by))


class DeviceJustTaken(Refused):
    """The constraint said so, and whoever took the device was gone again before we looked."""

    def __init__(self, ordered: Session) -> None:
        detail = f"{ordered.device_name} was taken in this instant. Look at the map and try again."
        params = {"device_id": str(ordered.device_id), "device_name": ordered.device_name}
        super().__init__("device_held", detail, retry="new_key", params=params)


class SessionActiveElsewhere(Refused):
    """A client plays on one device at a time."""

    def __init__(self, client_id: UUID, elsewhere: Session | None) -> None:
        """`elsewhere` where the caller may know of it."""
        place = f" on {elsewhere.device_name}" if elsewhere else ""
        detail = f"This client already has a session{place}. End that one first, or sell this one to a guest."
        params = {"client_id": str(client_id)} | (_taken(elsewhere, elsewhere.ends_at) if elsewhere else {})
        super().__init__("session_active_elsewhere", detail, params=params)


NOT_OFFERED = {
    Reason.NOT_ACTIVE: "it is switched off",
    Reason.NO_PRICE_IN_ZONE: "it has no price in this device's zone",
    Reason.OUTSIDE_SCHEDULE: "it is not sold at this hour",
}


class TariffNotOffered(Refused):
    """The tariff cannot be ordered for this device now."""

    def __init__(self, refused: NotOffered) -> None:
        tariff, window = refused.tariff, refused.window
        detail = f"{tariff.name} is not offered: {NOT_OFFERED[refused.reason]}. Choose another tariff."
        params: dict[str, object] = {"tariff_id": str(tariff.tariff_id), "reason": refused.reason}
        if window is not None:
            hours = {"from": f"{window.starts:%H:%M}", "to": f"{window.ends:%H:%M}"}
            params["window"] = {"days": sorted(window.days), **hours}
        super().__init__("tariff_not_offered", detail, params=params)


class SessionNotStarted(Refused):
    """A session that is not paid has no end."""

    def __init__(self, session: Session) -> None:
        detail = f"The session on {session.device_name} has not started. Cancel its sale instead."
        super().__init__("session_not_started", detail, params=_state(session))


class SessionAlreadyEnded(Refused):
    """A session ends once."""

    def __init__(self, session: Session) -> None:
        detail = f"The session on {session.device_name} has already ended."
        super().__init__("session_already_ended", detail, params=_state(session))


class SaleNotPaid(Refused):
    """The order's sale failed or was cancelled: nothing started, and the device is free."""

    def __init__(self, session: Session) -> None:
        assert session.refusal is not None, session
        why, params = session.refusal, {"session_id": str(session.session_id), "sale_id": str(session.sale_id)}
        detail = f"The session on {session.device_name} was not paid and did not start; the device is free again."
        # A sale that failed is over without a payment, so there is no receipt of it.
        members = {"money": why.money, "receipt": "none", "device_text": why.device_text}
        super().__init__(why.code, detail, retry="new_key", params=params, **members)


def _state(session: Session) -> dict[str, object]:
    return {"session_id": str(session.session_id), "state": session.state}


def _taken(session: Session, until: datetime | None) -> dict[str, object]:
    """Who took it, so that the desk can tell the guest."""
    ids = {name: str(getattr(session, name)) for name in ("session_id", "sale_id", "device_id", "till_id")}
    return ids | {"device_name": session.device_name, "until": until.isoformat() if until else None}


class ClubIdTaken(Refused):
    """A club has this id already."""

    def __init__(self, club_id: UUID) -> None:
        detail = "A club has this id already. Leave it out, and one is drawn."
        super().__init__("club_id_taken", detail, params={"club_id": str(club_id)})
