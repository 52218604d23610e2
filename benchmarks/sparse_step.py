"""A step on a wide table, lazy and dense: median of paired rounds, by the number of rows.

Goal: the lazy step's time grows with the table by cache misses only, and at a million rows dense
AdamW takes fifty times as long. torch.optim.SparseAdam, which knows no decay, stands beside it. One
thread, because small steps on a busy machine would time how threads wait for each other.
"""

import statistics
import time
from typing import Any

import torch
from torch import nn

from entable.train import groups, optim, sparse

K, BATCH, ROUNDS, STEPS = 32, 256, 9, 20
TABLES = (1_000, 10_000, 100_000, 1_000_000)


def made(model: nn.Module, maker: optim.Maker) -> Any:
    "An optimizer of a model, at a rate and with decay where it knows any."
    opt = maker(groups.parameters([[model]]))
    for group in opt.param_groups:
        group["lr"] = 1e-3
        if "SparseAdam" not in type(opt).__name__:
            optim.set_decay(group, 0.1)
    return opt


def contestants(rows: int) -> dict[str, tuple[nn.Module, Any]]:
    "A table and its optimizer by name."
    found: dict[str, tuple[nn.Module, Any]] = {}
    for name in ("lazy adam", "lazy sgd", "SparseAdam", "dense AdamW"):
        table = nn.Embedding(rows, K, sparse=name != "dense AdamW")
        maker = {
            "lazy adam": sparse.adam(table),
            "lazy sgd": sparse.sgd(table),
            "SparseAdam": torch.optim.SparseAdam,
            "dense AdamW": optim.adam,
        }[name]
        found[name] = (table, made(table, maker))
        warm(*found[name], rows)
    return found


def warm(table: nn.Module, opt: Any, rows: int) -> None:
    "Every page of memory is there before the clock runs."
    for a in range(0, rows, 100_000):
        table(torch.arange(a, min(a + 100_000, rows))).square().mean().backward()
        opt.step()
        opt.zero_grad()


def steps(table: nn.Module, opt: Any, batches: list[torch.Tensor]) -> float:
    "Milliseconds of a step: lookup, loss, gradients and update."
    begun = time.perf_counter()
    for rows in batches:
        table(rows).square().mean().backward()
        opt.step()
        opt.zero_grad()
    return 1e3 * (time.perf_counter() - begun) / len(batches)


def main() -> None:
    "A line for each size of the table."
    torch.manual_seed(0)
    torch.set_num_threads(1)
    print(f"milliseconds of a step on {BATCH} rows of {K} numbers, median of {ROUNDS} rounds")
    for rows in TABLES:
        pairs = contestants(rows)
        took: dict[str, list[float]] = {name: [] for name in pairs}
        for _ in range(ROUNDS + 1):
            batches = [torch.randint(0, rows, (BATCH,)) for _ in range(STEPS)]
            for name, (table, opt) in pairs.items():
                took[name].append(
                    steps(table, opt, batches[: 5 if name.startswith("dense") else None])
                )
        told = {name: statistics.median(each[1:]) for name, each in took.items()}
        line = ", ".join(f"{name} {ms:.2f}" for name, ms in told.items())
        paired = zip(took["dense AdamW"][1:], took["lazy adam"][1:], strict=True)
        ratio = statistics.median(dense / lazy for dense, lazy in paired)
        print(f"{rows:>9,} rows: {line}; dense / lazy adam {ratio:.1f}", flush=True)


if __name__ == "__main__":
    main()
