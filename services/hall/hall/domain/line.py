"""What a guest reads on the receipt for time at a device."""

NAME_CHARACTERS_MAX = 64
"""Registers print longer names over two lines, and some cut them."""

HOURS = ("час", "часа", "часов")
MINUTES = ("минута", "минуты", "минут")


def counted(number: int, forms: tuple[str, str, str]) -> str:
    """`number` with the Russian plural form that it takes: 1 час, 2 часа, 5 часов, 11 часов, 21 час."""
    assert number >= 0, number
    one, few, many = forms
    if number % 10 == 1 and number % 100 != 11:
        return f"{number} {one}"
    if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14):
        return f"{number} {few}"
    return f"{number} {many}"


def duration(minutes: int) -> str:
    """`minutes` in words, such as "1 час 30 минут"."""
    assert minutes > 0, minutes
    hours, rest = divmod(minutes, 60)
    words = [counted(hours, HOURS)] if hours else []
    return " ".join(words + ([counted(rest, MINUTES)] if rest else []))


def line_name(zone_name: str, minutes: int) -> str:
    """The receipt's line, such as "Игровое время, VIP, 3 часа"; a long zone name is cut to make it fit."""
    before, after = "Игровое время, ", f", {duration(minutes)}"
    room = NAME_CHARACTERS_MAX - len(before) - len(after)
    fitting = zone_name if len(zone_name) <= room else zone_name[: room - 1].rstrip() + "…"
    return before + fitting + after
