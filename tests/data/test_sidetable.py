"A second table may come in many forms; what is none is refused."

import polars as pl
import pytest

from entable.data.sidetable import side_table
from entable.errors import BadInput


def test_columns_given_along_come_back():
    frame = pl.DataFrame({"a": [1], "b": ["x"]})
    for source, columns in ((frame, (None, None)), ((frame, "a"), ("a", None))):
        assert side_table(source)[1:] == columns
    table, *columns = side_table((frame, "a", "b"))
    assert columns == ["a", "b"]
    assert table.frame.equals(frame)


def test_known_tables_without_header_get_the_names_of_their_columns(file):
    table, _, _ = side_table(file("users.dat", "1::F::1::10::48067\n2::M::56::16::70072\n"))
    assert table.frame.columns == ["user", "gender", "age", "occupation", "zip"]
    assert (table.bare, table.text) == (True, True)
    other, _, _ = side_table(file("people.dat", "1::F::1::10::48067\n"))
    assert other.frame.columns == [f"column_{k}" for k in range(1, 6)]


def test_a_table_that_is_not_utf8_says_so(file):
    table, _, _ = side_table(file("t.csv", "id,title\n1,é\n".encode("latin-1")))
    assert table.notes == ["t.csv: not UTF-8, read as Latin-1"]
    assert table.frame["title"].to_list() == ["é"]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (7, "int came for a table; wanted a path, a frame, (table, id_column"),
        ((pl.DataFrame({"a": [1]}),), "a tuple of 1 came for a table"),
        ((pl.DataFrame({"a": [1]}), "a", "a", "a"), "a tuple of 4 came for a table"),
        ([], "the table given has no columns"),
        ([(1, "a"), (2,)], "the rows of the table given are not equally long"),
        ({"a": [1, 2], "b": [1]}, "the table given is none: "),
        ("none.csv", "there is no file none.csv"),
    ],
)
def test_what_is_no_table_is_refused(source, message):
    with pytest.raises(BadInput) as error:
        side_table(source)
    assert str(error.value).startswith(message)
