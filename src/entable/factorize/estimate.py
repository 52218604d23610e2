"""What a fit will cost, said before it starts."""

from dataclasses import dataclass

from entable._cores import cores
from entable.data.ratings import Ratings
from entable.factorize.problem import padded

# Nanoseconds per rating, pass and core at 16 padded factors, and per row; measured by benchmarks/.
_PER_RATING = {"sgd": (4.0, 2.5), "als": (7.0, 6.0), "bayes": (7.0, 6.0)}  # base, per further 16
_PER_ROW = {"sgd": 0.0, "als": 350.0, "bayes": 700.0}


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

    The ratings take 12 bytes each (20 with times); solvers copy them once (sgd) or twice (als,
    bayes) and the model keeps its history: 8 bytes each.
    """
    n, rows, width = len(ratings), len(ratings.users) + len(ratings.items), padded(factors)
    panels = width // 16
    base, further = _PER_RATING[solver]
    blocks = panels * (panels + 1) / 2 if solver != "sgd" else panels
    per_pass = n * (base + further * (blocks - 1)) * (1 if solver == "sgd" else 2)
    per_pass += rows * _PER_ROW[solver] * panels**2
    copies = {"sgd": 4 + 12 + 8, "als": 4 + 16 + 8, "bayes": 4 + 16 + 8}[solver]
    per_row = {"sgd": 4 * width * 3, "als": 4 * width * 4, "bayes": 4 * width * 16}[solver]
    if solver == "bayes":
        per_row += 4 * 2 * 64 + min(48 * 4 * factors, (64 << 20) // rows)
    name = "draws" if solver == "bayes" else "passes"
    work = f"{n:,} ratings x {passes} {name} at {factors} factors"
    seconds = passes * per_pass / 1e9 / (threads or cores())
    return Estimate(work, n * copies + rows * per_row, seconds)
