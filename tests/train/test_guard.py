"The guard: a bound on the next loss, such that the smoothed one is at four times its best."

import math
import sys
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from entable.train.guard import Guard
from entable.train.recorder import Smooth

MSE = nn.MSELoss()


def told(guard, losses, rows=64, floor=None):
    "A run after these losses, as the loop would have it."
    loss = MSE if floor is None else (lambda pred, y: 0)
    run = SimpleNamespace(
        learner=SimpleNamespace(loss=loss), rows=rows, epoch=0, limit=sys.float_info.max, floor=0.0
    )
    guard.before_fit(run)
    for run.value in losses:
        guard.after_step(run)
    return run


POSITIVE = st.floats(1e-3, 1e3)


@given(st.lists(POSITIVE, min_size=2, max_size=30), st.floats(0.5, 2))
def test_the_limit_is_where_the_smoothed_loss_meets_its_bound(losses, share):
    run = told(Guard(4.0), losses)
    smooth, means = Smooth(), []
    for loss in losses:
        means.append(smooth.add(loss))
    bound = max(4 * min(means), means[0])
    after = smooth.add(run.limit * share)
    if not math.isclose(share, 1, rel_tol=1e-6) and run.limit > 0:
        assert (after > bound) == (share > 1)


def test_near_zero_noise_is_no_divergence_but_worse_than_the_start_is():
    run = told(Guard(), [1.0] + [1e-6] * 2000 + [1e-4] * 3)
    assert run.limit > 1
    run = told(Guard(), [1.0] * 10)
    assert 4 < run.limit < 60


def test_a_later_fit_remembers_where_the_first_began():
    guard = Guard()
    told(guard, [1.0, 0.01])
    run = told(guard, [0.01] * 500)
    assert guard.first == 1.0
    assert run.limit > 40
    told(guard, [5.0] * 3)  # weights were made anew
    assert guard.first == 5.0
    told(guard, [0.01] * 9, floor=0)  # another loss
    assert guard.first == pytest.approx(0.01)


def test_a_few_rows_say_nothing():
    assert told(Guard(), [1e-3, 5.0], rows=1).limit == sys.float_info.max
    guard = Guard()
    run = told(guard, [1e-3], rows=8)  # one lucky batch is nobody's best
    for run.rows in range(16, 129, 8):
        run.value = 5.0
        guard.after_step(run)
    assert guard.best > 1


def test_losses_below_zero_have_no_limit():
    assert told(Guard(), [1.0, -1.0, -5.0], floor=0).limit == sys.float_info.max
    assert told(Guard(), [1.0], floor=0).floor < -1e300
    assert told(Guard(), [1.0]).floor == pytest.approx(0, abs=1e-3)


def test_without_a_bound_only_what_is_not_finite_ends_it():
    assert not math.inf < told(Guard(math.inf), [1.0] * 9).limit
    assert told(Guard(math.inf), [1.0] * 9).limit > 1e300


def test_it_goes_on_from_a_state():
    one, two = Guard(), Guard()
    told(one, [3.0, 2.0, 1.0])
    two.load_state_dict(one.state_dict())
    runs = [SimpleNamespace(value=2.5, rows=64, epoch=0, limit=0.0) for _ in range(2)]
    one.after_step(runs[0])
    two.after_step(runs[1])
    assert runs[0].limit == runs[1].limit > 0
