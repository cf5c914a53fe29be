"""Shifts, reports and the drawer (reference 8)."""

from kkm_server.commands.readings import info
from kkm_server.commands.task import Outcome, Task
from kkm_server.domain.register import Step
from kkm_server.envelope import Members

# Recorded for shift reports, whatever the register's counters say.
_SHIFT_CHECK_NUMBER = 1


def open_shift(task: Task) -> Outcome:
    """`OpenShift`."""
    return _shift_report(task.register.open_shift(task.order), task)


def close_shift(task: Task) -> Outcome:
    """`CloseShift`, and `ZReport`, its older name."""
    return _shift_report(task.register.close_shift(task.order), task)


def _shift_report(step: Step, task: Task) -> Outcome:
    document = step.documents[-1]
    members = {
        "CheckNumber": _SHIFT_CHECK_NUMBER,
        "SessionNumber": document.session,
        "QRCode": document.qr,
        "URL": document.url,
        "Info": info(step.register, task.now),
    }
    return Outcome.of(step, members)


def x_report(task: Task) -> Outcome:
    """`XReport`."""
    return Outcome.of(task.register.x_report(task.order))


def ofd_report(task: Task) -> Outcome:
    """`OfdReport`."""
    return Outcome.of(task.register.ofd_report(task.order))


def deposit_cash(task: Task) -> Outcome:
    """`DepositingCash`: money into the drawer."""
    return Outcome.of(task.register.move_cash(task.order, _amount(task.members)))


def pay_cash(task: Task) -> Outcome:
    """`PaymentCash`: money out of the drawer."""
    return Outcome.of(task.register.move_cash(task.order, -_amount(task.members)))


def open_drawer(task: Task) -> Outcome:
    """`OpenCashDrawer`: a drawer that opens leaves no trace."""
    return Outcome(task.register)


def _amount(members: Members) -> int:
    # A negative amount must not turn one command into the other; 0 is refused by the register.
    return max(0, members.kopecks("Amount"))
