"The sweep, what ends it, and its four suggestions against slow twins."

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from entable.errors import BadInput
from entable.train import lrfind, optim
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.learner import Learner
from entable.train.lrfind import LRs, lr_find
from entable.train.recorder import Smooth
from entable.train.run import Diverged


def made(model=None, **rest):
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 4)).astype("f4")
    batches = Batches.from_arrays(x, x.sum(1, keepdims=True), size=16)
    return Learner(model or nn.Linear(4, 1), batches, nn.MSELoss(), device="cpu", **rest)


RATES = 1e-7 * 1e8 ** (np.arange(100) / 100)


def found(smooth, rates=None, why="all rates were tried"):
    smooth = np.asarray(smooth, float)
    return LRs(RATES[: len(smooth)] if rates is None else rates, smooth, smooth, 100, why)


def curve(low=60, n=100):
    "Flat, falling to `low` and exploding."
    at = np.arange(n)
    falls = 1 / (1 + np.exp((at - low + 15) / 3))
    return 1 + falls + np.where(at > low, (np.exp((at - low) / 6.0) - 1), 0)


def test_rates_go_up_by_equal_factors():
    sweep = lr_find(made(), 1e-5, 1e-1, 40)
    np.testing.assert_allclose(sweep.rates, 1e-5 * 1e4 ** (np.arange(40) / 40))
    assert sweep.why == "all rates were tried"
    usual = made().lr_find()
    np.testing.assert_allclose(usual.rates, RATES[: len(usual.rates)])


class Watch(Callback):
    def __init__(self):
        self.rates, self.losses = [], []

    def after_step(self, run):
        self.rates.append([group["lr"] for group in run.opt.param_groups])
        self.losses.append(run.value)


def test_every_group_sweeps_and_only_callbacks_given_are_told():
    watch, never = Watch(), Watch()
    two = nn.Sequential(nn.Linear(4, 2), nn.Linear(2, 1))
    learner = made(two, callbacks=[never], groups=lambda m: [[m[0]], [m[1]]])
    sweep = lr_find(learner, 1e-4, 1e-2, 10, [watch])
    assert all(len(set(rates)) == 1 for rates in watch.rates)
    assert [rates[0] for rates in watch.rates] == sweep.rates.tolist()
    assert watch.losses == sweep.losses.tolist()
    assert never.losses == []
    assert len(learner.recorder.losses) == 0


def test_losses_are_smoothed_with_bias_correction():
    sweep = lr_find(made(), 1e-4, 1e-2, 10)
    smooth = Smooth()
    assert sweep.smooth.tolist() == [smooth.add(loss) for loss in sweep.losses]


def test_the_sweep_ends_where_the_loss_explodes():
    sweep = made().lr_find(1e-3, 1e6, 200)
    assert 5 < len(sweep.rates) < 200
    assert sweep.why == "the smoothed loss was above four times its best"
    assert sweep.smooth[-1] > 4 * sweep.smooth.min()
    assert (sweep.smooth[:-1] <= 4 * np.minimum.accumulate(sweep.smooth)[:-1]).all()


class Breaks(nn.Module):
    "Its outputs are no numbers after n calls."

    def __init__(self, n):
        super().__init__()
        self.line, self.n, self.calls = nn.Linear(4, 1), n, 0

    def forward(self, x):
        self.calls += 1
        return self.line(x) * (torch.nan if self.calls > self.n else 1)


def test_the_sweep_ends_where_the_loss_is_no_number():
    sweep = lr_find(made(Breaks(30)))
    assert len(sweep.losses) == 30
    assert sweep.why == "the next step diverged"
    assert "30 of 100 steps, up to 2.1e-05: the next step diverged" in str(sweep)


def test_a_first_loss_that_is_no_number_is_an_error():
    with pytest.raises(Diverged):
        lr_find(made(Breaks(0)))


def test_losses_below_zero_end_no_sweep():
    "Four times a negative best is no bound above it."
    x = np.ones((64, 4), "f4")
    batches = Batches.from_arrays(x, np.zeros((64, 1), "f4"), size=16)
    learner = Learner(
        nn.Linear(4, 1), batches, lambda pred, y: (pred - y).mean() - 100.0, device="cpu"
    )
    assert len(lr_find(learner, 1e-6, 1e-3, 30).losses) == 30


def slow_middle(losses):
    "Longest falling subsequence in quadratic time; its end, and half its length before."
    lengths = []
    for i, loss in enumerate(losses):
        before = [lengths[j] for j in range(i) if losses[j] > loss]
        lengths.append(1 + max(before, default=0))
    longest = max(lengths)
    return lengths.index(longest) - longest // 2


@given(st.lists(st.integers(0, 9).map(float), min_size=1, max_size=40))
def test_the_valley_is_the_middle_of_the_longest_fall(losses):
    assert lrfind._middle(losses) == slow_middle(losses)


