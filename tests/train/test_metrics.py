"Metrics against their formulas, and their names."

import pytest
import torch

from entable.errors import BadInput
from entable.train.metrics import accuracy, mae, named, rmse, whole


def test_formulas():
    pred, y = torch.tensor([1.0, 2.0, 4.0]), torch.tensor([1.0, 4.0, 3.0])
    assert float(mae(pred, y)) == pytest.approx(1.0)
    assert float(rmse(pred, y)) == pytest.approx((5 / 3) ** 0.5)
    scores = torch.tensor([[1.0, 2], [3, 1], [0, 5]])
    assert float(accuracy(scores, torch.tensor([1, 0, 0]))) == pytest.approx(2 / 3)
    assert float(accuracy(torch.tensor([1.0, -1, 2]), torch.tensor([1.0, 1, 1]))) == pytest.approx(
        2 / 3
    )


def test_a_root_of_large_numbers_is_exact():
    y = torch.full((1000,), 1e8, dtype=torch.float64)
    assert float(rmse(y + 1, y)) == pytest.approx(1.0)


def test_names_are_their_own_or_those_given():
    class MyMetric:
        def __call__(self, pred, y):
            return 0.0

    assert list(named([accuracy, rmse, torch.nn.L1Loss(), MyMetric()])) == [
        "accuracy", "rmse", "l1_loss", "my_metric",
    ]  # fmt: skip
    assert named({"error": mae}) == {"error": mae}


def test_some_are_asked_of_all_rows_at_once():
    def spread(pred, y):
        return (pred - y).std()

    assert named([whole(spread)])["spread"].function is spread
    assert whole(spread)(torch.tensor([1.0, 3.0]), torch.zeros(2)) == pytest.approx(2**0.5)


def test_names_that_hide_each_other_are_refused():
    for wrong in ([mae, mae], {"valid_loss": mae}, [accuracy, lambda p, y: 0, lambda p, y: 1]):
        with pytest.raises(BadInput, match="give them as a dict"):
            named(wrong)
