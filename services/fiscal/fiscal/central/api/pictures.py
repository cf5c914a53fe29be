"""A receipt's paper as a picture: SVG with presentation attributes alone, so that any page may show it."""

from collections.abc import Iterator
from html import escape

import segno

from fiscal.central.domain.paper import COLUMNS, Code, Piece, Row, Rule

# Four units are a millimetre: 80 mm of paper, 72 mm of print.
WIDTH, MARGIN, STEP, FONT = 320, 16, 15, 11.3
QR_SIDE = 132
"""33 mm; the law wants 20 at least."""
FONTS = "'DejaVu Sans Mono', 'Liberation Mono', 'Courier New', monospace"


def svg(pieces: tuple[Piece, ...], title: str) -> str:
    """The paper, laid out for `COLUMNS`, black on white."""
    drawn, y = [], MARGIN
    for piece in pieces:
        drawn.append(_drawn(piece, y))
        y += QR_SIDE + STEP if isinstance(piece, Code) else STEP
    height = y + MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="80mm" height="{height / 4:g}mm" '
        f'viewBox="0 0 {WIDTH} {height}" role="img"><title>{escape(title)}</title>'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
        f'<g font-family="{FONTS}" font-size="{FONT}" fill="#000">{"".join(drawn)}</g></svg>'
    )


def _drawn(piece: Piece, y: int) -> str:
    match piece:
        case Row(left, right, middle, bold):
            places = ((left, MARGIN, "start"), (right, WIDTH - MARGIN, "end"), (middle, WIDTH // 2, "middle"))
            return "".join(_text(text, x, y + STEP - 4, anchor, bold) for text, x, anchor in places if text.strip())
        case Rule():
            line = f'x1="{MARGIN}" x2="{WIDTH - MARGIN}" y1="{y + STEP // 2}" y2="{y + STEP // 2}"'
            return f'<line {line} stroke="#000" stroke-dasharray="4 3"/>'
        case Code(text):
            return _code(text, y + STEP // 2)


def _text(text: str, x: int, y: int, anchor: str, bold: bool) -> str:
    indent = len(text) - len(text.lstrip()) if anchor == "start" else 0
    x += round(indent * (WIDTH - 2 * MARGIN) / COLUMNS)
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}"{weight}>{escape(text.strip())}</text>'


def _code(text: str, y: int) -> str:
    code = segno.make(text, error="m", micro=False)
    side = code.symbol_size(border=0)[0]
    scale = QR_SIDE / side
    place = f"translate({(WIDTH - QR_SIDE) / 2:g} {y}) scale({scale:.5f})"
    return f'<path transform="{place}" shape-rendering="crispEdges" fill="#000" d="{"".join(_runs(code))}"/>'


def _runs(code: segno.QRCode) -> Iterator[str]:
    """Dark modules of each row, drawn together where they touch."""
    for y, row in enumerate(code.matrix):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            end = next((i for i in range(x, len(row)) if not row[i]), len(row))
            yield f"M{x} {y}h{end - x}v1h-{end - x}z"
            x = end
