"""What people did, as the journal shows it: the act in words, what it changed field by field, and for how many days."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from console.domain.money import shown
from console.domain.setup import KINDS, ROLES, TIME_ZONES, Change, Translate, window
from console.domain.texts import N_

ACTS: dict[str, str] = {
    "staff.member.added": N_("Member added"),
    "staff.member.changed": N_("Member changed"),
    "staff.member.removed": N_("Member removed"),
    "staff.member.password_reset": N_("One-time password given"),
    "staff.member.unlocked": N_("Sign-in unlocked"),
    "staff.member.pin_taken": N_("PIN taken away"),
    "staff.till.added": N_("Till added"),
    "staff.till.renamed": N_("Till renamed"),
    "staff.till.enrolled": N_("Till enrolled"),
    "staff.till.taken_back": N_("Till taken back"),
    "staff.machine.added": N_("Machine added"),
    "staff.machine.revoked": N_("Machine revoked"),
    "staff.approval.granted": N_("Second person agreed"),
    "staff.session.ended": N_("Sign-in ended by another"),
    "hall.org.named": N_("Chain named"),
    "hall.club.registered": N_("Club added"),
    "hall.club.changed": N_("Club changed"),
    "hall.zone.added": N_("Zone added"),
    "hall.zone.renamed": N_("Zone renamed"),
    "hall.device.added": N_("Place added"),
    "hall.device.changed": N_("Place changed"),
    "hall.tariff.added": N_("Tariff added"),
    "hall.tariff.changed": N_("Tariff changed"),
    "hall.session.ended": N_("Session ended by hand"),
    "billing.shift.opened": N_("Shift opened"),
    "billing.shift.closed": N_("Shift closed"),
    "billing.sale.cancelled": N_("Sale cancelled"),
    "billing.sale.refunded": N_("Money refunded"),
    "billing.bonus.granted": N_("Bonuses given"),
    "fiscal.register.added": N_("Register added"),
    "fiscal.register.changed": N_("Register changed"),
    "fiscal.tax.changed": N_("Taxes changed"),
    "fiscal.receipt.settled": N_("Receipt settled by hand"),
    "fiscal.manual_payment.on": N_("Manual payment turned on"),
    "fiscal.manual_payment.off": N_("Manual payment turned off"),
}
"""Act -> its words; an act that is not here is shown by its name."""

FIELDS: dict[str, str] = {
    "name": N_("Name"),
    "login": N_("Login"),
    "role": N_("Role"),
    "inn": N_("Tax ID of the cashier"),
    "time_zone": N_("Time zone"),
    "day_starts_at": N_("Working day begins at"),
    "start_on_unknown_receipt": N_("Start although the receipt is not confirmed"),
    "blind_count": N_("Count a shift before seeing what should be there"),
    "in_service": N_("In service"),
    "kind": N_("Kind"),
    "minutes": N_("Minutes"),
    "active": N_("On sale"),
    "bonus_cap_percent": N_("Bonuses pay up to, %%"),
    "state": N_("State"),
    "price_kopecks": N_("Price"),
    "total_kopecks": N_("Sum"),
    "amount_kopecks": N_("Sum"),
    "float_kopecks": N_("Float"),
    "difference_kopecks": N_("Difference"),
    "device_name": N_("Place"),
    "unused_s": N_("Left, min"),
    "clubs": N_("Clubs"),
    "prices": N_("Prices"),
    "windows": N_("When sold"),
    "until": N_("Until"),
    "mode": N_("Mode"),
}
WORDS = ROLES | KINDS | TIME_ZONES | {"active": N_("plays"), "ended": N_("ended"), "open": N_("open")}
PERSONS_NAME = N_("Full name")
SAID_ALREADY = {
    "added_at",
    "cause",
    "changed_at",
    "end_reason",
    "ended_at",
    "ended_by",
    "enrolled_at",
    "must_change_password",
}
"""Fields that the entry's moment, person, reason or act say already."""
TEXT_MAX = 120


@dataclass(frozen=True, slots=True)
class Days:
    """From one day to another, both in it; what was no day is None."""

    since: date | None
    until: date | None

    def moments(self, time_zone: str) -> dict[str, str]:
        """The same as the moments that staff is asked for."""
        zone, found = ZoneInfo(time_zone), {}
        if self.since:
            found["from"] = datetime.combine(self.since, time(), zone).isoformat()
        if self.until:
            found["to"] = datetime.combine(self.until + timedelta(days=1), time(), zone).isoformat()
        return found


def days(since: str, until: str) -> Days:
    return Days(_day(since), _day(until))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def act(slug: str, say: Translate) -> str:
    return say(ACTS[slug]) if slug in ACTS else slug


def acts(say: Translate) -> list[tuple[str, str]]:
    """All acts that have words, for a list to choose from, by their words."""
    return sorted(((slug, say(text)) for slug, text in ACTS.items()), key=lambda one: one[1])


def differences(entry: Mapping[str, Any], say: Translate, language: str) -> list[Change]:
    """Field by field what was and what is: of a new or a removed thing all that it has, else what differs."""
    before, after = entry["before"] or {}, entry["after"] or {}
    names = [name for name in {**before, **after} if before.get(name) != after.get(name) and _telling(name)]
    persons = {"name": say(PERSONS_NAME)} if entry["act"].startswith("staff.member.") else {}
    found = [
        Change(
            persons.get(name) or _label(name, say),
            _text(name, before.get(name), say, language),
            _text(name, after.get(name), say, language),
        )
        for name in names
    ]
    # A new thing that has none of something does not say so.
    return [change for change in found if change.before or change.after]


def _telling(name: str) -> bool:
    return name not in SAID_ALREADY and not name.endswith("_id")


def _label(name: str, say: Translate) -> str:
    return say(FIELDS[name]).replace("%%", "%") if name in FIELDS else name


def _text(name: str, value: Any, say: Translate, language: str) -> str:
    """A value as people read it; empty for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return say(N_("yes")) if value else say(N_("no"))
    if name.endswith("_kopecks") and isinstance(value, int):
        return shown(value, language)
    if name == "unused_s":
        return str(round(value / 60))
    if isinstance(value, str):
        if value in WORDS:
            return say(WORDS[value])
        if re.fullmatch(r"\d\d:\d\d:\d\d", value):
            return value[:5]
    if name == "windows":
        return "; ".join(_window(one, say) for one in value)
    if name == "prices" and isinstance(value, Mapping):
        return ", ".join(shown(price, language) for price in value.values())
    if isinstance(value, list):
        value = ", ".join(_text(name, one, say, language) for one in value)
    elif isinstance(value, Mapping):
        own = (_text(key, one, say, language) for key, one in value.items() if not key.endswith("_id"))
        value = " ".join(text for text in own if text)
    return str(value) if len(str(value)) <= TEXT_MAX else f"{str(value)[:TEXT_MAX]}…"


def _window(one: Mapping[str, Any], say: Translate) -> str:
    """A tariff's window, as the hall tells it in its acts."""
    starts, ends = one.get("starts", one.get("from", "")), one.get("ends", one.get("to", ""))
    return window({"days": sorted(one.get("days", ())), "from": starts[:5], "to": ends[:5]}, say)
