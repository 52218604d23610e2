"""MovieLens under the protocols of the published figures: the same rows held out as everybody's."""

import os
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from entable import Ratings


class Parts(NamedTuple):
    "Ratings to learn from and ratings held out, of the same vocabs."

    name: str
    train: Ratings
    test: Ratings


def folder(name: str) -> Path:
    "Where a data set lies: ENTABLE_DATA, or shared/data beside the checkout."
    root = os.environ.get("ENTABLE_DATA") or Path(__file__).parents[2] / "shared" / "data"
    found = Path(root) / name
    if not found.is_dir():
        sys.exit(f"{found} is not there: set ENTABLE_DATA to the folder that holds {name}")
    return found


def ml100k_folds() -> list[Parts]:
    "The five official folds u1 .. u5, whose tests part the whole."
    return [_fold(folder("ml-100k"), n) for n in range(1, 6)]


def _fold(where: Path, n: int) -> Parts:
    base, test = (
        pl.read_csv(where / f"u{n}.{part}", separator="\t", has_header=False)
        for part in ("base", "test")
    )
    both = pl.concat([base, test])
    whole = Ratings.of(*(both[c] for c in both.columns[:3]))
    known = np.arange(len(both)) < len(base)
    return Parts(f"u{n}", whole.take(known), whole.take(~known))


def ml100k_random(seed: int) -> Parts:
    "A random 80/20 split."
    return Parts(f"seed {seed}", *Ratings.read(folder("ml-100k") / "u.data").split(0.2, seed))


def ml1m() -> Parts:
    "Random 90/10: the first tenth of RandomState(0).permutation is held out."
    whole = Ratings.read(folder("ml-1m") / "ratings.csv")
    order = np.random.RandomState(0).permutation(len(whole))  # the protocol's own
    cut = len(whole) // 10
    return Parts("90/10", whole.take(order[cut:]), whole.take(order[:cut]))
