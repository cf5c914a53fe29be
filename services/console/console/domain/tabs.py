"""The pages that the top bar leads to, and who sees them: what is hidden is refused as well."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.domain.texts import N_


@dataclass(frozen=True, slots=True)
class Tab:
    path: str
    text: str
    permission: str | None
    key: str = ""


TABS = (
    Tab("/hall", N_("Hall"), "hall.board.read", "F2"),
    Tab("/clients", N_("Clients"), "billing.client.read", "F3"),
    Tab("/receipts", N_("Receipts"), "fiscal.receipt.read", "F7"),
    Tab("/shift", N_("Shift"), "billing.shift.read", "F6"),
    Tab("/registers", N_("Register"), "fiscal.register.manage"),
    Tab("/journal", N_("Journal"), "staff.journal.read"),
    Tab("/settings", N_("Settings"), "hall.club.manage"),
    Tab("/chain", N_("Chain"), None),
)


def of(path: str) -> Tab | None:
    """The tab that a page belongs to."""
    return next((tab for tab in TABS if path == tab.path or path.startswith(f"{tab.path}/")), None)


def shown(tab: Tab, permissions: frozenset[str], clubs: Sequence[str] | None) -> bool:
    """Whether somebody sees it; the chain is for those who work in more than one club."""
    if tab.permission is None:
        return clubs is None or len(clubs) > 1
    return tab.permission in permissions
