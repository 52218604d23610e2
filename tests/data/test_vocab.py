"Names to rows and back: strict in type, stable in order, nothing lost."

import datetime as dt
import pickle
import subprocess
import sys
import uuid

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.vocab import Vocab
from entable.errors import BadInput, BadModelFile, UnknownName

NAMES = {
    "int": st.integers(-(2**63), 2**63 - 1),
    "str": st.text(),
    "bool": st.booleans(),
    "date": st.dates(),
    "datetime": st.datetimes(),
    "uuid": st.uuids(),
    "float": st.integers(-(2**40), 2**40).map(lambda k: k / 2 + 0.25),
}


def by_hand(values):
    "The slow twin: a dict that grows."
    known: dict = {}
    rows = [1 if v is None else known.setdefault(v, len(known) + 2) for v in values]
    return list(known), rows


@pytest.mark.parametrize("dtype", NAMES)
@given(data=st.data())
def test_encoding_is_what_a_growing_dict_says(dtype, data):
    values = data.draw(st.lists(st.none() | NAMES[dtype]))
    names, rows = by_hand(values)
    vocab, found = Vocab.encode(values, "user")
    assert found.tolist() == rows
    assert found.dtype == np.int32
    assert vocab.dtype == (dtype if names else "str")
    assert [vocab._name(p) for p in range(len(vocab))] == names
    assert vocab.rows(values).tolist() == rows
    assert [vocab.position(name) for name in names] == list(range(len(names)))
    assert all(name in vocab for name in names)


@pytest.mark.parametrize("dtype", NAMES)
@given(data=st.data())
def test_arrays_give_the_same_vocab_back(dtype, data):
    vocab = Vocab.of(data.draw(st.lists(NAMES[dtype], min_size=1)), "user")
    arrays = vocab.to_arrays("users")
    again = Vocab.from_arrays(arrays, "users", vocab.dtype, "user")
    assert again == vocab
    assert again.names.tolist() == vocab.names.tolist()
    assert all(key.startswith("users.") for key in arrays)


@pytest.mark.parametrize("dtype", ["int", "str", "float", "date", "datetime", "bool", "uuid"])
@given(data=st.data())
def test_a_long_column_is_looked_up_as_a_short_one(dtype, data):
    vocab = Vocab.of(data.draw(st.lists(NAMES[dtype], min_size=1, max_size=20)))
    values = data.draw(st.lists(st.none() | NAMES[dtype], min_size=1, max_size=20))
    few = vocab.rows(values, strict=False)
    assert vocab.rows(np.array([*values, None], object)[:-1], strict=False).tolist() == few.tolist()
    assert vocab.rows(values * 300, strict=False)[: len(few)].tolist() == few.tolist()


@given(st.lists(st.text(alphabet="abc", max_size=4)))
def test_every_library_gives_the_same_vocab(names):
    vocab = Vocab.of(names)
    for column in (
        tuple(names),
        iter(names),
        np.array(names, dtype=object),
        np.array(names, dtype=str),
        pl.Series(names, dtype=pl.String),
        pl.Series(names, dtype=pl.Categorical),
        pd.Series(names, dtype="str"),
        pd.Series(names, dtype=object),
        pd.Series(names, dtype="category"),
        pa.chunked_array([names], pa.string()),
    ):
        assert Vocab.of(column) == vocab


def test_names_that_other_tools_take_for_missing_are_names():
    vocab, rows = Vocab.encode(["", "NA", "nan", None, "null", "-1", " "])
    assert vocab.names.tolist() == ["", "NA", "nan", "null", "-1", " "]
    assert rows.tolist() == [2, 3, 4, 1, 5, 6, 7]
    assert Vocab.of([0, -1, 0]).names.tolist() == [0, -1]


