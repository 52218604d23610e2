"TableModel: answers as people read them, features for other models, vectors by name."

import numpy as np
import pandas as pd
import polars as pl
import pytest

from entable.errors import BadInput
from entable.tablemodel import TableModel


def test_numbers_are_answered_in_their_units(model, frame):
    plain, logged = model("sold"), model("sold", log=True)
    rows = plain.table.apply(frame)
    raw = plain.scorer(rows.codes, rows.numbers, rows.missing)
    np.testing.assert_array_equal(plain.raw(frame), raw)
    np.testing.assert_array_equal(plain.predict(frame), raw)
    np.testing.assert_allclose(logged.predict(frame), np.exp(logged.raw(frame)))


def test_classes_are_answered_by_name(model, frame):
    two, three = model("back"), model("grade")
    assert two.predict(frame).tolist() == [["no", "yes"][int(k > 0)] for k in two.raw(frame)]
    chances = two.probabilities(frame)
    np.testing.assert_allclose(chances[:, 1], 1 / (1 + np.exp(-two.raw(frame))))
    assert three.class_names == ["high", "low", "mid"]
    at = three.probabilities(frame).argmax(1)
    assert three.predict(frame).tolist() == [three.class_names[k] for k in at]
    with pytest.raises(BadInput, match="no probabilities"):
        model("sold").probabilities(frame)


def test_details_tell_what_an_answer_stands_on(model, frame):
    new = frame.with_columns(
        city=pl.Series(["Aachen", "Ulm", None, "Ulm", "Bonn", "Bonn"]),
        day=pl.Series([1, 2, 3, 9, 1, 1]),
    )
    told = model("grade").predict(new, details=True)
    assert told["unseen"].to_list() == [0, 1, 0, 2, 0, 0]
    assert told["missing"].to_list() == [0, 0, 2, 0, 0, 0]
    assert told.columns[:4] == ["predicted", "chance of high", "chance of low", "chance of mid"]
    assert model("sold").predict(new, details=True).columns == ["predicted", "unseen", "missing"]


@pytest.mark.parametrize("kind", [pl.DataFrame, pd.DataFrame])
def test_frames_come_back_as_they_went_in(model, frame, kind):
    given = frame if kind is pl.DataFrame else frame.to_pandas()
    made = model("back")
    for found in (made.predict(given, details=True), made.encode(given)):
        assert type(found) is kind
        assert len(found) == len(frame)
    assert made.predict(given).tolist() == made.predict(frame).tolist()


def test_rows_that_are_encoded_already_are_taken(model, frame):
    made = model("back")
    rows = made.table.apply(frame)
    assert made.predict(rows).tolist() == made.predict(frame).tolist()
    assert made.encode(rows).equals(made.encode(frame))


def test_the_target_need_not_be_there_and_is_not_looked_at(model, frame):
    made = model("back")
    odd = frame.with_columns(back=pl.lit("perhaps"))
    assert made.predict(frame.drop("back")).tolist() == made.predict(odd).tolist()


def test_features_are_the_vectors_and_the_numbers(model, frame):
    made = model("sold")
    found = made.encode(frame)
    assert found.columns == ["city_1", "city_2", "day_1", "day_2", "day_3", "x", "x_missing"]
    city = made.embeddings["city"]
    np.testing.assert_array_equal(found[0, "city_1"], city["Aachen"][0])
    np.testing.assert_array_equal(found[3, "city_2"], made.scorer.tables[0][1, 1])  # missing
    assert found["x_missing"].to_list() == [0, 0, 1, 0, 0, 0]
    assert made.encode(frame, numbers=False).columns == found.columns[:5]


def test_vectors_are_found_by_name(model):
    city = model("sold").embeddings["city"]
    assert city.names.tolist() == ["Aachen", "Bonn", "Celle"]
    assert city.counts.tolist() == [2, 2, 1]
    assert city.vocab.kind == "city"
    frame = city.to_frame()
    assert frame.columns == ["city", "city_1", "city_2"]
    np.testing.assert_array_equal(frame[1, "city_2"], city["Bonn"][1])
    day = model("sold").embeddings["day"]
    assert day.to_frame()["day"].to_list() == [1, 2, 3]


def test_several_nets_answer_together(model, frame):
    both, made = model("sold", nets=2), model("sold")
    assert both.activations(frame).shape == (6, 16)
    assert made.activations(frame).shape == (6, 8)
    np.testing.assert_array_equal(both.activations(frame)[:, :8], made.activations(frame))
    np.testing.assert_array_equal(both.embeddings["city"].vectors, made.embeddings["city"].vectors)


def test_it_tells_what_it_is(model):
    info = model("grade").info
    assert info["target"] == "grade"
    assert info["categories"] == {"city": 5, "day": 5}
    assert repr(model("grade")) == "TableModel of grade (classes): a net of 2 hidden layers"
    assert "2 nets" in repr(model("grade", nets=2))


def test_a_net_of_another_table_is_refused(model, table):
    made = model("sold")
    with pytest.raises(BadInput, match="not one of this table"):
        TableModel(table("sold", min_count=2), made.scorer)
    with pytest.raises(BadInput, match="1 outputs"):
        TableModel(table("grade"), made.scorer)


def test_without_a_target_it_makes_features_only(model, table, frame):
    made = model("sold")
    blind = TableModel(table(None), made.scorer)
    assert blind.encode(frame).equals(made.encode(frame))
    assert blind.info["target"] is None
    assert repr(blind).startswith("TableModel without a target")
    with pytest.raises(BadInput, match="no target, so nothing can be predicted"):
        blind.predict(frame)
