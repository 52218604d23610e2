"Confusions: counts, what is told of classes, and the picture."

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support

from entable.errors import BadInput
from entable.interpret.confusion import confuse

PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


@settings(max_examples=30, deadline=None)
@given(PAIRS)
def test_counts_and_scores_are_those_of_another_library(pairs):
    truth, said = np.array(pairs).T
    found = confuse(truth, said, "abcd")
    np.testing.assert_array_equal(found.counts, confusion_matrix(truth, said, labels=range(4)))
    want = precision_recall_fscore_support(truth, said, labels=range(4), zero_division=np.nan)
    for column, values in zip(("precision", "recall"), want, strict=False):
        np.testing.assert_allclose(found.classes[column], values)
    assert found.table["count"].sum() == (truth != said).sum()
    assert found.table["count"].to_list() == sorted(found.table["count"], reverse=True)


def test_the_most_frequent_mistake_comes_first():
    found = confuse([0, 0, 0, 1, 1, 2], [1, 1, 0, 1, 0, 2], ["cat", "dog", "eel"])
    assert found.title == "3 of 6 are right (50.00%)"
    assert found.table.rows() == [("cat", "dog", 2, 2 / 3), ("dog", "cat", 1, 0.5)]
    assert found.classes.row(2) == ("eel", 1, 1.0, 1.0, 1.0)
    assert found.notes == ()
    assert "cat" in str(found)


def test_classes_that_do_not_come_up_are_said():
    found = confuse([0, 0, 1], [0, 0, 0], ["cat", "dog", "eel"])
    assert found.notes == (
        "1 of 3 classes did not come up: eel.",
        "1 of 3 classes were never answered: dog.",
    )
    assert np.isnan(found.classes["recall"][2])
    assert confuse([], [], "ab").title == "Nothing was judged"


def test_what_is_no_class_is_refused():
    with pytest.raises(BadInput, match="classes from 0 to 2 came; there are 2"):
        confuse([0, 2], [0, 1], "ab")
    with pytest.raises(BadInput, match="true classes"):
        confuse([0, 1], [0], "ab")


@pytest.mark.parametrize("many", [2, 5, 20, 40])
def test_each_pair_that_came_up_is_a_cell(many):
    rng = np.random.default_rng(0)
    truth = rng.integers(0, many, 300)
    found = confuse(truth, (truth + (rng.random(300) < 0.2)) % many, [f"c{k}" for k in range(many)])
    ax = found.plot()
    assert len(ax.patches) == np.count_nonzero(found.counts)
    assert len(ax.texts) == (len(ax.patches) if many <= 16 else 0)
    assert len(ax.get_xticks()) == (many if many <= 30 else 0)
