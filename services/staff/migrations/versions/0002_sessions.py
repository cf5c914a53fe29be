"""Enrolled tills, PINs, and the sessions of browsers."""

import sqlalchemy as sa
from alembic import op

revision = "staff0002"
down_revision = "staff0001"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
HASHED = "~ '^[0-9a-f]{64}$'"


def upgrade() -> None:
    op.add_column("member", sa.Column("pin_hash", sa.String(200)))
    op.create_check_constraint("member_pin_hashed", "member", "pin_hash like '$argon2id$%'")
    op.add_column("till", sa.Column("secret_hash", sa.String(64)))
    op.add_column("till", sa.Column("enrolled_at", MOMENT))
    op.create_check_constraint("till_secret_hashed", "till", f"secret_hash {HASHED}")
    op.create_check_constraint("till_enrolled_with_secret", "till", "(secret_hash is null) = (enrolled_at is null)")
    # One secret is one till: the browser says nothing else about itself.
    op.create_index("till_secret", "till", ["secret_hash"], unique=True)
    _sessions()
    _pin_tries()


def _sessions() -> None:
    op.create_table(
        "session",
        sa.Column("session_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, sa.ForeignKey("org.org_id"), nullable=False),
        sa.Column("member_id", sa.Uuid, sa.ForeignKey("member.member_id"), nullable=False),
        sa.Column("till_id", sa.Uuid, sa.ForeignKey("till.till_id")),
        sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("user_agent", sa.String(200)),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("last_used_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("locked_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(f"secret_hash {HASHED}", "session_secret_hashed"),
        sa.CheckConstraint("expires_at > created_at", "session_expires_later"),
    )
    going = sa.text("ended_at is null")
    op.create_index("session_member", "session", ["member_id", "session_id"], postgresql_where=going)
    op.create_index("session_till", "session", ["till_id"], postgresql_where=going)
    op.create_index("session_expires", "session", ["expires_at"])


def _pin_tries() -> None:
    op.create_table(
        "pin_tries",
        sa.Column("member_id", sa.Uuid, sa.ForeignKey("member.member_id"), primary_key=True),
        sa.Column("till_id", sa.Uuid, sa.ForeignKey("till.till_id"), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", MOMENT),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.CheckConstraint("failures >= 0", "pin_tries_counted"),
    )
