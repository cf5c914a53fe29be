"""What people said about receipts in doubt, and what came of it: both are only ever added to."""

import sqlalchemy as sa
from alembic import op

revision = "central0002"
down_revision = "central0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "settlement",
        sa.Column("settlement_id", sa.Uuid, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in ("org_id", "club_id", "receipt_id")],
        sa.Column("fd", sa.BigInteger),
        sa.Column("reason", sa.String(200)),
        sa.Column("said_by", sa.JSON, nullable=False),
        sa.Column("said_at", MOMENT, nullable=False),
        sa.CheckConstraint("fd > 0", name="settlement_fd"),
        sa.CheckConstraint("fd is not null or reason is not null", name="settlement_reason"),
    )
    op.create_index("settlement_receipt", "settlement", ["receipt_id", "settlement_id"])
    op.create_index("settlement_club", "settlement", ["org_id", "club_id", "settlement_id"])
    op.create_table(
        "settlement_end",
        sa.Column("settlement_id", sa.Uuid, sa.ForeignKey("settlement.settlement_id"), primary_key=True),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("code", sa.String(64)),
        sa.Column("differs", sa.JSON, nullable=False),
        sa.Column("found", sa.JSON),
        sa.Column("ended_at", MOMENT, nullable=False),
        sa.CheckConstraint("state in ('accepted', 'refused', 'overruled', 'superseded')", name="settlement_end_state"),
    )
    op.create_index("job_receipt", "job", ["receipt_id"])
    op.execute("revoke update, delete, truncate on settlement, settlement_end from fiscal")
