"""Where refunds are closed because a register does not answer."""

import sqlalchemy as sa
from alembic import op

revision = "billing0006"
down_revision = "billing0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "manual_payment",
        sa.Column("register_id", sa.Uuid, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in ("org_id", "club_id")],
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("manual_payment_club", "manual_payment", ["club_id"])
