"""What a register tells about itself and its documents (reference 7.4, 8, 12.1)."""

from datetime import datetime, timedelta
from typing import Any

from kkm_server.commands.task import Outcome, Task
from kkm_server.domain.codes import CALCULATIONS, Kind
from kkm_server.domain.device import ADDRESS, LINE_LENGTH, OFD_NAME, OFD_SITE, ORGANISATION, PLACE, SENDER_EMAIL
from kkm_server.domain.document import Document
from kkm_server.domain.receipt import Line
from kkm_server.domain.register import Register, ShiftState
from kkm_server.envelope import rubles

NO_DATE = "0001-01-01T00:00:00"
# A fiscal drive of this emulator lives fifteen months, the usual life of the short kind.
_DRIVE_LIFE = timedelta(days=455)
_SESSION_STATES = {ShiftState.CLOSED: 1, ShiftState.OPEN: 2, ShiftState.EXPIRED: 3}
# `Закрытие смены` and `Приход` are recorded, the other titles are ours.
_REPORT_TITLES = {
    Kind.OPEN_SHIFT: "Открытие смены",
    Kind.CLOSE_SHIFT: "Закрытие смены",
    Kind.OFD_REPORT: "Отчет о текущем состоянии расчетов",
}


class NoDocument(Exception):
    """There is no such document. The text begins as recorded."""

    def __init__(self, number: int) -> None:
        self.text = f"Не удалось получить данные чека (ФД {number} не найден)"
        super().__init__(self.text)


def local(moment: datetime) -> str:
    """The till's local time without a zone, in seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%S")


def get_data_kkt(task: Task) -> Outcome:
    """`GetDataKKT`: the health check of all clients."""
    register = task.register
    members = {
        "CheckNumber": register.check_number,
        "SessionNumber": register.session,
        "LineLength": LINE_LENGTH,
        "URL": "",
        "Info": info(register, task.now),
    }
    return Outcome(register, members=members)


def get_line_length(task: Task) -> Outcome:
    """`GetLineLength`."""
    return Outcome(task.register, members={"LineLength": LINE_LENGTH})


def unsent(register: Register) -> dict[str, Any]:
    """The queue to the OFD."""
    oldest = register.ofd_oldest_at if register.ofd_unsent else None
    return {
        "OFD_Error": register.device.ofd_error,
        "OFD_NumErrorDoc": register.ofd_unsent,
        "OFD_DateErrorDoc": NO_DATE if oldest is None else local(oldest),
    }


def info(register: Register, now: datetime) -> dict[str, Any]:
    """`Info` of `GetDataKKT` and of the shift reports."""
    return {**_registration(register), **_drive_and_state(register, now)}


def _registration(register: Register) -> dict[str, Any]:
    device = register.device
    return {
        "NameOrganization": ORGANISATION,
        "InnOrganization": device.inn,
        "TaxVariant": ",".join(device.tax_variants),
        "AddressSettle": ADDRESS,
        "PlaceSettle": PLACE,
        "SenderEmail": SENDER_EMAIL,
        "EncryptionMode": False,
        "OfflineMode": False,
        "AutomaticMode": False,
        "AutomaticNumber": "",
        "InternetMode": False,
        "BSOMode": False,
        "ServiceMode": True,
        "PrinterAutomatic": False,
        "SaleExcisableGoods": False,
        "SignOfGambling": False,
        "SignOfLottery": False,
        "SaleMarking": True,
        "SignPawnshop": False,
        "SignAssurance": False,
        "SignOfAgent": "",
        "UrlServerOfd": OFD_SITE,
        "PortServerOfd": "7790",
        "NameOFD": OFD_NAME,
        "UrlOfd": OFD_SITE,
        "InnOfd": "",
        **unsent(register),
        "KktNumber": device.kkt_number,
        "FnNumber": register.fs_number,
        "RegNumber": device.reg_number,
    }


def _drive_and_state(register: Register, now: datetime) -> dict[str, Any]:
    device = register.device
    return {
        "FN_IsFiscal": True,
        "FN_MemOverflowl": False,
        "FN_DateStart": local(register.fs_ends_at - _DRIVE_LIFE),
        "FN_DateEnd": local(register.fs_ends_at),
        "FFDVersion": device.ffd,
        "FFDVersionFN": device.ffd,
        "FFDVersionKKT": device.ffd,
        "OnOff": device.active,
        "Active": device.active and device.online,
        "SessionState": _SESSION_STATES[register.shift_state(now)],
        "PaperOver": not register.paper,
        "BalanceCash": rubles(register.cash_kopecks),
        "DateTimeKKT": local(now),
        "Firmware_Version": "3.0.7733",
        "Firmware_Status": 2,
        "LicenseExpirationDate": "2154-06-06T13:04:56",
    }


def get_data_check(task: Task) -> Outcome:
    """`GetDataCheck`: any fiscal document, the last one for `FiscalNumber` 0."""
    number = task.members.whole("FiscalNumber", 0)
    document = task.fiscal_document(number)
    if document is None:
        raise NoDocument(number)
    members: dict[str, Any] = {"Slip": "\r\n".join(document.text)}
    if document.type is not None:
        # Shift documents were recorded without a QR code here, although they have one.
        members |= {"QRCode": document.qr, "URL": document.url}
    return Outcome(task.register, members={**members, "RegisterCheck": _read_back(document)})


def _read_back(document: Document) -> dict[str, Any]:
    title = _REPORT_TITLES[document.kind] if document.type is None else CALCULATIONS[document.type].title
    paid = document.payments
    return {
        "FiscalNumber": str(document.number),
        "FiscalDate": document.at.strftime("%Y-%m-%dT%H:%M:00"),
        "CheckType": title,
        "FiscalSign": document.fiscal_sign,
        "CashierName": document.cashier.name,
        "CashierVATIN": document.cashier.vatin,
        "TaxVariant": document.tax_variant,
        "ClientAddress": document.client_address,
        "SenderEmail": SENDER_EMAIL,
        "PlaceMarket": PLACE,
        "Register": [_line(line) for line in document.lines] or None,
        "Cash": rubles(paid.cash),
        "ElectronicPayment": rubles(paid.electronic),
        "AdvancePayment": rubles(paid.advance),
        "Credit": rubles(paid.credit),
        "CashProvision": rubles(paid.provision),
        "AllSumm": rubles(paid.total),
    }


def _line(line: Line) -> dict[str, Any]:
    return {
        "Name": line.name,
        "Quantity": line.quantity_milli / 1000,
        "Amount": rubles(line.amount_kopecks),
        "Tax": line.tax,
    }
