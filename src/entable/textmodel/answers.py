"""What a TextModel answers with: what comes next, and how well a text was foreseen."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, canvas

__all__ = ["Next", "Score"]


@dataclass(frozen=True, eq=False, repr=False)
class Next(Answer):
    """Chances (n,) of what comes after a prompt, of each name (n,), in the order of the vocab.

    `found["e"]` is the chance of "e".
    """

    prompt: str
    names: NDArray[Any]
    chances: NDArray[np.float64]
    unit: str = "character"

    def __getitem__(self, name: str) -> float:
        return float(self.chances[self.names.tolist().index(name)])

    @property
    def title(self) -> str:  # type: ignore[override]
        "The end of the prompt."
        return f"After {self.prompt[-30:]!r}"

    @property
    def table(self) -> pl.DataFrame:
        "The names and their chances, the likeliest first."
        frame = pl.DataFrame({self.unit: pl.Series(self.names.tolist()), "chance": self.chances})
        return frame.sort("chance", descending=True, maintain_order=True)

    @property
    def shown(self) -> pl.DataFrame:
        "The ten likeliest, in quotes, so that a space can be seen."
        return self.table.head(10).with_columns(
            pl.col(self.unit).map_elements(repr, return_dtype=pl.String)
        )

    def plot(self, ax: Any = None) -> Any:
        "The chances of the twenty likeliest as bars; Matplotlib's Axes."
        top = self.table.head(20)
        ax = canvas(ax, 6, 0.8 + 0.24 * len(top), self.title)
        ax.barh(range(len(top)), top["chance"], color=ACCENT)
        ax.set_yticks(range(len(top)), [repr(name) for name in top[self.unit]])
        ax.invert_yaxis()
        ax.set_xlabel("chance")
        return ax


@dataclass(frozen=True, eq=False, repr=False)
class Score(Answer):
    """How well a text was foreseen: each (n,) is what a code cost, -log of its chance, in nats.

    characters: how many characters the n codes stand for. unseen: codes that were never learnt.
    """

    each: NDArray[np.float64]
    characters: int
    unseen: int = 0
    unit: str = "character"

    @property
    def nats(self) -> float:
        "The mean of a code."
        return float(self.each.mean())

    @property
    def perplexity(self) -> float:
        "Among how many equally likely codes it was as hard to choose."
        return float(np.exp(self.nats))

    @property
    def bits(self) -> float:
        "Bits for each character, whatever the text was cut into."
        return float(self.each.sum() / np.log(2) / max(self.characters, 1))

    @property
    def title(self) -> str:  # type: ignore[override]
        "The figures in a line."
        return (
            f"{self.nats:.4f} nats per {self.unit}, perplexity {self.perplexity:.2f}, "
            f"{self.bits:.3f} bits per character"
        )

    @property
    def notes(self) -> tuple[str, ...]:  # type: ignore[override]
        "How many codes were never learnt."
        told = f"{self.unseen:,} {self.unit}s were never seen in training."
        return (told,) if self.unseen else ()

    @property
    def table(self) -> pl.DataFrame:
        "One row: n, nats, perplexity, bits, unseen."
        figures = {"nats": self.nats, "perplexity": self.perplexity, "bits": self.bits}
        return pl.DataFrame({"n": [len(self.each)], **figures, "unseen": self.unseen})
