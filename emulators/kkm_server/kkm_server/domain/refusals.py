"""Why a register says no, in its own words.

Two texts are recorded from a real server (reference 13). All others had to be invented, codes included: the shape
`<what failed> ( <register code> : <register text> )` is recorded, the words are ours.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Cause:
    """One reason for a refusal, and whether its text was seen on a real server."""

    code: int
    text: str
    recorded: bool = False


# The dash is U+2013, as recorded.
SHIFT_IS_OPEN = Cause(60, "Смена открыта – операция невозможна", recorded=True)
SHIFT_IS_NOT_OPEN = Cause(61, "Смена не открыта или смена превысила 24 часа – операция невозможна", recorded=True)

NO_LINK = Cause(201, "Нет связи с устройством")
NO_PAPER = Cause(202, "Нет бумаги")
DRIVE_EXPIRED = Cause(203, "Срок действия ФН истек")
OFD_BLOCKED = Cause(204, "Документы не переданы в ОФД более 30 дней – операция невозможна")
NOT_ENOUGH_CASH = Cause(205, "Недостаточно наличных в денежном ящике")
EMPTY_RECEIPT = Cause(206, "В чеке нет товарных позиций")
UNDERPAID = Cause(207, "Сумма оплат меньше суммы чека")
NON_CASH_OVER_TOTAL = Cause(208, "Сумма безналичных оплат больше суммы чека")
AMOUNT_OVER_PRICE = Cause(209, "Сумма позиции больше цены, умноженной на количество")
TAX_VARIANT_UNKNOWN = Cause(210, "Система налогообложения не зарегистрирована в ККТ")
TAX_VARIANT_MISSING = Cause(211, "Не указана система налогообложения")
WRONG_VALUE = Cause(212, "Недопустимое значение")
MARKING_CODE_MISSING = Cause(213, "Для маркированного товара не указан код маркировки")
PACKAGE_WRONG = Cause(214, "Дробное количество маркированного товара указано неверно")


class Refusal(Exception):
    """The register refuses; `text` goes into `Error` as it stands."""

    def __init__(self, cause: Cause, detail: str = "") -> None:
        self.cause = cause
        words = f"{cause.text}: {detail}" if detail else cause.text
        self.text = f"Ошибка регистрации ( {cause.code} : ККТ: {words} )"
        super().__init__(self.text)
