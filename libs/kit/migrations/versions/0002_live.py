"""What has changed at clubs, for those who look at them live."""

import sqlalchemy as sa
from alembic import op

revision = "kit0002"
down_revision = "kit0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "live", sa.Column("club_id", sa.Uuid, primary_key=True), sa.Column("seq", sa.BigInteger, nullable=False)
    )
    op.create_table(
        "live_change",
        sa.Column("club_id", sa.Uuid, primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("live_change_old", "live_change", ["changed_at"])
