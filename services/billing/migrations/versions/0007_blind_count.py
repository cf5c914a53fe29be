"""Clubs that count a till before they see what should be there."""

import sqlalchemy as sa
from alembic import op

revision = "billing0007"
down_revision = "billing0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("club", sa.Column("blind_count", sa.Boolean, nullable=False, server_default=sa.false()))
