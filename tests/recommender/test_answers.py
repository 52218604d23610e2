"Frames come back in the kind that came in."

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from entable.errors import BadInput

WHO, WHAT = ["u1", "nobody", "u2"], [100, 101, 999]
ASKED = pl.DataFrame({"user": WHO, "item": WHAT, "note": ["a", "b", "c"]})
KINDS = {
    "polars": (ASKED, pl.DataFrame),
    "lazy": (ASKED.lazy(), pl.DataFrame),
    "pandas": (pd.DataFrame({"user": WHO, "item": WHAT}), pd.DataFrame),
    "arrow": (ASKED.to_arrow(), pa.Table),
}


def as_polars(frame):
    return frame if isinstance(frame, pl.DataFrame) else pl.DataFrame(frame)


@pytest.mark.parametrize("kind", KINDS)
def test_a_frame_of_pairs_gives_a_frame_of_its_kind(model, kind):
    frame, wanted = KINDS[kind]
    found = model.predict(frame, details=True)
    assert isinstance(found, wanted)
    want = model.predict(WHO, WHAT, details=True)
    assert as_polars(found).to_dict(as_series=False) == want.to_dict(as_series=False)
    assert model.predict(frame).tolist() == model.predict(WHO, WHAT).tolist()


def test_a_duckdb_relation_gives_a_relation(model):
    arrow = ASKED.to_arrow()  # noqa: F841  read by name
    found = model.predict(duckdb.sql("select * from arrow"), details=True)
    assert isinstance(found, duckdb.DuckDBPyRelation)
    assert len(found.fetchall()) == 3


@pytest.mark.parametrize(
    "make", [pl.Series, pd.Series, pa.array], ids=["polars", "pandas", "arrow"]
)
def test_a_column_of_users_gives_a_frame_of_its_kind(model, make):
    found = model.recommend(make(["u1", "u2"]), n=2)
    assert type(found).__module__.partition(".")[0] == make.__module__.partition(".")[0]
    want = model.recommend(["u1", "u2"], n=2)
    assert as_polars(found)["item"].to_list() == want["item"].to_list()


def test_columns_of_two_libraries_meet(model):
    got = model.predict(pd.Series(WHO), pl.Series(WHAT))
    assert got.tolist() == model.predict(np.array(WHO), np.array(WHAT)).tolist()
    assert got.tolist() == model.predict(iter(WHO), tuple(WHAT)).tolist()


def test_a_frame_of_one_column_needs_no_name_and_of_several_does(model):
    found = model.recommend(pl.DataFrame({"anything": ["u1"]}), n=1)
    assert len(found) == 1
    with pytest.raises(BadInput, match="a column 'user' was wanted; the frame has 'a', 'b'"):
        model.recommend(pl.DataFrame({"a": ["u1"], "b": [1]}))
    with pytest.raises(BadInput, match="a column 'item' was wanted"):
        model.predict(pl.DataFrame({"user": ["u1"], "film": [1]}))
    with pytest.raises(BadInput, match="a column 'item' was wanted; the frame has 'user'"):
        model.predict(pl.DataFrame({"user": ["u1"]}))


def test_names_of_mixed_type_are_echoed_as_text(model):
    found = model.predict(["u1", 7], [100, 100], details=True)
    assert found["user"].to_list() == ["u1", "7"]
    assert found["known_user"].to_list() == [True, False]


def test_a_pandas_frame_keeps_titles_that_are_missing(model):
    found = model.recommend(pd.Series(["u1"]), seen=True, n=9)
    assert found["label"].isna().sum() == 1
