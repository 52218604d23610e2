"Titles and facts are joined to names, and what does not match is counted and said."

import datetime as dt
import decimal

import pandas as pd
import polars as pl
import pytest

from entable.data.ratings import Ratings
from entable.data.side import facts, labels
from entable.data.vocab import Vocab
from entable.errors import BadInput

ITEMS = Vocab.of([10, 20, 30], "item")
TEXTS = Vocab.of(["x", "07", "7"], "item")


@pytest.mark.parametrize(
    "source",
    [
        pl.DataFrame({"id": [20, 10, 40], "title": ["B", "A", "D"]}),
        pl.DataFrame({"title": ["B", "A", "D"], "movieId": [20, 10, 40]}),
        pl.DataFrame({"x": [20, 10, 40], "y": ["B", "A", "D"]}),
        pd.DataFrame([[20, "B"], [10, "A"], [40, "D"]]),
        (pl.DataFrame({"y": ["B", "A", "D"], "x": [20, 10, 40]}), "x"),
        (pl.DataFrame({"z": [1, 2, 3], "y": ["B", "A", "D"], "x": [20, 10, 40]}), "x", "y"),
        {"id": [20, 10, 40], "title": ["B", "A", "D"]},
        {20: "B", 10: "A", 40: "D"},
        [(20, "B"), (10, "A"), (40, "D")],
        ((20, "B"), (10, "A"), (40, "D")),
    ],
    ids=lambda s: type(s).__name__,
)
def test_titles_from_any_table(source):
    found, notes = labels(source, ITEMS)
    assert found.tolist() == ["A", "B", None]
    assert notes == [
        "the table given: 1 of 3 items have no title there",
        "the table given: 1 of 3 rows belong to no item that is in the ratings",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "id,title\n20,B\n10,A\n30, C \n",
        "20,B\n10,A\n30,C\n",
        "10|A|01-Jan-1995||http\n20|B|||\n30|C|||\n",
        "10::A::Comedy\n20::B::Drama\n30::C::X\n",
        "title;itemId\nA;10\nB;20\nC;30\n",
        '{"item": 10, "name": "A"}\n{"item": 20, "name": "B"}\n{"item": 30, "name": "C"}\n',
    ],
)
def test_titles_from_files(file, text):
    found, notes = labels(str(file("titles.csv", text)), ITEMS)
    assert (found.tolist(), notes) == (["A", "B", "C"], [])


def test_ids_are_matched_in_the_vocabs_type(file):
    path = file("t.csv", "sku,title\n7,seven\n07,nought seven\nx,ex\n")
    assert labels(path, TEXTS)[0].tolist() == ["ex", "nought seven", "seven"]
    days = Vocab.of([dt.date(2020, 1, 2)], "item")
    path = file("d.csv", "day,title\n2020-01-02,Thursday\nnever,x\n")
    assert labels((path, "day"), days)[0].tolist() == ["Thursday"]
    with pytest.raises(BadInput, match=r"no item of the ratings is in its column 'id' \('10'; "):
        labels(pl.DataFrame({"id": ["10"], "title": ["A"]}), ITEMS)


def test_two_items_of_one_title_stay_two_and_repeated_ids_are_said():
    table = pl.DataFrame({"id": [10, 20, 30, 10, None], "title": ["A", "B", "B", "Z", "?"]})
    found, notes = labels(table, ITEMS)
    assert found.tolist() == ["Z", "B", "B"]
    assert notes == [
        "the table given: 1 of 5 rows belong to no item that is in the ratings",
        "the table given: 1 row with an id that comes again; the last one counts",
        "the table given: 1 title shared by several items, which stay different items",
    ]


