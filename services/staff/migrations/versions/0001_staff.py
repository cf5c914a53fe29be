"""Members, their sign-ins, signing keys, machines and tills."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "staff0001"
down_revision = None
branch_labels = ("staff",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "org", sa.Column("org_id", sa.Uuid, primary_key=True), sa.Column("added_at", MOMENT, nullable=False)
    )
    _members()
    _sign_ins()
    _keys()
    _machines()
    _tills()
    # Nothing of these is ever deleted: members and machines are marked, their names stay in reports.
    op.execute("revoke delete on org, member, machine, till from staff")
    # A key is written once. Whoever could change it could change who signs.
    op.execute("revoke update on signing_key from staff")


def _org() -> sa.Column[object]:
    return sa.Column("org_id", sa.Uuid, sa.ForeignKey("org.org_id"), nullable=False)


def _members() -> None:
    op.create_table(
        "member",
        sa.Column("member_id", sa.Uuid, primary_key=True),
        _org(),
        sa.Column("login", sa.String(64), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("inn", sa.String(12)),
        sa.Column("role", sa.String(32), nullable=False),
        sa.Column("clubs", ARRAY(sa.Uuid)),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("must_change_password", sa.Boolean, nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("removed_at", MOMENT),
        sa.CheckConstraint("role in ('owner', 'administrator', 'operator', 'accountant')", "member_role_known"),
        sa.CheckConstraint("login = lower(login) and login <> ''", "member_login_folded"),
        sa.CheckConstraint("name <> ''", "member_named"),
        sa.CheckConstraint("inn ~ '^[0-9]{12}$'", "member_inn_of_a_person"),
        sa.CheckConstraint("cardinality(clubs) > 0", "member_of_some_club"),
        sa.CheckConstraint("password_hash like '$argon2id$%'", "member_password_hashed"),
    )
    # In the whole installation: the login alone says whose password it is.
    present = sa.text("removed_at is null")
    op.create_index("member_login", "member", ["login"], unique=True, postgresql_where=present)
    op.create_index("member_org", "member", ["org_id", "member_id"], postgresql_where=present)


def _sign_ins() -> None:
    op.create_table(
        "login_tries",
        sa.Column("login_key", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", MOMENT),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.CheckConstraint("failures >= 0", "login_tries_counted"),
    )
    op.create_table(
        "sign_in",
        sa.Column("sign_in_id", sa.Uuid, primary_key=True),
        sa.Column("member_id", sa.Uuid, sa.ForeignKey("member.member_id"), nullable=False),
        sa.Column("began_at", MOMENT, nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint("ends_at > began_at", "sign_in_ends_later"),
    )
    op.create_index("sign_in_member", "sign_in", ["member_id"], postgresql_where=sa.text("ended_at is null"))
    op.create_index("sign_in_ends", "sign_in", ["ends_at"])
    family = sa.ForeignKey("sign_in.sign_in_id", ondelete="cascade")
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("sign_in_id", sa.Uuid, family, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT),
        sa.CheckConstraint("token_hash ~ '^[0-9a-f]{64}$'", "refresh_token_hashed"),
    )
    # One token of a family is alive at a time.
    unused = sa.text("used_at is null")
    op.create_index("refresh_token_unused", "refresh_token", ["sign_in_id"], unique=True, postgresql_where=unused)
    op.create_index("refresh_token_family", "refresh_token", ["sign_in_id"])


def _keys() -> None:
    op.create_table(
        "signing_key",
        sa.Column("kid", sa.String(64), primary_key=True),
        sa.Column("public", sa.JSON, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("signs_from", MOMENT, nullable=False, unique=True),
    )


def _machines() -> None:
    op.create_table(
        "machine",
        sa.Column("machine_id", sa.Uuid, primary_key=True),
        _org(),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT),
        sa.CheckConstraint("kind in ('agent', 'worker')", "machine_kind_known"),
        sa.CheckConstraint("name <> ''", "machine_named"),
        sa.CheckConstraint("secret_hash ~ '^[0-9a-f]{64}$'", "machine_secret_hashed"),
    )
    present = sa.text("revoked_at is null")
    op.create_index("machine_org", "machine", ["org_id", "machine_id"], postgresql_where=present)


def _tills() -> None:
    op.create_table(
        "till",
        sa.Column("till_id", sa.Uuid, primary_key=True),
        _org(),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint("name <> ''", "till_named"),
    )
    # «Стойка» and «стойка» in one club would be one desk to a person.
    one_name = [sa.text("org_id"), sa.text("club_id"), sa.text("lower(name)")]
    op.create_index("till_name", "till", one_name, unique=True)
