"""A body that is frozen beside one that learns: time, gradients and memory of a training.

Goal: what is frozen keeps no gradients, no moments and nothing for the backward pass, so a step
with only the head learning costs little more than the forward pass. CPU time of one thread; peak
memory of a process each.
"""

import multiprocessing
import resource
import statistics
import time
from itertools import pairwise

import torch
from torch import nn

from entable.train.batches import Batches
from entable.train.learner import Learner

ROWS, SIZE, INPUTS, WIDE, LAYERS, EPOCHS = 8_192, 512, 64, 1024, 8, 7
WAYS = {"all learn": 0, "second half and head": 1, "head alone": 2}


class Deep(nn.Module):
    "A body of hidden layers with batch norm, and a head."

    def __init__(self) -> None:
        super().__init__()
        sizes = [INPUTS, *[WIDE] * LAYERS]
        layers = [
            nn.Sequential(nn.Linear(a, b), nn.BatchNorm1d(b), nn.ReLU()) for a, b in pairwise(sizes)
        ]
        self.body, self.head = nn.Sequential(*layers), nn.Linear(WIDE, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        "(B, inputs) -> (B, 1)"
        out: torch.Tensor = self.head(self.body(x))
        return out


def work(first: int, answer: "multiprocessing.Queue[tuple[float, ...]]") -> None:
    "Train with the layer groups from `first` on; milliseconds of a step and megabytes."
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x = torch.randn(ROWS, INPUTS)
    learn = Learner(Deep(), Batches.from_arrays(x, x[:, :1], size=SIZE), nn.MSELoss(), device="cpu")
    learn.freeze_to(first)
    small = Batches.from_arrays(x[:8, :1], x[:8, :1])
    Learner(nn.Linear(1, 1), small, nn.MSELoss(), device="cpu").fit(1)  # torch loads what it needs
    learn.validate(learn.batches)
    before, took = peak(), []
    for _ in range(EPOCHS):
        begun = time.process_time()
        learn.fit(1)
        took.append(1e3 * (time.process_time() - begun) / len(learn.batches))
    moving = sum(p.numel() for p in learn.model.parameters() if p.requires_grad)
    answer.put((statistics.median(took), peak() - before, 4e-6 * moving))


def peak() -> float:
    "The most memory that this process ever had, in megabytes."
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    "A line for each way, in a process of its own."
    fresh = multiprocessing.get_context("spawn")
    told = {}
    for name, first in WAYS.items():
        answer = fresh.Queue()
        process = fresh.Process(target=work, args=(first, answer))
        process.start()
        told[name] = answer.get()
        process.join()
    whole = next(iter(told.values()))
    print(f"{LAYERS} hidden layers of {WIDE} with batch norm, steps of {SIZE} rows")
    for name, (step, memory, grads) in told.items():
        print(
            f"{name:20} {step:7.1f} ms per step ({step / whole[0]:.2f}), "
            f"gradients {grads:5.1f} MB, peak above the forward pass {memory:6.1f} MB "
            f"({memory / whole[1]:.2f})"
        )


if __name__ == "__main__":
    main()
