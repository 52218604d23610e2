"Curves against closed forms; hyper-parameters set in every kind of optimizer, and given back."

import math
from types import SimpleNamespace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from entable.errors import BadInput
from entable.train import optim, schedule
from entable.train.callbacks import Callback
from entable.train.schedule import (
    Schedule,
    chain,
    cosine,
    exponential,
    flat,
    flat_cos,
    line,
    one_cycle,
    one_cycle_momentum,
    polynomial,
    scaled,
    sgdr,
)

SHARES = st.floats(0, 1)
ENDS = st.floats(1e-4, 1e4)


def weights(n=3):
    return torch.nn.Parameter(torch.linspace(-1, 1, n))


def groups(rates=(1e-3, 1e-2)):
    return [
        {"params": [weights()], "lr": rate, "layers": number, "decays": True}
        for number, rate in enumerate(rates)
    ]


def run_of(opt, total=10, done=0):
    "As much of a Run as a schedule looks at."
    run = SimpleNamespace(opt=opt, total=total, done=done)
    run.progress = done / total
    return run


def course(plan, opt, total=10, keys=("lr",)):
    "What every step of a fit would see, by group."
    run, seen = run_of(opt, total), []
    plan.before_fit(run)
    for run.done in range(total):
        run.progress = run.done / total
        plan.before_step(run)
        seen.append([[group[key] for key in keys] for group in opt.param_groups])
    plan.after_fit(run)
    return seen


@given(SHARES, ENDS, ENDS)
def test_curves_are_their_formulas(t, a, b):
    assert flat(a)(t) == a
    assert line(a, b)(t) == pytest.approx((1 - t) * a + t * b)
    assert cosine(a, b)(t) == pytest.approx((a + b) / 2 + (a - b) / 2 * math.cos(math.pi * t))
    assert exponential(a, b)(t) == pytest.approx(math.exp((1 - t) * math.log(a) + t * math.log(b)))
    assert polynomial(a, b, 2)(t) == pytest.approx(b + (a - b) * (1 - 2 * t + t * t))
    assert polynomial(a, b)(t) == pytest.approx(line(a, b)(t))
    assert scaled(flat(a), line(0, b))(t) == pytest.approx(a * b * t)


@given(ENDS, ENDS, st.sampled_from([line, cosine, exponential, polynomial]))
def test_curves_begin_and_end_where_they_are_told_to_and_never_leave(a, b, curve):
    assert curve(a, b)(0) == pytest.approx(a)
    assert curve(a, b)(1) == pytest.approx(b)
    for t in (0.01, 0.3, 0.5, 0.99):
        assert min(a, b) * (1 - 1e-9) <= curve(a, b)(t) <= max(a, b) * (1 + 1e-9)


@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=5), SHARES)
def test_parts_of_a_chain_get_their_shares(shares, t):
    "Part i runs through i to i + 1, so where it is tells which part it is and how far."
    found = chain(*((share, line(i, i + 1)) for i, share in enumerate(shares)))(t)
    at, want = t * math.fsum(shares), 0.0
    for i, share in enumerate(shares):
        if at <= share or i == len(shares) - 1:
            want = i + min(at / share, 1)
            break
        at -= share
    assert found == pytest.approx(want, abs=1e-6)


def test_a_chain_is_continuous_from_the_right_and_stays_at_its_ends():
    steps = chain((1, flat(1.0)), (1, flat(2.0)))
    assert [steps(t) for t in (-1, 0, 0.4999, 0.5, 1, 2)] == [1, 1, 1, 2, 2, 2]
    assert chain((0.1, flat(1)), (0.2, flat(2)), (0.7, flat(3)))(1.0) == 3


def test_one_cycle_rises_for_a_quarter_and_falls_to_a_hundred_thousandth():
    curve = one_cycle(1e-2)
    assert curve(0) == pytest.approx(1e-2 / 25)
    assert curve(0.25) == pytest.approx(1e-2)
    assert curve(1) == pytest.approx(1e-7)
    assert curve(0.125) == pytest.approx(1e-2 * (1 + 1 / 25) / 2)
    assert curve(0.625) == pytest.approx(1e-2 * (1 + 1e-5) / 2)
    at = [curve(t / 100) for t in range(101)]
    assert at == sorted(at[:26]) + sorted(at[26:], reverse=True)


@given(SHARES, st.floats(0.05, 0.95))
def test_momentum_mirrors_the_rate(t, warm):
    "Both have gone the same share of their way."
    rate, momentum = one_cycle(1.0, warm, 25, 25)(t), one_cycle_momentum(0.95, 0.85, warm)(t)
    assert (rate - 1 / 25) / (1 - 1 / 25) == pytest.approx((0.95 - momentum) / 0.1, abs=1e-9)


