"""What people ask of registers that is no receipt."""

import sqlalchemy as sa
from alembic import op

revision = "central0005"
down_revision = "central0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "command",
        sa.Column("command_id", sa.Uuid, primary_key=True),
        *[sa.Column(name, sa.Uuid, nullable=False) for name in ("org_id", "club_id", "register_id")],
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("asked_by", sa.JSON, nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("code", sa.String(64)),
        sa.Column("device_text", sa.String(1000)),
        sa.Column("result", sa.JSON),
        sa.CheckConstraint("kind in ('devices', 'x_report', 'test_slip')", name="command_kind"),
        sa.CheckConstraint("state in ('asked', 'done', 'refused')", name="command_state"),
        sa.CheckConstraint("(state = 'asked') = (ended_at is null)", name="command_ended"),
    )
    op.create_index("command_register", "command", ["register_id", "command_id"])
    op.create_index("command_open", "command", ["asked_at"], postgresql_where=sa.text("state = 'asked'"))
