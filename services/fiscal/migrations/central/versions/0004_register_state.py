"""What went wrong with a register last, its model, and its receipts on their way."""

import sqlalchemy as sa
from alembic import op

revision = "central0004"
down_revision = "central0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("register", sa.Column("last_error", sa.JSON))
    op.add_column("register", sa.Column("model", sa.String(128)))
    on_their_way = sa.text("state in ('ordered', 'waiting', 'unknown')")
    op.create_index("receipt_open", "receipt", ["register_id", "ordered_at"], postgresql_where=on_their_way)
