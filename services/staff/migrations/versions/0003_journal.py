"""The journal: what people did, told by every service."""

import sqlalchemy as sa
from alembic import op

revision = "staff0003"
down_revision = "staff0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column("act_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("club_id", sa.Uuid),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("act", sa.String(80), nullable=False),
        sa.Column("member_id", sa.Uuid, nullable=False),
        sa.Column("member_name", sa.String(128), nullable=False),
        sa.Column("till_id", sa.Uuid),
        sa.Column("subject", sa.String(100), nullable=False),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
        sa.Column("reason", sa.String(1000)),
        sa.Column("trace_id", sa.String(32)),
    )
    # Newest first, of all, of one club and of one person; ids sort by their moment.
    op.create_index("journal_org", "journal", ["org_id", "act_id"])
    op.create_index("journal_club", "journal", ["club_id", "act_id"])
    op.create_index("journal_member", "journal", ["member_id", "act_id"])
    # Nobody rewrites what was done.
    op.execute("revoke update, delete on journal from staff")
