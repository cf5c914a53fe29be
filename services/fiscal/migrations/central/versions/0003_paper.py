"""What a receipt's paper says of its seller, as it was when the register made it; a register's own address."""

import sqlalchemy as sa
from alembic import op

revision = "central0003"
down_revision = "central0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("receipt", sa.Column("seller", sa.JSON))
    op.add_column("register", sa.Column("address", sa.String(256), nullable=False, server_default=""))
    op.create_index("receipt_ordered", "receipt", ["club_id", "ordered_at"])
