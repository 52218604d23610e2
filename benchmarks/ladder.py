"""MovieLens 100K: the ladder of torch models, errors beside the course's, epochs beside fastai's.

Ids only; RMSE of predictions cut to 1..5, as a Recommender gives them. Goals: on random 80/20
splits, ten seeds, each rung at or below the course's one figure, the best torch model <= .8950;
an epoch 8 times faster than fastai's at batches of 64, 10 times at 1,024, ours at 1,024 60 times
faster than fastai's at 64 and no worse. FASTAI names the Python of an environment that has fastai;
without it epochs are ours alone. Rates, decay, batches and epochs of each rung were chosen on
splits of training parts. `ladder errors` and `ladder epochs` run one half.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._judge import error, ours
from benchmarks._movielens import Parts, ml100k_folds, ml100k_random
from entable.recipes.collab import (
    CollabLearner,
    collab_learner,
    dot_bias,
    dot_history,
    dot_product,
    embedding_nn,
)
from entable.train import optim

PEER = Path(__file__).with_name("_fastai_epoch.py")
LINE = (-np.inf, np.inf)
Pairs = NDArray[np.float64]


class Rung(NamedTuple):
    "A model, how it is trained, and the course's figure."

    name: str
    goal: float
    model: Callable[..., Any]
    epochs: int = 5
    settings: Any = MappingProxyType({})


CALM = partial(optim.adam, eps=3e-4)  # steps of large batches, of rows with few ratings the least
LARGE = Rung(
    "dot, biases, 1,024", 0.9064, dot_bias, 7, {"size": 1024, "wd": 0.3, "lr": 2e-2, "opt": CALM}
)
RUNGS = [
    Rung("dot", 0.9358, dot_product, 5, {"size": 256, "wd": 0.03, "lr": 1.5e-2, "y_range": LINE}),
    Rung("sigmoid range", 0.9328, dot_product, 5, {"size": 256, "wd": 0.1}),
    Rung("biases, no decay", 0.9281, dot_bias, 5, {"size": 256, "wd": 0.0, "lr": 4e-3}),
    Rung("biases, decay", 0.9072, dot_bias, 5, {"size": 256, "wd": 0.2, "lr": 6e-3}),
    Rung("collab_learner", 0.9064, dot_bias),
    LARGE,
    Rung("embedding_nn", 0.9300, embedding_nn, 5, {"size": 256, "wd": 0.3}),
    Rung("dot_history", 0.8950, dot_history, 20, {"size": 1024, "wd": 1.0, "lr": 7e-3}),
]


def learner(rung: Rung, parts: Parts, seed: int = 0, **more: Any) -> CollabLearner:
    "A learner of the training part."
    return collab_learner(parts.train, model=rung.model, seed=seed, **(dict(rung.settings) | more))


def judged(rung: Rung, parts: Parts, seed: int) -> tuple[float, float]:
    "RMSE of the held-out part and seconds of the fit, from ratings to a trained model."
    begun = time.perf_counter()
    learn = learner(rung, parts, seed)
    learn.fit_one_cycle(rung.epochs)
    took = time.perf_counter() - begun
    return error(learn.predict(parts.test.u, parts.test.i), parts), took


def errors(title: str, data: list[Parts], goals: bool) -> None:
    "A line for each rung: mean and spread over the parts, the course's figure, median seconds."
    print(f"{title:24} RMSE   spread   course   seconds")
    for rung in RUNGS:
        found = [judged(rung, parts, seed) for seed, parts in enumerate(data)]
        line(rung.name, found, f"{rung.goal:.4f}" if goals else "")
    ours(data[0], 0, "bayes")  # compiles
    bayes = [ours(parts, 0, "bayes") for parts in data]
    line("bayes (no torch)", [(rmse, took) for rmse, _, took in bayes], "")


def line(name: str, found: list[tuple[float, float]], goal: str) -> None:
    "One row of the table."
    rmse, took = np.array(found).T
    print(
        f"{name:24}{rmse.mean():.4f}   {rmse.std(ddof=1):.4f}   {goal:6}   {np.median(took):7.2f}",
        flush=True,
    )


class Peer:
    "fastai in a process of its own, which trains when it is asked to."

    def __init__(self, python: str, parts: Parts, folder: str) -> None:
        path = Path(folder) / "ratings.npz"
        columns = {"u": "u", "i": "i", "r": "r"}
        both = {c: np.concatenate([getattr(p, c) for p in parts[1:]]) for c in columns}
        np.savez(path, held=len(parts.test), **both)
        asked = [python, str(PEER), str(path)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(asked, stdin=pipe, stdout=pipe, text=True)

    def fit(self, size: int, epochs: int) -> dict[str, float]:
        "Train on; seconds, and RMSE of the held-out part."
        assert self.process.stdin
        assert self.process.stdout
        print(size, epochs, file=self.process.stdin, flush=True)
        while not (reply := self.process.stdout.readline()).startswith("{"):
            if not reply:
                sys.exit("fastai ended; see above")
        answer: dict[str, float] = json.loads(reply)
        return answer


def epochs(parts: Parts, peer: Peer | None) -> None:
    "Epochs, held-out rows judged after each, ours and fastai's in turn; one thread each."
    found = {size: turns(parts, peer, size, n) for size, n in ((64, 5), (1024, 11))}
    for size, (mine, theirs) in found.items():
        told(f"an epoch at {size:,}", mine, theirs)
    told("ours at 1,024, fastai at 64", found[1024][0][:5], found[64][1])


def turns(parts: Parts, peer: Peer | None, size: int, n: int) -> tuple[Pairs, Pairs]:
    "(n, 2) seconds on the clock and of the processor, ours and fastai's, after one to warm up."
    learn = learner(LARGE, parts, size=size, valid=parts.test)
    mine, theirs = [], []
    for _ in range(n + 1):
        begun, spent = time.perf_counter(), time.process_time()
        learn.fit_one_cycle(1)
        mine.append((time.perf_counter() - begun, time.process_time() - spent))
        answer = peer.fit(size, 1) if peer else {}
        theirs.append((answer.get("seconds", np.nan), answer.get("cpu", np.nan)))
    return np.array(mine[1:]), np.array(theirs[1:])


def told(title: str, mine: Pairs, theirs: Pairs) -> None:
    "Median times and median ratios of pairs."
    (wall, cpu), ratio = np.median(mine, 0), np.median(theirs / mine, 0)
    print(
        f"{title:28} ours {1e3 * wall:6.0f} ms ({1e3 * cpu:.0f} of the processor); fastai takes "
        f"{ratio[0]:.1f} times as long ({ratio[1]:.1f} times the processor)",
        flush=True,
    )


def equal_error(parts: Parts, peer: Peer) -> None:
    "Whole fits on the same part: fastai's usual one, and ours in large batches."
    rmse, took = judged(LARGE, parts, 0)
    usual = peer.fit(64, 5)
    print(
        f"held-out RMSE: ours at 1,024, {LARGE.epochs} epochs {rmse:.4f} in {took:.2f} s; fastai "
        f"at 64, 5 epochs {usual['rmse']:.4f} in {usual['seconds']:.2f} s",
        flush=True,
    )


def main() -> None:
    "Errors, then epochs."
    torch.set_num_threads(1)
    wanted = sys.argv[1:] or ["errors", "epochs"]
    if "errors" in wanted:
        errors("random 80/20, ten seeds", [ml100k_random(seed) for seed in range(10)], True)
        errors("official five folds", ml100k_folds(), False)
    if "epochs" in wanted:
        parts, python = ml100k_random(0), os.environ.get("FASTAI")
        with tempfile.TemporaryDirectory() as folder:
            peer = Peer(python, parts, folder) if python else None
            epochs(parts, peer)
            if peer:
                equal_error(parts, peer)
                peer.process.kill()


if __name__ == "__main__":
    main()
