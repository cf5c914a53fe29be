"""Kopecks and thousandths as people and the register write them."""


def rubles(kopecks: int) -> str:
    """Write kopecks as decimal rubles: 33000 is `330.00`."""
    sign = "-" if kopecks < 0 else ""
    return f"{sign}{abs(kopecks) // 100}.{abs(kopecks) % 100:02d}"


def pieces(quantity_milli: int) -> str:
    """Write a quantity without idle zeros: 1500 is `1.5`, 3000 is `3`."""
    whole, part = divmod(quantity_milli, 1000)
    return f"{whole}.{part:03d}".rstrip("0") if part else str(whole)


def cost(price_kopecks: int, quantity_milli: int) -> int:
    """Price a quantity, rounded half up to a whole kopeck."""
    return (price_kopecks * quantity_milli + 500) // 1000
