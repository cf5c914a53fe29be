"""What goes on a receipt by law: FFD 1.2 signs and VAT, from what the money was for and the club's tax settings.

Tags are those of FFD 1.2, VAT rates those of 2026 (law 425-FZ of 28.11.2025). The numbering of taxes is KKM-Server's
(kkmserver.ru), which differs from the tags' own.
"""

from dataclasses import dataclass
from datetime import date

SYSTEMS = {"osn": 0, "usn_income": 1, "usn_income_expense": 2, "eshn": 4, "patent": 5}
"""KKM-Server's `TaxVariant`."""

VATS = {"none": -1, "0": 0, "5": 5, "7": 7, "10": 10, "20": 20, "22": 22}
"""KKM-Server's `Tax`, ordinary rates."""

COMPUTED = {-1: -1, 0: 0, 5: 105, 7: 107, 10: 110, 20: 120, 22: 122}
"""The rate of an advance: VAT of money taken before anything was sold is computed (rate/(100+rate))."""

ADVANCE, FULL_SETTLEMENT = 3, 4
"""Tag 1214."""

SUBJECTS = {"goods": 1, "service": 4, "advance": 10}
"""Tag 1212."""

PIECE = 0
"""Tag 2108."""

RATE_22_SINCE = date(2026, 1, 1)


@dataclass(frozen=True, slots=True)
class Tax:
    """How a club is taxed from `since` on. The rate is dated configuration, never a constant."""

    since: date
    system: str
    vat: str

    def __post_init__(self) -> None:
        assert self.system in SYSTEMS, self.system
        assert self.vat in VATS, self.vat


def tax_at(settings: list[Tax], day: date) -> Tax | None:
    """The settings in force on `day`; None before the first."""
    return max((tax for tax in settings if tax.since <= day), key=lambda tax: tax.since, default=None)


def contradiction(tax: Tax) -> str | None:
    """Why these settings cannot be; None when they can."""
    if tax.vat in ("5", "7") and not tax.system.startswith("usn"):
        return "vat_for_usn_only"
    if tax.vat == "22" and tax.since < RATE_22_SINCE:
        return "vat_22_since_2026"
    if tax.vat == "20" and tax.since >= RATE_22_SINCE:
        return "vat_20_until_2025"
    return None


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of one receipt line."""

    tax: int
    method: int
    subject: int
    measure: int = PIECE


def signs(purpose: str, subject: str, tax: Tax) -> Signs:
    """The signs of a line sold for `purpose`; an advance carries the computed rate and subject 10."""
    rate = VATS[tax.vat]
    if purpose == "advance":
        return Signs(COMPUTED[rate], ADVANCE, SUBJECTS["advance"])
    return Signs(rate, FULL_SETTLEMENT, SUBJECTS[subject])
