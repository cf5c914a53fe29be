"""Which slot a command is for (reference 3)."""

from collections.abc import Iterable

from kkm_server.domain.register import Register
from kkm_server.envelope import Members


class NoDevice(Exception):
    """No such device, or it is switched off; the text up to the full stop is recorded for `NumDevice`."""

    def __init__(self, num_device: int, selectors: str = "") -> None:
        self.num_device = num_device
        self.text = (
            f"Устройство (с параметрами NumDevice={num_device}{selectors}) не найдено: не настроено или отключено."
        )
        super().__init__(self.text)


def chosen(registers: Iterable[Register], members: Members, *, switched_off_too: bool = False) -> Register:
    """The slot that a command names, else the first that fits its selectors and is switched on."""
    candidates = [register for register in registers if register.device.active or switched_off_too]
    number = members.whole("NumDevice", 0)
    if number:
        found = [register for register in candidates if register.device.num == number]
    else:
        found = [register for register in candidates if _fits(register, members)]
    if not found:
        raise NoDevice(number, _named_selectors(members) if not number else "")
    # "Not blocked" in the vendor's words; that one which is connected goes first is our reading.
    return min(found, key=lambda register: (not register.device.online, register.device.num))


def _fits(register: Register, members: Members) -> bool:
    device = register.device
    asked = {name: members.text(name) for name in ("InnKkm", "KktNumber", "IdDevice")}
    has = {"InnKkm": device.inn, "KktNumber": device.kkt_number, "IdDevice": device.device_id}
    tax_variant = members.text("TaxVariant")
    return all(asked[name] in ("", has[name]) for name in has) and (
        not tax_variant or tax_variant in device.tax_variants
    )


def _named_selectors(members: Members) -> str:
    names = ("InnKkm", "KktNumber", "IdDevice", "TaxVariant")
    return "".join(f", {name}={members.text(name)}" for name in names if members.text(name))
