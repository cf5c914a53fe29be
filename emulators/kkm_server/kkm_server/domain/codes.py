"""The enumerations of the protocol (reference 9.2 and 9.7) and their words on paper."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class CheckType(IntEnum):
    """`TypeCheck`: which fiscal receipt is wanted."""

    SALE = 0
    SALE_RETURN = 1
    SALE_CORRECTION = 2
    SALE_RETURN_CORRECTION = 3
    PURCHASE = 10
    PURCHASE_RETURN = 11
    PURCHASE_CORRECTION = 12
    PURCHASE_RETURN_CORRECTION = 13


class Kind(StrEnum):
    """What a document is, in the words of the control endpoint."""

    SALE = "sale"
    SALE_RETURN = "sale_return"
    PURCHASE = "purchase"
    PURCHASE_RETURN = "purchase_return"
    CORRECTION = "correction"
    OPEN_SHIFT = "open_shift"
    CLOSE_SHIFT = "close_shift"
    CASH_IN = "cash_in"
    CASH_OUT = "cash_out"
    X_REPORT = "x_report"
    OFD_REPORT = "ofd_report"
    NON_FISCAL = "non_fiscal"


@dataclass(frozen=True, slots=True)
class Calculation:
    """What a `TypeCheck` means: its sign in the QR (tag 1054), its words, and where the cash goes."""

    sign: int
    kind: Kind
    title: str
    # 1: the drawer gains, -1: the drawer pays.
    cash_way: int

    @property
    def correction(self) -> bool:
        """Whether it is a correction receipt."""
        return self.kind is Kind.CORRECTION


# The titles of corrections are not recorded; that a correction moves the drawer's cash is assumed.
CALCULATIONS = {
    CheckType.SALE: Calculation(1, Kind.SALE, "Приход", 1),
    CheckType.SALE_RETURN: Calculation(2, Kind.SALE_RETURN, "Возврат прихода", -1),
    CheckType.SALE_CORRECTION: Calculation(1, Kind.CORRECTION, "Коррекция прихода", 1),
    CheckType.SALE_RETURN_CORRECTION: Calculation(2, Kind.CORRECTION, "Коррекция возврата прихода", -1),
    CheckType.PURCHASE: Calculation(3, Kind.PURCHASE, "Расход", -1),
    CheckType.PURCHASE_RETURN: Calculation(4, Kind.PURCHASE_RETURN, "Возврат расхода", 1),
    CheckType.PURCHASE_CORRECTION: Calculation(3, Kind.CORRECTION, "Коррекция расхода", -1),
    CheckType.PURCHASE_RETURN_CORRECTION: Calculation(4, Kind.CORRECTION, "Коррекция возврата расхода", 1),
}

TAX_VARIANTS = {"0": "ОСН", "1": "УСН доход", "2": "УСН доход - расход", "3": "ЕНВД", "4": "ЕСХН", "5": "Патент"}

# `Tax`: the rate in percent and whether it is a calculated one (20/120).
TAX_LABELS = {
    -1: "БЕЗ НДС",
    0: "НДС 0%",
    5: "НДС 5%",
    7: "НДС 7%",
    10: "НДС 10%",
    20: "НДС 20%",
    22: "НДС 22%",
    105: "НДС 5/105",
    107: "НДС 7/107",
    110: "НДС 10/110",
    120: "НДС 20/120",
    122: "НДС 22/122",
}

# `SignMethodCalculation`, tag 1214.
METHODS = {
    1: "ПРЕДОПЛАТА 100%",
    2: "ПРЕДОПЛАТА",
    3: "АВАНС",
    4: "ПОЛНЫЙ РАСЧЕТ",
    5: "ЧАСТИЧНЫЙ РАСЧЕТ И КРЕДИТ",
    6: "ПЕРЕДАЧА В КРЕДИТ",
    7: "ОПЛАТА КРЕДИТА",
}

# `SignCalculationObject`, tag 1212. 28 and 29 do not exist.
SUBJECTS = frozenset({*range(1, 28), *range(30, 34)})
SUBJECT_LABELS = {1: "ТОВАР", 2: "ПОДАКЦИЗНЫЙ ТОВАР", 3: "РАБОТА", 4: "УСЛУГА", 10: "ПЛАТЕЖ"}
SUBJECTS_WITH_CODE = frozenset({31, 33})

# `MeasureOfQuantity`, tag 2108.
MEASURES = {
    0: "шт", 10: "г", 11: "кг", 12: "т", 20: "см", 21: "дм", 22: "м", 30: "кв. см", 31: "кв. дм", 32: "кв. м",
    40: "мл", 41: "л", 42: "куб. м", 50: "кВт·ч", 51: "Гкал", 70: "сут", 71: "час", 72: "мин", 73: "с",
    80: "Кбайт", 81: "Мбайт", 82: "Гбайт", 83: "Тбайт", 255: "ед",
}  # fmt: skip

BARCODES = frozenset({"EAN13", "CODE39", "CODE128", "QR", "PDF417"})


def vat_kopecks(amount_kopecks: int, tax: int) -> int:
    """The VAT inside an amount, rounded half up to a kopeck; plain and calculated rates are the same share."""
    assert tax in TAX_LABELS, tax
    rate = tax - 100 if tax > 100 else max(tax, 0)
    return (amount_kopecks * rate * 2 + (100 + rate)) // (2 * (100 + rate))
