"""Jobs that somebody asks about now, and who wants to know which devices there are."""

import sqlalchemy as sa
from alembic import op

revision = "worker0004"
down_revision = "worker0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("job", sa.Column("asked_at", MOMENT))
    op.create_table(
        "listing",
        sa.Column("request_id", sa.Uuid, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in ("register_id", "org_id", "club_id")],
        sa.Column("asked_at", MOMENT, nullable=False),
    )
