"""Pictures beside each other, with what is to be said of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import INK, WARM, canvas, short
from entable.errors import BadInput

__all__ = ["Gallery", "laid_over"]

Pixels = NDArray[np.uint8]
_SHOWN = 48  # pictures drawn at most; all of them are in `.pictures`
_CAPTION = 22  # characters of a line below a picture
_WARMTH = np.array(  # red, green, blue of heat 0, 1/3, 2/3 and 1
    [[28, 20, 90], [142, 40, 140], [240, 112, 60], [255, 240, 130]], np.float32
)


@dataclass(frozen=True, eq=False, repr=False)
class Gallery(Answer):
    """n pictures and a row of a table for each.

    pictures: uint8 (n, H, W, C), C 1 or 3; captions: a text for each, of one line or several;
    wrong: bool (n,), those that the model has wrong, or None where it is not a matter of that.
    """

    title: str
    frame: pl.DataFrame
    pictures: Pixels
    captions: Sequence[str]
    wrong: NDArray[np.bool_] | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        n = len(self.pictures)
        if self.pictures.ndim != 4 or self.pictures.shape[3] not in (1, 3):
            raise BadInput(f"pictures of shape {self.pictures.shape}; (n, H, W, 1 or 3) was wanted")
        if len(self.captions) != n or len(self.frame) != n:
            raise BadInput(f"{n} pictures, {len(self.captions)} captions, {len(self.frame)} rows")

    def __len__(self) -> int:
        return len(self.pictures)

    @property
    def table(self) -> pl.DataFrame:
        "A row for each picture."
        return self.frame

    @cached_property
    def colored(self) -> Pixels:
        "The pictures in red, green and blue (n, H, W, 3)."
        found: Pixels = np.broadcast_to(self.pictures, (*self.pictures.shape[:3], 3))
        return found

    def plot(self, ax: Any = None, columns: int | None = None) -> Any:
        "The pictures in rows, captions below, wrong ones in orange; Matplotlib's Axes."
        n = min(len(self), _SHOWN)
        across = max(1, min(n, columns or _across(n)))
        down = max(1, -(-n // across))
        lines = max((text.count("\n") + 1 for text in self.captions[:n]), default=1)
        tall = 1.25 + 0.17 * lines  # inches of a picture with its caption
        ax = canvas(ax, 1.35 * across, 0.4 + tall * down, short(self.title, 14 * across))
        ax.axis("off")
        ax.set(xlim=(0, 1), ylim=(0, 1))
        share = 1.2 / tall
        for k in range(n):
            row, column = divmod(k, across)
            at = (column / across, 1 - (row + share) / down, 0.94 / across, 0.96 * share / down)
            self._draw(ax.inset_axes(at), k)
        return ax

    def _draw(self, ax: Any, k: int) -> None:
        ax.imshow(self.colored[k], interpolation="nearest", aspect="equal")
        ax.set_xticks([])
        ax.set_yticks([])
        color = WARM if self.wrong is not None and self.wrong[k] else INK
        for spine in ax.spines.values():
            spine.set_visible(color == WARM)
            spine.set(color=color, linewidth=1.5)
        text = "\n".join(short(line, _CAPTION) for line in self.captions[k].split("\n"))
        ax.set_xlabel(text, color=color, fontsize=7.5, labelpad=2)


def _across(n: int) -> int:
    "Pictures in a row: few places left empty, and a page wider than tall."
    if n <= 6:
        return n
    return min(range(4, 9), key=lambda k: (-n % k, abs(k - (2 * n) ** 0.5)))


def laid_over(pictures: Pixels, heat: NDArray[np.floating]) -> Pixels:
    """Pictures (n, H, W, C) with heat (n, H, W) from 0 to 1 laid over them, uint8 (n, H, W, 3).

    What is cold stays as it is, in gray and darker.
    """
    gray = pictures.mean(3, keepdims=True, dtype=np.float32)
    stops = np.linspace(0, 1, len(_WARMTH))
    warm = np.stack([np.interp(heat, stops, channel) for channel in _WARMTH.T], -1)
    share = (0.25 + 0.5 * heat)[..., None]
    out: Pixels = np.clip((1 - share) * gray + share * warm, 0, 255).astype(np.uint8)
    return out
