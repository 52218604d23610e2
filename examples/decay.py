"""Is a weight decay of .1 good almost everywhere? Ratings, a table and pictures, held out.

    python examples/decay.py ml-100k adult mnist

Prints the table of docs/lessons/07-fit.md. A fifth of the training rows is held out, anew for each
of three seeds; the official test sets are not touched. About four minutes on two cores.
"""

import gzip
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from entable.models.dot import DotBias
from entable.train.batches import Batches
from entable.train.learner import Learner
from entable.train.metrics import accuracy, rmse

DECAYS = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
SEEDS = (0, 1, 2)


class Net(nn.Module):
    "Numbers and categories: an embedding for each category, two hidden layers."

    def __init__(self, sizes: list[int], numbers: int, outputs: int) -> None:
        super().__init__()
        self.tables = nn.ModuleList(nn.Embedding(n, min(50, (n + 1) // 2)) for n in sizes)
        width = numbers + sum(table.embedding_dim for table in self.tables)
        self.layers = nn.Sequential(
            nn.Linear(width, 200), nn.ReLU(), nn.Linear(200, 100), nn.ReLU(), nn.Linear(100, outputs)
        )

    def forward(self, x: Tensor, c: Tensor) -> Tensor:
        "(B, numbers), (B, categories) -> (B, outputs)."
        looked = [table(c[:, j]) for j, table in enumerate(self.tables)]
        out: Tensor = self.layers(torch.cat([x, *looked], 1))
        return out


class Ranged(nn.Module):
    "A model of users and items whose batches hold both in one array."

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, x: Tensor) -> Tensor:
        "(B, 2) -> (B,)."
        out: Tensor = self.model(x[:, 0], x[:, 1])
        return out


def ratings(folder: Path) -> tuple[list[Any], Callable[[], nn.Module], dict[str, Any]]:
    "MovieLens 100K: 50 factors with biases, between 0.5 and 5.5 stars."
    table = np.loadtxt(folder / "u.data", np.int64)[:, :3]
    x, y = table[:, :2] - 1, table[:, 2].astype(np.float32)
    users, items = x.max(0) + 1
    make = partial(DotBias, int(users), int(items), 50, (0.5, 5.5))
    how = {"loss": F.mse_loss, "metric": rmse, "lr": 1e-2, "epochs": 5, "size": 512}
    return [x, y], lambda: Ranged(make()), how


def adult(folder: Path) -> tuple[list[Any], Callable[[], nn.Module], dict[str, Any]]:
    "Adult: who earns more than 50,000 a year, from six numbers and eight categories."
    frame = pl.read_csv(folder / "adult.data", has_header=False).drop_nulls()
    columns = [frame[name] for name in frame.columns]
    numbers = [c.cast(pl.Float64).to_numpy() for c in columns[:-1] if c.dtype.is_numeric()]
    words = [c.cast(pl.Categorical) for c in columns[:-1] if not c.dtype.is_numeric()]
    x = np.stack([(n - n.mean()) / n.std() for n in numbers], 1).astype(np.float32)
    c = np.stack([np.unique(w.to_numpy().astype(str), return_inverse=True)[1] for w in words], 1)
    y = columns[-1].str.contains(">50K").to_numpy().astype(np.int64)
    sizes = [int(n) for n in c.max(0) + 1]
    how = {"loss": F.cross_entropy, "metric": accuracy, "lr": 3e-3, "epochs": 8, "size": 256}
    return [x, c, y], lambda: Net(sizes, x.shape[1], 2), how


def mnist(folder: Path) -> tuple[list[Any], Callable[[], nn.Module], dict[str, Any]]:
    "MNIST: two layers, 784 - 128 - 10."
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        x = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(folder / "train-labels-idx1-ubyte.gz") as file:
        y = np.frombuffer(file.read(), np.uint8, offset=8).astype(np.int64)
    x = (x.astype(np.float32) - x.mean()) / x.std()
    how = {"loss": F.cross_entropy, "metric": accuracy, "lr": 3e-3, "epochs": 8, "size": 256}
    layers = lambda: nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))  # noqa: E731
    return [x, y], layers, how


def judged(data: list[Any], make: Any, how: dict[str, Any], wd: float, seed: int) -> float:
    "The metric on a fifth of the rows, after one cycle on the others."
    torch.manual_seed(seed)
    batches = Batches.from_arrays(*data, size=how["size"], valid=0.2, seed=seed)
    learn = Learner(make(), batches, how["loss"], metrics=[how["metric"]], wd=wd)
    learn.valid, held = None, learn.valid  # look once, at the end
    learn.fit_one_cycle(how["epochs"], how["lr"])
    return float(learn.validate(held)[how["metric"].__name__])


def main(*folders: str) -> None:
    "Train everything and print the table."
    print("| |" + "|".join(f"{wd:g}" for wd in DECAYS) + "|")
    print("|:--|" + "--:|" * len(DECAYS))
    for name, load, folder in zip(
        ("MovieLens 100K, RMSE", "Adult, accuracy %", "MNIST, accuracy %"),
        (ratings, adult, mnist),
        folders,
        strict=True,
    ):
        data, make, how = load(Path(folder))
        scale = 100 if how["metric"] is accuracy else 1
        told = []
        for wd in DECAYS:
            found = scale * np.array([judged(data, make, how, wd, seed) for seed in SEEDS])
            digits = 2 if scale > 1 else 4
            told.append(f"{found.mean():.{digits}f} ± {found.std(ddof=1):.{digits}f}")
        print(f"|{name}|" + "|".join(told) + "|", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
