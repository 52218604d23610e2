"""What is looked at while draws arrive: a fixed set of pairs, the held-out ratings, the noise."""

import numpy as np
from numpy.typing import NDArray

from entable.factorize.history import Floats
from entable.factorize.problem import Problem
from entable.kernels._jit import Team
from entable.kernels.sparse import pair_scores

_PROBES = 3  # pairs looked at per user and per item
_SHORT = 20_000  # pairs that one thread scores before another would wake up
_BATCH = 10  # draws per batch mean


class Watch:
    """Sums over kept draws of the predictions of probe pairs and of held-out pairs.

    Probes pair every user with items, and every item with users, drawn as often as they are rated:
    the variance of their predictions over draws is what intervals are made of.
    """

    def __init__(self, problem: Problem, rng: np.random.Generator, team: Team) -> None:
        self.problem, self._team, self.kept = problem, team, 0
        users, items, m = problem.users, problem.items, len(problem)
        own_u = np.repeat(np.arange(users, dtype=np.int32), _PROBES)
        own_i = np.repeat(np.arange(items, dtype=np.int32), _PROBES)
        self.u = np.concatenate([own_u, problem.u[rng.integers(0, m, len(own_i))]])
        self.i = np.concatenate([problem.i[rng.integers(0, m, len(own_u))], own_i])
        self._sum, self._squares = np.zeros(len(self.u)), np.zeros(len(self.u))
        self._batch, self._batches = np.zeros(len(self.u)), list[Floats]()
        self._held = np.zeros(0 if problem.valid is None else len(problem.valid))
        self._trace: dict[str, list[float]] = {"pass": [], "noise": []}
        if problem.valid is not None:
            self._trace["rmse_valid"] = []

    def look(self, *model: Floats) -> None:
        "Take in a kept draw: U, V, bu, bi."
        self.kept += 1
        seen = self._scores(self.u, self.i, model)
        self._sum += seen
        self._squares += seen * seen
        self._batch += seen
        if self.kept % _BATCH == 0:
            self._batches.append((self._batch / _BATCH).astype(np.float32))
            self._batch[:] = 0
        if self.problem.valid is not None:
            self._held += self._scores(self.problem.valid.u, self.problem.valid.i, model)

    def _scores(
        self, u: NDArray[np.int32], i: NDArray[np.int32], model: tuple[Floats, ...]
    ) -> NDArray[np.float64]:
        out = np.empty(len(u), np.float32)
        run = self._team.run_alone if len(u) < _SHORT else self._team.run
        run(pair_scores, u, i, *model, out)
        return out.astype(np.float64)

    def record(self, level: float) -> None:
        "One line of the trace: the noise's standard deviation, and the held-out error so far."
        self._trace["pass"].append(float(len(self._trace["pass"]) + 1))
        self._trace["noise"].append(self.problem.spread / level**0.5)
        if self.problem.valid is not None:
            self._trace["rmse_valid"].append(self._valid_error())

    def _valid_error(self) -> float:
        if not self.kept or self.problem.valid is None:
            return float("nan")
        score = (self._held / self.kept).clip(self.problem.lo, self.problem.hi)
        error = score - self.problem.valid.values
        return self.problem.spread * float(np.sqrt(np.mean(error**2)))

    def text(self) -> str:
        "The last line of the trace for people."
        if "rmse_valid" in self._trace and self.kept:
            return f"held-out error {self._trace['rmse_valid'][-1]:.4f}"
        return f"noise {self._trace['noise'][-1]:.4f}"

    def trace(self) -> dict[str, list[float]]:
        "One list per column: pass, noise and, where ratings are held out, their error so far."
        return self._trace

    def sampling_error(self) -> float:
        "Root mean square error of the probes' averages, by batch means, in units of the noise."
        if len(self._batches) < 3:
            return float("inf")
        between = np.var(np.stack(self._batches), axis=0, ddof=1).mean() / len(self._batches)
        return float(np.sqrt(between)) * self.problem.spread / self._trace["noise"][-1]

    def variances(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        "Per user and per item, so that their sum is about the variance of a prediction over draws."
        n = max(self.kept, 1)
        variance = (self._squares / n - (self._sum / n) ** 2).clip(0) * n / max(n - 1, 1)
        users, items = np.zeros(self.problem.users), np.zeros(self.problem.items)
        for side, own, rest, there in (
            (users, self.u, items, self.i),
            (items, self.i, users, self.u),
        ) * 4:
            left = np.bincount(own, (variance - rest[there]).clip(0), len(side))
            side[:] = left / np.bincount(own, minlength=len(side)).clip(1)
        return users, items

    def gap(self, U: Floats, V: Floats, bu: NDArray[np.float64], bi: NDArray[np.float64]) -> float:
        """Root mean square difference between a model's probes and the mean over draws, in rating
        units.
        """
        dot = np.einsum("nk,nk->n", U[self.u], V[self.i], dtype=np.float64)
        error = dot + bu[self.u] + bi[self.i] - self._sum / max(self.kept, 1)
        return self.problem.spread * float(np.sqrt(np.mean(error**2)))
