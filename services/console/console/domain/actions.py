"""All that somebody can begin from anywhere, by its name."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.domain.tabs import TABS, shown
from console.domain.texts import N_


@dataclass(frozen=True, slots=True)
class Action:
    """A page to go to, or a dialog to open where `dialog`; `at_till`: only where money is taken."""

    path: str
    text: str
    permission: str | None = None
    key: str = ""
    dialog: bool = False
    at_till: bool = False


MORE = (
    Action("/clients/new", N_("New client"), "billing.client.manage"),
    Action("/top-up", N_("Top up a balance"), "billing.top_up.take", "Alt+T", dialog=True, at_till=True),
    Action("/shift", N_("Open the shift"), "billing.shift.open", at_till=True),
    Action("/shift", N_("Close the shift"), "billing.shift.close", at_till=True),
    Action("/shifts", N_("Earlier shifts"), "billing.shift.read"),
    Action("/registers", N_("X-report"), "fiscal.register.manage"),
    Action("/registers", N_("Manual payment"), "fiscal.register.manage"),
    Action("/receipts?day=&state=unknown", N_("Receipts that are not confirmed"), "fiscal.receipt.read"),
    Action("/receipts?day=&state=unfiscalised", N_("Sales without a receipt"), "fiscal.receipt.read"),
    Action("/settings/clubs", N_("Clubs and zones"), "hall.club.manage"),
    Action("/settings/places", N_("Places"), "hall.club.manage"),
    Action("/settings/tariffs", N_("Tariffs"), "hall.club.manage"),
    Action("/settings/tills", N_("Tills"), "staff.till.manage"),
    Action("/settings/people", N_("People"), "staff.member.manage"),
    Action("/sessions", N_("Where I am signed in")),
    Action("/password", N_("Password and PIN")),
)


def actions(permissions: frozenset[str], clubs: Sequence[str] | None, at_till: bool) -> list[Action]:
    """What this person may begin here, pages first."""
    pages = [Action(tab.path, tab.text, key=tab.key) for tab in TABS if shown(tab, permissions, clubs)]
    return pages + [
        one for one in MORE if one.permission is None or one.permission in permissions if at_till or not one.at_till
    ]
