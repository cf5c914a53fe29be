"""Who may do what: one table, a row for each permission with the built-in roles that have it.

A member's role is a name, and `permissions_of` alone says what it means: roles that an owner makes will be looked up
there too. A token carries permissions, never a role, so no other service has to know that roles exist.
"""

from typing import Literal

Role = Literal["owner", "administrator", "operator", "accountant"]
Kind = Literal["agent", "worker"]
"""What a machine is: the program on a gaming PC, or a club's fiscal worker."""

OWNER: Role = "owner"
ADMINISTRATOR: Role = "administrator"
OPERATOR: Role = "operator"
ACCOUNTANT: Role = "accountant"
ROLES: tuple[Role, ...] = (OWNER, ADMINISTRATOR, OPERATOR, ACCOUNTANT)

TABLE: dict[str, tuple[Role, ...]] = {
    "hall.board.read": (OWNER, ADMINISTRATOR, OPERATOR, ACCOUNTANT),
    "hall.club.manage": (OWNER, ADMINISTRATOR),
    "hall.session.order": (OWNER, ADMINISTRATOR, OPERATOR),
    "hall.session.end": (OWNER, ADMINISTRATOR, OPERATOR),
    "billing.client.read": (OWNER, ADMINISTRATOR, OPERATOR, ACCOUNTANT),
    "billing.client.manage": (OWNER, ADMINISTRATOR, OPERATOR),
    "billing.bonus.grant": (OWNER, ADMINISTRATOR),
    "billing.sale.read": (OWNER, ADMINISTRATOR, OPERATOR, ACCOUNTANT),
    "billing.sale.pay": (OWNER, ADMINISTRATOR, OPERATOR),
    "billing.sale.cancel": (OWNER, ADMINISTRATOR, OPERATOR),
    "billing.top_up.take": (OWNER, ADMINISTRATOR, OPERATOR),
    "billing.refund.take": (OWNER, ADMINISTRATOR, OPERATOR),
    "billing.refund.approve": (OWNER, ADMINISTRATOR),
    "billing.shift.read": (OWNER, ADMINISTRATOR, OPERATOR, ACCOUNTANT),
    "billing.shift.open": (OWNER, ADMINISTRATOR, OPERATOR),
    "billing.shift.close": (OWNER, ADMINISTRATOR, OPERATOR),
    "billing.difference.approve": (OWNER,),
    "billing.ledger.read": (OWNER, ADMINISTRATOR, ACCOUNTANT),
    "fiscal.receipt.read": (OWNER, ADMINISTRATOR, OPERATOR, ACCOUNTANT),
    "fiscal.receipt.ask": (OWNER, ADMINISTRATOR, OPERATOR),
    "fiscal.receipt.settle": (OWNER, ADMINISTRATOR),
    "fiscal.register.read": (OWNER, ADMINISTRATOR, OPERATOR, ACCOUNTANT),
    "fiscal.register.manage": (OWNER, ADMINISTRATOR),
    "fiscal.register.print": (OWNER, ADMINISTRATOR, OPERATOR),
    "fiscal.tax.manage": (OWNER,),
    "staff.member.read": (OWNER, ADMINISTRATOR, ACCOUNTANT),
    "staff.member.manage": (OWNER,),
    "staff.till.read": (OWNER, ADMINISTRATOR, OPERATOR, ACCOUNTANT),
    "staff.till.manage": (OWNER,),
    "staff.machine.manage": (OWNER,),
    "staff.session.manage": (OWNER,),
    "staff.journal.read": (OWNER, ADMINISTRATOR, ACCOUNTANT),
}

PASSWORD_CHANGE = "staff.password.change"  # noqa: S105  the name of a permission
ACCOUNT_READ = "staff.account.read"
SESSION_OWN = "staff.session.own"
OWN = frozenset({PASSWORD_CHANGE, ACCOUNT_READ, SESSION_OWN})
"""What every member may do with their own account, whatever their role."""

MACHINES: dict[Kind, frozenset[str]] = {
    "agent": frozenset({"hall.agent.act"}),
    "worker": frozenset({"fiscal.branch.work"}),
}


def permissions_of(role: Role) -> frozenset[str]:
    """The permissions that `role` gives, apart from those over one's own account."""
    return frozenset(permission for permission, roles in TABLE.items() if role in roles)
