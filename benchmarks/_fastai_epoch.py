"""fastai's collaborative filtering in an environment of its own: `ladder` asks it to train.

usage: python _fastai_epoch.py RATINGS.npz   reads lines "SIZE EPOCHS", answers lines of JSON
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
import torch
from fastai.collab import TabularCollab, collab_learner
from fastai.data.block import TransformBlock
from fastai.tabular.core import Categorify

warnings.simplefilter("ignore")
torch.set_num_threads(1)  # small steps are fastest on one


def learner(path: str, size: int) -> "object":
    "The course's own: 50 factors, a range up to 5.5; the last rows of the file are held out."
    with np.load(path) as file:
        frame = pd.DataFrame({"user": file["u"], "item": file["i"], "rating": file["r"]})
        cut = len(frame) - int(file["held"])
    known = TabularCollab(
        frame,
        [Categorify],
        ["user", "item"],
        y_names=["rating"],
        y_block=TransformBlock(),
        splits=(list(range(cut)), list(range(cut, len(frame)))),
    )
    return collab_learner(known.dataloaders(path=".", bs=size), n_factors=50, y_range=(0, 5.5))


def main() -> None:
    "A new learner for each line with several epochs, the same one for lines with one."
    kept: dict[int, object] = {}
    for line in sys.stdin:
        size, epochs = map(int, line.split())
        if epochs > 1 or size not in kept:
            kept[size] = learner(sys.argv[1], size)
        learn = kept[size]
        with learn.no_bar(), learn.no_logging():
            begun, spent = time.perf_counter(), time.process_time()
            learn.fit_one_cycle(epochs, 5e-3, wd=0.1)
            answer = {
                "seconds": time.perf_counter() - begun,
                "cpu": time.process_time() - spent,
            }
            if epochs > 1:
                found, rating = (part.numpy().ravel() for part in learn.get_preds())
                answer["rmse"] = float(np.sqrt(np.mean((np.clip(found, 1, 5) - rating) ** 2)))
        print(json.dumps(answer), flush=True)


main()
