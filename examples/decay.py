"""Is a weight decay of .1 good almost everywhere? Ratings, a table and pictures, held out.

    python examples/decay.py ml-100k adult mnist

Prints the table of docs/lessons/07-fit.md. A fifth of the training rows is held out, anew for each
of three seeds; the official test sets are not touched. A few minutes on one core.
"""

import gzip
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from entable.models.dot import DotBias
from entable.models.parts import Embedding, layers
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.metrics import accuracy, rmse

DECAYS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
SEEDS = (0, 1, 2)


class Task(NamedTuple):
    "What is learnt, by which model, and how well it is done."

    name: str
    arrays: list[Any]  # inputs and, last, the target
    model: Callable[[], nn.Module]
    loss: Callable[..., Tensor]
    metric: Any
    epochs: int
    lr: float
    size: int


class Table(nn.Module):
    "Numbers and categories: an embedding for each category, two hidden layers, one logit."

    def __init__(self, numbers: int, levels: list[int]) -> None:
        super().__init__()
        self.tables = nn.ModuleList(Embedding(n, min(50, (n + 1) // 2)) for n in levels)
        wide = numbers + sum(table.weight.shape[1] for table in self.tables)
        self.layers = layers(wide, [200, 100], dropout=0.0)

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        "(B, numbers), (B, categories) -> (B,)."
        looked = [table(c[:, j]) for j, table in enumerate(self.tables)]
        out: Tensor = self.layers(torch.cat([x, *looked], 1))[:, 0]
        return out


def movielens(folder: Path) -> Task:
    "50 factors with biases between 0.5 and 5.5 stars, as in the course: 5 epochs at .005."
    u, i, r = np.loadtxt(folder / "u.data", np.int64)[:, :3].T
    arrays = [u - 1, i - 1, r.astype(np.float32)]

    def model() -> nn.Module:
        return DotBias(int(u.max()), int(i.max()), 50, (0.5, 5.5))

    return Task("MovieLens 100K, RMSE", arrays, model, mse_loss, rmse, 5, 5e-3, 64)


def adult(folder: Path) -> Task:
    "Who earns more than 50,000 a year? Six numbers and eight categories."
    lines = (folder / "adult.data").read_text("utf-8").split("\n")
    table = np.array([line.split(", ") for line in lines if line])
    numeric = [0, 2, 4, 10, 11, 12]
    x = table[:, numeric].astype(np.float32)
    words = [column for j, column in enumerate(table.T[:-1]) if j not in numeric]
    c = np.stack([np.unique(column, return_inverse=True)[1] for column in words], 1)
    arrays = [(x - x.mean(0)) / x.std(0), c, (table[:, -1] == ">50K").astype(np.float32)]

    def model() -> nn.Module:
        return Table(x.shape[1], (c.max(0) + 1).tolist())

    return Task(
        "Adult, accuracy %", arrays, model, binary_cross_entropy_with_logits, accuracy, 5, 3e-3, 256
    )


def mnist(folder: Path) -> Task:
    "Two layers: 784 - 128 - 10."
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(folder / "train-labels-idx1-ubyte.gz") as file:
        y = np.frombuffer(file.read(), np.uint8, offset=8).astype(np.int64)
    arrays = [(x.astype(np.float32) - float(x.mean())) / float(x.std()), y]

    def model() -> nn.Module:
        return nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))

    return Task("MNIST, accuracy %", arrays, model, cross_entropy, accuracy, 5, 3e-3, 256)


def judged(task: Task, wd: float, seed: int) -> float:
    "The metric on a fifth of the rows, after one cycle on the others."
    torch.manual_seed(seed)
    batches = Batches.from_arrays(*task.arrays, size=task.size, valid=0.2, seed=seed)
    learn = Learner(task.model(), batches, task.loss, metrics=[task.metric], wd=wd, seed=seed)
    learn.valid, held = None, learn.valid  # look once, at the end
    learn.fit_one_cycle(task.epochs, task.lr)
    return learn.validate(held)[task.metric.__name__]


def row(task: Task) -> str:
    "Mean and standard deviation over the seeds for each decay."
    scale, digits = (100, 2) if task.metric is accuracy else (1, 4)
    told = []
    for wd in DECAYS:
        found = scale * np.array([judged(task, wd, seed) for seed in SEEDS])
        told.append(f"{found.mean():.{digits}f} ± {found.std(ddof=1):.{digits}f}")
    return f"| {task.name} | " + " | ".join(told) + " |"


def main(*folders: str) -> None:
    "Train everything and print the table."
    print("| | " + " | ".join(f"{wd:g}" for wd in DECAYS) + " |")
    print("|:--|" + "--:|" * len(DECAYS))
    for load, folder in zip((movielens, adult, mnist), folders, strict=True):
        print(row(load(Path(folder))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
