"""The kit's tables: inbox, outbox, parked messages, idempotency keys."""

import sqlalchemy as sa
from alembic import op

revision = "kit0001"
down_revision = None
branch_labels = ("kit",)
depends_on = None

SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "inbox", sa.Column("event_id", sa.Uuid, primary_key=True), sa.Column("taken_at", MOMENT, nullable=False)
    )
    op.create_index("inbox_taken", "inbox", ["taken_at"])
    op.create_table(
        "outbox",
        sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("topic", sa.String(120), nullable=False),
        sa.Column("key", sa.String(120), nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("published_at", MOMENT),
        sqlite_autoincrement=True,
    )
    unsent = sa.text("published_at is null")
    op.create_index("outbox_unsent", "outbox", ["id"], postgresql_where=unsent, sqlite_where=unsent)
    op.create_index("outbox_created", "outbox", ["created_at"])
    op.create_table(
        "parked",
        sa.Column("id", SERIAL, primary_key=True, autoincrement=True),
        sa.Column("event_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("topic", sa.String(120), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("partition", sa.Integer, nullable=False),
        sa.Column("offset", sa.BigInteger, nullable=False),
        sa.Column("type", sa.String(80), nullable=False),
        sa.Column("headers", sa.JSON, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("parked_at", MOMENT, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("parked_key", "parked", ["topic", "key"])
    op.create_table(
        "idempotency",
        sa.Column("org_id", sa.Uuid, primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("location", sa.String(200), nullable=False),
        sa.Column("running_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
    )
    op.create_index("idempotency_created", "idempotency", ["created_at"])
