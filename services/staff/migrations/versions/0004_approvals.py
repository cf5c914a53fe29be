"""Approvals: a second person lets an act happen."""

import sqlalchemy as sa
from alembic import op

revision = "staff0004"
down_revision = "staff0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "approval",
        sa.Column("approval_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, sa.ForeignKey("org.org_id"), nullable=False),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("till_id", sa.Uuid, sa.ForeignKey("till.till_id"), nullable=False),
        sa.Column("asked_by", sa.Uuid, sa.ForeignKey("member.member_id"), nullable=False),
        sa.Column("act", sa.String(80), nullable=False),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("amount_kopecks", sa.BigInteger),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("granted_at", MOMENT),
        sa.Column("granted_by", sa.Uuid, sa.ForeignKey("member.member_id")),
        sa.CheckConstraint("amount_kopecks > 0", "approval_of_a_sum"),
        sa.CheckConstraint("(granted_at is null) = (granted_by is null)", "approval_granted_by_somebody"),
        sa.CheckConstraint("granted_by <> asked_by", "approval_of_a_second_person"),
    )
    op.create_index("approval_expires", "approval", ["expires_at"])
