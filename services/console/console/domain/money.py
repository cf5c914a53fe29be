"""Kopecks as people read and type them."""

NARROW = "\u00a0"
"""Keeps a sum on one line."""


def shown(kopecks: int, language: str, sign: bool = True) -> str:
    """`1 234,50 ₽` in Russian, `1,234.50 ₽` in English; without the rouble sign where the column has it."""
    rubles, rest = divmod(abs(kopecks), 100)
    grouped = f"{rubles:,}"
    text = f"{grouped.replace(',', NARROW)},{rest:02d}" if language == "ru" else f"{grouped}.{rest:02d}"
    return ("−" if kopecks < 0 else "") + text + (f"{NARROW}₽" if sign else "")


def typed(text: str) -> int | None:
    """Kopecks of what somebody typed, with a comma or a point and spaces anywhere; None for what is no sum.

    >>> typed("1 234,5"), typed("1,234.50"), typed("7"), typed("0.005"), typed("семь")
    (123450, 123450, 700, None, None)
    """
    plain = "".join(text.split()).replace("₽", "").replace("\u00a0", "")
    if "," in plain and "." in plain:
        plain = plain.replace(",", "")
    rubles, _, rest = plain.replace(",", ".").partition(".")
    if not (rubles or rest) or len(rest) > 2 or not (rubles + rest).isascii() or not (rubles + rest).isdigit():
        return None
    return int(rubles or 0) * 100 + int(rest.ljust(2, "0") or 0)
