"""Sessions of a club by their end: how full it was lately."""

import sqlalchemy as sa
from alembic import op

revision = "hall0003"
down_revision = "hall0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    played = sa.text("started_at is not null")
    op.create_index("session_played", "session", ["club_id", "ended_at"], postgresql_where=played)
