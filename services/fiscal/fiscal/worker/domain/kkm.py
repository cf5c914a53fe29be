"""KKM-Server's language: requests as it wants them, answers as what they mean. Pure: dicts in, dicts out.

Money is decimal rubles on that side and int kopecks on ours; this file is where they meet. The names are
those of KKM-Server's published samples (kkmserver.ru); what answers look like was taken from recorded ones.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

from fiscal.worker.domain.document import Found
from fiscal.worker.domain.job import SLIPS, Kind
from fiscal.worker.domain.observation import Answered, Shift, Silence

TIMEOUT_S = 5
"""How long the server may hold an answer. Short: a call left open keeps Evotor registers from ending (5.2)."""

NAME_MAX = 64
COMMANDS = {
    Kind.PRINT: "RegisterCheck",
    Kind.OPEN_SHIFT: "OpenShift",
    Kind.CLOSE_SHIFT: "CloseShift",
    Kind.X_REPORT: "XReport",
    Kind.TEST_SLIP: "RegisterCheck",
}
SHIFTS = {1: Shift.CLOSED, 2: Shift.OPEN, 3: Shift.EXPIRED}
NO_DATE = "0001-01-01"
NO_DOCUMENT = "Не удалось получить данные чека"
"""How the server begins to say that there is no such document (recorded). Another error says nothing about it."""
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")

Body = dict[str, Any]


def rubles(kopecks: int) -> float:
    """For a JSON number. Exact: the shortest text of a double with two decimals is those two decimals."""
    return round(kopecks / 100, 2)


def kopecks(value: Any) -> int:
    """From a number or a numeric string; 0 where there is none."""
    try:
        return int((Decimal(str(value)) * 100).to_integral_value())
    except (InvalidOperation, ValueError):
        return 0


@dataclass(frozen=True, slots=True)
class Address:
    """How the server finds the register; empty members are not looked at."""

    num_device: int = 0
    kkt_number: str = ""
    inn: str = ""

    def members(self) -> Body:
        return {"NumDevice": self.num_device, "KktNumber": self.kkt_number, "InnKkm": self.inn}


@dataclass(frozen=True, slots=True)
class Line:
    name: str
    quantity: int
    price_kopecks: int
    amount_kopecks: int
    tax: int
    method: int
    subject: int
    measure: int


@dataclass(frozen=True, slots=True)
class Receipt:
    tax_system: int
    lines: tuple[Line, ...]
    cash_kopecks: int
    card_kopecks: int
    advance_kopecks: int
    contact: str | None = None


def command(kind: Kind, command_id: str, address: Address, cashier: str, cashier_inn: str | None) -> Body:
    """The request that does `kind`, without a receipt's members."""
    body: Body = {"Command": COMMANDS[kind], **address.members(), "IdCommand": command_id, "Timeout": TIMEOUT_S}
    body |= {"CashierName": cashier[:NAME_MAX], "NotPrint": False}
    return body | ({"CashierVATIN": cashier_inn} if cashier_inn else {})


def receipt_members(receipt: Receipt, returns: bool = False) -> Body:
    """The members that make a RegisterCheck of a sale, or of a return of one."""
    return {
        "IsFiscalCheck": True,
        "TypeCheck": 1 if returns else 0,
        "TaxVariant": str(receipt.tax_system),
        "PayByProcessing": False,
        "ClientAddress": receipt.contact or "",
        "CheckStrings": [{"Register": _line(line)} for line in receipt.lines],
        "Cash": rubles(receipt.cash_kopecks),
        "ElectronicPayment": rubles(receipt.card_kopecks),
        "AdvancePayment": rubles(receipt.advance_kopecks),
        "Credit": 0,
        "CashProvision": 0,
    }


def slip_members(lines: Sequence[str]) -> Body:
    """The members that make a RegisterCheck of text that is not fiscal."""
    return {"IsFiscalCheck": False, "CheckStrings": [{"PrintText": {"Text": clean(line)}} for line in lines]}


def name_of(name: str) -> str:
    """A line's name as it is printed, and read again."""
    return str(clean(name))[:NAME_MAX]


def _line(line: Line) -> Body:
    return {
        "Name": name_of(line.name),
        "Quantity": line.quantity,
        "Price": rubles(line.price_kopecks),
        "Amount": rubles(line.amount_kopecks),
        "Department": 0,
        "Tax": line.tax,
        "SignMethodCalculation": line.method,
        "SignCalculationObject": line.subject,
        "MeasureOfQuantity": line.measure,
    }


def reading(name: str, address: Address | None = None, **members: Any) -> Body:
    """A request that changes nothing. It has no id of its own: nobody will ask for its result."""
    return {"Command": name, **(address.members() if address else {}), "Timeout": TIMEOUT_S, **members}


@dataclass(frozen=True, slots=True)
class Qr:
    """The QR text of a document: the authoritative fiscal data."""

    fd: int
    fn: str
    fp: str
    at: str
    total_kopecks: int | None
    text: str


def qr_of(answer: Mapping[str, Any]) -> Qr | None:
    """The QR text in `answer`; None where there is none that names a document. CheckNumber is never believed."""
    return parse_qr(str(answer.get("QRCode") or ""))


