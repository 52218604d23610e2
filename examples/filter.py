"""Draw what a convolution is as a matrix product with tied weights: docs/lessons/filter.svg.

python examples/filter.py docs/lessons/filter.svg
"""

import sys
from pathlib import Path

INK, MUTED, FRAME = "#1f2933", "#7b8794", "#cbd5e1"
WEIGHTS = {"a": "#2f6fde", "b": "#d9602b", "c": "#2b9a66", "d": "#8e4ec6"}
SIDE = 34  # pixels of a cell
PICTURE, FILTER = (3, 4), (2, 2)  # rows and columns


def text(x: float, y: float, said: str, color: str = INK, size: int = 14) -> str:
    "Words around a point."
    return (
        f'<text x="{x:g}" y="{y:g}" fill="{color}" font-size="{size}" text-anchor="middle" '
        f'dominant-baseline="central">{said}</text>'
    )


def cell(x: float, y: float, said: str = "", fill: str = "#ffffff", color: str = INK) -> str:
    "A square with a letter in it; x, y: its upper left corner."
    return (
        f'<rect x="{x:g}" y="{y:g}" width="{SIDE}" height="{SIDE}" fill="{fill}" '
        f'stroke="{FRAME}"/>' + text(x + SIDE / 2, y + SIDE / 2, said, color)
    )


def weight(x: float, y: float, name: str) -> str:
    "A coloured square: one of the four weights."
    return cell(x, y, name, WEIGHTS[name], "#ffffff")


def picture(x: float, y: float) -> str:
    "The pixels by number, with the filter on its first place."
    rows, columns = PICTURE
    parts = [
        cell(x + j * SIDE, y + i * SIDE, str(i * columns + j))
        for i in range(rows)
        for j in range(columns)
    ]
    frame = (
        f'<rect x="{x:g}" y="{y:g}" width="{2 * SIDE}" height="{2 * SIDE}" fill="none" '
        f'stroke="{INK}" stroke-width="3"/>'
    )
    return "".join(parts) + frame


def filters(x: float, y: float) -> str:
    "The filter itself."
    return "".join(
        weight(x + k % 2 * SIDE, y + k // 2 * SIDE, name) for k, name in enumerate(WEIGHTS)
    )


def places() -> list[list[tuple[int, str]]]:
    "For each place of the filter the pixels that it covers, each with its weight."
    found = []
    for i in range(PICTURE[0] - FILTER[0] + 1):
        for j in range(PICTURE[1] - FILTER[1] + 1):
            at = [(i + k // 2) * PICTURE[1] + j + k % 2 for k in range(4)]
            found.append(list(zip(at, WEIGHTS, strict=True)))
    return found


def matrix(x: float, y: float) -> str:
    "A row for each place, a column for each pixel; the same four weights in each row."
    parts = [
        text(x + (k + 0.5) * SIDE, y - 12, str(k), MUTED, 12)
        for k in range(PICTURE[0] * PICTURE[1])
    ]
    for row, covered in enumerate(places()):
        for k in range(PICTURE[0] * PICTURE[1]):
            parts.append(cell(x + k * SIDE, y + row * SIDE, "0", color=FRAME))
        parts += [weight(x + k * SIDE, y + row * SIDE, name) for k, name in covered]
    return "".join(parts)


def main(out: str) -> None:
    "Picture and filter on the left, the matrix on the right."
    wide, high, right = 720, 300, 280
    drawn = [
        text(30 + 2 * SIDE, 26, "a picture of 3 x 4 pixels"),
        picture(30, 44),
        text(30 + 2 * SIDE, 182, "a filter of 2 x 2"),
        filters(30 + SIDE, 200),
        text(right + 6 * SIDE, 26, "the same as a matrix: 6 places x 12 pixels, 4 weights"),
        matrix(right, 64),
    ]
    Path(out).write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" width="{wide}" '
        f'height="{high}" font-family="sans-serif">'
        f'<rect width="{wide}" height="{high}" fill="#ffffff"/>{"".join(drawn)}</svg>\n',
        encoding="utf-8",
    )


if __name__ == "__main__":
    main(sys.argv[1])
