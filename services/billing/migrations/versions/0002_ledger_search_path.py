"""The ledger's function looks for its tables in `public` first: no temporary `account` stands before the real one.

Without `pg_temp` in it, a search path still begins with the temporary schema of whoever calls.
"""

from alembic import op

revision = "billing0002"
down_revision = "billing0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("alter function post_to_ledger() set search_path = public, pg_temp")