def test_warm_restarts_begin_at_the_peak_and_double():
    curve = sgdr(1.0, 3, 2, floor=0.1)  # cycles of 1, 2 and 4 sevenths
    for start, length in ((0, 1), (1, 2), (3, 4)):
        assert curve(start / 7) == pytest.approx(1.0)
        assert curve((start + length / 2) / 7) == pytest.approx(0.55)
        assert curve((start + length * 0.9999) / 7) == pytest.approx(0.1, abs=1e-6)
    assert curve(1.0) == pytest.approx(0.1)
    assert sgdr(1.0, 1)(0.5) == pytest.approx(0.5)


def test_flat_cos_is_flat_and_then_a_cosine():
    curve = flat_cos(2.0)
    assert [curve(t) for t in (0, 0.5, 0.7499)] == [2, 2, 2]
    assert curve(0.875) == pytest.approx(1.0)
    assert curve(1.0) == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: chain(), "weights \\[\\] came"),
        (lambda: chain((1, flat(1)), (0, flat(2))), "all above 0"),
        (lambda: chain((math.inf, flat(1))), "all above 0"),
        (lambda: exponential(0, 1), "both ends must be above 0"),
        (lambda: one_cycle(warm=1.0), "warm=1.0 came; a share of training between 0 and 1"),
        (lambda: one_cycle_momentum(warm=0), "warm=0 came"),
        (lambda: flat_cos(start=1.5), "start=1.5 came"),
        (lambda: sgdr(cycles=0), "cycles"),
        (lambda: Schedule(0.5, 0.5, lr=flat(1)), "0 <= start < end <= 1"),
        (lambda: Schedule(), "no curve came"),
    ],
)
def test_what_cannot_be_a_schedule_is_refused(make, told):
    with pytest.raises(BadInput, match=told):
        make()


MAKERS = [optim.sgd, optim.rmsprop, optim.adam, optim.lamb, optim.lookahead(optim.sgd)]


@pytest.mark.parametrize("maker", MAKERS)
def test_rates_are_factors_and_momentum_is_a_value_in_every_optimizer(maker):
    opt = maker(groups())
    for group, rate in zip(opt.param_groups, (1e-3, 1e-2), strict=True):
        group["lr"] = rate
        optim.set_decay(group, 0.1 if rate == 1e-3 else 0.0)
    before = [dict(group) for group in opt.param_groups]
    betas = "betas" in opt.param_groups[0]
    decay = "decay" if "decay" in opt.param_groups[0] else "weight_decay"
    plan = Schedule(lr=line(1, 0), momentum=line(0.95, 0.85), weight_decay=line(0, 1))
    keys = ("lr", "betas" if betas else "momentum", decay)
    for step, seen in enumerate(course(plan, opt, keys=keys)):
        for (lr, momentum, wd), rate, most in zip(seen, (1e-3, 1e-2), (0.1, 0), strict=True):
            assert lr == pytest.approx(rate * (1 - step / 10))
            assert wd == pytest.approx(most * step / 10)
            moving = momentum[0] if betas else momentum
            assert moving == pytest.approx(0.95 - 0.1 * step / 10)
            assert not betas or momentum[1] == 0.99
    assert opt.param_groups == before


def test_any_hyper_parameter_can_be_scheduled():
    opt = optim.rmsprop(groups())
    seen = course(Schedule(eps=exponential(1, 1e-4), alpha=line(0.9, 1)), opt, 10, ("eps", "alpha"))
    assert seen[5][0] == [pytest.approx(1e-2), pytest.approx(0.95)]


def test_what_no_group_has_is_refused_with_what_there_is():
    run = run_of(optim.sgd(groups()))
    Schedule(lr=flat(1)).before_fit(run)
    with pytest.raises(BadInput, match="no 'warmth' to schedule; it has dampening, decay, lr, mom"):
        Schedule(warmth=flat(1)).before_fit(run)
    with pytest.raises(BadInput, match="it has eps, lr, momentum, weight_decay"):
        Schedule(warmth=flat(1)).before_fit(run_of(optim.adam(groups())))


def test_a_schedule_of_a_part_leaves_the_rest_alone():
    opt = torch.optim.SGD(groups((1.0,)), lr=1.0)
    seen = [lr for ((lr,),) in course(Schedule(0.2, 0.6, lr=line(3, 1)), opt)]
    assert seen == pytest.approx([1, 1, 3, 2.5, 2, 1.5, 1, 1, 1, 1])


