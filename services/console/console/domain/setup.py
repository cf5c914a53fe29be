"""What the settings show and save: a thing in words, what a save changed, and forms as the services take them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from console.domain.money import shown, typed
from console.domain.texts import N_

Translate = Callable[[str], str]

TIME_ZONES: dict[str, str] = {
    "Europe/Kaliningrad": N_("Kaliningrad, UTC+2"),
    "Europe/Moscow": N_("Moscow, UTC+3"),
    "Europe/Samara": N_("Samara, UTC+4"),
    "Asia/Yekaterinburg": N_("Yekaterinburg, UTC+5"),
    "Asia/Omsk": N_("Omsk, UTC+6"),
    "Asia/Novosibirsk": N_("Novosibirsk, UTC+7"),
    "Asia/Krasnoyarsk": N_("Krasnoyarsk, UTC+7"),
    "Asia/Irkutsk": N_("Irkutsk, UTC+8"),
    "Asia/Yakutsk": N_("Yakutsk, UTC+9"),
    "Asia/Vladivostok": N_("Vladivostok, UTC+10"),
    "Asia/Magadan": N_("Magadan, UTC+11"),
    "Asia/Kamchatka": N_("Kamchatka, UTC+12"),
}
DAYS = (N_("Mon"), N_("Tue"), N_("Wed"), N_("Thu"), N_("Fri"), N_("Sat"), N_("Sun"))
ROLES: dict[str, str] = {
    "owner": N_("Owner"),
    "administrator": N_("Administrator"),
    "operator": N_("Operator"),
    "accountant": N_("Accountant"),
}
ROLES_MEAN: dict[str, str] = {
    "owner": N_("everything, people and taxes too"),
    "administrator": N_("the club: places, prices, registers, money"),
    "operator": N_("the desk: sessions, payments, shifts"),
    "accountant": N_("reads money and receipts, changes nothing"),
}
KINDS: dict[str, str] = {"pc": N_("PC"), "console": N_("console")}
PRICE, HOURS, MINUTES = N_("Price"), N_("h"), N_("min")
SERIES_MAX = 200


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a save changed, in words."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Wrong:
    """This field of a form holds nothing that can be saved."""

    field: str


def changes(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    """What differs between two tellings of one thing."""
    return [Change(label, before.get(label, "—"), text) for label, text in after.items() if before.get(label) != text]


def club_told(club: Mapping[str, Any], say: Translate) -> dict[str, str]:
    zone = club["time_zone"]
    return {
        say(N_("Name")): club["name"],
        say(N_("Time zone")): say(TIME_ZONES[zone]) if zone in TIME_ZONES else zone,
        say(N_("Working day begins at")): club["day_starts_at"],
        say(N_("Start although the receipt is not confirmed")): _yes(club["start_on_unknown_receipt"], say),
        say(N_("Count a shift before seeing what should be there")): _yes(club["blind_count"], say),
    }


def device_told(device: Mapping[str, Any], zones: Mapping[str, str], say: Translate) -> dict[str, str]:
    return {
        say(N_("Name")): device["name"],
        say(N_("Zone")): zones.get(device["zone_id"], "—"),
        say(N_("Kind")): say(KINDS.get(device["kind"], device["kind"])),
        say(N_("In service")): _yes(device["in_service"], say),
    }


def member_told(member: Mapping[str, Any], clubs: Mapping[str, str], say: Translate) -> dict[str, str]:
    return {
        say(N_("Full name")): member["name"],
        say(N_("Role")): say(ROLES.get(member["role"], member["role"])),
        say(N_("Clubs")): at_clubs(member["clubs"], clubs, say),
        say(N_("Tax ID of the cashier")): member["inn"] or "—",
    }


def at_clubs(ids: Sequence[str] | None, clubs: Mapping[str, str], say: Translate) -> str:
    return say(N_("all clubs")) if ids is None else ", ".join(clubs.get(one, "—") for one in ids)


def tariff_told(tariff: Mapping[str, Any], zones: Mapping[str, str], say: Translate, language: str) -> dict[str, str]:
    told = {say(N_("Name")): tariff["name"], say(N_("Duration")): duration(tariff["minutes"], say)}
    prices = {one["zone_id"]: shown(one["price_kopecks"], language) for one in tariff["prices"]}
    told |= {f"{say(PRICE)}, {name}": prices.get(zone_id, "—") for zone_id, name in zones.items()}
    told[say(N_("When sold"))] = "; ".join(window(one, say) for one in tariff["windows"]) or say(N_("at any time"))
    told[say(N_("Bonuses pay up to"))] = f"{tariff['bonus_cap_percent']} %"
    return told | {say(N_("On sale")): _yes(tariff["active"], say)}


def duration(minutes: int, say: Translate) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} {say(HOURS)}"] if hours else []
    return " ".join([*parts, f"{rest} {say(MINUTES)}"] if rest or not hours else parts)


def window(one: Mapping[str, Any], say: Translate) -> str:
    days = say(N_("daily")) if len(one["days"]) == 7 else ", ".join(say(DAYS[day - 1]) for day in one["days"])
    return f"{days} {one['from']}–{one['to']}"


def _yes(value: bool, say: Translate) -> str:
    return say(N_("yes")) if value else say(N_("no"))


def series(first: str, count: int) -> list[str]:
    """`count` names from `first` on: the number at its end goes up and keeps its width.

    >>> series("PC-09", 3), series("VIP", 2), series("Sofa", 1)
    (['PC-09', 'PC-10', 'PC-11'], ['VIP-1', 'VIP-2'], ['Sofa'])
    """
    if count == 1:
        return [first]
    stem = first.rstrip("0123456789")
    digits = first[len(stem) :]
    begin, width = (int(digits), len(digits)) if digits else (1, 1)
    stem = stem if digits else f"{stem}-"
    return [f"{stem}{number:0{width}}" for number in range(begin, begin + count)]


def tariff_of(form: Mapping[str, Sequence[str]], zones: Sequence[str]) -> dict[str, Any] | Wrong:
    """The tariff that a form describes: a zone without a price does not sell it, a window without days is none."""
    hours, minutes = (_whole(_one(form, name)) for name in ("hours", "minutes"))
    if hours is None or minutes is None or not hours * 60 + minutes:
        return Wrong("hours" if hours is None else "minutes")
    bonus = _whole(_one(form, "bonus_cap_percent"))
    if bonus is None or bonus > 100:
        return Wrong("bonus_cap_percent")
    prices: list[dict[str, Any]] = []
    for zone_id in zones:
        text = _one(form, f"price_{zone_id}")
        kopecks = typed(text) if text else 0
        if kopecks is None:
            return Wrong(f"price_{zone_id}")
        if kopecks:
            prices.append({"zone_id": zone_id, "price_kopecks": kopecks})
    told = {"name": _one(form, "name"), "minutes": hours * 60 + minutes, "bonus_cap_percent": bonus}
    return told | {"active": bool(form.get("active")), "prices": prices, "windows": _windows(form)}


def _windows(form: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    found = []
    for row in range(_whole(_one(form, "rows")) or 0):
        days = sorted(int(day) for day in form.get(f"days_{row}", ()) if day.isdigit())
        starts, ends = _one(form, f"from_{row}"), _one(form, f"to_{row}")
        if days and starts and ends:
            found.append({"days": days, "from": starts, "to": ends})
    return found


def _one(form: Mapping[str, Sequence[str]], name: str) -> str:
    return (form.get(name) or ("",))[-1].strip()


def _whole(text: str) -> int | None:
    """A whole number of what somebody typed; nothing typed is none of it."""
    if not text:
        return 0
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None