def parse_qr(text: str) -> Qr | None:
    """What a QR text says; None for one that names no document."""
    parts = dict(parse_qsl(text))
    if not parts.get("i", "").isdigit() or "fn" not in parts or "fp" not in parts:
        return None
    total = kopecks(parts["s"]) if "s" in parts else None
    return Qr(int(parts["i"]), parts["fn"][:20], parts["fp"][:20], parts.get("t", "")[:32], total, text[:300])


def answered(kind: Kind, answer: Mapping[str, Any]) -> Answered | Silence:
    """What the answer to a command of `kind` means, from its own call or from inside GetRezult."""
    status = number(answer, "Status")
    if status in (1, 4):
        return Silence.RUNNING
    if status == 5:
        return Silence.REPEATED
    if status not in (0, 2, 3, 6):
        return Silence.LOST
    if kind in SLIPS:
        return Answered(status, error_of(answer), document=False, body=answer)
    # Shift answers of 2017 have no QR text; their shift number says that they are whole.
    document = qr_of(answer) is not None if kind is Kind.PRINT else number(answer, "SessionNumber") is not None
    return Answered(status, error_of(answer), document, answer)


def asked(kind: Kind, answer: Mapping[str, Any]) -> Answered | Silence | None:
    """What an answer to GetRezult means; None: the server does not know the command.

    Unfinished if either level says so; a self-nested answer (a known defect) is unwrapped.
    """
    inner = answer.get("Rezult")
    for _ in range(20):
        if not (isinstance(inner, Mapping) and inner.get("Command") == "GetRezult" and "Rezult" in inner):
            break
        inner = inner["Rezult"]
    outer_status = number(answer, "Status")
    if outer_status in (1, 4):
        return Silence.RUNNING
    if outer_status == 3:
        return None
    if not isinstance(inner, Mapping):
        return Silence.LOST
    meant = answered(kind, inner)
    # "Done earlier" as a stored result says nothing of how it was done: keep asking.
    return Silence.RUNNING if meant is Silence.REPEATED else meant


def document_of(answer: Mapping[str, Any]) -> Found | None:
    """The document in an answer to GetDataCheck; None where it cannot be made out. Never fails on its shape."""
    inner = answer.get("RegisterCheck")
    if not isinstance(inner, Mapping):
        return None
    fd = number(inner, "FiscalNumber")
    if fd is None:
        return None
    lines = inner.get("Register")
    named = [line for line in lines if isinstance(line, Mapping)] if isinstance(lines, list) else []
    return Found(
        fd=fd,
        fp=str(inner.get("FiscalSign") or ""),
        type=str(inner.get("CheckType") or ""),
        total=kopecks(inner.get("AllSumm")),
        card=kopecks(inner.get("ElectronicPayment")),
        advance=kopecks(inner.get("AdvancePayment")),
        lines=tuple((str(line.get("Name") or ""), kopecks(line.get("Amount"))) for line in named),
        cash=kopecks(inner.get("Cash")),
        qr=str(answer.get("QRCode") or ""),
        url=str(answer.get("URL") or "")[:500],
    )


@dataclass(frozen=True, slots=True)
class Unit:
    """A slot of the server, as `List` tells it."""

    num_device: int
    type: str
    name: str
    model: str
    serial: str
    active: bool


def units_of(answer: Mapping[str, Any]) -> tuple[Unit, ...]:
    """The devices in an answer to List, by slot; what cannot be made out is left out."""
    told = answer.get("ListUnit")
    found = [unit for unit in told if isinstance(unit, Mapping)] if isinstance(told, list) else []
    return tuple(sorted((_unit(unit) for unit in found if number(unit, "NumDevice")), key=lambda one: one.num_device))


def _unit(unit: Mapping[str, Any]) -> Unit:
    names = ("TypeDevice", "UnitName", "NameDevice", "KktNumber")
    kind, name, model, serial = (str(unit.get(name) or "")[:64] for name in names)
    # A printer that is switched off is not there for a command, whatever the server reaches.
    active = unit.get("Active") is True and unit.get("OnOff") is not False
    return Unit(number(unit, "NumDevice") or 0, kind, name, model, serial, active)


def says_no_document(answer: Mapping[str, Any]) -> bool:
    """Whether GetDataCheck was answered: the register has no such document."""
    return number(answer, "Status") == 2 and error_of(answer).startswith(NO_DOCUMENT)


def local_time(value: Any) -> datetime | None:
    """A local time without its zone and fraction; None where there is none."""
    try:
        moment = datetime.strptime(str(value)[:19], "%Y-%m-%dT%H:%M:%S")  # noqa: DTZ007  it names no zone
    except ValueError:
        return None
    return moment if moment.year > 1 else None


def clean(value: Any) -> Any:
    """What a device says, without what is no text: control characters and halves of pairs, which no database takes."""
    if isinstance(value, str):
        return NO_TEXT.sub("", value)
    if isinstance(value, dict):
        return {clean(name): clean(inner) for name, inner in value.items()}
    return [clean(inner) for inner in value] if isinstance(value, list) else value


def number(answer: Mapping[str, Any], name: str) -> int | None:
    """An int member, which may come as a string."""
    try:
        return int(answer[name])
    except (KeyError, TypeError, ValueError):
        return None


def error_of(answer: Mapping[str, Any]) -> str:
    """What the device said, verbatim but for a driver's literal `Message: `."""
    return str(answer.get("Error") or "").replace("Message: ", "")[:1000]