@pytest.mark.parametrize("begin", [0, 7, 100])
@pytest.mark.parametrize("start", [0.0, 0.3])
def test_what_is_computed_ahead_is_what_every_step_asks_for(begin, start):
    plan, opt = Schedule(start, lr=one_cycle(), momentum=one_cycle_momentum()), optim.adam(groups())
    run = run_of(opt, 200)
    plan.before_fit(run)
    for run.done in range(begin, 205):  # some more than were promised
        if run.done == 150:
            opt.load_state_dict(opt.state_dict())  # whose groups are other ones
        plan.before_step(run)
        t = (run.done / 200 - start) / (1 - start)
        want = [rate * (one_cycle()(min(t, 1)) if t >= 0 else 1) for rate in (1e-3, 1e-2)]
        assert [group["lr"] for group in opt.param_groups] == want
        moving = one_cycle_momentum()(min(t, 1)) if t >= 0 else 0.9
        assert {group["betas"] for group in opt.param_groups} == {(moving, 0.99)}


def test_several_schedules_stand_beside_each_other():
    opt = optim.adam(groups())
    was = [dict(group) for group in opt.param_groups]
    run = run_of(opt)
    plans = [Schedule(lr=line(1, 0)), Schedule(momentum=flat(0.5)), Schedule(weight_decay=flat(2))]
    for hook in ("before_fit", "before_step", "after_fit"):
        assert opt.param_groups != was or hook != "after_fit"
        for plan in plans:
            getattr(plan, hook)(run)
    assert opt.param_groups == was


@pytest.mark.parametrize("restored", ["before the schedule begins", "after it began"])
def test_a_schedule_goes_on_where_an_optimizer_was_saved(restored):
    "Rates saved in the middle are those of a step; what the fit began with is kept beside them."
    plan, opt, run = Schedule(lr=line(1, 0)), optim.adam(groups((1.0,))), None
    opt.param_groups[0]["lr"] = 1.0
    run = run_of(opt, done=4)
    run.done = 0
    plan.before_fit(run)
    run.done = 4
    plan.before_step(run)
    saved = opt.state_dict()

    again = optim.adam(groups((1.0,)))
    again.param_groups[0]["lr"] = 1.0
    run = run_of(again, done=4)
    if restored.startswith("before"):
        again.load_state_dict(saved)
        plan.before_fit(run)
    else:
        run.done = 0
        plan.before_fit(run)
        run.done = 4
        again.load_state_dict(saved)
    plan.before_step(run)
    assert again.param_groups[0]["lr"] == pytest.approx(0.6)
    plan.after_fit(run)
    assert again.param_groups[0]["lr"] == 1.0


def test_an_old_beginning_does_not_outlive_its_fit():
    "Groups saved in the middle of one fit begin another at the rate that they are given."
    opt, run = optim.adam(groups((1.0,))), None
    run = run_of(opt)
    plan = Schedule(lr=flat(1))
    plan.before_fit(run)
    opt.param_groups[0]["lr"] = 7.0
    Schedule(lr=flat(1)).before_fit(run)  # not resumed: no step is done
    plan.before_step(run)
    assert opt.param_groups[0]["lr"] == 7.0


def test_schedules_are_callbacks_that_need_no_torch_to_be_looked_at():
    plan = Schedule(lr=one_cycle(), momentum=one_cycle_momentum())
    assert isinstance(plan, Callback)
    assert [one_cycle(1)(t / 99) for t in range(100)]
    ax = plan.plot()
    rate, momentum = ax.lines
    assert len(rate.get_xdata()) == len(momentum.get_xdata()) == 1001
    assert max(rate.get_ydata()) == 1
    assert min(momentum.get_ydata()) == pytest.approx(0, abs=1e-9)
    texts = [text.get_text() for text in ax.get_legend().get_texts()]
    assert texts == ["lr: 1e-05 to 1, times its own", "momentum: 0.85 to 0.95"]


def test_one_curve_is_drawn_in_its_own_values_and_place():
    ax = Schedule(0.5, 1.0, eps=line(2, 4)).plot()
    (drawn,) = ax.lines
    assert (min(drawn.get_xdata()), max(drawn.get_xdata())) == (0.5, 1.0)
    assert (min(drawn.get_ydata()), max(drawn.get_ydata())) == (2, 4)
    assert ax.get_ylabel() == "eps"
    own = ax.figure.axes[0]
    assert Schedule(lr=flat(2)).plot(own) is own


def test_every_curve_is_in_the_face():
    for name in ("chain", "one_cycle", "sgdr", "flat_cos", "polynomial", "scaled"):
        assert name in schedule.__all__
