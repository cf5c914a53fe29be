"""Bonuses: how far one may lower a sale, by how much one did, and entries that a person makes without a sale."""

import sqlalchemy as sa
from alembic import op

revision = "billing0004"
down_revision = "billing0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sale", sa.Column("bonus_cap_percent", sa.Integer, nullable=False, server_default="0"))
    op.add_column("sale", sa.Column("bonus_kopecks", sa.BigInteger, nullable=False, server_default="0"))
    op.create_check_constraint(
        "sale_bonus_capped",
        "sale",
        "bonus_kopecks >= 0 and bonus_kopecks * 100 <= (total_kopecks + bonus_kopecks) * bonus_cap_percent",
    )
    op.alter_column("entry", "sale_id", nullable=True)
    op.add_column("entry", sa.Column("person", sa.JSON))
    op.add_column("entry", sa.Column("note", sa.String(200)))
    op.create_check_constraint("entry_has_a_cause", "entry", "sale_id is not null or person is not null")
