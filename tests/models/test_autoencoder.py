"Noise that only moves what it says, and losses that are their formulas."

import math

import pytest
import torch
from torch import nn

from entable.models.autoencoder import Autoencoder, Mask, Swap

N = 4000
CODES = torch.randint(2, 6, (N, 2), generator=torch.Generator().manual_seed(0))
NUMBERS = torch.arange(N, dtype=torch.float32)[:, None]
GONE = NUMBERS % 10 == 0


def test_swapped_cells_come_from_the_same_column():
    spoilt = Swap(0.25)(CODES, NUMBERS, GONE)
    moved = spoilt.numbers != NUMBERS
    assert moved.float().mean() == pytest.approx(0.25, abs=0.03)
    assert torch.isin(spoilt.numbers, NUMBERS).all()
    assert (spoilt.missing == (spoilt.numbers % 10 == 0)).all()  # a gap goes with its number
    changed = (spoilt.codes != CODES).float().mean(0)  # one in four swaps brings the same level
    assert changed.tolist() == pytest.approx([0.1875, 0.1875], abs=0.03)
    assert spoilt.asked.all()
    assert spoilt.asked.shape == (N, 3)


def test_masked_cells_are_as_if_unseen_or_missing_and_are_asked_for():
    spoilt = Mask(0.3)(CODES, NUMBERS + 1, GONE)
    assert spoilt.asked.float().mean(0).tolist() == pytest.approx([0.3] * 3, abs=0.03)
    hidden = spoilt.asked
    assert (spoilt.codes == CODES.masked_fill(hidden[:, :2], 0)).all()
    assert (spoilt.numbers == (NUMBERS + 1).masked_fill(hidden[:, 2:], 0)).all()
    assert (spoilt.missing == (GONE | hidden[:, 2:])).all()


class Given(nn.Module):
    "A net that says the same of every row."

    def __init__(self, out):
        super().__init__()
        self.out = nn.Parameter(torch.tensor(out))

    def forward(self, codes, numbers, missing):
        return self.out.expand(len(codes), -1)


def test_the_loss_is_how_wrong_cells_are_in_their_own_units():
    out = [0.0, 0.0, 1.0, 2.0, 0.5]  # four levels and a number
    codes = torch.tensor([[3], [2], [1]])
    numbers, gone = torch.tensor([[2.5], [0.0], [1.5]]), torch.tensor([[False], [True], [False]])
    found = Autoencoder(Given(out), [4], Swap(0.0))(codes, numbers, gone)
    total = math.log(2 + math.e + math.e**2)
    entropy = [(total - out[k]) / math.log(4) for k in (3, 2)]
    want = [(entropy[0] + 4.0) / 2, entropy[1], 1.0]  # what is missing is not asked for
    assert found.tolist() == pytest.approx(want, rel=1e-5)


def test_where_nothing_is_asked_nothing_is_wrong():
    found = Autoencoder(Given([0.0] * 5), [4], Mask(0.0))(CODES[:, :1] - 2, NUMBERS, GONE)
    assert not found.any()
