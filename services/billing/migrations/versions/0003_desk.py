"""What a console asks of billing: names by their words, numbers of shifts, a club's day."""

import sqlalchemy as sa
from alembic import op

revision = "billing0003"
down_revision = "billing0002"
branch_labels = None
depends_on = None

NAME_WORDS = "to_tsvector('simple', regexp_replace(translate(lower(name), 'ё', 'е'), '[^[:alnum:]]+', ' ', 'g'))"


def upgrade() -> None:
    op.execute(f"create index client_name_words on client using gin (({NAME_WORDS}))")
    op.add_column("shift", sa.Column("number", sa.BigInteger, sa.Identity(), nullable=False))
    # Clubs of before are known again when they change, or when the hall's facts are replayed.
    op.add_column("club", sa.Column("time_zone", sa.String(64)))
    op.add_column("club", sa.Column("day_starts_at", sa.Time))
    op.create_index("sale_of_day", "sale", ["club_id", "ended_at"], postgresql_where=sa.text("state = 'paid'"))
    op.create_index("shift_not_closed", "shift", ["club_id"], postgresql_where=sa.text("state <> 'closed'"))
