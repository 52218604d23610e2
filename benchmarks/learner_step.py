"""The Learner beside a bare loop on 64-row steps of dot-plus-bias: median of paired ratios.

Goal: at most 5 % above it, also with a recorder and a one-cycle schedule. CPU time of one thread,
for small steps on a busy machine would time how threads wait for each other.
"""

import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor, nn

from entable.train import optim
from entable.train.batches import Batches
from entable.train.callbacks import Bound
from entable.train.learner import Learner
from entable.train.run import Run
from entable.train.schedule import Schedule, one_cycle, one_cycle_momentum

ROWS, SIZE, USERS, ITEMS, K, PAIRS = 25_600, 64, 943, 1682, 50, 75


class DotBias(nn.Module):
    "mean + bu + bi + U V of rows (B, 2) of user and item."

    def __init__(self) -> None:
        super().__init__()
        self.U, self.V = nn.Embedding(USERS, K), nn.Embedding(ITEMS, K)
        self.bu, self.bi = nn.Embedding(USERS, 1), nn.Embedding(ITEMS, 1)

    def forward(self, x: Tensor) -> Tensor:
        "(B, 2) -> (B,)"
        u, i = x.unbind(1)
        out: Tensor = (self.U(u) * self.V(i)).sum(1) + self.bu(u)[:, 0] + self.bi(i)[:, 0] + 3.5
        return out


def learner() -> Learner:
    "A Learner of its own on ratings that are made up."
    g = torch.Generator().manual_seed(0)
    x = torch.stack([torch.randint(n, (ROWS,), generator=g) for n in (USERS, ITEMS)], 1)
    batches = Batches.from_arrays(x, torch.rand(ROWS, generator=g) * 4 + 1, size=SIZE)
    return Learner(DotBias(), batches, nn.MSELoss(), opt=optim.adam, lr=1e-3, device="cpu")


def bare(learn: Learner) -> Callable[[], None]:
    "An epoch as one would write it, by the same batches, model and optimizer; no loss is read."
    model, loss_of = learn.model, learn.loss
    opt = learn.opt

    def epoch() -> None:
        model.train()
        for x, y in learn.batches.epoch(0):
            loss = loss_of(model(x), y)
            loss.backward()
            opt.step()
            opt.zero_grad(set_to_none=True)

    return epoch


def plain(learn: Learner) -> Callable[[], None]:
    "The loop with no listeners at all."

    def epoch() -> None:
        run = Run(learn, learn.model, learn.opt, learn.batches, 1, len(learn.batches))
        learn._train(run, Bound([]))

    return epoch


def recorded(learn: Learner) -> Callable[[], object]:
    "As `fit` runs: with its recorder and its guard."
    return lambda: learn.fit(1)


def scheduled(learn: Learner) -> Callable[[], object]:
    "The same under a one-cycle schedule of rate and momentum."
    plan = Schedule(lr=one_cycle(), momentum=one_cycle_momentum())
    return lambda: learn.fit(1, callbacks=[plan])


def seconds(work: Callable[[], object]) -> float:
    "CPU time of one call."
    begun = time.process_time()
    work()
    return time.process_time() - begun


def main() -> None:
    "Epochs in turn, each beside a bare one before and after it."
    torch.set_num_threads(1)
    learn = learner()
    learn.fit(1)
    base = bare(learn)
    ways: dict[str, Callable[[Learner], Callable[[], object]]] = {
        "no listeners": plain,
        "recorder, guard": recorded,
        "and one-cycle": scheduled,
    }
    works = {name: way(learn) for name, way in ways.items()}
    ratios: dict[str, list[float]] = {name: [] for name in works}
    steps, bares = len(learn.batches), []
    for work in works.values():
        work()
    before = seconds(base)
    for _ in range(PAIRS):
        for name, work in works.items():
            took, after = seconds(work), seconds(base)
            bares.append(after)
            ratios[name].append(2 * took / (before + after))
            before = after
    print(f"bare loop {1e6 * statistics.median(bares) / steps:.0f} us per step of {SIZE} rows")
    for name, found in ratios.items():
        low, middle, high = statistics.quantiles(found, n=4)
        print(f"{name:16} {middle:.3f} times it ({low:.3f} to {high:.3f})")


if __name__ == "__main__":
    main()
