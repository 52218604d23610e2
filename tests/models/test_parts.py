"Tables that are looked up, ranges that are never reached, cuts between levels."

import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.models.parts import Embedding, Ordinal, Range, layers, paired, width


def test_a_row_is_the_product_with_a_one_hot_row():
    table = Embedding(5, 3)
    rows = torch.tensor([4, 0, 4])
    hot = nn.functional.one_hot(rows, 5).float()
    assert torch.equal(table(rows), hot @ table.weight)
    table(rows).sum().backward()
    assert table.weight.grad[:, 0].tolist() == [1, 0, 0, 0, 2]
    assert table(rows[:, None]).shape == (3, 1, 3)


def test_a_table_begins_within_two_deviations():
    weight = Embedding(2000, 20, std=0.1).weight.detach()
    assert weight.abs().max() <= 0.2
    assert weight.std() == pytest.approx(0.088, abs=0.002)
    assert weight.mean() == pytest.approx(0, abs=0.002)


@pytest.mark.parametrize(("n", "k"), [(943, 74), (1682, 103), (10, 6), (1_000_000, 600)])
def test_widths_follow_the_rule_of_the_course(n, k):
    assert width(n) == k == min(600, round(1.6 * (n + 2) ** 0.56))


def step(table, rows):
    "One step of plain descent that pulls rows towards 1."
    opt = torch.optim.SGD([table.weight], 0.1, weight_decay=0.5)
    ((table(rows) - 1) ** 2).sum().backward()
    opt.step()


def test_given_vectors_are_where_learning_begins():
    table = Embedding(4, 3)
    table.start_from(torch.tensor([1, 3]), torch.full((2, 3), 0.5))
    assert table.begun.tolist() == [False, True, False, True]
    assert torch.equal(table(torch.tensor([1, 3])), torch.full((2, 3), 0.5))
    step(table, torch.arange(4))
    assert (table.table[1] > 0.5).all()


def test_frozen_vectors_stand_still_and_the_others_move():
    table = Embedding(4, 3)
    table.start_from(torch.tensor([1, 3]), torch.full((2, 2), 0.5), frozen=True)
    before = table.table.detach().clone()
    step(table, torch.arange(4))
    after = table.table
    assert torch.equal(after[[1, 3], :2], torch.full((2, 2), 0.5))
    assert (after[[0, 2]] > before[[0, 2]]).all()
    assert (after[[1, 3], 2] > before[[1, 3], 2]).all()  # columns that were not given are learnt


def test_frozen_vectors_are_kept_with_the_weights():
    table = Embedding(4, 3)
    table.start_from(torch.tensor([1]), torch.ones(1, 3), frozen=True)
    step(table, torch.arange(4))
    state = table.state_dict()
    assert torch.equal(state["given"][1], torch.ones(3))


@pytest.mark.parametrize("shape", [(2, 4), (3, 3), (6,)])
def test_vectors_that_do_not_fit_are_refused_with_both_shapes(shape):
    with pytest.raises(BadInput, match=f"shape {shape[0]}.* do not fit 2 rows of 3 numbers"):
        Embedding(4, 3).start_from(torch.tensor([0, 1]), torch.zeros(shape))


def test_a_range_is_a_sigmoid_that_does_not_arrive():
    link = Range(0.5, 5.5)
    raw = torch.linspace(-8, 8, 33)
    assert torch.allclose(link(raw), 0.5 + 5 / (1 + torch.exp(-raw)))
    assert (link(raw) > 0.5).all()
    assert (link(raw) < 5.5).all()
    assert isinstance(Range.of(None), nn.Identity)
    assert isinstance(Range.of((0, 1)), Range)
    assert Range.of(link) is link
    with pytest.raises(BadInput, match=r"y_range=\(5, 1\)"):
        Range(5, 1)


def test_cuts_are_in_order_and_their_means_are_levels():
    link = Ordinal([1, 2, 4, 5])
    assert torch.allclose(link.cuts, torch.tensor([-2.0, 0.0, 2.0]))
    with torch.no_grad():
        link.gaps -= 30  # whatever is learnt
    assert (link.cuts.diff() >= 0).all()
    raw = torch.tensor([-50.0, 50.0])
    assert torch.allclose(link.expected(link(raw)), torch.tensor([1.0, 5.0]))
    one = Ordinal([1, 2, 4, 5])
    odds = one(torch.tensor([0.3]))  # P(above 1), P(above 2), P(above 4)
    above = torch.sigmoid(odds)[0]
    mean = 1 + above[0] * 1 + above[1] * 2 + above[2] * 1
    assert one.expected(odds).item() == pytest.approx(mean.item())
    assert Ordinal([0, 1]).cuts.tolist() == [0.0]


@pytest.mark.parametrize("levels", [[1], [], [2, 1], [1, 1, 2]])
def test_levels_must_rise(levels):
    with pytest.raises(BadInput, match="two or more in ascending order"):
        Ordinal(levels)


def test_layers_end_in_one_number():
    net = layers(6, (5, 4), 0.1, norm=True)
    kinds = [type(each).__name__ for each in net]
    assert kinds == ["Linear", "ReLU", "BatchNorm1d", "Dropout"] * 2 + ["Linear"]
    assert net(torch.randn(7, 6)).shape == (7, 1)
    assert [type(each).__name__ for each in layers(6, (), 0.1)] == ["Linear"]


def test_users_stand_beside_one_item_or_several():
    u = torch.arange(3)
    assert paired(u, torch.zeros(3)) is u
    assert paired(u, torch.zeros(3, 5)).shape == (3, 1)
