"A table model judged and read: what comes back says what the scorer says."

import numpy as np
import polars as pl
import pytest

from entable.errors import BadInput


def test_scores_stand_beside_those_of_one_answer_for_all(model, frame):
    made = model("sold")
    found = made.evaluate(frame)
    error = made.predict(frame) - frame["sold"].to_numpy()
    assert found["rmse"] == pytest.approx(np.sqrt((error**2).mean()))
    assert found.baseline["mae"] == pytest.approx(np.abs(frame["sold"] - 3.5).mean())
    assert found.table["predictor"].to_list() == ["model", "always the same"]
    assert found.n == 6
    assert f"rmse {found['rmse']:.4g}" in str(found)


def test_rows_may_be_encoded_if_they_kept_their_target(model, frame):
    made = model("back")
    rows = made.table.apply(frame, True)
    assert made.evaluate(rows, "auc").scores == made.evaluate(frame, "auc").scores
    with pytest.raises(BadInput, match="without their target 'back'"):
        made.evaluate(made.table.apply(frame, False))


def test_levels_that_were_not_learnt_are_counted(model, frame):
    changed = frame.with_columns(city=pl.Series(["Ulm", *frame["city"][1:]]))
    found = model().evaluate(changed)
    assert found.unseen == 1
    assert found.notes == ("1 rows hold a level that was not learnt.",)


@pytest.mark.parametrize("target", ["sold", "back", "grade"])
@pytest.mark.parametrize("nets", [1, 2])
def test_every_answer_is_there_for_every_target(model, frame, target, nets):
    made = model(target, nets)
    assert set(made.importance(frame, repeats=2).table["column"]) == {"city", "day", "x"}
    assert len(made.partial(frame, "x").table) == 5
    assert made.partial(frame, ["city", "day"]).mean.shape == (4, 3)
    assert made.partial(frame, "city", by="day").groups == ("1", "2", "3")
    assert len(made.worst(frame, 3).table) == 3
    for answer in (made.evaluate(frame), made.worst(frame), made.partial(frame, "city")):
        assert answer.plot().get_title("left")


def test_reading_a_file_is_reading_its_frame(model, frame, tmp_path):
    made = model("sold")
    frame.write_csv(tmp_path / "rows.csv")
    path = tmp_path / "rows.csv"
    assert made.evaluate(path).scores == pytest.approx(made.evaluate(frame).scores)
    np.testing.assert_allclose(made.partial(path, "x").mean, made.partial(frame, "x").mean)
    assert made.worst(path).at.tolist() == made.worst(frame).at.tolist()


def test_what_cannot_be_read_says_why(model, frame):
    made = model()
    with pytest.raises(BadInput, match="the frame they were made of was wanted"):
        made.partial(made.table.apply(frame), "x")
    with pytest.raises(BadInput, match="nearest: 'city'"):
        made.partial(frame, "x", by="cty")
    with pytest.raises(BadInput, match="no rows came"):
        made.partial(frame.clear(), "x")


@pytest.mark.parametrize("balance", [None, "balanced"])
def test_rows_count_by_the_weights_that_the_table_was_fitted_with(model, frame, balance):
    weighted = frame.with_columns(w=pl.Series([1.0, 2.0, 0.0, 3.0, 1.0, 0.0]))
    made = model("back", class_weights=balance, weights="w", frame=weighted)
    found = made.evaluate(weighted)
    often = pl.concat(
        [weighted[k : k + 1] for k, n in enumerate([1, 2, 0, 3, 1, 0]) for _ in range(n)]
    ).with_columns(w=1.0)
    assert found.scores == pytest.approx(made.evaluate(often).scores)
    assert found.baseline == pytest.approx(made.evaluate(often).baseline)
    assert found.n == 6
    assert "Rows count by their weight 'w'." in str(found)
    plain = made.evaluate(weighted.drop("w"))
    assert plain.notes == ("Rows count alike, for no other weights 'w' came.",)
    with pytest.raises(BadInput, match="0 in all 6 rows"):
        made.evaluate(weighted.with_columns(w=0.0))
