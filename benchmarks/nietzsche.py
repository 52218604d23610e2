"""Nietzsche by characters: the lesson's ladder, stateful nets, the best, throughput.

Parts may be named: ladder identity grid stateful best speed; --threads N, 2 if not given. Nats for
each character. The text lies in ../shared/data/nietzsche, or where ENTABLE_DATA says.
Goals: stateful RNN <= 1.486; GRU of 256 < 1.369 in at most 9 epochs; the best < 1.2524 in at most
30 minutes on two cores; identity start better than the default; the Learner at .95 of a bare loop
or more.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn import functional as fn

from entable.data.text import Text
from entable.models.ladder import Adding, Every, Joining, Recurrent
from entable.models.rnn import Drops, Locked
from entable.recipes.text import TextLearner, text_learner, text_model
from entable.train.batches import Batches
from entable.train.init import identity
from entable.train.learner import Learner
from entable.train.losses import sequence_cross_entropy

BOOK = Path(os.environ.get("ENTABLE_DATA", "../shared/data")) / "nietzsche" / "nietzsche.txt"
BEST = Drops(rows=0.05, vectors=0.05, weights=0.2, between=0.2, last=0.25)


def windows(codes: Any, length: int, step: int) -> np.ndarray:
    "(m, length + 1): windows and the character after each."
    return np.lib.stride_tricks.sliding_window_view(codes, length + 1)[::step].astype(np.int64)


def timed(name: str, work: Callable[[], float]) -> None:
    begun = time.perf_counter()
    loss = work()
    print(f"{name:44} {loss:.4f}  ({time.perf_counter() - begun:.0f} s)", flush=True)


def ladder() -> None:
    "The lesson's protocol: all windows of 8 of the 85 characters, a random fifth held out."
    text = Text.read(BOOK)
    rows = windows(text.codes, 8, 1)
    print(
        f"{len(rows):,} windows of 8, {len(text.vocab) + 1} characters (lesson: 1.72, 1.66, 1.50)"
    )
    for name, rung in (("adding", Adding), ("joining", Joining), ("torch's RNN", Recurrent)):
        torch.manual_seed(0)
        batches = Batches.from_arrays(rows[:, :-1], rows[:, -1], size=512, valid=0.2)
        learn = Learner(rung(text.cut.rows), batches, fn.cross_entropy)

        def work(learn: Learner = learn) -> float:
            learn.fit_one_cycle(4, 3e-3)
            return float(learn.recorder.epochs[-1]["valid_loss"])

        timed(f"  {name}, 4 epochs", work)


def identity_start() -> None:
    "Windows of 8 side by side, an answer after each character; memory is lost between windows."
    text = Text.read(BOOK)
    rows = windows(text.codes, 8, 8)
    print(f"{len(rows):,} windows of 8 (lesson: 2.001, identity start at ten times the rate 1.838)")
    for start, lr in (("default", 1e-3), ("default", 1e-2), ("identity", 1e-3), ("identity", 1e-2)):
        torch.manual_seed(0)
        model = Every(text.cut.rows)
        if start == "identity":
            identity(model)
        batches = Batches.from_arrays(rows[:, :-1], rows[:, 1:], size=512, valid=0.2)
        learn = Learner(model, batches, sequence_cross_entropy)

        def work(learn: Learner = learn, lr: float = lr) -> float:
            learn.fit(4, lr)
            learn.fit(2, lr / 10)
            return float(learn.recorder.epochs[-1]["valid_loss"])

        timed(f"  {start} start, rate {lr:g} for 4 epochs, then {lr / 10:g}", work)


def lower() -> Text:
    return Text.read(BOOK, lower=True)


def grid() -> None:
    "Window length against rows, a stateful RNN of 256 for 2 epochs: held-out loss, seconds."
    text, lengths = lower(), (8, 16, 32, 64, 128)
    print("rows \\ steps" + "".join(f"{n:>14}" for n in lengths))
    for size in (32, 64, 128, 256):
        cells = []
        for length in lengths:
            learn = text_learner(text, cell="rnn", lr=3e-3, size=size, length=length)
            begun = time.perf_counter()
            learn.fit_one_cycle(2)
            took = time.perf_counter() - begun
            cells.append(f"{learn.recorder.epochs[-1]['valid_loss']:.3f} ({took:.0f} s)")
        print(f"{size:>12}" + "".join(f"{cell:>14}" for cell in cells), flush=True)


def stateful() -> None:
    "First 80 % in lower case, last 20 % held out; state is carried on."
    text, small = lower(), {"size": 32, "length": 32}
    for name, asked, epochs in (
        ("RNN of 256 (goal 1.486)", small | {"cell": "rnn", "lr": 2.5e-3, "drops": Drops()}, 16),
        ("GRU of 256 (goal 1.369)", {"cell": "gru", "precision": "bf16"}, 9),
    ):
        learn = text_learner(text, **asked)

        def work(learn: TextLearner = learn, epochs: int = epochs) -> float:
            learn.fit_one_cycle(epochs)
            return float(learn.recorder.epochs[-1]["valid_loss"])

        timed(f"  {name}, {epochs} epochs", work)


def reader(text: Text, seed: int) -> TextLearner:
    "Two layers of LSTM, the dropouts of AWD."
    return text_learner(
        text, cell="lstm", layers=2, hidden=512, width=128, drops=BEST, size=64, length=40,
        lr=5e-3, wd=0.05, precision="bf16", seed=seed,
    )  # fmt: skip


def member(seed: int, epochs: int, path: str) -> None:
    "Train one and keep its weights."
    learn = reader(lower(), seed)
    learn.fit_one_cycle(epochs)
    learn.save(path)
    row = learn.recorder.epochs[-1]
    print(f"  2 x LSTM 512, seed {seed}: {row['valid_loss']:.4f} ({row['seconds']:.0f} s the last "
          "epoch)", flush=True)  # fmt: skip


def best(nets: int = 2, epochs: int = 41) -> None:
    """The mean chance of two nets, each trained by a core of its own.

    Steps of such a net are too small for two threads to help (1.05 x), so two nets cost the time of
    one. The held-out part is read as one stream.
    """
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as where:
        paths = [f"{where}/{seed}.entable" for seed in range(nets)]
        runs = [
            subprocess.Popen(
                [sys.executable, __file__, "--threads", "1", "--member", str(k), str(epochs), path]
            )
            for k, path in enumerate(paths)
        ]
        ended = [run.wait() for run in runs]
        if any(ended):
            raise SystemExit("a net could not be trained")
        text = lower()
        learns = [reader(text, seed) for seed in range(nets)]
        for learn, path in zip(learns, paths, strict=True):
            learn.load(path)
    model = text_model(*learns)
    print(f"  trained in {time.perf_counter() - begun:.0f} s, {epochs} epochs", flush=True)
    held = text.split()[1]
    told = held.decode(held.codes)
    for seed, learn in enumerate(learns):
        alone = learn.text_model().score(told, 1).nats
        print(f"  seed {seed}, without torch: {alone:.4f}", flush=True)
    timed(f"  {nets} nets together (goal 1.2524)", lambda: model.score(told, 1).nats)
    timed("  the first, dynamic evaluation (Krause et al. 2018)", lambda: dynamic(learns[0], held))
    print(model.generate("the ", 300, temperature=0.7))


def dynamic(learn: TextLearner, held: Text, length: int = 20, lr: float = 2e-4) -> float:
    "Each window is judged first and then learnt from, so nothing is foreseen that was not read."
    model = learn.model
    model.eval()
    codes = torch.from_numpy(held.codes.astype(np.int64))[None]
    opt = torch.optim.Adam(model.parameters(), lr, betas=(0.9, 0.99), eps=1e-5)
    total, state = 0.0, torch.ones(1, dtype=torch.bool)
    steps = codes.shape[1] - 1
    for a in range(0, steps, length):
        b = min(a + length, steps)
        loss = sequence_cross_entropy(model(codes[:, a:b], state), codes[:, a + 1 : b + 1])
        state = torch.zeros(1, dtype=torch.bool)
        total += (b - a) * loss.item()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.25)
        opt.step()
        opt.zero_grad()
    return total / steps


def speed(pairs: int = 15) -> None:
    "Characters per second of the Learner beside a bare loop of torch over the same windows."
    text = lower()
    part = Text(text.codes[:60_000], text.cut)
    learn = text_learner(part, None, clip=0.25)
    learn.fit(1)
    chars = len(learn.batches) * learn.batches.size * learn.batches.length
    begin = {"Learner": lambda: learn.fit(1), "bare": bare(learn)}
    took: dict[str, list[float]] = {name: [] for name in begin}
    for _ in range(pairs):
        for name, work in begin.items():
            begun = time.process_time()
            work()
            took[name].append(time.process_time() - begun)
    for name, seconds in took.items():
        print(f"  {name:8} {chars / statistics.median(seconds):,.0f} characters per second")
    shares = [b / a for a, b in zip(took["Learner"], took["bare"], strict=True)]
    print(f"  the Learner is at {statistics.median(shares):.3f} of the bare loop (goal .95)")


def bare(learn: TextLearner) -> Callable[[], None]:
    "An epoch as one would write it by hand."
    model: Any = nn.ModuleDict(
        {"e": nn.Embedding(learn.text.cut.rows, 42), "r": nn.GRU(42, 256, batch_first=True),
         "d": Locked(0.1), "h": nn.Linear(256, learn.text.cut.rows)}
    )  # fmt: skip
    opt = torch.optim.AdamW(model.parameters(), 1e-2, betas=(0.9, 0.99), eps=1e-5, fused=True)

    def epoch() -> None:
        model.train()
        state, epoch.done = None, epoch.done + 1  # type: ignore[attr-defined]
        for x, _, y in learn.batches.epoch(epoch.done):  # type: ignore[attr-defined]
            shown, state = model["r"](model["e"](x), state)
            state = state.detach()
            loss = fn.cross_entropy(model["h"](model["d"](shown)).flatten(0, 1), y.flatten())
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 0.25)
            opt.step()
            opt.zero_grad()
            loss.item()

    epoch.done = 0  # type: ignore[attr-defined]
    return epoch


PARTS = {
    "ladder": ladder, "identity": identity_start, "grid": grid, "stateful": stateful, "best": best,
    "speed": speed,
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description="Nietzsche by characters.")
    parser.add_argument("parts", nargs="*", default=[], choices=[*PARTS, []])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--member", nargs=3, metavar=("SEED", "EPOCHS", "PATH"))
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    if asked.member:
        seed, epochs, path = asked.member
        member(int(seed), int(epochs), path)
        return
    for part in asked.parts or PARTS:
        print(f"{part}: {(PARTS[part].__doc__ or '').strip()}", flush=True)
        PARTS[part]()


if __name__ == "__main__":
    main()
