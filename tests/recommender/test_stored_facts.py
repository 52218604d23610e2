"Facts of any type go into the model file and come back."

from dataclasses import replace
from datetime import date, datetime

import polars as pl
from polars.testing import assert_frame_equal

from entable import load


def with_user_facts(model, facts):
    return replace(model, users=replace(model.users, facts=facts))


def test_facts_of_every_type_come_back(made, tmp_path):
    facts = pl.DataFrame(
        {
            "int": [1, None],
            "float": [0.5, float("nan")],
            "bool": [None, True],
            "text": ["", None],
            "date": [date(1, 1, 1), None],
            "time": [datetime(2020, 1, 2, 3, 4, 5, 678), None],
            "nothing": pl.Series([None, None], dtype=pl.String),
        }
    )
    model = with_user_facts(made(users=2, items=3), facts)
    loaded = load(model.save(tmp_path / "m.entable"))
    assert_frame_equal(loaded.users.facts, facts)


def test_facts_of_other_types_become_the_nearest_that_is_stored(made, tmp_path):
    facts = pl.DataFrame(
        {
            "list": [["a", "b"], None],
            "category": pl.Series(["x", "y"], dtype=pl.Categorical),
            "numbers": [[1, 2], [3]],
            "short": pl.Series([1, 2], dtype=pl.UInt8),
            "far": pl.Series([2**31 - 1, 0], dtype=pl.Int32).cast(pl.Date),
        }
    )
    model = with_user_facts(made(users=2, items=3), facts)
    loaded = load(model.save(tmp_path / "m.entable"))
    assert loaded.users.facts.to_dict(as_series=False) == {
        "list": ["a|b", None],
        "category": ["x", "y"],
        "numbers": ["[1, 2]", "[3]"],
        "short": [1, 2],
        "far": [None, date(1970, 1, 1)],
    }
