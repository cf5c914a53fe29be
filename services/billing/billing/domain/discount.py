"""Lowering the lines of a sale by a sum, exact to the kopeck."""

from collections.abc import Sequence


def lowered(amounts_kopecks: Sequence[int], by_kopecks: int) -> list[int]:
    """Each line lowered in proportion to itself, and all of them together by exactly `by_kopecks`; none goes below 0.

    What is left of rounding down goes to the lines that lost most by it, a kopeck each; the first of equals.
    """
    total = sum(amounts_kopecks)
    assert 0 <= by_kopecks <= total, (by_kopecks, total)
    if by_kopecks == 0:
        return list(amounts_kopecks)
    shares = [amount * by_kopecks // total for amount in amounts_kopecks]
    by_loss = sorted(range(len(shares)), key=lambda place: -(amounts_kopecks[place] * by_kopecks % total))
    for place in by_loss[: by_kopecks - sum(shares)]:
        shares[place] += 1
    return [amount - share for amount, share in zip(amounts_kopecks, shares, strict=True)]
