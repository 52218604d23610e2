"A convolution is a matrix product with tied weights; batch norm and dropout are what torch's are."

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional as fn

from entable.models import conv


def doubles(*shape):
    return torch.randn(*shape, dtype=torch.float64)


@settings(deadline=None, max_examples=30)
@given(
    st.tuples(*[st.integers(1, 3)] * 4),
    st.integers(1, 3),
    st.integers(0, 2),
    st.tuples(*[st.integers(3, 7)] * 2),
)
def test_loops_a_matrix_product_and_torch_agree(shape, stride, padding, size):
    x, weight = doubles(2, shape[1], *size), doubles(*shape)
    expected = fn.conv2d(x, weight, stride=stride, padding=padding)
    for by in (conv.by_loops, conv.by_matrix):
        found = by(x, weight, stride, padding)
        assert found.shape == expected.shape
        assert (found - expected).abs().max() < 1e-6


def test_a_convolution_is_a_linear_layer_whose_weights_are_tied():
    x, weight = doubles(1, 1, 3, 4), doubles(1, 1, 2, 2)
    wide = torch.zeros(6, 12, dtype=torch.float64)  # a row for each place, a column for each pixel
    for i in range(2):
        for j in range(3):
            for a in range(2):
                for b in range(2):
                    wide[i * 3 + j, (i + a) * 4 + j + b] = weight[0, 0, a, b]
    assert len(wide.unique()) == 5  # four weights and 0
    assert torch.allclose(wide @ x.flatten(), conv.by_matrix(x, weight).flatten())


def test_an_edge_filter_answers_to_edges_alone():
    x = torch.zeros(1, 1, 6, 6)
    x[..., 3:] = 1  # an upright edge between the third column and the fourth
    upright = torch.tensor([[-1.0, 0, 1]] * 3)[None, None]
    found = conv.by_loops(x, upright)[0, 0]
    assert found[:, [1, 2]].unique().tolist() == [3]
    assert found[:, [0, 3]].unique().tolist() == [0]
    assert conv.by_loops(x, upright.mT).abs().max() == 0  # lying edges: none


def test_gradients_flow_through_the_matrix_product_as_through_torchs():
    x, weight = doubles(2, 2, 5, 5), doubles(3, 2, 3, 3).requires_grad_()
    (ours,) = torch.autograd.grad(conv.by_matrix(x, weight, 2, 1).square().sum(), weight)
    (theirs,) = torch.autograd.grad(fn.conv2d(x, weight, None, 2, 1).square().sum(), weight)
    assert torch.allclose(ours, theirs)


def test_batch_norm_by_hand_is_torchs():
    ours, theirs = conv.BatchNorm(3).double(), nn.BatchNorm2d(3).double()
    assert ours.state_dict().keys() == theirs.state_dict().keys() - {"num_batches_tracked"}
    for _ in range(5):
        x = 3 * doubles(4, 3, 5, 6) + 1
        one, other = x.clone().requires_grad_(), x.clone().requires_grad_()
        assert torch.allclose(ours(one), theirs(other), atol=1e-9)
        torch.autograd.backward([ours(one).square().mean(), theirs(other).square().mean()])
        assert torch.allclose(one.grad, other.grad, atol=1e-9)
        assert torch.allclose(ours.weight.grad, theirs.weight.grad, atol=1e-9)
    for name, value in ours.state_dict().items():
        assert torch.allclose(value, theirs.state_dict()[name], atol=1e-9), name
    ours.eval(), theirs.eval()
    assert torch.allclose(ours(x), theirs(x), atol=1e-9)


def test_dropout_by_hand_is_torchs():
    x = torch.randn(50, 60)
    for p in (0.2, 0.5):
        torch.manual_seed(3)
        ours = conv.Dropout(p)(x)
        torch.manual_seed(3)
        assert torch.allclose(ours, nn.Dropout(p)(x), atol=1e-6)
    assert conv.Dropout(0.5).eval()(x) is x
    assert abs(float(conv.Dropout(0.5)(torch.ones(200_000)).mean()) - 1) < 0.01


def test_concatenated_pooling_has_the_largest_first_and_then_the_mean():
    x = torch.randn(2, 3, 4, 5)
    found = conv.ConcatPool()(x)
    assert torch.equal(found[:, :3], fn.adaptive_max_pool2d(x, 1).flatten(1))
    assert torch.allclose(found[:, 3:], fn.adaptive_avg_pool2d(x, 1).flatten(1), atol=1e-6)


def test_kaimings_start_keeps_the_spread_of_activations_from_layer_to_layer():
    "Without it (torch's own start) twelve layers leave next to nothing of it."
    torch.manual_seed(0)

    def spread(begin):
        layers = [nn.Conv2d(16, 16, 3, padding=1, bias=False) for _ in range(12)]
        x = torch.randn(8, 16, 16, 16)
        for layer in layers:
            begin(layer)
            x = torch.relu(layer(x))
        return float(x.square().mean().sqrt())

    with torch.inference_mode():
        kaiming, usual = spread(conv.start), spread(lambda layer: layer)
    assert 0.2 < kaiming < 1.5  # less than 1 because of the padding
    assert usual < 0.01


@pytest.mark.parametrize("head", [None, "own"])
def test_a_small_convnet_gives_a_number_for_each_class(head):
    made = (
        None
        if head is None
        else lambda features: nn.Sequential(
            nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(features, 7)
        )
    )
    net = conv.ConvNet(3, 7, (8, 16, 24), head=made)
    assert net(torch.randn(2, 3, 20, 17)).shape == (2, 7)
    assert net.body(torch.randn(2, 3, 20, 16)).shape == (2, 24, 10, 8)
    assert net.features == 24


def test_it_can_begin_with_a_stride_of_its_own():
    net = conv.ConvNet(1, 2, (4, 4), strides=(2, 2))
    assert net.body(torch.randn(1, 1, 28, 28)).shape[2:] == (7, 7)


def test_a_deep_head_has_hidden_numbers_and_dropout():
    head = conv.concat_head(6, 4, hidden=5, dropout=0.5)
    assert head(torch.randn(3, 6, 2, 2)).shape == (3, 4)
    assert [m.p for m in head.modules() if isinstance(m, nn.Dropout)] == [0.25, 0.5]


def test_outputs_are_told_in_the_units_of_the_target():
    ends = conv.Outputs([10.0, 20.0], [2.0, 3.0], single=False)
    assert ends(torch.ones(4, 2)).tolist() == [[12, 23]] * 4
    assert conv.Outputs([10.0], [2.0], single=True)(torch.ones(4, 1)).tolist() == [12] * 4


def test_the_numbers_of_a_patch_stand_as_those_of_a_filter():
    x = torch.arange(2 * 3 * 4).reshape(1, 2, 3, 4)
    rows = conv.patches(x, (2, 2))
    assert rows.shape == (1, 6, 8)
    assert np.array_equal(rows[0, 4].reshape(2, 2, 2), x[0, :, 1:3, 1:3])
