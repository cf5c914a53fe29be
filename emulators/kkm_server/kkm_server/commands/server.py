"""What the server itself tells: its devices and itself (reference 7.1, 7.2)."""

import os
import platform
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from kkm_server.commands.readings import local, unsent
from kkm_server.domain.device import ADDRESS, ORGANISATION
from kkm_server.domain.register import Register
from kkm_server.envelope import BadMember, Members

VERSION = "2.1.38.11"
_UNKNOWN = "<Не определено>"


@dataclass(frozen=True, slots=True)
class ServerView:
    """The server at one moment."""

    registers: tuple[Register, ...]
    started_at: datetime
    now: datetime


def list_units(view: ServerView, members: Members) -> dict[str, Any]:
    """`List`, filtered."""
    units = [_unit(register) for register in view.registers]
    return {"ListUnit": [unit for unit in units if _wanted(unit, members)]}


def _unit(register: Register) -> dict[str, Any]:
    device = register.device
    return {
        "NumDevice": device.num,
        "IdDevice": device.device_id,
        "OnOff": device.active,
        "Active": device.active and device.online,
        "TypeDevice": "Фискальный регистратор",
        "IdTypeDevice": device.type_id,
        "IP": _UNKNOWN,
        "Port": _UNKNOWN,
        "NameDevice": "KKT Эмулятор",
        "UnitName": device.unit_name,
        "KktNumber": device.kkt_number,
        "INN": device.inn,
        "RegNumber": device.reg_number,
        "FnNumber": register.fs_number,
        "InnOfd": "",
        "NameOrganization": ORGANISATION,
        "AddressSettle": ADDRESS,
        "TaxVariant": ",".join(device.tax_variants),
        "AddDate": "2017-08-29T09:21:07",
        **unsent(register),
        "FN_DateEnd": local(register.fs_ends_at),
        "FN_MemOverflowl": False,
        "FN_IsFiscal": True,
        "FFDVersion": device.ffd,
        "FFDVersionFN": device.ffd,
        "FFDVersionKKT": device.ffd,
        "Firmware_Version": "3.0.7733",
        "BSOMode": False,
        "ServiceMode": True,
        "IsRegisterCheck": True,
        "PaperOver": not register.paper,
    }


def _wanted(unit: dict[str, Any], members: Members) -> bool:
    number = members.whole("NumDevice", 0)
    texts = [(members.text("InnKkm"), unit["INN"]), (members.text("IP"), unit["IP"])]
    flags = [(name, unit[name]) for name in ("Active", "OnOff", "FN_MemOverflowl", "FN_IsFiscal")]
    flags += [("OFD_Error", bool(unit["OFD_Error"]))]
    return (
        number in (0, unit["NumDevice"])
        and all(asked in ("", value) for asked, value in texts)
        and all(members.flag(name) == value for name, value in flags if name in members)
        and all(unit[name] < _limit(members, name) for name in ("OFD_DateErrorDoc", "FN_DateEnd") if name in members)
    )


def _limit(members: Members, name: str) -> str:
    text = members.text(name)
    try:
        return local(datetime.fromisoformat(text)) if text else "9999"
    except ValueError:
        raise BadMember(name) from None


def server_data(view: ServerView, _: Members) -> dict[str, Any]:
    """`GetServerData`; a client sees by `ServerDateStart` that the server was restarted."""
    up = view.now - view.started_at
    return {
        "ServerData": {
            "ServerName": "KkmServer (emulator)",
            "ServerVersion": VERSION,
            "ServerDateStart": _net(view.started_at),
            "ServerUpTime": str(up),
            "LicenseExpirationDate": "2154-06-06T13:04:56",
            "LicenseCount": 0,
            "OSVersion": platform.release(),
            "OSPlatform": platform.system(),
            "OSVersionString": platform.platform(),
            "OSName": platform.system(),
            "OSDateStart": _net(view.started_at),
            "OSUpTime": str(up),
            "OSCurDateTime": _net(view.now),
            "PCServerName": "localhost",
            "PCUserName": "kkm",
            "PCPhysicalMemory": _UNKNOWN,
            "PCFreePhysicalMemory": _UNKNOWN,
            "PCProcessorName": platform.machine(),
            "PCNumberOfCores": str(os.cpu_count() or 1),
        }
    }


def _net(moment: datetime) -> str:
    """Seven digits of the fraction and the zone's offset, as .NET writes a moment."""
    text = moment.isoformat(timespec="microseconds")
    digits = len("2020-07-31T10:00:00.123456")
    return f"{text[:digits]}0{text[digits:]}"
