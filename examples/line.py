"""Draw docs/lessons/line.gif: a line that finds its points by gradient descent.

    python examples/line.py docs/lessons/line.gif

Two panels: points and line, and the loss so far. The first steps take longest.
"""

import sys

import matplotlib as mpl

mpl.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter

from entable._plots import ACCENT, MUTED, WARM, canvas

STEPS = [*range(20), *range(20, 40, 2), *range(40, 151, 8)]  # frames; the first steps are long
RATE = 0.2


def path(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    "(151, 3): a, b and the loss before each step."
    a = b = 0.0
    found = []
    for _ in range(151):
        error = a * x + b - y
        found.append((a, b, np.mean(error**2)))
        a, b = a - RATE * np.mean(2 * error * x), b - RATE * np.mean(2 * error)
    return np.array(found)


def main(out: str) -> None:
    "Fit, draw, write."
    rng = np.random.default_rng(0)
    x = rng.uniform(0, 1, 50)
    y = 3 * x + 8 + rng.normal(0, 0.2, 50)
    a, b, loss = path(x, y).T
    figure, (left, right) = plt.subplots(1, 2, figsize=(7, 3), layout="constrained")
    ends = np.array([0.0, 1.0])
    canvas(left, title="points and line").scatter(x, y, s=10, color=MUTED)
    left.set(xlim=(0, 1), ylim=(-0.5, 12), xlabel="x", ylabel="y")
    canvas(right, title="loss").semilogy(loss, color=MUTED, lw=1)
    right.set(xlabel="step", xlim=(-3, 150))
    (line,) = left.plot(ends, ends, color=ACCENT, lw=2)
    (dot,) = right.plot([0], [loss[0]], "o", color=WARM)
    told = left.text(0.05, 0.4, "")

    def show(step: int) -> None:
        line.set_ydata(a[step] * ends + b[step])
        dot.set_data([step], [loss[step]])
        told.set_text(f"step {step}: y = {a[step]:.2f} x + {b[step]:.2f}")

    FuncAnimation(figure, show, STEPS).save(out, PillowWriter(fps=8), dpi=72)


if __name__ == "__main__":
    main(sys.argv[1])
