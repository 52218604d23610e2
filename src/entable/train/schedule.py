"""Schedules: what a hyper-parameter is, as a function of the share of training that is done."""

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, cycle
from typing import Any

from entable._plots import GROUPS, INK, canvas
from entable.data.checks import at_least_one
from entable.errors import BadInput
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
    "scaled",
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
        part = min(bisect_right(self.ends, t), len(self.ends) - 1)
        start, end = self.ends[part - 1] if part else 0.0, self.ends[part]
        return self.curves[part](min(max((t - start) / (end - start), 0.0), 1.0))


def chain(*parts: tuple[float, Curve]) -> Curve:
    """Curves one after another, each (weight, curve): weights are shares of the whole.

    Raises BadInput for no parts and for weights that are not above 0.
    """
    weights = [weight for weight, _ in parts]
    if not parts or not all(0 < weight < math.inf for weight in weights):
        raise BadInput(f"weights {weights} came; one at least, and all above 0, were wanted")
    whole = math.fsum(weights)
    ends = [end / whole for end in accumulate(weights)]
    ends[-1] = 1.0
    return _Chain(tuple(ends), tuple(curve for _, curve in parts))


def one_cycle(
    peak: float = 1.0, warm: float = 0.25, div: float = 25.0, final: float = 1e5
) -> Curve:
    "Smith 2018: cosine from peak / div up to peak over the share `warm`, then to peak / final."
    rest = 1 - _share(warm, "warm")
    return chain((warm, cosine(peak / div, peak)), (rest, cosine(peak, peak / final)))


def one_cycle_momentum(high: float = 0.95, low: float = 0.85, warm: float = 0.25) -> Curve:
    "The mirror image of one_cycle: momentum is low where the rate is high."
    return chain((_share(warm, "warm"), cosine(high, low)), (1 - warm, cosine(low, high)))


def sgdr(peak: float = 1.0, cycles: int = 1, mult: float = 2.0, floor: float = 0.0) -> Curve:
    "Loshchilov & Hutter 2017: cosine from peak to floor, again and again, cycles `mult` as long."
    cycles = at_least_one(cycles, "cycles")
    return chain(*((mult**c, cosine(peak, floor)) for c in range(cycles)))


def flat_cos(peak: float = 1.0, start: float = 0.75, floor: float = 0.0) -> Curve:
    "Flat until the share `start` is done, then a cosine to floor."
    return chain((_share(start, "start"), flat(peak)), (1 - start, cosine(peak, floor)))


def scaled(*curves: Curve) -> Curve:
    "The product of curves: `scaled(flat_cos(), sgdr(cycles=3))`."
    return lambda t: math.prod(curve(t) for curve in curves)


def _share(value: float, what: str) -> float:
    if not 0 < value < 1:
        raise BadInput(f"{what}={value} came; a share of training between 0 and 1 was wanted")
    return value


