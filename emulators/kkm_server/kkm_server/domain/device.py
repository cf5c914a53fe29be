"""A slot of the server: what the user configured and what the register was registered with."""

from dataclasses import dataclass

# Recorded values of the built-in emulator (reference 7.2); they are the same for every slot.
ORGANISATION = 'ООО "Вектор"'
ADDRESS = "109097, Москва, ул. Ильинка, 9"
PLACE = "Компьютерный клуб"
SENDER_EMAIL = "check@savepoint.example"
OFD_NAME = "Эмулятор ОФД"
OFD_SITE = "ofd.example"
LINE_LENGTH = 48


@dataclass(frozen=True, slots=True)
class Device:
    """The settings of one register; times are how long the device takes over a command."""

    num: int
    type_id: str
    device_id: str
    unit_name: str
    inn: str
    kkt_number: str
    tax_variants: tuple[str, ...]
    ffd: str = "1.2"
    # Switched on by the user (`OnOff`); commands to a device that is off find no device.
    active: bool = True
    # The server reaches the device (`Active`).
    online: bool = True
    ofd_error: str = ""
    seconds_per_receipt: float = 0.0
    seconds_per_report: float = 0.0

    @property
    def reg_number(self) -> str:
        """The registration number of the register (tag 1037), one per slot."""
        return f"{3000000000000000 + self.num:016d}"