@pytest.mark.parametrize(
    "values",
    [
        [1, None, 2, 1],
        [1.0, float("nan"), 2.0, 1.0],
        np.array([1.0, np.nan, 2.0, 1.0], np.float32),
        pd.Series([1, None, 2, 1]),
        pd.Series([1, None, 2, 1], dtype="Int64"),
        pd.Series([1, None, 2, 1], dtype=object),
        pl.Series([1, None, 2, 1], dtype=pl.UInt16),
        pa.array([1, None, 2, 1], pa.int8()),
    ],
)
def test_whole_numbers_with_a_gap_are_whole_numbers(values):
    vocab, rows = Vocab.encode(values)
    assert (vocab.dtype, vocab.names.tolist(), rows.tolist()) == ("int", [1, 2], [2, 1, 3, 2])


def test_moments_with_a_zone_are_the_same_moments_in_utc():
    zone = dt.timezone(dt.timedelta(hours=2))
    column = pd.Series([pd.Timestamp("2020-01-01 02:00", tz=zone), pd.NaT])
    vocab, rows = Vocab.encode(column)
    assert vocab.names.tolist() == [dt.datetime(2020, 1, 1)]
    assert rows.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ([1, 2], ["1", True, 1.5, b"1", None, (1,)]),
        (["1", "True"], [1, True, b"1", None]),
        ([True, False], [1, 0, "True", None]),
        ([dt.date(2020, 1, 1)], [dt.datetime(2020, 1, 1), "2020-01-01", None]),
        ([dt.datetime(2020, 1, 1)], [dt.date(2020, 1, 1), 0, None]),
        ([uuid.UUID(int=1)], [str(uuid.UUID(int=1)), 1, None]),
    ],
)
def test_a_name_of_another_type_is_unknown(known, asked):
    vocab = Vocab.of(known, "user")
    assert vocab.rows(asked, strict=False).tolist() == [0 if a is not None else 1 for a in asked]
    assert not any(name in vocab for name in asked)
    long = np.array([*asked, None], dtype=object)[:-1]
    assert vocab.rows(long, strict=False).tolist() == vocab.rows(asked, strict=False).tolist()


def test_a_whole_column_of_another_type_is_unknown():
    vocab = Vocab.of([1, 2])
    assert vocab.rows(pl.Series(["1", None]), strict=False).tolist() == [0, 1]
    assert Vocab.of([1.5]).rows(pl.Series([1.5, 2.5, None]), strict=False).tolist() == [2, 0, 1]


def test_an_unknown_name_is_answered_with_the_nearest_ones():
    vocab = Vocab.of(["The Kiss", "The Clown", "Dragon"], "item")
    with pytest.raises(UnknownName, match=r"^no item is named 'the clwn'; nearest: 'The Clown'"):
        vocab.position("the clwn")
    with pytest.raises(
        UnknownName, match=r"^2 of 3 items are not known, first 'dragn'; nearest: 'Dragon'$"
    ):
        vocab.rows(["Dragon", "dragn", "?"])
    with pytest.raises(UnknownName, match="begin with 'The Kiss', 'The Clown', 'Dragon'"):
        vocab.position("xxxx")
    with pytest.raises(UnknownName, match=r"no user is named '22'; nearest: 22$"):
        Vocab.of([1, 22], "user").position("22")
    with pytest.raises(UnknownName, match="first 'y'"):
        vocab.rows(pd.Series(["The Kiss", "y"], index=[7, 3]))
    with pytest.raises(UnknownName, match="none is known"):
        Vocab.of([]).position("x")


@pytest.mark.parametrize("dtype", ["int", "float", "date", "datetime", "bool", "uuid", "str"])
@given(data=st.data())
def test_what_a_person_types_is_parsed_in_the_vocabs_type(dtype, data):
    vocab = Vocab.of(data.draw(st.lists(NAMES[dtype], min_size=1)), "user")
    name = vocab._name(0)
    assert vocab.parse(str(name)) == name


