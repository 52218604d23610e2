"""Schedules: what a hyper-parameter is, as a function of the share of training that is done."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from entable.errors import BadInput
from entable.interpret.plots import canvas
from entable.train.callbacks import Callback
from entable.train.run import Run

__all__ = [
    "Curve",
    "Schedule",
    "chain",
    "cosine",
    "exponential",
    "flat",
    "flat_cos",
    "line",
    "one_cycle",
    "one_cycle_momentum",
    "polynomial",
    "sgdr",
]

Curve = Callable[[float], float]  # progress from 0 to 1 -> value


def flat(value: float) -> Curve:
    "The same value all the time."
    return lambda t: value


def line(a: float, b: float) -> Curve:
    "From a to b in a straight line."
    return lambda t: a + (b - a) * t


def cosine(a: float, b: float) -> Curve:
    "From a to b along half a cosine: slow at both ends."
    return lambda t: b + (a - b) * (1 + math.cos(math.pi * t)) / 2


def exponential(a: float, b: float) -> Curve:
    """From a to b by equal factors, both above 0.

    Raises BadInput otherwise.
    """
    if not (a > 0 and b > 0):
        raise BadInput(f"exponential({a}, {b}) came; both ends must be above 0")
    return lambda t: a * (b / a) ** t


def polynomial(a: float, b: float, power: float = 1.0) -> Curve:
    "From a to b as (1 - t) ** power: 1 is a line, 2 falls fast first."
    return lambda t: b + (a - b) * (1 - t) ** power


@dataclass(frozen=True)
class _Chain:
    ends: tuple[float, ...]  # of the parts, the last is 1
    curves: tuple[Curve, ...]

    def __call__(self, t: float) -> float:
        start = 0.0
        for end, curve in zip(self.ends, self.curves, strict=True):
            if t < end or end >= 1:
                return curve(min(max((t - start) / (end - start), 0.0), 1.0))
            start = end
        raise AssertionError("the last end is 1")


def chain(*parts: tuple[float, Curve]) -> Curve:
    """Curves one after another, each (weight, curve): weights are shares of the whole.

    Raises BadInput for no parts and for weights that are not above 0.
    """
    weights = [weight for weight, _ in parts]
    if not parts or min(weights) <= 0:
        raise BadInput(f"weights {weights} came; one at least, and all above 0, were wanted")
    whole, done, ends = math.fsum(weights), 0.0, []
    for weight in weights:
        done += weight
        ends.append(done / whole)
    ends[-1] = 1.0
    return _Chain(tuple(ends), tuple(curve for _, curve in parts))


def one_cycle(
    peak: float = 1.0, warm: float = 0.25, div: float = 25.0, final: float = 1e5
) -> Curve:
    "Smith 2018: cosine from peak / div up to peak over the share `warm`, then to peak / final."
    return chain((warm, cosine(peak / div, peak)), (1 - warm, cosine(peak, peak / final)))


def one_cycle_momentum(high: float = 0.95, low: float = 0.85, warm: float = 0.25) -> Curve:
    "The mirror image of one_cycle: momentum is low where the rate is high."
    return chain((warm, cosine(high, low)), (1 - warm, cosine(low, high)))


def sgdr(peak: float = 1.0, cycles: int = 1, mult: float = 2.0, floor: float = 0.0) -> Curve:
    "Loshchilov & Hutter 2017: cosine from peak to floor, again and again, cycles `mult` as long."
    return chain(*((mult**c, cosine(peak, floor)) for c in range(cycles)))


def flat_cos(peak: float = 1.0, start: float = 0.75, floor: float = 0.0) -> Curve:
    "Flat until the share `start` is done, then a cosine to floor."
    return chain((start, flat(peak)), (1 - start, cosine(peak, floor)))


class Schedule(Callback):
    """Sets hyper-parameters by progress: `Schedule(lr=one_cycle(), momentum=one_cycle_momentum())`.

    A curve for lr or weight_decay multiplies what each layer group has; any other value is set as
    it is. momentum is Adam's first beta where there are betas. `start` and `end` are the share of
    the fit during which it works. Raises BadInput where no group has such a hyper-parameter.
    """

    def __init__(self, start: float = 0.0, end: float = 1.0, **curves: Curve) -> None:
        if not 0 <= start < end <= 1:
            raise BadInput(f"start={start}, end={end} came; 0 <= start < end <= 1 was wanted")
        self.start, self.end, self.curves = start, end, curves
        self._first: list[dict[str, Any]] = []

    def before_fit(self, run: Run) -> None:
        "Remember what the groups began with."
        self._first = [dict(group) for group in run.opt.param_groups]
        for name in self.curves:
            if not any(_key(group, name) for group in run.opt.param_groups):
                known = sorted({key for group in run.opt.param_groups for key in group})
                raise BadInput(
                    f"the optimizer has no {name!r} to schedule; it has {', '.join(known)}"
                )

    def before_step(self, run: Run) -> None:
        "Set all of them for this step."
        t = (run.progress - self.start) / (self.end - self.start)
        if not 0 <= t <= 1:
            return
        for name, curve in self.curves.items():
            value = curve(t)
            for group, first in zip(run.opt.param_groups, self._first, strict=True):
                _set(group, first, name, value)

    def after_fit(self, run: Run) -> None:
        "Give the groups back as they were."
        for group, first in zip(run.opt.param_groups, self._first, strict=True):
            for name in self.curves:
                if key := _key(group, name):
                    group[key] = first[key]

    def plot(self, ax: Any = None, steps: int = 200) -> Any:
        "Draw every curve over the share of training done; Matplotlib's Axes."
        ax = canvas(ax, title="Schedule")
        at = [step / (steps - 1) for step in range(steps)]
        for name, curve in self.curves.items():
            top = max(abs(curve(t)) for t in at) or 1.0
            ax.plot(at, [curve(t) / top for t in at], label=f"{name}, highest {top:g}")
        ax.legend()
        return ax


_RELATIVE = ("lr", "weight_decay", "decay")


def _key(group: dict[str, Any], name: str) -> str | None:
    "Where a group keeps a hyper-parameter; None where it has none."
    if name == "momentum" and "betas" in group:
        return "betas"
    if name == "weight_decay" and "decay" in group:
        return "decay"
    return name if name in group else None


def _set(group: dict[str, Any], first: dict[str, Any], name: str, value: float) -> None:
    key = _key(group, name)
    if key == "betas":
        group[key] = (value, *group[key][1:])
    elif key is not None:
        group[key] = first[key] * value if key in _RELATIVE else value
