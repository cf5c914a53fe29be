"""The hall's tables. Constraints are in the migrations; the names of those that speak are here too."""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    String,
    Table,
    Time,
    Uuid,
    bindparam,
    literal,
)

from hall.domain.session import OPEN, State
from kit.columns import Moment

metadata = MetaData()

ZONE_NAME_ONCE, DEVICE_NAME_ONCE, TARIFF_NAME_ONCE = "zone_name_once", "device_name_once", "tariff_name_once"
SESSION_DEVICE_ONCE, SESSION_CLIENT_ONCE = "session_device_once", "session_client_once"
PRICE_ZONE_OF_CLUB, DEVICE_ZONE_OF_CLUB = "price_zone_of_club", "device_zone_of_club"

org = Table("org", metadata, Column("org_id", Uuid, primary_key=True), Column("name", String))

club = Table(
    "club",
    metadata,
    Column("club_id", Uuid, primary_key=True),
    Column("org_id", Uuid),
    Column("name", String),
    Column("time_zone", String),
    Column("day_starts_at", Time),
    Column("start_on_unknown_receipt", Boolean),
    Column("blind_count", Boolean),
)

zone = Table(
    "zone",
    metadata,
    Column("zone_id", Uuid, primary_key=True),
    Column("org_id", Uuid),
    Column("club_id", Uuid),
    Column("name", String),
)

device = Table(
    "device",
    metadata,
    Column("device_id", Uuid, primary_key=True),
    Column("org_id", Uuid),
    Column("club_id", Uuid),
    Column("zone_id", Uuid),
    Column("name", String),
    Column("kind", String),
    Column("in_service", Boolean),
)

tariff = Table(
    "tariff",
    metadata,
    Column("tariff_id", Uuid, primary_key=True),
    Column("org_id", Uuid),
    Column("club_id", Uuid),
    Column("name", String),
    Column("minutes", Integer),
    Column("bonus_cap_percent", Integer),
    Column("active", Boolean),
    Column("windows", JSON),
)

tariff_price = Table(
    "tariff_price",
    metadata,
    Column("tariff_id", Uuid, primary_key=True),
    Column("zone_id", Uuid, primary_key=True),
    Column("club_id", Uuid),
    Column("price_kopecks", BigInteger),
)

client = Table(
    "client", metadata, Column("client_id", Uuid, primary_key=True), Column("org_id", Uuid), Column("name", String)
)

IDS = ("org_id", "club_id", "sale_id", "till_id", "device_id", "client_id", "tariff_id", "ordered_by", "ended_by")
NAMES = ("device_name", "zone_name", "client_name", "tariff_name", "ordered_by_name", "ended_by_name")
MOMENTS = ("ordered_at", "pay_by", "started_at", "ends_at", "ended_at", "refused_at")

session = Table(
    "session",
    metadata,
    Column("session_id", Uuid, primary_key=True),
    *(Column(name, Uuid) for name in IDS),
    *(Column(name, String) for name in NAMES),
    *(Column(name, Moment) for name in MOMENTS),
    *(Column(name, Integer) for name in ("minutes", "bonus_cap_percent", "unused_s")),
    *(Column(name, String) for name in ("state", "cause", "end_reason")),
    *(Column(name, String) for name in ("refusal_code", "refusal_money", "refusal_device_text")),
    Column("price_kopecks", BigInteger),
)
# Written out and not bound: a plan that does not know the value cannot use an index of these rows alone.
still_open = session.c.state.in_(bindparam("open", sorted(OPEN), expanding=True, literal_execute=True))
running = session.c.state == literal(State.ACTIVE.value, literal_execute=True)

board = Table("board", metadata, Column("club_id", Uuid, primary_key=True), Column("seq", BigInteger))

board_change = Table(
    "board_change",
    metadata,
    Column("club_id", Uuid, primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("event", String),
    Column("body", JSON),
    Column("changed_at", Moment),
)
