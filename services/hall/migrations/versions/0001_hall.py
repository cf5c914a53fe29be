"""Clubs, zones, devices, tariffs, sessions, and the board's stream of changes."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "hall0001"
down_revision = None
branch_labels = ("hall",)
depends_on = None

MOMENT = sa.DateTime(timezone=True)
OPEN = "state in ('ordered', 'active')"

SESSION_RULES = {
    "session_state_known": "state in ('ordered', 'active', 'ended', 'refused')",
    "session_runs_when_started": "(started_at is not null) = (state in ('active', 'ended'))",
    "session_has_an_end": "(ends_at is not null) = (started_at is not null) and ends_at > started_at",
    "session_ended": "(ended_at is not null) = (state = 'ended') and ended_at >= started_at",
    "session_ended_by": "(ended_at is not null) = (cause is not null) and cause in ('time', 'hand')",
    "session_unused": "(ended_at is not null) = (unused_s is not null) and unused_s between 0 and minutes * 60",
    "session_ended_by_somebody": "(ended_by is not null) = (coalesce(cause, '') = 'hand')",
    "session_refused": "(refused_at is not null) = (state = 'refused')",
    "session_refused_for": "(refusal_code is not null) = (state = 'refused')",
    "session_refused_money": "(refusal_money is not null) = (state = 'refused')"
    " and refusal_money in ('none', 'taken', 'returning', 'unknown')",
    "session_minutes_sane": "minutes between 1 and 10080",
    "session_price_sane": "price_kopecks > 0",
    "session_pay_by_later": "pay_by > ordered_at",
}


def upgrade() -> None:
    clubs()
    tariffs()
    sessions()
    board()
    # History stays: nothing of the hall's is ever deleted but prices that are replaced and changes that are old.
    for kept in ("org", "club", "zone", "device", "tariff", "session", "client", "board"):
        op.execute(f'revoke delete on "{kept}" from hall')


def clubs() -> None:
    op.create_table(
        "org", sa.Column("org_id", sa.Uuid, primary_key=True), sa.Column("name", sa.String(128), nullable=False)
    )
    op.create_table(
        "club",
        sa.Column("club_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("time_zone", sa.String(64), nullable=False),
        sa.Column("day_starts_at", sa.Time, nullable=False),
        sa.Column("start_on_unknown_receipt", sa.Boolean, nullable=False),
    )
    op.create_index("club_org", "club", ["org_id", "club_id"])
    op.create_table(
        "zone",
        sa.Column("zone_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("club_id", sa.Uuid, sa.ForeignKey("club.club_id"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.UniqueConstraint("club_id", "name", name="zone_name_once"),
        sa.UniqueConstraint("club_id", "zone_id", name="zone_of_club"),
    )
    op.create_table(
        "device",
        sa.Column("device_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("zone_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("in_service", sa.Boolean, nullable=False),
        sa.ForeignKeyConstraint(["club_id", "zone_id"], ["zone.club_id", "zone.zone_id"], name="device_zone_of_club"),
        sa.UniqueConstraint("club_id", "name", name="device_name_once"),
        sa.UniqueConstraint("club_id", "device_id", name="device_of_club"),
        sa.CheckConstraint("kind in ('pc', 'console')", name="device_kind_known"),
    )


def tariffs() -> None:
    op.create_table(
        "tariff",
        sa.Column("tariff_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("club_id", sa.Uuid, sa.ForeignKey("club.club_id"), nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("bonus_cap_percent", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("windows", sa.JSON, nullable=False),
        sa.UniqueConstraint("club_id", "name", name="tariff_name_once"),
        sa.UniqueConstraint("club_id", "tariff_id", name="tariff_of_club"),
        sa.CheckConstraint("minutes between 1 and 10080", name="tariff_minutes_sane"),
        sa.CheckConstraint("bonus_cap_percent between 0 and 100", name="tariff_bonus_sane"),
    )
    op.create_table(
        "tariff_price",
        sa.Column("tariff_id", sa.Uuid, primary_key=True),
        sa.Column("zone_id", sa.Uuid, primary_key=True),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("price_kopecks", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["club_id", "tariff_id"], ["tariff.club_id", "tariff.tariff_id"], name="price_tariff"),
        sa.ForeignKeyConstraint(["club_id", "zone_id"], ["zone.club_id", "zone.zone_id"], name="price_zone_of_club"),
        sa.CheckConstraint("price_kopecks > 0", name="price_above_zero"),
    )


def sessions() -> None:
    """One table: what was ordered stays as it was, whatever becomes of names and prices."""
    op.create_table(
        "client",
        sa.Column("client_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("name", sa.String(128), nullable=False),
    )
    op.create_table(
        "session",
        *ordered(),
        *what_became_of_it(),
        sa.ForeignKeyConstraint(
            ["club_id", "device_id"], ["device.club_id", "device.device_id"], name="session_device"
        ),
        sa.ForeignKeyConstraint(
            ["club_id", "tariff_id"], ["tariff.club_id", "tariff.tariff_id"], name="session_tariff"
        ),
        *(sa.CheckConstraint(rule, name=name) for name, rule in SESSION_RULES.items()),
    )
    taken, client_taken = sa.text(OPEN), sa.text(f"client_id is not null and {OPEN}")
    op.create_index("session_device_once", "session", ["device_id"], unique=True, postgresql_where=taken)
    op.create_index(
        "session_client_once", "session", ["org_id", "client_id"], unique=True, postgresql_where=client_taken
    )
    op.create_index("session_due", "session", ["ends_at"], postgresql_where=sa.text("state = 'active'"))
    op.create_index("session_list", "session", ["org_id", "session_id"])
    op.create_index("session_of_club", "session", ["club_id", "session_id"])
    op.create_index("session_of_client", "session", ["client_id", "session_id"])


def ordered() -> list[sa.Column[Any]]:
    return [
        sa.Column("session_id", sa.Uuid, primary_key=True),
        sa.Column("org_id", sa.Uuid, nullable=False),
        sa.Column("club_id", sa.Uuid, nullable=False),
        sa.Column("sale_id", sa.Uuid, nullable=False, unique=True),
        sa.Column("till_id", sa.Uuid, nullable=False),
        sa.Column("device_id", sa.Uuid, nullable=False),
        sa.Column("device_name", sa.String(64), nullable=False),
        sa.Column("zone_name", sa.String(64), nullable=False),
        sa.Column("client_id", sa.Uuid),
        sa.Column("client_name", sa.String(128)),
        sa.Column("tariff_id", sa.Uuid, nullable=False),
        sa.Column("tariff_name", sa.String(64), nullable=False),
        sa.Column("minutes", sa.Integer, nullable=False),
        sa.Column("price_kopecks", sa.BigInteger, nullable=False),
        sa.Column("bonus_cap_percent", sa.Integer, nullable=False),
        sa.Column("ordered_at", MOMENT, nullable=False),
        sa.Column("ordered_by", sa.Uuid, nullable=False),
        sa.Column("ordered_by_name", sa.String(128), nullable=False),
        sa.Column("pay_by", MOMENT, nullable=False),
    ]


def what_became_of_it() -> list[sa.Column[Any]]:
    return [
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("started_at", MOMENT),
        sa.Column("ends_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("cause", sa.String(8)),
        sa.Column("unused_s", sa.Integer),
        sa.Column("end_reason", sa.String(200)),
        sa.Column("ended_by", sa.Uuid),
        sa.Column("ended_by_name", sa.String(128)),
        sa.Column("refused_at", MOMENT),
        sa.Column("refusal_code", sa.String(64)),
        sa.Column("refusal_money", sa.String(16)),
        sa.Column("refusal_device_text", sa.String(1000)),
    ]


def board() -> None:
    op.create_table(
        "board",
        sa.Column("club_id", sa.Uuid, sa.ForeignKey("club.club_id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.CheckConstraint("seq >= 0", name="board_seq_grows"),
    )
    op.create_table(
        "board_change",
        sa.Column("club_id", sa.Uuid, sa.ForeignKey("board.club_id"), primary_key=True),
        sa.Column("seq", sa.BigInteger, primary_key=True),
        sa.Column("event", sa.String(32), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.CheckConstraint("event in ('device.changed', 'layout.changed')", name="board_event_known"),
    )
    op.create_index("board_change_old", "board_change", ["changed_at"])
