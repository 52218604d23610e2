"""Which of two books a passage is from: from scratch, and by a language model, fine-tuned.

    python -m benchmarks books [--seeds 5] [--threads 1]

The text of Nietzsche holds two books one after the other. Passages of about 300 characters, in
blocks of ten; a random fifth of the blocks is judged and never read before. A language model reads
the other blocks, books unsaid; then a few passages of each book are given with its name. Beside it
the same net from scratch, the body frozen (only the head learns), and logistic regression of the
counts of runs of 1 to 3 characters. The share that is told right; means over seeds.
"""

import argparse
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks._movielens import folder
from entable.data.text import Text
from entable.recipes.text import TextLearner, text_learner
from entable.recipes.textclasses import text_classifier

SECOND = "PREFACE.\n"  # the second book begins with it, and has it once
LONG, BLOCK, HIDDEN, STEPS = 300, 10, 128, 160
EACH = (40, 160)  # passages of each book that are named
Found = dict[str, float]


class Passages(NamedTuple):
    "Texts, the book of each (n,), and whether it is held out (n,)."

    texts: list[str]
    books: np.ndarray
    held: np.ndarray


def passages(seed: int = 0) -> Passages:
    "Whole words, some 300 characters each; a fifth of the blocks is held out."
    whole = (folder("nietzsche") / "nietzsche.txt").read_text("utf-8").lower()
    cut = whole.index(SECOND.lower())
    texts: list[str] = []
    books: list[int] = []
    blocks: list[int] = []
    for book, part in enumerate((whole[:cut], whole[cut:])):
        words, line, made = part.split(), "", 0
        for word in words:
            line += word + " "
            if len(line) >= LONG:
                texts.append(line)
                books.append(book)
                blocks.append(1000 * book + made // BLOCK)
                line, made = "", made + 1
    names = np.unique(blocks)
    chosen = np.random.default_rng(seed).permutation(names)[: len(names) // 5]
    return Passages(texts, np.array(books), np.isin(blocks, chosen))


def language(of: Passages, epochs: int) -> TextLearner:
    "A language model of what is not held out, in order."
    read = "".join(text for text, held in zip(of.texts, of.held, strict=True) if not held)
    learn = text_learner(Text.of(read, lower=True), None, hidden=HIDDEN, precision="bf16")
    learn.fit_one_cycle(epochs)
    return learn


def few(of: Passages, each: int, seed: int) -> np.ndarray:
    "Rows of so many passages of each book."
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(~of.held))
    return np.concatenate([rows[of.books[rows] == book][:each] for book in (0, 1)])


def judged(learn: TextLearner, of: Passages) -> float:
    "The share of the held-out passages that is told right."
    held = np.flatnonzero(of.held)
    chances = learn.text_model().chances([of.texts[row] for row in held])
    return float(np.mean(chances.argmax(1) == of.books[held]))


def found(of: Passages, start: TextLearner, each: int, seed: int) -> Found:
    "How each way does with these passages."
    rows = few(of, each, seed)
    texts, names = [of.texts[row] for row in rows], of.books[rows].tolist()
    steps = {"size": min(32, each // 2), "seed": seed}
    epochs = max(2, STEPS * steps["size"] // len(rows) // 4)  # as many steps for each way
    out: Found = {}
    new = text_classifier(texts, names, None, cut=start.text.cut, hidden=HIDDEN, **steps)
    new.fit_one_cycle(4 * epochs, 3e-3)
    out["scratch"] = judged(new, of)
    frozen = text_classifier(texts, names, None, start, **steps)
    frozen.freeze()
    frozen.fit_one_cycle(4 * epochs, 1e-2)
    out["head alone"] = judged(frozen, of)
    tuned = text_classifier(texts, names, None, start, **steps)
    tuned.unfreeze_gradually((1, 1, 4 * epochs - 2), lr=3e-2, less=1.5)
    out["fine-tuned"] = judged(tuned, of)
    out["counts"] = counts(of, rows)
    return out


def counts(of: Passages, rows: np.ndarray) -> float:
    "Logistic regression of how often runs of 1 to 3 characters come, weighed by rareness."
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    runs = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), sublinear_tf=True)
    model = make_pipeline(runs, LogisticRegression(C=10, max_iter=1000))
    model.fit([of.texts[row] for row in rows], of.books[rows])
    held = np.flatnonzero(of.held)
    return float(model.score([of.texts[row] for row in held], of.books[held]))


def main() -> None:
    parser = argparse.ArgumentParser(description="Which of two books a passage is from.")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--epochs", type=int, default=9, help="of the language model")
    asked: Any = parser.parse_args()
    torch.set_num_threads(asked.threads)
    of = passages()
    held = of.books[of.held]
    print(f"{len(of.texts):,} passages, {len(held):,} held out; always the commoner book "
          f"{max(held.mean(), 1 - held.mean()):.3f}")  # fmt: skip
    begun = time.perf_counter()
    start = language(of, asked.epochs)
    print(f"language model in {time.perf_counter() - begun:.0f} s", flush=True)
    for each in EACH:
        rows: list[Found] = []
        for seed in range(asked.seeds):
            rows.append(found(of, start, each, seed))
        told = []
        for name in rows[0]:
            values = [row[name] for row in rows]
            told.append(f"{name} {np.mean(values):.3f} +- {np.std(values):.3f}")
        print(f"{each} of each book: {', '.join(told)}", flush=True)


if __name__ == "__main__":
    main()