class Schedule(Callback):
    """Sets hyper-parameters by progress: `Schedule(lr=one_cycle(), momentum=one_cycle_momentum())`.

    A curve for lr or weight_decay multiplies what each group began with; any other value is set as
    it is. momentum is Adam's first beta where there are betas, a momentum elsewhere. The curves
    are spread over the fit from its share `start` to its share `end`; before, nothing is changed,
    afterwards their last values stay. When the fit ends the groups are as they began. Raises
    BadInput where no group has such a hyper-parameter.
    """

    def __init__(self, start: float = 0.0, end: float = 1.0, **curves: Curve) -> None:
        if not 0 <= start < end <= 1:
            raise BadInput(f"start={start}, end={end} came; 0 <= start < end <= 1 was wanted")
        if not curves:
            raise BadInput("no curve came; give one by name, such as lr=one_cycle()")
        self.start, self.end, self.curves = start, end, curves
        self._ahead: tuple[Any, int, int] = (None, 0, 0)  # groups, a step of the fit, steps from it
        self._moves: list[tuple[dict[str, Any], str, list[Any]]] = []

    def before_fit(self, run: Run) -> None:
        "Write what the groups began with into them, where a checkpoint finds it too."
        self._ahead = (None, 0, 0)
        for name in self.curves:
            found = [(group, key) for group in run.opt.param_groups if (key := _key(group, name))]
            if not found:
                raise BadInput(
                    f"the optimizer has no {name!r} to schedule; it has {_known(run.opt)}"
                )
            for group, key in found:
                if not (run.done and _BEGAN + key in group):  # steps are done: it was resumed
                    group[_BEGAN + key] = group[key]

    def before_step(self, run: Run) -> None:
        "Set all of them for this step, from what was computed for some steps at once."
        groups, first, steps = self._ahead
        step = run.done - first
        if not 0 <= step < steps or groups[0] is not run.opt.param_groups[0]:
            step = self._look_ahead(run)
        for group, key, values in self._moves:
            group[key] = values[step]

    def _look_ahead(self, run: Run) -> int:
        "Compute the next steps of every group, or wait a step if none is due."
        groups, total, length = run.opt.param_groups, max(run.total, 1), self.end - self.start
        at = [((run.done + k) / total - self.start) / length for k in range(_AHEAD)]
        self._ahead, self._moves = (groups, run.done, 1 if at[0] < 0 else _AHEAD), []
        for name, curve in self.curves.items() if at[0] >= 0 else ():
            values = [curve(min(t, 1.0)) for t in at]
            for group in groups:
                if key := _key(group, name):
                    self._moves.append((group, key, _valued(group, key, values)))
        return 0

    def after_fit(self, run: Run) -> None:
        "Give the groups back as they were."
        for group in run.opt.param_groups:
            for name in self.curves:
                if (key := _key(group, name)) and _BEGAN + key in group:
                    group[key] = group.pop(_BEGAN + key)

    def plot(self, ax: Any = None, steps: int = 1001) -> Any:
        """Draw every curve over the share of training done; Matplotlib's Axes.

        Several curves are drawn from their lowest to their highest values, which the legend tells.
        """
        ax = canvas(ax, height=3.2, title="Schedule")
        at = [step / (steps - 1) for step in range(steps)]
        for color, (name, curve) in zip(cycle(GROUPS), self.curves.items(), strict=False):
            values = [curve(t) for t in at]
            low, high = min(values), max(values)
            if len(self.curves) > 1:
                values = [(v - low) / (high - low) if high > low else 0.5 for v in values]
            x = [self.start + t * (self.end - self.start) for t in at]
            told = f"{low:.3g} to {high:.3g}" if high > low else f"{low:.3g}"
            times = ", times its own" if name in _RELATIVE else ""
            ax.plot(x, values, color=color, lw=1.8, label=f"{name}: {told}{times}")
        ax.set_xlim(0, 1)
        ax.set_xlabel("share of training done")
        if len(self.curves) == 1:
            ax.set_ylabel(f"{name}{times}")
            return ax
        ax.set_yticks([0, 1], ["lowest", "highest"])
        ax.legend(frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0), labelcolor=INK)
        return ax


_RELATIVE = ("lr", "weight_decay", "decay")
_AHEAD = 64  # steps computed at once: a curve is slow in the middle of a step, its code gone cold
_BEGAN = "began_"  # before the name of a hyper-parameter: what it was before the fit


def _known(opt: Any) -> str:
    "The hyper-parameters that are numbers."
    found = {"momentum"} if any("betas" in group for group in opt.param_groups) else set()
    for group in opt.param_groups:
        found |= {key for key, value in group.items() if type(value) in (int, float)}
    return ", ".join(sorted(key for key in found - {"layers"} if not key.startswith(_BEGAN)))


def _key(group: dict[str, Any], name: str) -> str | None:
    "Where a group keeps a hyper-parameter; None where it has none."
    if name == "momentum" and "betas" in group:
        return "betas"
    if name == "weight_decay" and "decay" in group:
        return "decay"
    return name if name in group else None


def _valued(group: dict[str, Any], key: str, values: list[float]) -> list[Any]:
    "What to write into a group for the values of a curve."
    if key == "betas":
        return [(value, *group[key][1:]) for value in values]
    return [group[_BEGAN + key] * value for value in values] if key in _RELATIVE else values
