"""Milliseconds per Bayesian draw of both sides of ML-100K at 16 factors: alone, and with all that
is kept.
 Goal: 1.5 ms. A draw alone is the priors, both half steps and the noise; what is kept beside it are
the sums, the running product and the probes.
"""

import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from entable.factorize.stopping import Stop

from benchmarks._movielens import ml100k_folds
from entable._cores import blas_at_one
from entable.factorize import bayes
from entable.factorize.problem import Problem, Run
from entable.kernels._jit import Team

DRAWS, RUNS = 300, 5


def main() -> None:
    "Print the medians over runs."
    problem = Problem.of(ml100k_folds()[0].train)
    own, spent = bayes._draw_both, []

    def timed(*args: object) -> float:
        begun = time.perf_counter()
        level = own(*args)  # type: ignore[arg-type]
        spent.append(time.perf_counter() - begun)
        return level

    bayes._draw_both = timed  # type: ignore[assignment]
    whole = []
    with Team() as team, blas_at_one():
        run = Run(team, Stop(), lambda *_: None)
        bayes.fit_bayes(problem, 16, 0, run, draws=5, burn=1)  # compiles
        spent.clear()
        for seed in range(RUNS):
            begun = time.perf_counter()
            bayes.fit_bayes(problem, 16, seed, run, draws=DRAWS - 20, burn=20)
            whole.append((time.perf_counter() - begun) / DRAWS)
    print(f"{1e3 * statistics.median(spent):.2f} ms per draw alone")
    print(f"{1e3 * statistics.median(whole):.2f} ms per draw with all that is kept")


if __name__ == "__main__":
    main()
