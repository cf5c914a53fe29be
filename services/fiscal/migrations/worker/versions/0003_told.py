"""When a register's state was last told: it is told now and then even when nothing changed."""

import sqlalchemy as sa
from alembic import op

revision = "worker0003"
down_revision = "worker0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("register", sa.Column("told_at", sa.DateTime(timezone=True)))
