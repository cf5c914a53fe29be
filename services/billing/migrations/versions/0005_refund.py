"""Refunds: sales whose money goes the other way, each of one sale that was paid."""

import sqlalchemy as sa
from alembic import op

revision = "billing0005"
down_revision = "billing0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("sale", sa.Column("refund_of", sa.Uuid, sa.ForeignKey("sale.sale_id")))
    op.add_column("sale", sa.Column("returned", sa.String(8)))
    op.add_column("sale", sa.Column("returned_receipt_id", sa.Uuid))
    op.add_column("sale", sa.Column("reason", sa.String(200)))
    op.create_index("sale_refund_of", "sale", ["refund_of"], postgresql_where=sa.text("refund_of is not null"))
    said = "refund_of is not null and returned is not null and reason is not null"
    op.create_check_constraint("sale_refund_says_of_what", "sale", f"(what = 'refund') = ({said})")
