"""Fiscal's central memory: clubs' tax settings, registers, receipts, jobs, fiscal shifts."""

import sqlalchemy as sa
from alembic import op

revision = "central0001"
down_revision = None
branch_labels = ("central",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OURS = ("org_id", "club_id")


def upgrade() -> None:
    op.create_table(
        "club",
        sa.Column("club_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
    )
    op.create_table(
        "tax",
        sa.Column("club_id", sa.Uuid, primary_key=True),
        sa.Column("since", sa.Date, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("system", sa.String(16), nullable=False),
        sa.Column("vat", sa.String(8), nullable=False),
    )
    op.create_table(
        "register",
        sa.Column("register_id", sa.Uuid, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in OURS],
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("mode", sa.String(16), nullable=False),
        sa.Column("num_device", sa.Integer, nullable=False),
        sa.Column("kkt_number", sa.String(20), nullable=False),
        sa.Column("inn", sa.String(12), nullable=False),
        sa.Column("cashier_name", sa.String(64), nullable=False),
        sa.Column("state", sa.JSON),
        sa.Column("watched", sa.Boolean, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        # Receipts of a club must know where to go.
        sa.UniqueConstraint("club_id", name="register_one_per_club"),
        sa.CheckConstraint("mode in ('kkm_server', 'off')", name="register_mode"),
    )
    op.create_table(
        "receipt",
        sa.Column("receipt_id", sa.Uuid, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in (*OURS, "sale_id", "shift_id", "till_id")],
        sa.Column("client_id", sa.Uuid),
        sa.Column("register_id", sa.Uuid),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("purpose", sa.String(12), nullable=False),
        sa.Column("lines", sa.JSON, nullable=False),
        *[sa.Column(f"{name}_kopecks", sa.BigInteger, nullable=False) for name in ("total", "cash", "card", "advance")],
        sa.Column("cashier_name", sa.String(128), nullable=False),
        sa.Column("fn", sa.String(20)),
        sa.Column("fd", sa.BigInteger),
        sa.Column("document", sa.JSON),
        sa.Column("answer", sa.JSON),
        sa.Column("code", sa.String(64)),
        sa.Column("device_text", sa.String(1000)),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        # One document belongs to one receipt: a second claim to it is an error that must be seen.
        sa.UniqueConstraint("fn", "fd", name="receipt_document_once"),
        sa.CheckConstraint("state in ('ordered', 'waiting', 'unknown', 'registered', 'refused')", name="receipt_state"),
        sa.CheckConstraint("total_kopecks = cash_kopecks + card_kopecks + advance_kopecks", name="receipt_adds_up"),
    )
    op.create_index("receipt_sale", "receipt", ["sale_id"])
    op.create_index("receipt_shift", "receipt", ["shift_id"])
    op.create_index("receipt_club", "receipt", ["club_id", "receipt_id"])
    op.create_table(
        "job",
        sa.Column("job_id", sa.Uuid, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in (*OURS, "register_id")],
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("receipt_id", sa.Uuid),
        sa.Column("shift_id", sa.Uuid),
        sa.Column("message", sa.JSON, nullable=False),
        sa.Column("trace", sa.String(80)),
        sa.Column("ended", sa.Boolean, nullable=False),
        sa.Column("heard_at", MOMENT),
        sa.Column("asks", sa.Integer, nullable=False),
        sa.Column("ask_at", MOMENT, nullable=False),
    )
    op.create_index("job_open", "job", ["ask_at"], postgresql_where=sa.text("not ended"))
    op.create_table(
        "fiscal_shift",
        sa.Column("register_id", sa.Uuid, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in OURS],
        sa.Column("opened_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.Column("document", sa.JSON),
        sa.Column("totals", sa.JSON),
        sa.Column("foreign", sa.JSON, nullable=False),
        # The till's shift whose close told of the foreign documents; they are told once.
        sa.Column("told_shift_id", sa.Uuid),
    )
