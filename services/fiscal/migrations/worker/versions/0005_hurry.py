"""Jobs that nobody waits for any longer than until the register is seen not to be ready."""

import sqlalchemy as sa
from alembic import op

revision = "worker0005"
down_revision = "worker0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("job", sa.Column("hurried", sa.Boolean))
