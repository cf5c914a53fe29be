"""Lines of a fixed width, and the layout codes of `PrintText` (reference 9.3)."""

import re
from textwrap import wrap

# `>#n#<text` centres in a line narrowed by n.
_CENTRED = re.compile(r"^>#(\d{1,3})#<(.*)$")
# `left<#n#>right` goes to the two edges of a line narrowed by n; with `>>` both go to the right edge.
_EDGES = re.compile(r"^(.*?)<#(\d{1,3})#>(>?)(.*)$")
_FILL = re.compile(r"^<<(.)>>$")


def centred(text: str, width: int) -> list[str]:
    """Wrap and centre a text."""
    return [line.center(width).rstrip() for line in wrap(text, width) or [""]]


def edges(left: str, right: str, width: int) -> list[str]:
    """Push two texts to the two edges; what does not fit together goes on lines of its own."""
    if len(left) + 1 + len(right) <= width:
        return [left + right.rjust(width - len(left))]
    return [*wrap(left, width), *(line.rjust(width) for line in wrap(right, width))]


def rule(width: int, character: str = "-") -> str:
    """A line filled with one character."""
    return character * width


def laid_out(text: str, width: int) -> list[str]:
    """Turn one `PrintText` into paper lines."""
    return [line for row in text.splitlines() or [""] for line in _row(row, width)]


def _row(row: str, width: int) -> list[str]:
    if fill := _FILL.match(row):
        return [rule(width, fill[1])]
    if centre := _CENTRED.match(row):
        return centred(centre[2], _narrowed(width, centre[1]))
    if sides := _EDGES.match(row):
        narrow = _narrowed(width, sides[2])
        if sides[3]:
            return [line.rjust(narrow) for line in wrap(f"{sides[1]} {sides[4]}".strip(), narrow)]
        return edges(sides[1], sides[4], narrow)
    return wrap(row, width, drop_whitespace=False) or [""]


def _narrowed(width: int, by: str) -> int:
    # A line never gets narrower than one character, whatever the code says.
    return max(1, width - int(by))
