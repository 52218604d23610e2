"Frames become tables that people read, and what is lacking becomes a sentence."

import polars as pl
import pytest

from entable.errors import BadInput
from entable.export.report.blocks import Lacking, Quote, Table, told


def cells(frame, **more):
    return [*map(list, zip(*Table.of("t", frame, **more).rows, strict=True))]


def test_labels_stand_for_names_where_there_are_some():
    frame = pl.DataFrame({"item": [7, 8], "label": ["Alien", None], "count": [12_000, 3]})
    table = Table.of("Films", frame)
    assert table.rows == [("Alien", "12,000"), ("8", "3")]
    assert [(column.name, column.kind) for column in table.columns] == [
        ("item", "short"),
        ("ratings", "number"),
    ]


def test_numbers_of_a_column_have_as_many_digits_each():
    assert cells(pl.DataFrame({"x": [1.0, -0.256, None]})) == [["1.00", "−0.26", ""]]
    assert cells(pl.DataFrame({"x": [0.1, -0.0256, float("nan")]})) == [["0.100", "−0.026", ""]]
    assert cells(pl.DataFrame({"rating": [5.0, 3.0]})) == [["5", "3"]]
    assert cells(pl.DataFrame({"x": [0.12345]}), digits=4) == [["0.1235"]]


def test_numbers_that_are_names_are_set_as_names():
    table = Table.of("t", pl.DataFrame({"user": [12345], "count": [12345]}))
    assert table.rows == [("12345", "12,345")]
    assert table.columns[0].kind == "short"


def test_long_texts_are_cut_and_lists_joined():
    found = cells(pl.DataFrame({"a": ["x" * 300], "b": [["p", "q"]]}))
    assert len(found[0][0]) == 110
    assert found[1] == ["p, q"]


def test_only_so_many_rows_are_shown_and_an_empty_frame_is_a_table():
    assert len(Table.of("t", pl.DataFrame({"x": range(50)}), 7).rows) == 7
    assert not Table.of("t", pl.DataFrame({"x": [], "label": []})).rows


def test_sentences_are_told_from_names():
    assert not Table.of("t", pl.DataFrame({"x": ["A name of some length"]})).wordy
    assert not Table.of("t", pl.DataFrame({"x": ["a", "b", "c" * 90]})).wordy
    assert not Table.of("t", pl.DataFrame({"x": []})).wordy
    assert Table.of("t", pl.DataFrame({"x": ["A sentence that goes on " * 3]})).wordy


def test_what_is_lacking_is_said_after_what_is_there():
    def build():
        yield Quote("a", "b")
        raise BadInput("there is no salt; buy some")

    first, second = told(build)
    assert first == Quote("a", "b")
    assert second == Lacking("There is no salt; buy some.")


def test_a_fault_of_ours_is_not_hidden():
    def build():
        yield Quote("a", "b")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        told(build)
