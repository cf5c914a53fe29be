"""What stands on a receipt, as FFD 1.2 wants it: one layout, drawn as text and as a picture.

The words are those that Russian registers print. Tags are named where the word alone does not say which one it is.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

COLUMNS = 42
"""Characters in a line of 80 mm paper; 32 fit on 57 mm."""
NARROW = 32

SIGNS = {1: "ПРИХОД", 2: "ВОЗВРАТ ПРИХОДА", 3: "РАСХОД", 4: "ВОЗВРАТ РАСХОДА"}
"""Tag 1054, `n` of the QR text."""
METHODS = {
    1: "ПРЕДОПЛАТА 100%",
    2: "ПРЕДОПЛАТА",
    3: "АВАНС",
    4: "ПОЛНЫЙ РАСЧЕТ",
    5: "ЧАСТИЧНЫЙ РАСЧЕТ И КРЕДИТ",
    6: "ПЕРЕДАЧА В КРЕДИТ",
    7: "ОПЛАТА КРЕДИТА",
}
"""Tag 1214."""
SUBJECTS = {1: "ТОВАР", 4: "УСЛУГА", 10: "ПЛАТЕЖ", 33: "ТМ"}
"""Tag 1212."""
SYSTEMS = {0: "ОСН", 1: "УСН ДОХОД", 2: "УСН ДОХОД - РАСХОД", 4: "ЕСХН", 5: "ПАТЕНТ"}
"""Tag 1055, numbered as KKM-Server does."""
MEASURES = {0: "шт", 70: "сут", 71: "час", 72: "мин"}
"""Tag 2108."""

UNCONFIRMED = "НЕ ПОДТВЕРЖДЁН"
COPY = "КОПИЯ, НЕ ФИСКАЛЬНЫЙ ДОКУМЕНТ"
REFUSED = "ОТКАЗ КАССЫ: ЧЕКА НЕТ"
ELSEWHERE = "ПРОБИТ НЕ ЗДЕСЬ"
UNFISCALISED = "БЕЗ КАССЫ: РУЧНАЯ ОПЛАТА"
NOTICES = {"registered": COPY, "refused": REFUSED, "elsewhere": ELSEWHERE, "unfiscalised": UNFISCALISED}
"""What a picture that is no document says about itself; any other state is not confirmed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line (tag 1059). Its signs are unknown where nothing was sent to a register."""

    name: str
    quantity: int
    price_kopecks: int
    amount_kopecks: int
    tax: int | None = None
    method: int | None = None
    subject: int | None = None
    measure: int = 0


@dataclass(frozen=True, slots=True)
class Seller:
    """Who settles, where, and on which register; what is not known is empty."""

    organisation: str = ""
    inn: str = ""
    address: str = ""
    place: str = ""
    kkt_number: str = ""
    registration: str = ""
    ffd: str = ""


@dataclass(frozen=True, slots=True)
class Numbers:
    """The document's own numbers, as its register gave them."""

    fd: int
    fn: str
    fp: str
    shift: int | None
    number: int | None
    qr: str
    url: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt with everything that its paper says."""

    state: str
    """`registered`, `refused`, `elsewhere`, `unfiscalised`, or one that is not known yet."""
    seller: Seller
    sign: int
    lines: tuple[Line, ...]
    cash_kopecks: int
    received_kopecks: int
    """Cash that was handed over."""
    card_kopecks: int
    advance_kopecks: int
    tax_system: int | None
    cashier: str
    cashier_inn: str
    contact: str
    at: str
    """Local time, as it is printed."""
    document: Numbers | None

    @property
    def total_kopecks(self) -> int:
        return sum(line.amount_kopecks for line in self.lines)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of paper: two texts at its edges, or one in its middle."""

    left: str = ""
    right: str = ""
    middle: str = ""
    bold: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """A line across."""


@dataclass(frozen=True, slots=True)
class Code:
    """A QR code."""

    text: str


Piece = Row | Rule | Code


def laid_out(receipt: Receipt, columns: int) -> tuple[Piece, ...]:
    """The paper, top to bottom; no text is wider than `columns`."""
    return tuple(_pieces(receipt, columns))


def as_text(pieces: Sequence[Piece], columns: int) -> str:
    """The paper as plain text. A QR code is written out: plain text has no picture."""
    return "".join(f"{line}\n" for piece in pieces for line in _text(piece, columns))


def _text(piece: Piece, columns: int) -> list[str]:
    match piece:
        case Row(left, right, middle):
            line = middle.center(columns) if middle else left + right.rjust(columns - len(left))
            return [line.rstrip()]
        case Rule():
            return ["-" * columns]
        case Code(text):
            return wrap(text, columns, break_on_hyphens=False)


def _pieces(receipt: Receipt, columns: int) -> Iterator[Piece]:
    notice = NOTICES.get(receipt.state, UNCONFIRMED)
    yield from _middle(notice, columns, bold=True)
    yield Rule()
    yield from _heading(receipt.seller, columns)
    yield from _middle("КАССОВЫЙ ЧЕК", columns, bold=True)
    yield from _middle(SIGNS[receipt.sign], columns, bold=True)
    yield Rule()
    for line in receipt.lines:
        yield from _line(line, columns)
    yield Rule()
    yield from _totals(receipt, columns)
    yield Rule()
    yield from _footing(receipt, columns)
    if receipt.document is not None and receipt.document.qr:
        yield Code(receipt.document.qr)
    yield Rule()
    yield from _middle(notice, columns, bold=True)


