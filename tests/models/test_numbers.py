"Numbers on their way into a net, against what a student would write."

import math
from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from entable.errors import BadInput
from entable.models.numbers import Periodic, Pieces, Plain


def through(x, edges):
    "How far x has come through each piece."
    return [min(max((x - a) / (b - a), 0.0), 1.0) for a, b in pairwise(edges)]


RISING = st.lists(st.integers(-9, 9), min_size=2, max_size=6, unique=True).map(sorted)


@given(st.lists(RISING, min_size=1, max_size=3), st.floats(-12, 12, width=32))
def test_pieces_are_how_far_a_number_has_come(edges, x):
    spread = Pieces(edges, 2).spread(torch.full((1, len(edges)), x))[0]
    for row, e in zip(spread.tolist(), edges, strict=True):
        want = through(x, e)
        assert row[: len(want)] == pytest.approx(want, abs=1e-6)
        assert not any(row[len(want) :])  # what pads short ones says nothing


def test_pieces_are_a_layer_of_their_own_for_each_number():
    torch.manual_seed(0)
    reads = Pieces([[0, 1, 2], [0, 4]], 3)
    x = torch.tensor([[1.5, 1.0]])
    for m, spread in enumerate([[1.0, 0.5], [0.25, 0.0]]):
        want = torch.relu(torch.tensor(spread) @ reads.weight[m] + reads.bias[m])
        torch.testing.assert_close(reads(x, None)[0, 3 * m : 3 * m + 3], want)


def test_waves_are_cosines_and_sines():
    reads = Periodic(1, 4, waves=2)
    angle = 2 * math.pi * 0.7 * reads.frequency[0]
    want = torch.cat([angle.cos(), angle.sin()])
    torch.testing.assert_close(reads.spread(torch.tensor([[0.7]]))[0, 0], want)


@pytest.mark.parametrize("make", [lambda: Plain(2), lambda: Pieces([[0, 1], [0, 1]], 2)])
def test_what_is_missing_adds_nothing_until_it_has_learnt(make):
    reads = make().eval()
    x, gone = torch.rand(5, 2), torch.tensor([True, False]).expand(5, 2)
    torch.testing.assert_close(reads(x, gone), reads(x, None))
    with torch.no_grad():
        reads.missing += 1.0
    moved = reads(x, gone) - reads(x, None)
    half = reads.width // 2
    torch.testing.assert_close(moved[:, :half], torch.ones(5, half))
    assert not moved[:, half:].any()


@pytest.mark.parametrize("edges", [[1.0], [1.0, 1.0], [2.0, 1.0], [[0.0, 1.0]]])
def test_edges_that_do_not_rise_are_refused(edges):
    with pytest.raises(BadInput, match="two or more, rising"):
        Pieces([edges])
