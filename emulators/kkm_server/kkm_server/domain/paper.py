"""What stands on the paper: a Russian receipt, line by line."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from kkm_server.domain.codes import (
    CALCULATIONS,
    MEASURES,
    METHODS,
    SUBJECT_LABELS,
    TAX_LABELS,
    TAX_VARIANTS,
    vat_kopecks,
)
from kkm_server.domain.device import ADDRESS, LINE_LENGTH, OFD_NAME, ORGANISATION, PLACE, SENDER_EMAIL, Device
from kkm_server.domain.layout import centred, edges, laid_out, rule
from kkm_server.domain.money import pieces, rubles
from kkm_server.domain.receipt import Barcode, Cashier, Correction, Item, Line, Payments, Picture, Receipt, Words

if TYPE_CHECKING:
    from kkm_server.domain.document import Document
    from kkm_server.domain.register import Turnover

WIDTH = LINE_LENGTH


def _sum(label: str, kopecks: int) -> list[str]:
    return edges(label, f"={rubles(kopecks)}", WIDTH)


def _heading(title: str) -> list[str]:
    return [*centred(ORGANISATION, WIDTH), *centred(ADDRESS, WIDTH), *centred(PLACE, WIDTH), "", *centred(title, WIDTH)]


def _cashier(cashier: Cashier) -> list[str]:
    name = edges("КАССИР", cashier.name, WIDTH) if cashier.name else []
    return [*name, *(edges("ИНН КАССИРА", cashier.vatin, WIDTH) if cashier.vatin else [])]


def _footing(device: Device, fs_number: str, document: "Document") -> list[str]:
    numbers = [
        ("ИНН", device.inn),
        ("ЗН ККТ", device.kkt_number),
        ("РН ККТ", device.reg_number),
        ("ФН", fs_number),
        ("СМЕНА", str(document.session)),
        *([("ЧЕК", str(document.session_check))] if document.session_check else []),
        ("ДАТА ВРЕМЯ", f"{document.at:%d.%m.%y %H:%M}"),
        *([("ФД", str(document.number)), ("ФП", document.fiscal_sign)] if document.number else []),
    ]
    return [line for label, value in numbers for line in edges(label, value, WIDTH)]


def receipt(device: Device, fs_number: str, asked: Receipt, document: "Document") -> tuple[str, ...]:
    """The paper of a fiscal receipt."""
    calculation = asked.calculation
    title = "КАССОВЫЙ ЧЕК КОРРЕКЦИИ" if calculation.correction else "КАССОВЫЙ ЧЕК"
    buyer = edges("ЭЛ. АДР. ПОКУПАТЕЛЯ", asked.client_address, WIDTH) if asked.client_address else []
    attribute = edges("ДОП. РЕКВИЗИТ ЧЕКА", asked.attribute, WIDTH) if asked.attribute else []
    return (
        *_heading(title),
        *centred(calculation.title.upper(), WIDTH),
        *_correction(asked.correction),
        rule(WIDTH),
        *items(asked.items),
        rule(WIDTH),
        *_sum("ИТОГ", document.total),
        *_payments(document.payments, document.change_kopecks),
        *_vat(document.lines),
        rule(WIDTH),
        *_cashier(document.cashier),
        *edges("СНО", TAX_VARIANTS[document.tax_variant], WIDTH),
        *attribute,
        *buyer,
        *edges("ЭЛ. АДР. ОТПРАВИТЕЛЯ", SENDER_EMAIL, WIDTH),
        *edges("САЙТ ФНС", "www.nalog.gov.ru", WIDTH),
        *_footing(device, fs_number, document),
    )


def _correction(correction: Correction | None) -> list[str]:
    if correction is None:
        return []
    reason = "ПО ПРЕДПИСАНИЮ" if correction.by_order else "САМОСТОЯТЕЛЬНО"
    base = f"{correction.base_date[:10]} {correction.base_number}".strip()
    return [*edges("ТИП КОРРЕКЦИИ", reason, WIDTH), *edges("ОСНОВАНИЕ", base, WIDTH)]


def items(several: Iterable[Item]) -> list[str]:
    """The middle of a receipt or slip: text, fiscal lines, bar codes and pictures in their order."""
    return [line for item in several for line in _item(item)]


def _item(item: Item) -> list[str]:
    match item:
        case Line():
            return _line(item)
        case Words(text):
            return laid_out(text, WIDTH)
        case Barcode(kind, value):
            return laid_out(f"[{kind}] {value}", WIDTH)
        case Picture(size_bytes):
            return centred(f"[изображение, {size_bytes} байт]", WIDTH)


def _line(line: Line) -> list[str]:
    # No check of the code is modelled, so the paper says what an offline register prints: [М], not [М+].
    mark = "[М] " if line.code else ""
    measure = MEASURES[line.measure]
    discount = line.full_kopecks - line.amount_kopecks
    signs = [METHODS[line.method], *([SUBJECT_LABELS[line.subject]] if line.subject in SUBJECT_LABELS else [])]
    return [
        *laid_out(f"{mark}{line.name}", WIDTH),
        *edges(
            f"{pieces(line.quantity_milli)} {measure} x {rubles(line.price_kopecks)}",
            f"={rubles(line.amount_kopecks)}",
            WIDTH,
        ),
        *(_sum("  СКИДКА", discount) if discount else []),
        *edges("  " + TAX_LABELS[line.tax], ", ".join(signs), WIDTH),
    ]


def _parts(payments: Payments) -> list[tuple[str, int]]:
    parts = [
        ("НАЛИЧНЫМИ", payments.cash),
        ("БЕЗНАЛИЧНЫМИ", payments.electronic),
        ("ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)", payments.advance),
        ("ПОСЛЕДУЮЩАЯ ОПЛАТА (КРЕДИТ)", payments.credit),
        ("ИНАЯ ФОРМА ОПЛАТЫ", payments.provision),
    ]
    return [(label, kopecks) for label, kopecks in parts if kopecks]


def _payments(payments: Payments, change_kopecks: int) -> list[str]:
    paid = [line for label, kopecks in _parts(payments) for line in _sum(label, kopecks)]
    if not change_kopecks:
        return paid
    return [*paid, *_sum("  ПОЛУЧЕНО", payments.cash + change_kopecks), *_sum("  СДАЧА", change_kopecks)]


def _vat(lines: Sequence[Line]) -> list[str]:
    by_tax: dict[int, int] = defaultdict(int)
    for line in lines:
        # Without a rate the paper shows the turnover; with one it shows the tax in it.
        by_tax[line.tax] += vat_kopecks(line.amount_kopecks, line.tax) if line.tax > 0 else line.amount_kopecks
    return [text for tax, kopecks in sorted(by_tax.items()) for text in _sum(f"СУММА {TAX_LABELS[tax]}", kopecks)]


def slip(several: Iterable[Item]) -> tuple[str, ...]:
    """The paper of a slip that is not fiscal."""
    return (*items(several), rule(WIDTH), *centred("НЕФИСКАЛЬНЫЙ ДОКУМЕНТ", WIDTH))


def report(
    device: Device, fs_number: str, title: str, document: "Document", rows: Sequence[tuple[str, str]] = ()
) -> tuple[str, ...]:
    """The paper of a report or of a movement of cash: a title, rows of its own, who and where."""
    return (
        *_heading(title),
        rule(WIDTH),
        *(line for label, value in rows for line in edges(label, value, WIDTH)),
        *([rule(WIDTH)] if rows else []),
        *_cashier(document.cashier),
        *_footing(device, fs_number, document),
    )


def totals(turnovers: Sequence["Turnover"], cash_kopecks: int) -> list[tuple[str, str]]:
    """The rows of an X or Z report: per kind of receipt its count and sums, then the drawer."""
    rows: list[tuple[str, str]] = []
    for turnover in turnovers:
        rows.append((CALCULATIONS[turnover.type].title.upper(), f"{turnover.count} шт"))
        rows += [(f"  {label}", f"={rubles(kopecks)}") for label, kopecks in _parts(turnover.payments)]
        rows.append(("  ИТОГО", f"={rubles(turnover.payments.total)}"))
    return [*rows, ("НАЛИЧНЫХ В КАССЕ", f"={rubles(cash_kopecks)}")]


def ofd_rows(unsent: int, error: str) -> list[tuple[str, str]]:
    """The rows of the report on the state of settlements."""
    return [("ОФД", OFD_NAME), ("НЕПЕРЕДАННЫХ ФД", str(unsent)), *([("ОШИБКА ОФД", error)] if error else [])]
