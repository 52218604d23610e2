"""Would fewer or more factors do? Held-out errors by number of factors."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from entable._answer import Answer
from entable._plots import ACCENT, INK, canvas
from entable.errors import BadInput

__all__ = ["Ladder", "climb"]

_WORTH = 0.001  # share of the RMSE that is worth another number of factors


@dataclass(frozen=True, eq=False, repr=False)
class Ladder(Answer):
    """Held-out error by number of factors, and whether another number would do.

    `table`: factors, rmse, difference (its RMSE less that of the present number), se (the paired
    standard error of the difference), reading. `verdict`: "more would help", "fewer would do" or
    "right"; `present` is the number the model has, `best` the one that the verdict points to.
    """

    present: int
    best: int
    verdict: str
    n: int
    rungs: pl.DataFrame

    @property
    def table(self) -> pl.DataFrame:
        "factors, rmse, difference, se, reading; few factors first."
        return self.rungs

    @property
    def title(self) -> str:  # type: ignore[override]
        "The verdict in a sentence."
        told = f"on {self.n:,} held-out ratings"
        if self.verdict == "right":
            return f"{self.present} factors are right {told}"
        most = self.rungs.filter(pl.col("factors") == self.best).to_dicts()[0]
        gap = f"RMSE {most['difference']:+.4f} ± {most['se']:.4f}"
        helps = "would help" if self.verdict == "more would help" else "would do"
        return f"{self.best} factors instead of {self.present} {helps}: {gap} {told}"

    def plot(self, ax: Any = None) -> Any:
        """RMSE by number of factors, with two paired standard errors around it.

        Returns Matplotlib's Axes.
        """
        ax = canvas(ax, 5.5, 3.6, "Held-out error by number of factors")
        k, rmse = self.rungs["factors"].to_numpy(), self.rungs["rmse"].to_numpy()
        around = 2 * self.rungs["se"].to_numpy()
        ax.errorbar(k, rmse, around, fmt="o-", color=ACCENT, ms=5, lw=1.5, capsize=3)
        at = k.tolist().index(self.present)
        ax.plot(k[at], rmse[at], "o", ms=9, mfc="none", mec=INK)
        below = {"xytext": (0, -20), "textcoords": "offset points", "ha": "center"}
        ax.annotate("this model", (k[at], rmse[at]), color=INK, fontsize=9, **below)
        ax.set_xscale("log")
        ax.set_xticks(k, [str(each) for each in k.tolist()])
        ax.minorticks_off()
        ax.margins(x=0.12, y=0.25)
        ax.set_xlabel("factors")
        ax.set_ylabel("RMSE, ± 2 paired standard errors")
        return ax


def climb(
    errors: Mapping[int, NDArray[np.floating]],
    present: int,
    groups: NDArray[np.integer] | None = None,
) -> Ladder:
    """Judge numbers of factors by their errors (truth less score) on the same m held-out ratings.

    errors: {factors: (m,)}. groups (m,): who gave each rating, from 0 on; ratings of one group may
    go together, and standard errors then count groups. Another number is better if its RMSE is
    lower by more than two paired standard errors and by .1 %; a smaller one will do if its RMSE is
    no higher by more than one standard error (Breiman et al. 1984) or .1 %, whichever is more.
    Raises BadInput for fewer than two numbers or ratings, arrays of different length, and no errors
    of `present`.
    """
    _check(errors, present)
    squares = {k: np.asarray(e, np.float64) ** 2 for k, e in sorted(errors.items())}
    own = squares[present]
    m, rmse = len(own), float(np.sqrt(own.mean()))
    rungs = [
        {"factors": k, "rmse": float(np.sqrt(e.mean())), **_apart(e, own, groups)}
        for k, e in squares.items()
    ]
    readings = [_reading(rung, present, rmse) for rung in rungs]
    frame = pl.DataFrame(rungs).with_columns(reading=pl.Series(readings, dtype=pl.String))
    best, verdict = _judged(frame, present)
    return Ladder(present, best, verdict, m, frame)


def _check(errors: Mapping[int, NDArray[np.floating]], present: int) -> None:
    if present not in errors:
        raise BadInput(
            f"no errors came for {present} factors, those of the model; "
            f"they came for {', '.join(map(str, sorted(errors))) or 'none'}"
        )
    if len(errors) < 2:
        raise BadInput(f"errors of other numbers than {present} were wanted beside its own")
    if len({len(e) for e in errors.values()}) > 1 or len(errors[present]) < 2:
        raise BadInput("errors of the same held-out ratings were wanted, two at least")


def _apart(
    squares: NDArray[np.float64], own: NDArray[np.float64], groups: NDArray[np.integer] | None
) -> dict[str, float]:
    "Difference of the RMSE to the present one and, by the delta method, its standard error."
    gap = squares - own
    spread = gap - gap.mean()
    if groups is not None:
        spread = np.bincount(groups, spread)
    roots = float(np.sqrt(squares.mean()) + np.sqrt(own.mean()))
    se = float(np.sqrt((spread**2).sum())) / len(gap)
    return {"difference": float(gap.mean()) / max(roots, 1e-300), "se": se / max(roots, 1e-300)}


def _reading(rung: Mapping[str, float], present: int, rmse: float) -> str:
    gap, se, worth = rung["difference"], rung["se"], _WORTH * rmse
    if rung["factors"] == present:
        return "present"
    if gap < -max(2 * se, worth):
        return "better"
    return "worse" if gap > max(se, worth) else "as good"


def _judged(frame: pl.DataFrame, present: int) -> tuple[int, str]:
    "The number to go for, and why."
    better = frame.filter(pl.col("reading") == "better").sort("rmse")
    fewer = frame.filter(pl.col("reading") == "as good", pl.col("factors") < present)
    if len(better):
        best = int(better["factors"][0])
        return best, "more would help" if best > present else "fewer would do"
    if len(fewer):
        return int(fewer["factors"].min()), "fewer would do"  # type: ignore[arg-type]
    return present, "right"
