"""The tables, as the statements need them; keys, checks and indexes stand in `migrations/`."""

from sqlalchemy import JSON, BigInteger, Boolean, Column, Integer, LargeBinary, MetaData, String, Table, Uuid
from sqlalchemy.dialects.postgresql import ARRAY

from kit.columns import Moment

metadata = MetaData()

org = Table("org", metadata, Column("org_id", Uuid), Column("added_at", Moment))
member = Table(
    "member",
    metadata,
    Column("member_id", Uuid),
    Column("org_id", Uuid),
    Column("login", String),
    Column("name", String),
    Column("inn", String),
    Column("role", String),
    Column("clubs", ARRAY(Uuid)),
    Column("password_hash", String),
    Column("must_change_password", Boolean),
    Column("added_at", Moment),
    Column("removed_at", Moment),
    Column("pin_hash", String),
)
login_tries = Table(
    "login_tries",
    metadata,
    Column("login_key", String),
    Column("failures", Integer),
    Column("locked_until", Moment),
    Column("last_at", Moment),
)
sign_in = Table(
    "sign_in",
    metadata,
    Column("sign_in_id", Uuid),
    Column("member_id", Uuid),
    Column("began_at", Moment),
    Column("ends_at", Moment),
    Column("ended_at", Moment),
)
refresh_token = Table(
    "refresh_token",
    metadata,
    Column("token_hash", String),
    Column("sign_in_id", Uuid),
    Column("expires_at", Moment),
    Column("used_at", Moment),
)
signing_key = Table(
    "signing_key",
    metadata,
    Column("kid", String),
    Column("public", JSON),
    Column("sealed", LargeBinary),
    Column("signs_from", Moment),
)
machine = Table(
    "machine",
    metadata,
    Column("machine_id", Uuid),
    Column("org_id", Uuid),
    Column("club_id", Uuid),
    Column("name", String),
    Column("kind", String),
    Column("secret_hash", String),
    Column("added_at", Moment),
    Column("revoked_at", Moment),
)
till = Table(
    "till",
    metadata,
    Column("till_id", Uuid),
    Column("org_id", Uuid),
    Column("club_id", Uuid),
    Column("name", String),
    Column("added_at", Moment),
    Column("secret_hash", String),
    Column("enrolled_at", Moment),
)
session = Table(
    "session",
    metadata,
    Column("session_id", Uuid),
    Column("org_id", Uuid),
    Column("member_id", Uuid),
    Column("till_id", Uuid),
    Column("secret_hash", String),
    Column("user_agent", String),
    Column("created_at", Moment),
    Column("last_used_at", Moment),
    Column("expires_at", Moment),
    Column("locked_at", Moment),
    Column("ended_at", Moment),
)
pin_tries = Table(
    "pin_tries",
    metadata,
    Column("member_id", Uuid),
    Column("till_id", Uuid),
    Column("failures", Integer),
    Column("locked_until", Moment),
    Column("last_at", Moment),
)
journal = Table(
    "journal",
    metadata,
    Column("act_id", Uuid),
    Column("org_id", Uuid),
    Column("club_id", Uuid),
    Column("at", Moment),
    Column("act", String),
    Column("member_id", Uuid),
    Column("member_name", String),
    Column("till_id", Uuid),
    Column("subject", String),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Column("reason", String),
    Column("trace_id", String),
)
approval = Table(
    "approval",
    metadata,
    Column("approval_id", Uuid),
    Column("org_id", Uuid),
    Column("club_id", Uuid),
    Column("till_id", Uuid),
    Column("asked_by", Uuid),
    Column("act", String),
    Column("subject", String),
    Column("amount_kopecks", BigInteger),
    Column("asked_at", Moment),
    Column("expires_at", Moment),
    Column("granted_at", Moment),
    Column("granted_by", Uuid),
)
