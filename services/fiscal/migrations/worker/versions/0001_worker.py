"""The worker's memory: registers it looks after, jobs, and the documents it made."""

import sqlalchemy as sa
from alembic import op

revision = "worker0001"
down_revision = None
branch_labels = ("worker",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "register",
        sa.Column("register_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("num_device", sa.Integer, nullable=False),
        sa.Column("kkt_number", sa.String(20), nullable=False),
        sa.Column("inn", sa.String(12), nullable=False),
        sa.Column("cashier_name", sa.String(64), nullable=False),
        sa.Column("watched", sa.Boolean, nullable=False),
        # What the register was last seen at: while these two are the same, last_fd is too.
        sa.Column("check_number", sa.Integer),
        sa.Column("session", sa.Integer),
        sa.Column("last_fd", sa.Integer),
        sa.Column("session_since", MOMENT),
        sa.Column("state", sa.JSON),
    )
    op.create_table(
        "job",
        sa.Column("seq", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("job_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("register_id", sa.Uuid, nullable=False),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("first", sa.Boolean, nullable=False),
        sa.Column("needs", sa.Uuid),
        sa.Column("request", sa.JSON, nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("state", sa.JSON, nullable=False),
        sa.Column("word", sa.JSON),
        sa.Column("trace", sa.String(80)),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "stage in ('queued', 'sending', 'asking', 'comparing', 'aside', 'done', 'refused')", name="job_stage"
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "job_open", "job", ["register_id", "first", "seq"], sqlite_where=sa.text("stage not in ('done', 'refused')")
    )
    op.create_table(
        "document",
        sa.Column("register_id", sa.Uuid, primary_key=True),
        sa.Column("fd", sa.Integer, primary_key=True),
        sa.Column("session", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("cash_kopecks", sa.BigInteger, nullable=False),
        sa.Column("card_kopecks", sa.BigInteger, nullable=False),
        sa.Column("advance_kopecks", sa.BigInteger, nullable=False),
    )
