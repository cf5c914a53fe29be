"""All commands of a register, by name. What is not here is answered with 501, as the product does."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum, auto

from kkm_server.commands import readings, receipts, shifts
from kkm_server.commands.task import Outcome, Task


class Pace(Enum):
    """Which of a device's times a command takes."""

    NONE = auto()
    RECEIPT = auto()
    REPORT = auto()


@dataclass(frozen=True, slots=True)
class DeviceCommand:
    """How one command is carried out at a device."""

    run: Callable[[Task], Outcome]
    pace: Pace = Pace.NONE
    # Reaches the slot itself, also where the device is switched off or not connected.
    to_slot: bool = False


def _switch(task: Task) -> Outcome:
    """`OnOffUnut`, spelled as the product spells it."""
    device = replace(task.register.device, active=task.members.flag("Active"))
    return Outcome(replace(task.register, device=device))


DEVICE_COMMANDS = {
    "RegisterCheck": DeviceCommand(receipts.register_check, Pace.RECEIPT),
    "OpenShift": DeviceCommand(shifts.open_shift, Pace.REPORT),
    "CloseShift": DeviceCommand(shifts.close_shift, Pace.REPORT),
    "ZReport": DeviceCommand(shifts.close_shift, Pace.REPORT),
    "XReport": DeviceCommand(shifts.x_report, Pace.REPORT),
    "OfdReport": DeviceCommand(shifts.ofd_report, Pace.REPORT),
    "DepositingCash": DeviceCommand(shifts.deposit_cash),
    "PaymentCash": DeviceCommand(shifts.pay_cash),
    "OpenCashDrawer": DeviceCommand(shifts.open_drawer),
    "GetDataKKT": DeviceCommand(readings.get_data_kkt),
    "GetDataCheck": DeviceCommand(readings.get_data_check),
    "GetLineLength": DeviceCommand(readings.get_line_length),
    "OnOffUnut": DeviceCommand(_switch, to_slot=True),
}
