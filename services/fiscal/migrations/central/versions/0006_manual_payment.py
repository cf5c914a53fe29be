"""Manual payment: when sales end without a document, by whose word, and which sales did."""

import sqlalchemy as sa
from alembic import op

revision = "central0006"
down_revision = "central0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
STATES = "('ordered', 'waiting', 'unknown', 'registered', 'refused', 'unfiscalised')"


def upgrade() -> None:
    op.create_table(
        "manual_payment",
        sa.Column("manual_payment_id", sa.Uuid, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in ("org_id", "club_id", "register_id")],
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("by", sa.JSON, nullable=False),
        sa.Column("ended_at", MOMENT),
        # Null where its time was over.
        sa.Column("ended_by", sa.JSON),
    )
    on = sa.text("ended_at is null")
    op.create_index("manual_payment_on", "manual_payment", ["register_id"], unique=True, postgresql_where=on)
    word = "manual_payment.manual_payment_id"
    op.add_column("job", sa.Column("hurried_for", sa.Uuid, sa.ForeignKey(word)))
    op.add_column("receipt", sa.Column("manual_payment_id", sa.Uuid, sa.ForeignKey(word)))
    op.drop_constraint("receipt_state", "receipt")
    op.create_check_constraint("receipt_state", "receipt", f"state in {STATES}")
    said = "(state = 'unfiscalised') = (manual_payment_id is not null)"
    op.create_check_constraint("receipt_unfiscalised", "receipt", f"{said} and (state <> 'unfiscalised' or fd is null)")
    missing = sa.text("state = 'unfiscalised'")
    op.create_index("receipt_missing", "receipt", ["register_id"], postgresql_where=missing)
