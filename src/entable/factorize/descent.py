"""Pass after pass over the ratings, until there are enough or none gets better."""

from collections.abc import Callable

import numpy as np

from entable.factorize.problem import Arrays, Problem, Run
from entable.kernels.sparse import pair_scores


def descend(
    problem: Problem,
    run: Run,
    passes: int,
    patience: int | None,
    step: Callable[[int], float],
    arrays: Callable[[], Arrays],
) -> tuple[Arrays, dict[str, list[float]], str]:
    """The model after at most `passes` steps, a trace with a line per pass, and why it ended.

    step(n) does the n-th pass (from 0) and returns its mean squared error; arrays() copies the
    model.  With held-out ratings the model of the best pass is returned, and no more than
    `patience` passes follow it (None: all do).
    """
    trace: dict[str, list[float]] = {"pass": [], "rmse_train": []}
    best: Arrays | None = None
    since, why = 0, "passes"
    for done in range(passes):
        trace["pass"].append(float(done + 1))
        trace["rmse_train"].append(problem.spread * step(done) ** 0.5)
        text = f"training error {trace['rmse_train'][-1]:.4f}"
        if problem.valid is not None:
            now, held = arrays(), trace.setdefault("rmse_valid", [])
            held.append(held_out_error(problem, now, run))
            text = f"held-out error {held[-1]:.4f}"
            since = 0 if held[-1] <= min(held) else since + 1
            best = best if since else now
        run.progress(done + 1, passes, text)
        if run.stop.asked or (patience is not None and since >= patience):
            why = "interrupted" if run.stop.asked else "no better"
            break
    return best or arrays(), trace, why


def held_out_error(problem: Problem, arrays: Arrays, run: Run) -> float:
    "Root mean square error on the held-out ratings, in their units, scores clipped to the range."
    assert problem.valid is not None
    out = np.empty(len(problem.valid), np.float32)
    run.team.run(pair_scores, problem.valid.u, problem.valid.i, *arrays, out)
    error = out.clip(problem.lo, problem.hi) - problem.valid.values
    return problem.spread * float(np.sqrt(np.mean(error**2, dtype=np.float64)))
