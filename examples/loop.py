"""Draw a recurrent net folded and rolled out: docs/lessons/loop.svg.

python examples/loop.py docs/lessons/loop.svg
"""

import sys
from itertools import pairwise
from pathlib import Path

INK, ACCENT, PALE, MUTED = "#1f2933", "#2f6fde", "#dbe6fb", "#7b8794"
CELL, LETTER = 64, 34  # pixels


def text(x: float, y: float, said: str, color: str = INK, size: int = 15) -> str:
    "Words around a point."
    return (
        f'<text x="{x}" y="{y}" fill="{color}" font-size="{size}" text-anchor="middle" '
        f'dominant-baseline="central">{said}</text>'
    )


def box(x: float, y: float, w: float, h: float, said: str, fill: str = PALE) -> str:
    "A box around a point, with words in it."
    return (
        f'<rect x="{x - w / 2}" y="{y - h / 2}" width="{w}" height="{h}" rx="8" fill="{fill}" '
        f'stroke="{ACCENT}" stroke-width="1.5"/>' + text(x, y, said)
    )


def arrow(x0: float, y0: float, x1: float, y1: float) -> str:
    "A straight arrow."
    return (
        f'<path d="M{x0} {y0} L{x1} {y1}" stroke="{INK}" stroke-width="1.5" fill="none" '
        'marker-end="url(#head)"/>'
    )


def step(x: float, letter: str, after: str) -> str:
    "One step: a letter comes from below, an answer goes out above."
    return "".join(
        [
            box(x, 210, LETTER, LETTER, letter, "#ffffff"),
            arrow(x, 210 - LETTER / 2, x, 130 + CELL / 2 + 4),
            box(x, 130, CELL, CELL, "cell"),
            arrow(x, 130 - CELL / 2, x, 50 + LETTER / 2 + 4),
            box(x, 50, LETTER, LETTER, after, "#ffffff"),
        ]
    )


def folded(x: float) -> str:
    "One cell whose memory comes back to it."
    right, top = x + CELL / 2, 130 - CELL / 2
    loop = (
        f'<path d="M{right} 130 C{right + 62} 130 {right + 62} {top - 34} {x + 16} {top - 6}" '
        f'stroke="{ACCENT}" stroke-width="2" fill="none" marker-end="url(#blue)"/>'
    )
    return step(x, "c", "?") + loop + text(right + 44, 146, "h", ACCENT)


def rolled(x: float, word: str = "one,") -> str:
    "The same cell, once for each letter, its memory handed on."
    parts, gap = [text(x - 92, 130, "0", ACCENT), arrow(x - 82, 130, x - CELL / 2 - 4, 130)], 118
    for k, (letter, after) in enumerate(pairwise(word)):
        at = x + k * gap
        parts.append(step(at, letter, after))
        parts.append(arrow(at + CELL / 2, 130, at + gap - CELL / 2 - 4, 130))
        parts.append(text(at + gap / 2, 114, "h", ACCENT))
    return "".join(parts)


def picture() -> str:
    "The whole drawing."
    heads = "".join(
        f'<marker id="{name}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" '
        f'markerHeight="7" orient="auto"><path d="M0 0 L8 4 L0 8 z" fill="{color}"/></marker>'
        for name, color in (("head", INK), ("blue", ACCENT))
    )
    words = text(90, 258, "a loop", MUTED) + text(430, 258, "the same loop, rolled out", MUTED)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 660 276" width="660" height="276" '
        f'font-family="Helvetica, Arial, sans-serif"><defs>{heads}</defs>'
        '<rect width="660" height="276" fill="#ffffff"/>'
        f"{folded(90)}{text(205, 130, '=', MUTED, 26)}{rolled(330)}{words}</svg>\n"
    )


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(picture(), "utf-8")
