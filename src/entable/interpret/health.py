"""What is well with vectors and what is not: figures, each with its meaning and when to worry."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._cores import blas_at_one
from entable._plots import ACCENT, INK, MUTED, PALE, canvas
from entable.data.words import plural
from entable.errors import BadInput
from entable.interpret.figures import (
    NEAR,
    Figure,
    of_columns,
    of_counts,
    of_places,
    of_twin,
    sample,
)
from entable.interpret.ladder import Ladder
from entable.interpret.near import nearest_of_many, unit
from entable.interpret.rows import Rows

__all__ = ["Checkup", "Health", "examine"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Health(Answer):
    """What is well with n rows of vectors: `table` has figure, value, verdict ("fine" or "look")
    and meaning.

    spectrum (k,): singular values, largest first. occurrences (m,): how often each row is among
    the 10 nearest of another (of a sample of rows where there are many).
    """

    what: str
    figures: tuple[Figure, ...]
    spectrum: Floats
    occurrences: NDArray[np.int64]
    notes: tuple[str, ...] = ()

    @property
    def table(self) -> pl.DataFrame:
        "figure, value, verdict, meaning."
        types = {"figure": pl.String, "value": pl.Float64}
        types |= {"verdict": pl.String, "meaning": pl.String}
        return pl.DataFrame(list(self.figures), schema=types, orient="row")

    @property
    def title(self) -> str:  # type: ignore[override]
        "How many figures are fine."
        return _headline(self.what, self.figures)

    def plot(self, ax: Any = None, what: Literal["spectrum", "hubs"] = "spectrum") -> Any:
        """The singular values, or how often rows are among the 10 nearest of others.

        Returns Matplotlib's Axes. Raises BadInput for another `what`.
        """
        if what not in ("spectrum", "hubs"):
            raise BadInput(f"what={what!r} came; 'spectrum' or 'hubs' was wanted")
        return _draw_hubs(ax, self) if what == "hubs" else _draw_spectra(ax, {"": self})


@dataclass(frozen=True, eq=False, repr=False)
class Checkup(Answer):
    """The health of a model: of its items, its users, and of its number of factors.

    `table`: of ("items", "users" or "factors"), figure, value, verdict, meaning.
    """

    items: Health
    users: Health
    ladder: Ladder | None = None

    @property
    def table(self) -> pl.DataFrame:
        "of, figure, value, verdict, meaning."
        parts = [
            part.table.select(pl.lit(of).alias("of"), pl.all())
            for of, part in (("items", self.items), ("users", self.users))
        ]
        if self.ladder is not None:
            one = pl.DataFrame(
                [_of_ladder(self.ladder)], schema=self.items.table.schema, orient="row"
            )
            parts.append(one.select(pl.lit("factors").alias("of"), pl.all()))
        return pl.concat(parts)

    @property
    def shown(self) -> pl.DataFrame:
        "What should be looked at first."
        return self.table.sort(pl.col("verdict") == "fine", maintain_order=True)

    @property
    def title(self) -> str:  # type: ignore[override]
        "How many figures are fine."
        own = (*self.items.figures, *self.users.figures)
        ladder = () if self.ladder is None else (_of_ladder(self.ladder),)
        return _headline("the model", (*own, *ladder))

    @property
    def notes(self) -> tuple[str, ...]:  # type: ignore[override]
        "Those of both sides, and what was not measured."
        left = (
            "No other sizes were trained: a ladder says whether fewer or more factors would do."
            if self.ladder is None
            else self.ladder.title + "."
        )
        return (*dict.fromkeys((*self.items.notes, *self.users.notes)), left)

    def plot(self, ax: Any = None) -> Any:
        "The singular values of items and users; Matplotlib's Axes."
        return _draw_spectra(ax, {"items": self.items, "users": self.users})


def _headline(what: str, figures: tuple[Figure, ...]) -> str:
    look = sum(figure.verdict == "look" for figure in figures)
    if not look:
        return f"Health of {what}: all {len(figures)} figures are fine"
    need = "needs" if look == 1 else "need"
    return f"Health of {what}: {look} of {len(figures)} figures {need} a look"


def _of_ladder(ladder: Ladder) -> Figure:
    return Figure(
        "number of factors",
        float(ladder.present),
        "fine" if ladder.verdict == "right" else "look",
        f"{ladder.title}; measured, not a rule of thumb.",
    )


def examine(rows: Rows, twin: Rows | None = None) -> Health:
    """Figures of what is well with vectors and what is not.

    twin: the same rows learnt with another seed. Rows without any rating are left out (unless none
    has any). Neighbours are those by cosine, of a seeded sample where there are over 20,000 rows.
    Raises BadInput for fewer than two rows with vectors, and for a twin without common names.
    """
    rated, kind = _with_vectors(rows), rows.titled.kind
    V = rows.vectors[rated].astype(np.float64)
    with blas_at_one():
        gram = V.T @ V
    spectrum = np.sqrt(np.linalg.eigvalsh(gram)[::-1].clip(0))
    some = sample(len(rated))
    near = nearest_of_many(unit(V[some]), np.arange(len(some)), NEAR)
    occurrences = np.bincount(near.reshape(-1), minlength=len(some))
    figures, notes = [*of_columns(V, gram, spectrum), *of_places(V, occurrences)], []
    if rows.counts.any():
        figures += of_counts(rows, rated, V)
    if len(some) < len(rated):
        notes.append(f"Neighbours are those among {len(some):,} of {len(rated):,} {plural(kind)}.")
    if twin is not None:
        figures += of_twin(rows, twin)
    else:
        notes.append("The stability of neighbours was not measured: no twin of another seed came.")
    what = f"{len(rated):,} {plural(kind)} of {rows.k} numbers"
    return Health(what, tuple(figures), spectrum, occurrences, tuple(notes))


def _with_vectors(rows: Rows) -> NDArray[np.int64]:
    "Positions of the rows with ratings (all, where none has any) whose vectors are not 0."
    rated = np.flatnonzero(rows.counts) if rows.counts.any() else np.arange(len(rows))
    rated = rated[rows.vectors[rated].any(axis=1)] if rows.k else rated[:0]
    if len(rated) < 2:
        kinds = rows.titled.kinds
        raise BadInput(f"{len(rated)} {kinds} have a vector that is not 0; two at least are needed")
    return rated


def _draw_spectra(ax: Any, healths: dict[str, Health]) -> Any:
    names = " and ".join(name for name in healths if name)
    ax = canvas(ax, 6.0, 3.6, f"Singular values{' of ' * bool(names)}{names}")
    styles: tuple[dict[str, Any], ...] = (
        {"color": ACCENT, "marker": "o", "ms": 4, "lw": 1.2, "zorder": 3},
        {"color": PALE, "lw": 5},  # wide and behind, as both lines may be one
    )
    for (name, health), style in zip(healths.items(), styles, strict=False):
        share = health.spectrum / health.spectrum.max()
        label = f"{name or health.what}: effective rank {health.figures[0].value:.1f}"
        ax.plot(np.arange(1, len(share) + 1), share, label=label, **style)
    ax.set_ylim(0, 1.05)
    ax.set_xlabel("direction, strongest first")
    ax.set_ylabel("singular value, share of the largest")
    ax.legend(frameon=False, fontsize=9, labelcolor=INK)
    return ax


def _draw_hubs(ax: Any, health: Health) -> Any:
    title = f"How often a row is among the {NEAR} nearest of another"
    ax = canvas(ax, 6.0, 3.6, title)
    found = health.occurrences
    edges = np.unique(np.linspace(0, found.max() + 1, 41).astype(int))
    ax.hist(found, edges, color=ACCENT)
    ax.axvline(found.mean(), color=INK, lw=1, ls="--", label=f"mean {found.mean():.0f}")
    ax.set_yscale("log")
    ax.set_xlabel(f"lists of {NEAR} nearest that a row stands in")
    ax.set_ylabel("rows")
    ax.tick_params(which="minor", color=MUTED)
    ax.legend(frameon=False, fontsize=9, labelcolor=INK)
    return ax
