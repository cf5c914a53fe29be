"""Documents as a register holds them, and the one that a receipt must have become."""

from dataclasses import dataclass

SALE = "Приход"
"""`CheckType` of a sale in `GetDataCheck` (recorded)."""
RETURN = "Возврат прихода"
"""That of a return of a sale."""
RECEIPTS = (SALE, RETURN)
"""Those of documents that jobs of ours can have become."""
CLOSING = "Закрытие смены"
"""That of the document that ends a shift (recorded)."""


@dataclass(frozen=True, slots=True)
class Found:
    """A document that the register holds, as far as it tells. Kopecks; `lines` are (name, amount)."""

    fd: int
    fp: str
    type: str
    total: int
    card: int
    advance: int
    lines: tuple[tuple[str, int], ...]
    cash: int = 0
    qr: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the document of a PRINT job looks like in the register's memory."""

    total: int
    card: int
    advance: int
    lines: tuple[tuple[str, int], ...]
    kind: str = SALE

    def is_made_by(self, found: Found) -> bool:
        return not self.differences(found)

    def differences(self, found: Found) -> tuple[str, ...]:
        """What tells `found` from the wanted one: kind, total, card, advance, lines. What is left is cash.

        Names are compared as far as both go: a register may cut a long one.
        """
        same = {
            "kind": found.type == self.kind,
            "total": self.total == found.total,
            "card": self.card == found.card,
            "advance": self.advance == found.advance,
            "lines": len(self.lines) == len(found.lines)
            and all(
                a == b and (x.startswith(y) or y.startswith(x))
                for (x, a), (y, b) in zip(self.lines, found.lines, strict=True)
            ),
        }
        return tuple(name for name, is_same in same.items() if not is_same)
