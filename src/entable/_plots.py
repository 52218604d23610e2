"""How pictures look: one palette and one plain style for all of them (Matplotlib)."""

from functools import lru_cache
from typing import Any

from entable._extras import need

__all__ = [
    "ACCENT", "COLD_WARM", "GROUPS", "INK", "MUTED", "PALE", "PAPER", "WARM", "canvas",
    "cold_warm", "rated", "short",
]  # fmt: skip

# hex codes in lower case: a page that follows the reader's light or dark mode replaces them
INK = "#1f2a37"
MUTED = "#7b8794"
PALE = "#d5dbe3"
PAPER = "#ffffff"  # behind names that stand among points
ACCENT = "#2f6fde"
WARM = "#d9602b"
COLD_WARM = (ACCENT, PALE, WARM)  # from low to high
GROUPS = ("#2f6fdf", "#d9612b", "#2b9a66", "#8e4ec6", "#c2298a", "#0e8fa8", "#ad7f0b", "#64748b")

_LOST = "\N{REPLACEMENT CHARACTER}"


def canvas(ax: Any = None, width: float = 7.0, height: float = 4.5, title: str = "") -> Any:
    """Matplotlib's Axes to draw on, the given one or those of a new figure, in the plain style.

    Raises MissingExtra without Matplotlib.
    """
    if ax is None:
        pyplot = need("matplotlib.pyplot")
        _, ax = pyplot.subplots(figsize=(width, height), layout="constrained")
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    for side in ("left", "bottom"):
        ax.spines[side].set_color(PALE)
    ax.tick_params(colors=MUTED, labelcolor=INK, labelsize=9)
    ax.xaxis.label.set_color(INK)
    ax.yaxis.label.set_color(INK)
    if title:
        ax.set_title(title, color=INK, fontsize=11, loc="left")
    return ax


def cold_warm() -> Any:
    "Matplotlib's colour map from cold (low) over pale to warm (high)."
    return need("matplotlib.colors").LinearSegmentedColormap.from_list("cold_warm", COLD_WARM)


def short(text: object, most: int = 32) -> str:
    """A name as Matplotlib can draw it: on one line, cut to `most` characters.

    Dollars are no formula, and what the font lacks becomes a replacement character, not a warning.
    """
    line = " ".join(str(text).split())
    if len(line) > most:
        head = line[: most - 1]
        if head.rfind("(") > max(head.rfind(")"), most // 2):
            head = head[: head.rfind("(")]  # rather no year than a part of one
        line = head.rstrip(" ,;:-(") + "…"
    drawn = "".join(char if ord(char) in _signs(_families()) else _LOST for char in line)
    return drawn.replace("$", r"\$")


def _families() -> tuple[str, ...]:
    return tuple(need("matplotlib").rcParams["font.family"])


@lru_cache(maxsize=8)
def _signs(families: tuple[str, ...]) -> frozenset[int]:
    "Code points that the fonts in use can draw."
    fonts = need("matplotlib.font_manager")
    found = [fonts.findfont(fonts.FontProperties(family=[name])) for name in families]
    return frozenset().union(*(fonts.get_font(path).get_charmap() for path in found))


def rated(ax: Any, side: str) -> None:
    'An axis ("x" or "y") of numbers of ratings: their logarithm, with ticks at 1, 2, 5, 10, ...'
    ticker = need("matplotlib.ticker")
    ax.set(**{f"{side}scale": "log"})
    axis = getattr(ax, f"{side}axis")
    axis.set_major_locator(ticker.LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_minor_locator(ticker.NullLocator())
    axis.set_major_formatter("{x:,.0f}")
