"""Billing: clients, the ledger, sales with their tenders, shifts."""

import sqlalchemy as sa
from alembic import op

revision = "billing0001"
down_revision = None
branch_labels = ("billing",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KOPECKS = sa.BigInteger


def upgrade() -> None:
    _followed()
    _clients()
    _ledger()
    _shifts()
    _sales()


def _followed() -> None:
    """What other services told us of."""
    op.create_table(
        "club",
        sa.Column("club_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("start_on_unknown_receipt", sa.Boolean, nullable=False),
    )
    op.create_table(
        "till",
        sa.Column("till_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
    )


def _clients() -> None:
    op.create_table(
        "client",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("phone", sa.String(12), nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("card", sa.String(32)),
        sa.Column("registered_at", MOMENT, nullable=False),
        sa.UniqueConstraint("org_id", "phone", name="client_phone_once"),
        sa.UniqueConstraint("org_id", "card", name="client_card_once"),
    )
    op.create_index("client_phone_end", "client", ["org_id", sa.text("right(phone, 4)")])
    op.create_index("client_name", "client", ["org_id", sa.text("lower(name) text_pattern_ops")])


def _ledger() -> None:
    """Append-only by grant; every entry adds up to zero and every balance is the sum of its postings by trigger.

    Positive amounts credit an account (the club owes more), negative ones debit it.
    """
    op.create_table(
        "account",
        sa.Column("account", sa.String(80), primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("client_id", sa.Uuid, sa.ForeignKey("client.client_id"), nullable=False),
        sa.Column("balance_kopecks", KOPECKS, nullable=False, server_default="0"),
        sa.CheckConstraint("balance_kopecks >= 0", name="account_not_overdrawn"),
    )
    op.create_table(
        "entry",
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("sale_id", sa.Uuid, nullable=False),
        sa.Column("shift_id", sa.Uuid),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("posted_at", MOMENT, nullable=False),
    )
    op.create_index("entry_sale", "entry", ["sale_id"])
    op.create_table(
        "posting",
        sa.Column("entry_id", sa.Uuid, sa.ForeignKey("entry.entry_id"), primary_key=True),
        sa.Column("account", sa.String(80), primary_key=True),
        sa.Column("amount_kopecks", KOPECKS, nullable=False),
        sa.CheckConstraint("amount_kopecks <> 0", name="posting_moves_money"),
    )
    op.create_index("posting_account", "posting", ["account", "entry_id"])
    op.execute(
        """
        create function post_to_ledger() returns trigger
        language plpgsql security definer set search_path = public as $$
        declare off uuid;
        begin
            select entry_id into off from fresh group by entry_id having sum(amount_kopecks) <> 0 limit 1;
            if off is not null then
                raise exception 'entry % does not add up to zero', off
                    using errcode = 'check_violation', constraint = 'entry_adds_up';
            end if;
            -- In one order, so that two batches never wait for each other.
            perform 1 from account where account in (select account from fresh) order by account for update;
            update account set balance_kopecks = balance_kopecks + moved.total
                from (select account, sum(amount_kopecks) as total from fresh group by account) moved
                where account.account = moved.account;
            return null;
        end $$
        """
    )
    op.execute(
        "create trigger posting_to_ledger after insert on posting referencing new table as fresh"
        " for each statement execute function post_to_ledger()"
    )
    op.execute("revoke update, delete, truncate on entry, posting from billing")
    op.execute("revoke insert, update, delete, truncate on account from billing")
    op.execute("grant insert (account, org_id, client_id) on account to billing")


def _shifts() -> None:
    op.create_table(
        "shift",
        sa.Column("shift_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("till_id", sa.Uuid, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("float_kopecks", KOPECKS, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("opened_by", sa.JSON, nullable=False),
        sa.Column("closing", sa.JSON),
        sa.Column("closed_at", MOMENT),
        sa.Column("report", sa.JSON),
        sa.Column("code", sa.String(64)),
        sa.Column("device_text", sa.String(1000)),
        sa.CheckConstraint("state in ('open', 'closing', 'closed')", name="shift_state"),
        sa.CheckConstraint("float_kopecks >= 0", name="shift_float"),
    )
    op.create_index(
        "shift_one_per_till", "shift", ["till_id"], unique=True, postgresql_where=sa.text("state <> 'closed'")
    )


def _sales() -> None:
    op.create_table(
        "sale",
        sa.Column("sale_id", sa.Uuid, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in ("org_id", "club_id", "till_id")],
        sa.Column("number", sa.BigInteger, sa.Identity(), nullable=False),
        sa.Column("what", sa.String(8), nullable=False),
        sa.Column("session_id", sa.Uuid, unique=True),
        sa.Column("session_state", sa.String(8), nullable=False),
        sa.Column("device_name", sa.String(64)),
        sa.Column("ends_at", MOMENT),
        sa.Column("client_id", sa.Uuid, sa.ForeignKey("client.client_id")),
        sa.Column("shift_id", sa.Uuid, sa.ForeignKey("shift.shift_id")),
        sa.Column("lines", sa.JSON, nullable=False),
        sa.Column("total_kopecks", KOPECKS, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("receipt", sa.String(12), nullable=False),
        *[sa.Column(name, MOMENT) for name in ("unknown_since", "reprint_at", "ended_at")],
        sa.Column("handed_over", sa.Boolean, nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("device_text", sa.String(1000)),
        *[sa.Column(name, MOMENT, nullable=False) for name in ("pay_by", "opened_at")],
        sa.Column("sold_by", sa.JSON, nullable=False),
        sa.CheckConstraint("total_kopecks >= 0", name="sale_total"),
        sa.CheckConstraint("state in ('open', 'fiscalising', 'paid', 'failed', 'cancelled')", name="sale_state"),
        sa.CheckConstraint("(state in ('open', 'cancelled')) <= (shift_id is null)", name="sale_unpaid_has_no_shift"),
    )
    unfinished = sa.text("state in ('open', 'fiscalising')")
    op.create_index("sale_unfinished", "sale", ["till_id"], postgresql_where=unfinished)
    op.create_index("sale_shift", "sale", ["shift_id"])
    op.create_index("sale_client", "sale", ["client_id"])
    op.create_table(
        "tender",
        sa.Column("sale_id", sa.Uuid, sa.ForeignKey("sale.sale_id"), primary_key=True),
        sa.Column("kind", sa.String(8), primary_key=True),
        sa.Column("amount_kopecks", KOPECKS, nullable=False),
        sa.Column("received_kopecks", KOPECKS, nullable=False),
        sa.Column("slip", sa.String(40)),
        sa.Column("state", sa.String(8), nullable=False),
        sa.CheckConstraint("amount_kopecks > 0 and received_kopecks >= amount_kopecks", name="tender_amount"),
        sa.CheckConstraint("kind = 'cash' or received_kopecks = amount_kopecks", name="tender_change_from_cash"),
        sa.CheckConstraint("kind in ('cash', 'card', 'balance')", name="tender_kind"),
        sa.CheckConstraint("state in ('held', 'taken', 'returned')", name="tender_state"),
    )
