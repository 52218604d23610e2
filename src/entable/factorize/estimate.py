"""What a fit will cost, said before it starts."""

from dataclasses import dataclass

from entable._cores import cores
from entable.data.ratings import Ratings
from entable.factorize.problem import padded

# Nanoseconds on one core, fitted to MovieLens 100K and 1M: per rating and pass at 16 factors,
# for each further 16 x 16 block of a row's matrix (or 16 factors), and per row.
_PER_RATING = {"sgd": (4.0, 2.5), "als": (9.0, 6.0), "bayes": (9.0, 6.0)}
_PER_ROW = {"sgd": 0.0, "als": 500.0, "bayes": 1500.0}
# Bytes at the peak beyond the ratings' own: per rating as benchmarks/memory.py measures them,
# and vectors of a row kept at the same time.
_BYTES = {"sgd": 44, "als": 36, "bayes": 29}
_VECTORS = {"sgd": 3, "als": 4, "bayes": 16}


@dataclass(frozen=True)
class Estimate:
    "Work, memory and time of a fit; seconds are a rough guess for this machine's kind."

    work: str
    bytes: int
    seconds: float

    def __str__(self) -> str:
        size = (
            f"{self.bytes / 2**20:,.0f} MB"
            if self.bytes < 2**30
            else f"{self.bytes / 2**30:.1f} GB"
        )
        time = "under a second" if self.seconds < 1 else f"about {self.seconds:,.0f} s"
        return f"{self.work}; {size} of memory, {time}"


def estimate(
    ratings: Ratings, solver: str, factors: int, passes: int, threads: int | None = None
) -> Estimate:
    """Bytes beyond the ratings themselves, and seconds, of `passes` passes or draws.

    The ratings take 12 bytes each (20 with times); solvers copy and reorder them, and the model
    keeps 8 bytes of each as its history.
    """
    n, rows, width = len(ratings), len(ratings.users) + len(ratings.items), padded(factors)
    panels = width // 16
    base, further = _PER_RATING[solver]
    more = panels - 1 if solver == "sgd" else panels * (panels + 1) / 2 - 1
    per_pass = n * (base + further * more) * (1 if solver == "sgd" else 2)
    per_pass += rows * _PER_ROW[solver] * panels**1.5
    per_row = 4 * width * _VECTORS[solver]
    if solver == "bayes":
        per_row += 4 * 2 * 64 + min(48 * 4 * factors, (64 << 20) // rows)
    name = "draws" if solver == "bayes" else "passes"
    work = f"{n:,} ratings x {passes} {name} at {factors} factors"
    seconds = passes * per_pass / 1e9 / (threads or cores())
    return Estimate(work, n * _BYTES[solver] + rows * per_row, seconds)