def _heading(seller: Seller, columns: int) -> Iterator[Row]:
    inn = f"ИНН {seller.inn}" if seller.inn else ""
    for text in (seller.organisation, inn, seller.address, seller.place):
        yield from _middle(text, columns)


def _line(line: Line, columns: int) -> Iterator[Row]:
    for part in wrap(line.name, columns) or [""]:
        yield Row(left=part)
    full = line.price_kopecks * line.quantity
    counted = f"{line.quantity} {MEASURES.get(line.measure, 'ед')} x {rubles(line.price_kopecks)}"
    yield from _edges(counted, f"={rubles(full)}", columns)
    if full != line.amount_kopecks:
        yield from _edges("  СКИДКА", f"={rubles(full - line.amount_kopecks)}", columns)
        yield from _edges("  СТОИМОСТЬ", f"={rubles(line.amount_kopecks)}", columns)
    signs = [METHODS.get(line.method or 0, ""), SUBJECTS.get(line.subject or 0, "")]
    if line.tax is not None:
        vat = f"={rubles(vat_kopecks(line.amount_kopecks, line.tax))}" if line.tax > 0 else ""
        yield from _edges(f"  {tax_label(line.tax)}", vat, columns)
    if any(signs):
        yield from _edges("", ", ".join(filter(None, signs)), columns)


def _totals(receipt: Receipt, columns: int) -> Iterator[Row]:
    yield from _edges("ИТОГ", f"={rubles(receipt.total_kopecks)}", columns, bold=True)
    change = receipt.received_kopecks - receipt.cash_kopecks
    forms = [
        ("НАЛИЧНЫМИ", receipt.cash_kopecks),  # 1031
        ("  ПОЛУЧЕНО", receipt.received_kopecks if change > 0 else 0),
        ("  СДАЧА", max(change, 0)),
        ("БЕЗНАЛИЧНЫМИ", receipt.card_kopecks),  # 1081
        ("ПРЕДВАРИТЕЛЬНАЯ ОПЛАТА (АВАНС)", receipt.advance_kopecks),  # 1215
    ]
    for label, kopecks in forms:
        if kopecks:
            yield from _edges(label, f"={rubles(kopecks)}", columns)
    for tax, kopecks in sorted(_vats(receipt.lines).items()):
        yield from _edges(f"СУММА {tax_label(tax)}", f"={rubles(kopecks)}", columns)


def _vats(lines: Sequence[Line]) -> dict[int, int]:
    """By rate the tax in it; without a rate, the turnover."""
    sums: dict[int, int] = defaultdict(int)
    for line in lines:
        if line.tax is not None:
            sums[line.tax] += vat_kopecks(line.amount_kopecks, line.tax) if line.tax > 0 else line.amount_kopecks
    return sums


def _footing(receipt: Receipt, columns: int) -> Iterator[Row]:
    seller, document = receipt.seller, receipt.document
    rows = [
        ("КАССИР", receipt.cashier),
        ("ИНН КАССИРА", receipt.cashier_inn),
        ("СНО", SYSTEMS.get(receipt.tax_system, "") if receipt.tax_system is not None else ""),
        ("ЭЛ. АДР. ПОКУПАТЕЛЯ", receipt.contact),
        ("СМЕНА", str(document.shift or "") if document else ""),
        ("ЧЕК", str(document.number or "") if document else ""),
        ("ДАТА ВРЕМЯ", receipt.at),
        ("ЗН ККТ", seller.kkt_number),
        ("РН ККТ", seller.registration),
        ("ФН", document.fn if document else ""),
        ("ФД", str(document.fd) if document else ""),
        ("ФП", document.fp if document else ""),
        ("ФФД", seller.ffd),
        ("САЙТ ФНС", "www.nalog.gov.ru" if document else ""),
        ("ЧЕК В ОФД", document.url if document else ""),
    ]
    for label, value in rows:
        if value:
            yield from _edges(label, value, columns)


def _middle(text: str, columns: int, bold: bool = False) -> Iterator[Row]:
    for part in wrap(text, columns):
        yield Row(middle=part, bold=bold)


def _edges(left: str, right: str, columns: int, bold: bool = False) -> Iterator[Row]:
    """Two texts at the two edges; what does not fit together goes on lines of its own."""
    if len(left) + len(right) < columns:
        yield Row(left, right, bold=bold)
        return
    for part in wrap(left, columns, drop_whitespace=False):
        yield Row(left=part, bold=bold)
    for part in wrap(right, columns):
        yield Row(right=part, bold=bold)


def tax_label(tax: int) -> str:
    """The rate as it is printed; numbered as KKM-Server does."""
    if tax < 0:
        return "БЕЗ НДС"
    return f"НДС {tax - 100}/{tax}" if tax > 100 else f"НДС {tax}%"


def vat_kopecks(amount_kopecks: int, tax: int) -> int:
    """The tax in an amount, ordinary (22) or computed (122) rate alike; rounded half up to a kopeck."""
    rate = tax - 100 if tax > 100 else tax
    return (amount_kopecks * rate * 2 + 100 + rate) // (2 * (100 + rate))


def rubles(kopecks: int) -> str:
    return f"{kopecks // 100}.{kopecks % 100:02d}"
