"Targets of five kinds: inferred, encoded, decoded, weighed; and what is refused."

import numpy as np
import polars as pl
import pytest

from entable.data.table import Table
from entable.errors import BadInput, UnknownName

X = list(range(8))


def fitted(values, **settings):
    return Table.fit({"x": X, "y": values}, "y", **settings).target


def encoded(values, **settings):
    return Table.fit({"x": X, "y": values}, "y", **settings).apply({"x": X, "y": values}).target


def test_kinds_are_inferred():
    assert fitted([0, 1] * 4).kind == "binary"
    assert fitted([True, False] * 4).kind == "binary"
    assert fitted(["no", "yes"] * 4).kind == "binary"
    assert fitted(["a", "b", "c", "d"] * 2).kind == "classes"
    assert fitted([1, 2, 3, 4] * 2).kind == "number"
    assert fitted([1, 2, 3, 4] * 2, kind="classes").kind == "classes"
    assert fitted([0.5, 1.5] * 4).kind == "number"


def test_numbers_stay_numbers():
    target = fitted([2.0, 4, 8, 16, 2, 4, 8, 16])
    assert target.seen == (2, 16)
    assert target.center.tolist() == [7.5]
    assert encoded([2.0, 4] * 4).dtype == np.float32
    assert target.decode(np.array([3.5])).tolist() == [3.5]
    assert target.outputs == 1


def test_a_logarithm_is_taken_and_undone():
    values = [2.0, 4, 8, 16, 2, 4, 8, 16]
    target = fitted(values, log=True)
    codes = encoded(values, log=True)
    np.testing.assert_allclose(codes, np.log(values), rtol=1e-6)
    np.testing.assert_allclose(target.decode(codes), values, rtol=1e-6)
    assert target.center[0] == pytest.approx(np.log(values).mean())


def test_with_zeros_one_is_added_under_the_logarithm():
    values = [0.0, 4, 8, 16] * 2
    target = fitted(values, log=True)
    assert target.offset == 1
    np.testing.assert_allclose(encoded(values, log=True), np.log1p(values), rtol=1e-6)
    np.testing.assert_allclose(target.decode(encoded(values, log=True)), values, atol=1e-5)
    with pytest.raises(BadInput, match=r"'y', row 2: -1 has no logarithm.*log=False"):
        fitted([4.0, -1, 3, 2] * 2, log=True)


def test_a_range_is_kept():
    target = fitted([1, 2, 3, 4] * 2, range=(0, 5))
    assert target.range == (0, 5)
    assert target.decode(np.array([-1.0, 2, 9])).tolist() == [0, 2, 5]
    with pytest.raises(BadInput, match="row 4: 4 is outside the range 0 to 3"):
        fitted([1, 2, 3, 4] * 2, range=(0, 3))
    with pytest.raises(BadInput, match=r"wanted \(lowest, highest\)"):
        fitted([1, 2, 3, 4] * 2, range=(3, 0))


def test_of_two_classes_the_second_in_order_is_1():
    target = fitted(["yes", "no"] * 4)
    assert target.classes.names.tolist() == ["no", "yes"]
    assert encoded(["yes", "no"] * 4).tolist() == [1, 0] * 4
    assert target.decode(np.array([-0.1, 3])).tolist() == ["no", "yes"]
    np.testing.assert_allclose(target.probabilities(np.array([0, np.log(3)])), [0.5, 0.75])
    assert target.outputs == 1
    assert fitted([5, 2] * 4).classes.names.tolist() == [2, 5]


def test_classes_are_sorted_and_their_scores_become_probabilities():
    values = ["c", "a", "b", "d"] * 2
    target = fitted(values)
    assert target.classes.names.tolist() == ["a", "b", "c", "d"]
    codes = encoded(values)
    assert codes.dtype == np.int64
    assert codes.tolist() == [2, 0, 1, 3] * 2
    assert target.decode(np.array([[0, 0, 9, 1.0], [5, 0, 0, 0]])).tolist() == ["c", "a"]
    found = target.probabilities(np.log([[1, 2, 3, 4.0]]) + 1000)
    np.testing.assert_allclose(found, [[0.1, 0.2, 0.3, 0.4]])
    assert target.outputs == 4
    assert target.counts.tolist() == [2, 2, 2, 2]


def test_several_targets():
    frame = {"x": X, "a": [0, 1] * 4, "b": [1, 1] * 4, "c": [0.5, 2.5] * 4}
    labels = Table.fit(frame, ["a", "b"])
    assert labels.target.kind == "labels"
    assert labels.apply(frame).target.tolist() == [[0, 1], [1, 1]] * 4
    assert labels.target.decode(np.array([[-1, 2.0]])).tolist() == [[False, True]]
    assert labels.target.counts.tolist() == [4, 8]
    numbers = Table.fit({**frame, "b": [3.0, 1] * 4}, ["c", "b"], log=True)
    assert numbers.target.kind == "numbers"
    codes = numbers.apply({**frame, "b": [3.0, 1] * 4}).target
    np.testing.assert_allclose(codes, np.log([[0.5, 3], [2.5, 1]] * 4), rtol=1e-6)
    assert [n.name for n in numbers.target.numbers] == ["c", "b"]


