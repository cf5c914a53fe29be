"""What people say about jobs that nothing readable decides; documents are known by their fiscal sign, too."""

import sqlalchemy as sa
from alembic import op

revision = "worker0002"
down_revision = "worker0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "settlement",
        sa.Column("settlement_id", sa.Uuid, primary_key=True),
        sa.Column("job_id", sa.Uuid, nullable=False),
        sa.Column("register_id", sa.Uuid, nullable=False),
        sa.Column("fd", sa.BigInteger),
        sa.Column("try_at", MOMENT, nullable=False),
        sa.Column("ended", sa.Boolean, nullable=False),
    )
    op.create_index("settlement_open", "settlement", ["register_id", "try_at"], sqlite_where=sa.text("not ended"))
    # Numbers begin anew with another drive; the sign tells its documents from those of the drive before.
    op.add_column("document", sa.Column("fp", sa.String(20)))
