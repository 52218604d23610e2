"Batches of sequences of different lengths."

import numpy as np
import pytest

from entable.data.text import Sequences
from entable.errors import BadInput
from entable.testing import check_batches
from entable.train.padded import Padded


@pytest.fixture
def some():
    rng = np.random.default_rng(0)
    return Sequences.of(["ab" * rng.integers(1, 40) for _ in range(700)])


def test_every_row_comes_once_with_its_target(some):
    y = some.lengths
    for shuffle in (True, False):
        batches = list(Padded(some, y, 16, shuffle=shuffle).epoch(3))
        assert sum(len(codes) for codes, _, _ in batches) == 700
        for codes, lengths, target in batches:
            assert (lengths == target).all()
            assert codes.shape[1] == lengths.max()
            assert ((codes == 1).sum(1) == codes.shape[1] - lengths).all()


def test_rows_of_like_length_lie_together(some):
    def padding(batches):
        return sum(float((codes == 1).sum()) for codes, _, _ in batches)

    batches = Padded(some, some.lengths, 16)
    assert padding(batches.epoch(0)) < 0.3 * padding(batches.in_order().epoch(0))


def test_not_shuffled_they_come_as_they_stand(some):
    batches = Padded(some, np.arange(700), 16, at=[5, 3, 600]).in_order()
    assert [row for _, _, y in batches for row in y.tolist()] == [5, 3, 600]


def test_it_keeps_the_contract_of_batches(some):
    alike = Sequences.of([f"{n:04}" for n in range(300)])  # padding is no part of a row
    check_batches(Padded(alike, np.arange(300), 16))
    once, rest = (list(Padded(some, some.lengths, 16).epoch(3, a)) for a in (0, 9))
    assert [y.tolist() for _, _, y in once[9:]] == [y.tolist() for _, _, y in rest]


def test_a_last_row_is_not_alone(some):
    found = [len(y) for _, _, y in Padded(some, some.lengths, 16, at=range(33), shuffle=False)]
    assert found == [16, 17]


def test_what_does_not_fit_is_refused(some):
    with pytest.raises(BadInput, match="3 targets came for 700 sequences"):
        Padded(some, [1, 2, 3])
    with pytest.raises(BadInput, match="no rows"):
        Padded(some, some.lengths, at=[])
    assert "700 sequences" in repr(Padded(some, some.lengths))