def test_what_cannot_be_of_the_type_is_said():
    with pytest.raises(UnknownName, match="'x2': users are whole numbers here; the 2 known"):
        Vocab.of([1, 2], "user").parse("x2")
    with pytest.raises(UnknownName, match="true/false"):
        Vocab.of([True]).parse("yes")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1, "a"], "whole number (row 1: 1), text (row 2: 'a'); 1 is not '1'"),
        ([None, True, 1], "true/false (row 2: True), whole number (row 3: 1)"),
        ([b"x"], "cannot be of type bytes (row 1: b'x')"),
        ([[1]], "cannot be of type list (row 1: [1])"),
        ([2**70], "cannot be read as one column of int"),
        (np.array([2**63], np.uint64), "too large for a whole number of 64 bits"),
        (np.zeros((2, 2)), "an array of shape (2, 2) came"),
        (np.array([1j]), "complex128"),
        ([0.5, float("inf")], "row 2 is infinite"),
        (pl.Series([[1]]), "List(Int64)"),
        (pl.Series([dt.timedelta(1)]), "Duration"),
        ("abc", "write ['abc']"),
    ],
)
def test_columns_that_hold_no_names_are_refused(values, text):
    with pytest.raises(BadInput) as error:
        Vocab.of(values, "user")
    assert text in str(error.value)


def test_vocabs_are_equal_by_names_and_type():
    assert Vocab.of([1, 2]) == Vocab.of(np.array([1, 2, 1]))
    assert Vocab.of([1, 2]) != Vocab.of([2, 1])
    assert Vocab.of([1]) != Vocab.of(["1"])
    assert Vocab.of([1]) != [1]
    assert pickle.loads(pickle.dumps(Vocab.of(["a"]))) == Vocab.of(["a"])
    assert repr(Vocab.of(["a", "b", "c", "d"], "user")) == (
        "Vocab(4 users, str: 'a', 'b', 'c', ...)"
    )
    with pytest.raises(ValueError, match="read-only"):
        Vocab.of([1]).names[0] = 2


def test_a_vocab_loads_without_the_libraries_it_can_read():
    code = (
        "import sys; from entable.data.vocab import Vocab; Vocab.of(['a', None, 'a']).rows(['a']);"
        "print({'pandas', 'pyarrow', 'duckdb', 'torch', 'numba', 'narwhals'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"


def test_a_damaged_vocab_is_refused():
    with pytest.raises(BadModelFile, match="unknown type, 'list'"):
        Vocab.from_arrays({}, "users", "list", "user")


@pytest.mark.parametrize(
    ("names", "more", "want"),
    [
        ([3, 1], [1, 7, None, 7], [3, 1, 7]),
        (["b", ""], ["a", "b"], ["b", "", "a"]),
        ([1.5], [], [1.5]),
        ([dt.date(2020, 1, 1)], [dt.date(1999, 1, 1)], [dt.date(2020, 1, 1), dt.date(1999, 1, 1)]),
    ],
)
def test_other_names_are_joined_after_the_known_ones(names, more, want):
    vocab = Vocab.of(names, "item")
    both = vocab.joined(more)
    assert both == Vocab.of(want, "item")
    assert both.rows(names).tolist() == vocab.rows(names).tolist()


def test_names_of_another_type_are_not_joined():
    with pytest.raises(BadInput, match=r"the items are .*, and .* came beside them"):
        Vocab.of([1, 2], "item").joined(["3"])


def test_some_names_in_an_order_of_choice_and_what_stands_for_them():
    vocab = Vocab.of(["b", "a", "c"], kind="item")
    some = vocab.take(np.array([2, 0]), "level")
    assert (some.names.tolist(), some.kind, some.dtype) == (["c", "b"], "level", "str")
    assert vocab.take([1]).kind == "item"
    assert vocab.keys.tolist() == ["b", "a", "c"]
    assert Vocab.of([dt.date(1970, 1, 3)]).keys.tolist() == [2]
    assert Vocab.of([True, False]).keys.tolist() == [1, 0]