def test_the_middle_of_an_unbroken_fall():
    assert lrfind._middle([3, 3, 5, 4, 3, 2, 1, 7, 8]) == 6 - 2
    assert lrfind._middle([1.0]) == 0


def test_suggestions_of_a_curve_that_is_known():
    "Steepest where the logistic is, lowest where it was planted, all within the fall."
    sweep = found(curve(60))
    low = int(sweep.smooth.argmin())
    assert sweep.minimum == RATES[low] / 10
    assert RATES[44] <= sweep.steep <= RATES[46]
    assert RATES[35] <= sweep.valley <= RATES[55]
    assert RATES[30] <= sweep.slide <= RATES[60]
    assert sweep.suggest == sweep.valley


def test_steepest_is_on_the_way_down_not_behind_the_explosion():
    "A loss that explodes and comes back falls faster there than it ever learnt."
    losses = curve(60)
    back = losses.copy()
    back[80:] = np.linspace(losses[79], 2, 20)
    back[85:] -= 5
    back = np.maximum(back, losses.min() + 0.1)
    assert np.gradient(back[10:95]).argmin() > 60
    assert found(back).steep == found(losses).steep
    assert found(np.r_[1.0:3.0:60j, 2.0, 1.5]).steep <= RATES[6]  # it only ever rose before


def test_slide_stops_where_slopes_are_alike():
    "A window of 15 steps from the right: flat on the left of step 50, ever steeper after it."
    at = np.arange(100)
    losses = 1 + np.where(at > 50, (at - 50.0) ** 2, 0) / 100
    inner = losses[10:95]
    right, left = len(inner) - 1, len(inner) - 16
    slopes = np.gradient(inner) / inner[0]
    while abs(slopes[right] - slopes[left]) > 0.005:
        right, left = right - 1, left - 1
    assert found(losses).slide == RATES[10 + left + 1]
    assert found(losses).slide == found(7 * losses).slide  # whatever the loss is measured in


def test_noise_at_the_beginning_and_the_explosion_do_not_count():
    losses = curve(60)
    noisy = losses.copy()
    noisy[:10] = np.linspace(50, 2, 10)
    noisy[-1] = 0.0
    for name in ("valley", "steep", "minimum", "slide"):
        assert getattr(found(noisy), name) == getattr(found(losses), name)


@pytest.mark.parametrize("n", [1, 2, 3, 12, 16])
def test_a_short_sweep_still_has_an_opinion(n):
    sweep = found(np.linspace(2, 1, n))
    assert all(RATES[0] / 10 <= rate <= RATES[n - 1] for rate in sweep.table["rate"])
    assert sweep.plot().get_xscale() == "log"


def test_a_loss_that_never_falls_is_told():
    assert "The loss never fell" in str(found(np.linspace(1, 2, 100)))
    assert "never fell" not in str(found(curve()))


def test_it_is_an_answer_that_draws_itself():
    sweep = found(curve())
    assert sweep.table.columns == ["suggestion", "rate", "loss"]
    assert sweep.table["suggestion"].to_list() == ["valley", "steep", "minimum", "slide"]
    np.testing.assert_allclose(
        sweep.table["loss"], np.interp(np.log(sweep.table["rate"]), np.log(RATES), sweep.smooth)
    )
    assert sweep.title == f"A learning rate of {sweep.valley:.2g}"
    ax = sweep.plot()
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert [text.rpartition(" ")[0] for text in texts[2:]] == [
        "valley", "steep", "minimum / 10", "slide",
    ]  # fmt: skip
    low, high = ax.get_ylim()
    assert low < sweep.smooth.min() < high < sweep.smooth.max()  # the explosion is cut


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ((0, 1), "start=0, end=1 came; 0 < start < end"),
        ((1, 0.1), "0 < start < end"),
        ((1e-3, np.inf), "0 < start < end"),
        ((1e-3, 1, 0), "steps"),
    ],
)
def test_what_is_no_sweep_is_refused(given, told):
    with pytest.raises(BadInput, match=told):
        lr_find(made(), *given)


def test_a_known_best_rate_is_within_what_is_suggested():
    "Plain SGD on a square well with curvature 1: rates above 2 explode, below 1e-3 nothing moves."
    x = np.ones((256, 1), "f4")
    batches = Batches.from_arrays(x, np.full((256, 1), 3.0, "f4"), size=8)
    model = nn.Linear(1, 1, bias=False)
    learner = Learner(
        model,
        batches,
        lambda p, y: ((p - y) ** 2).mean() / 2 + 0.1,
        opt=lambda g: optim.sgd(g, momentum=0.0),
        wd=0.0,
        device="cpu",
    )
    sweep = learner.lr_find(1e-5, 10, 100)
    for rate in sweep.table["rate"]:
        assert 1e-3 < rate < 2
    assert len(learner.fit(1, sweep.suggest).losses) == 32