def test_weights_of_rows_and_classes_multiply():
    frame = {"x": X, "y": ["a"] * 6 + ["b"] * 2, "w": [1, 2, 1, 1, 1, 1, 3, 1]}
    balanced = Table.fit(frame, "y", weights="w", class_weights="balanced")
    np.testing.assert_allclose(balanced.target.balance, [8 / 12, 8 / 4])
    wanted = np.array(frame["w"]) * ([8 / 12] * 6 + [2] * 2)
    np.testing.assert_allclose(balanced.apply(frame).weights, wanted, rtol=1e-6)
    given = Table.fit(frame, "y", class_weights={"b": 5}, ignore=["w"])
    assert given.apply(frame).weights.tolist() == [1] * 6 + [5] * 2
    plain = Table.fit(frame, "y", weights="w")
    assert plain.apply(frame).weights.tolist() == frame["w"]
    assert plain.apply({"x": X, "y": frame["y"]}).weights is None  # not known then
    assert "w" not in plain.columns


@pytest.mark.parametrize(
    ("weights", "words"),
    [([1, -1], "row 2: -1 came"), ([None, 1], "row 1: none came"), ([1, float("inf")], "row 2")],
)
def test_weights_that_are_none_are_refused(weights, words):
    with pytest.raises(BadInput, match=words):
        Table.fit({"x": X, "y": [1, 2, 3, 4] * 2, "w": weights * 4}, "y", weights="w")


@pytest.mark.parametrize(
    ("weights", "error", "words"),
    [
        ("even", BadInput, "wanted 'balanced'"),
        ({"c": 1.0}, UnknownName, "no y is named 'c'"),
        ({"a": -1.0}, BadInput, "'a' has the weight -1"),
    ],
)
def test_class_weights_that_are_none_are_refused(weights, error, words):
    with pytest.raises(error, match=words):
        fitted(["a", "b"] * 4, class_weights=weights)
    with pytest.raises(BadInput, match="is for classes"):
        fitted([1, 2, 3, 4] * 2, class_weights="balanced")


def test_a_label_that_training_had_not_is_an_error_with_the_label():
    table = Table.fit({"x": X, "y": ["a", "b", "c", "d"] * 2}, "y")
    with pytest.raises(BadInput, match=r"'y', row 2: 'e' is no class of training, which had 'a'"):
        table.apply({"x": [1, 2], "y": ["a", "e"]})
    assert table.apply({"x": [1, 2], "y": ["a", "e"]}, target=False).target is None


def test_no_target_or_one_that_says_nothing():
    with pytest.raises(BadInput, match=r"no column 'Sale'; nearest: 'Sales'"):
        Table.fit({"x": X, "Sales": X}, "Sale")
    with pytest.raises(BadInput, match=r"'y' is missing in 2 rows, first row 2"):
        fitted([1.0, None, 2, 3] * 2)
    with pytest.raises(BadInput, match=r"'y' is missing in 2 rows, first row 1"):
        fitted([float("nan"), 1, 2, 3] * 2)
    with pytest.raises(BadInput, match="'y' is 7 in every row"):
        fitted([7] * 8)
    with pytest.raises(BadInput, match="'y' has 4 values; binary has two"):
        fitted(["a", "b", "c", "d"] * 2, kind="binary")
    with pytest.raises(BadInput, match="a target is number, binary"):
        fitted([1, 2] * 4, kind="regression")
    with pytest.raises(BadInput, match="not of 0 and 1"):
        Table.fit({"x": X, "a": X, "b": [0, 1] * 4}, ["a", "b"], kind="labels")
    with pytest.raises(BadInput, match="labels or numbers, not classes"):
        Table.fit({"x": X, "a": X, "b": [0, 1] * 4}, ["a", "b"], kind="classes")
    with pytest.raises(BadInput, match="are for numbers; the target y is binary"):
        fitted(["a", "b"] * 4, log=True)
    with pytest.raises(BadInput, match="has no probabilities"):
        fitted([1, 2, 3, 4] * 2).probabilities(np.zeros(2))


def test_the_target_is_encoded_where_it_is_there():
    frame = pl.DataFrame({"x": X, "y": [1.0, 2, 3, 4] * 2})
    table = Table.fit(frame, "y")
    assert table.apply(frame.drop("y")).target is None
    assert table.apply(frame.with_columns(y=None)).target is None
    with pytest.raises(BadInput, match="no column 'y'"):
        table.apply(frame.drop("y"), target=True)
    half = frame.with_columns(pl.when(pl.col("x") > 3).then("y").alias("y"))
    with pytest.raises(BadInput, match="missing in 4 rows"):
        table.apply(half)
    bare = Table.fit(frame)
    assert bare.target is None
    with pytest.raises(BadInput, match="fitted without a target"):
        bare.apply(frame, target=True)