def test_empty_titles_are_none(file):
    assert labels(file("t.csv", "id,title\n10,\n20, \n30,C\n"), ITEMS)[0].tolist() == [
        None,
        None,
        "C",
    ]


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("id\n10\n20\n", "t.csv has one column; wanted ids and titles"),
        (
            "id,title\n1,A\n2,B\n",
            "t.csv: no item of the ratings is in its column 'id' ('1', '2'; "
            "the items are 10, 20, 30); name the column of ids: (table, id_column)",
        ),
        ("", "{path} is empty"),
        ("id,title\n", "t.csv has a header (id, title) and no rows"),
    ],
)
def test_tables_without_titles_are_refused(file, source, message):
    path = file("t.csv", source)
    with pytest.raises(BadInput) as error:
        labels(path, ITEMS)
    assert str(error.value) == message.format(path=path)


def test_columns_given_must_be_there(file):
    path = file("t.csv", "id,title\n10,A\n")
    for given in ((path, "nr"), (path, "id", "nr")):
        with pytest.raises(
            BadInput, match=r"^t.csv: there is no column 'nr'; the columns are 'id'"
        ):
            labels(given, ITEMS)


def test_facts_of_text_files_are_typed_where_every_value_is_written_so(file):
    path = file(
        "f.csv",
        "id,year,share,zip,genres,gap,mixed\n30,1999,.5,02139,A|B,,1\n10,-5,2,10115,C,,x\n",
    )
    found, notes = facts(path, ITEMS)
    assert found.schema == {
        "year": pl.Int64,
        "share": pl.Float64,
        "zip": pl.String,
        "genres": pl.String,
        "gap": pl.String,
        "mixed": pl.String,
    }
    assert found.rows() == [
        (-5, 2.0, "10115", "C", None, "x"),
        (None,) * 6,
        (1999, 0.5, "02139", "A|B", None, "1"),
    ]
    assert notes == ["f.csv: 1 of 3 items have no row there"]


def test_the_genre_flags_of_u_item_are_flags(file):
    line = "|".join(["10", "Heat (1995)", "01-Jan-1995", "", "http://x"] + ["0", "1"] * 9 + ["0"])
    found, _ = facts(file("u.item", f"{line}\n"), ITEMS)
    assert found.width == 23
    assert found.select(pl.selectors.boolean()).width == 19
    assert found.row(0, named=True)["Action"] is True
    assert found.row(1, named=True)["Action"] is None


def test_facts_of_frames_keep_their_types_and_nested_ones_are_named():
    table = pl.DataFrame(
        {
            "id": [10, 20, 30],
            "flag": [True, False, None],
            "kind": pl.Series(["a", "b", "a"], dtype=pl.Categorical),
            "day": [dt.date(2020, 1, 1)] * 3,
            "price": [decimal.Decimal("1.5")] * 3,
            "tags": [["a", "b"], ["c"], []],
            "vector": [[1.0], [2.0], [3.0]],
        }
    )
    found, notes = facts(table, ITEMS)
    assert found.rows()[0] == (True, "a", dt.date(2020, 1, 1), 1.5, "a|b")
    assert notes == ["the table given: no facts can be made of vector"]


def test_titles_and_facts_travel_with_the_ratings(file):
    path = file("m.csv", "id,title,year\n1,A,1999\n2,B,2001\n")
    people = file("p.csv", "id,age\na,30\nb,40\n")
    ratings = Ratings.read(
        [("b", 2, 5), ("a", 1, 3), ("a", 2, 4)], names=path, item_facts=path, user_facts=people
    )
    for part in (ratings, *ratings.split(0.34), ratings.take([0])):
        assert part.item_labels.tolist() == ["B", "A"]
        assert part.item_facts.rows() == [("B", 2001), ("A", 1999)]
        assert part.user_facts.rows() == [(40,), (30,)]


def test_facts_in_several_files(file, tmp_path):
    file("f/1.csv", "id,year\n10,1999\n")
    file("f/2.csv", "id,year\n20,2001\n")
    found, _ = facts(str(tmp_path / "f" / "*.csv"), ITEMS)
    assert found["year"].to_list() == [1999, 2001, None]
    file("f/3.csv", "id,year,x\n20,2001,1\n")
    with pytest.raises(BadInput, match="the tables do not go together"):
        facts(str(tmp_path / "f" / "*.csv"), ITEMS)
