"Our own cells in a loop beside torch's layers with the same weights."

import pytest
import torch
from torch import nn

from entable.models.cells import GRUCell, Loop, LSTMCell, RNNCell

PAIRS = [(RNNCell, nn.RNN), (GRUCell, nn.GRU), (LSTMCell, nn.LSTM)]


@pytest.fixture(params=PAIRS, ids=["rnn", "gru", "lstm"])
def pair(request):
    "Our loop and torch's layer with its weights."
    ours, theirs = request.param
    torch.manual_seed(0)
    layer = theirs(5, 7, batch_first=True)
    loop = Loop(ours(5, 7))
    loop.cell.load_state_dict({n.removesuffix("_l0"): p for n, p in layer.state_dict().items()})
    return loop, layer


def test_the_loop_gives_what_torch_gives(pair):
    loop, layer = pair
    x = torch.randn(3, 11, 5)
    shown, state = loop(x)
    want, last = layer(x)
    torch.testing.assert_close(shown, want, rtol=0, atol=1e-6)
    last = last if isinstance(last, tuple) else (last,)
    for ours, theirs in zip(state, last, strict=True):
        torch.testing.assert_close(ours, theirs[0], rtol=0, atol=1e-6)


def test_the_gradients_are_the_same(pair):
    loop, layer = pair
    x = torch.randn(2, 9, 5)
    loop(x)[0].square().sum().backward()
    layer(x)[0].square().sum().backward()
    for name, p in loop.cell.named_parameters():
        theirs = getattr(layer, f"{name}_l0").grad
        torch.testing.assert_close(p.grad, theirs, rtol=1e-4, atol=1e-6)


def test_a_text_read_in_two_parts_is_the_whole(pair):
    loop, _ = pair
    x = torch.randn(2, 8, 5)
    first, state = loop(x[:, :3])
    rest, _ = loop(x[:, 3:], state)
    torch.testing.assert_close(torch.cat([first, rest], 1), loop(x)[0])


def test_a_cell_is_torchs_cell():
    torch.manual_seed(0)
    ours, theirs = LSTMCell(4, 6), nn.LSTMCell(4, 6)
    ours.load_state_dict(theirs.state_dict())
    x, h, c = torch.randn(3, 4), torch.randn(3, 6), torch.randn(3, 6)
    for a, b in zip(ours(x, (h, c)), theirs(x, (h, c)), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-6)


def test_another_bend():
    loop = Loop(RNNCell(2, 3, torch.relu))
    assert (loop(torch.randn(2, 4, 2))[0] >= 0).all()
