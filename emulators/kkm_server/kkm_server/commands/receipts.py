"""`RegisterCheck`: the receipt as it is asked for, and its answer (reference 9)."""

import base64
from collections.abc import Iterator
from dataclasses import replace

from kkm_server.commands.task import Outcome, Task
from kkm_server.domain.codes import BARCODES, CALCULATIONS, CheckType
from kkm_server.domain.receipt import Barcode, Correction, Item, Line, Payments, Picture, Receipt, Words
from kkm_server.domain.refusals import WRONG_VALUE, Refusal
from kkm_server.envelope import Members, rubles
from kkm_server.selection import NoDevice


def register_check(task: Task) -> Outcome:
    """`RegisterCheck`: a fiscal receipt, or a slip of text where `IsFiscalCheck` is false."""
    # Which of the two is wanted has no default: a slip in place of a receipt must not pass for one.
    if "IsFiscalCheck" not in task.members:
        raise Refusal(WRONG_VALUE, "IsFiscalCheck")
    if not task.members.flag("IsFiscalCheck"):
        return _slip(task)
    receipt = receipt_of(task.members)
    order = replace(task.order, on_paper=receipt.on_paper)
    step = task.register.register_receipt(order, receipt)
    document = step.documents[-1]
    members = {
        "CheckNumber": document.check_number,
        "SessionNumber": document.session,
        "SessionCheckNumber": document.session_check,
        "URL": document.url,
        "QRCode": document.qr,
        **payment_members(document.payments),
    }
    return Outcome.of(step, members)


def _slip(task: Task) -> Outcome:
    # `Register` lines of a slip are not used (reference 12.2).
    items = tuple(item for item in items_of(task.members) if not isinstance(item, Line))
    step = task.register.print_slip(task.order, items)
    document = step.documents[-1]
    return Outcome.of(step, {"CheckNumber": document.check_number, "SessionNumber": document.session})


def payment_members(payments: Payments) -> dict[str, float]:
    """The five payments as they were registered."""
    return {
        "Cash": rubles(payments.cash),
        "ElectronicPayment": rubles(payments.electronic),
        "AdvancePayment": rubles(payments.advance),
        "Credit": rubles(payments.credit),
        "CashProvision": rubles(payments.provision),
    }


def receipt_of(members: Members) -> Receipt:
    """Read a fiscal receipt; refuses what no register could take."""
    type_ = _check_type(members)
    tendered = _payments(members)
    # No terminal is modelled, and a receipt that was to charge a card must not look as if it had.
    if members.flag("PayByProcessing") and tendered.electronic:
        raise NoDevice(members.whole("NumDeviceByProcessing", 0))
    return Receipt(
        type=type_,
        items=tuple(items_of(members)),
        tendered=tendered,
        client_address=members.text("ClientAddress"),
        tax_variant=members.text("TaxVariant"),
        attribute=members.text("AdditionalAttribute"),
        not_print=members.flag("NotPrint"),
        correction=_correction(members) if CALCULATIONS[type_].correction else None,
    )


def _check_type(members: Members) -> CheckType:
    try:
        return CheckType(members.whole("TypeCheck", 0))
    except ValueError:
        raise Refusal(WRONG_VALUE, "TypeCheck") from None


def _payments(members: Members) -> Payments:
    return Payments(
        cash=members.kopecks("Cash", 0),
        electronic=members.kopecks("ElectronicPayment", 0),
        advance=members.kopecks("AdvancePayment", 0),
        credit=members.kopecks("Credit", 0),
        provision=members.kopecks("CashProvision", 0),
    )


def _correction(members: Members) -> Correction:
    kind = members.whole("CorrectionType")
    if kind not in (0, 1):
        raise Refusal(WRONG_VALUE, "CorrectionType")
    return Correction(
        by_order=kind == 1,
        base_date=members.text("CorrectionBaseDate"),
        base_number=members.text("CorrectionBaseNumber"),
    )


def items_of(members: Members) -> Iterator[Item]:
    """Read `CheckStrings`; one element may hold several items, printed in this order."""
    for element in members.records("CheckStrings"):
        if (text := element.record("PrintText")) is not None:
            yield Words(text.text("Text"))
        if (line := element.record("Register")) is not None:
            yield _line(line)
        if (code := element.record("BarCode")) is not None:
            yield _barcode(code)
        if (picture := element.record("PrintImage")) is not None:
            yield _picture(picture)


def _line(line: Members) -> Line:
    amount_kopecks = line.kopecks("Amount")
    quantity_milli = line.milli("Quantity")
    code = line.record("GoodCodeData")
    package = line.whole("PackageQuantity", 0)
    return Line(
        name=line.text("Name"),
        quantity_milli=quantity_milli,
        price_kopecks=_price(line, amount_kopecks, quantity_milli),
        amount_kopecks=amount_kopecks,
        tax=line.whole("Tax"),
        method=line.whole("SignMethodCalculation"),
        subject=line.whole("SignCalculationObject"),
        measure=line.whole("MeasureOfQuantity", 0),
        department=line.whole("Department", 0),
        code=code.text("BarCode") if code is not None else "",
        package_quantity=package or None,
    )


def _price(line: Members, amount_kopecks: int, quantity_milli: int) -> int:
    """The price of a piece; some clients leave it out, and then it is what makes the amount."""
    if "Price" in line:
        return line.kopecks("Price")
    if quantity_milli <= 0:
        return 0
    # Rounded up, so that price by quantity is never below the amount.
    return -(-amount_kopecks * 1000 // quantity_milli)


def _barcode(code: Members) -> Barcode:
    type_ = code.text("BarcodeType")
    if type_ not in BARCODES:
        raise Refusal(WRONG_VALUE, "BarcodeType")
    return Barcode(type_, code.text("Barcode"))


def _picture(picture: Members) -> Picture:
    try:
        return Picture(len(base64.b64decode(picture.text("Image"), validate=True)))
    # Also what is not even ASCII.
    except ValueError:
        raise Refusal(WRONG_VALUE, "Image") from None
