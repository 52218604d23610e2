"""Loading an epoch of 100,000 ratings: `Batches` beside a DataLoader of torch, shuffled, by size.

Goal: 25 times as fast as a DataLoader at batches of 64. Also memory-mapped arrays, and the
DataLoader as a Learner reads it. CPU time of one thread, medians of paired rounds.
"""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import DataLoader, TensorDataset

from entable.train.batches import Batches, as_source

ROWS, SIZES, ROUNDS = 100_000, (64, 1024), 7


def mapped(array: np.ndarray, path: Path) -> np.ndarray:
    "The same numbers in a file."
    np.save(path, array)
    return np.lib.format.open_memmap(path, "r")


def seconds(epoch: Callable[[], Iterable[object]]) -> float:
    "CPU time of going through an epoch."
    begun = time.process_time()
    for _ in epoch():
        pass
    return time.process_time() - begun


def sources(
    x: np.ndarray, y: np.ndarray, size: int, folder: Path
) -> dict[str, Callable[[], Iterable[object]]]:
    "What gives an epoch, by name."
    memory = Batches.from_arrays(x, y, size=size)
    disk = Batches.from_arrays(mapped(x, folder / "x.npy"), mapped(y, folder / "y.npy"), size=size)
    loader = DataLoader(TensorDataset(torch.from_numpy(x), torch.from_numpy(y)), size, shuffle=True)
    wrapped = as_source(loader)
    return {
        "DataLoader": lambda: loader,
        "DataLoader in a Learner": lambda: wrapped.epoch(1),
        "Batches": lambda: memory.epoch(1),
        "Batches, memory-mapped": lambda: disk.epoch(1),
    }


def main() -> None:
    "A line for each size and source."
    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    x = np.stack([rng.integers(0, n, ROWS) for n in (943, 1682)], 1)
    y = rng.random(ROWS, np.float32)
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            epochs = sources(x, y, size, Path(folder))
            took: dict[str, list[float]] = {name: [] for name in epochs}
            for _ in range(ROUNDS):
                for name, epoch in epochs.items():
                    took[name].append(seconds(epoch))
            for name, found in took.items():
                pairs = zip(took["DataLoader"], found, strict=True)
                times = statistics.median(slow / own for slow, own in pairs)
                ms = 1e3 * statistics.median(found)
                print(f"{size:5} rows, {name:24} {ms:8.1f} ms an epoch, {times:6.1f} times as fast")


if __name__ == "__main__":
    main()
