"Text tables become columns; every kind of way to write one gives the same ratings."

import gzip
import io

import polars as pl
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from entable.data.content import opened
from entable.data.delimited import read_texts
from entable.data.ratings import Ratings
from entable.errors import BadInput

ROWS = [("ann", "Heat", 4.5, 10), ("bob", "Alien", 3.0, 20), ("ann", "Alien", 1.0, 30)]
HEADER = ("user", "item", "rating", "time")


def written(delimiter, header=True, end="\n"):
    lines = [HEADER, *ROWS] if header else ROWS
    return "".join(delimiter.join(map(str, line)) + end for line in lines)


def refusal(path, **given):
    with pytest.raises(BadInput) as error:
        Ratings.read(path, **given)
    return str(error.value)


@pytest.mark.parametrize("pack", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("delimiter", [",", "\t", "|", ";", "::", " "])
def test_every_way_to_write_a_table(file, delimiter, header, end, pack):
    path = file("r.csv", pack(written(delimiter, header, end).encode()))
    ratings = Ratings.read(path)
    assert ratings.frame().rows() == ROWS
    assert ratings.scale == (1.0, 4.5)
    kind = {",": "comma", "\t": "tab", " ": "blank"}.get(delimiter, delimiter)
    assert f"{kind}-separated, {'with a header' if header else 'no header'}" in ratings.notes[0]


ids = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=6)


@given(
    st.lists(
        st.tuples(ids, ids, st.sampled_from([1.0, 2.5])), min_size=1, unique_by=lambda r: r[:2]
    )
)
def test_any_text_is_a_name_when_it_is_quoted(tmp_path_factory, rows):
    path = tmp_path_factory.mktemp("names") / "r.csv"
    frame = pl.DataFrame(rows, schema=["user", "item", "rating"], orient="row")
    frame.write_csv(path, quote_style="non_numeric")
    ratings = Ratings.read(path)
    found = ratings.frame().rows()
    if "int" in (ratings.users.dtype, ratings.items.dtype):
        found = [(str(u), str(i), r) for u, i, r in found]
    assert found == rows


def test_ids_that_are_all_whole_numbers_are_numbers(file):
    ratings = Ratings.read(file("r.csv", "user,item,rating\n-1,07,1\n0,7,2\n12,8,3\n"))
    assert ratings.users.names.tolist() == [-1, 0, 12]
    assert ratings.items.names.tolist() == ["07", "7", "8"], "07 and 7 are two names"


def test_whole_numbers_that_were_written_as_floats_are_whole_numbers(file):
    ratings = Ratings.read(file("r.csv", "user,item,rating\n1.0,1.5,1\n2.0,2.0,2\n"))
    assert ratings.users.names.tolist() == [1, 2]
    assert ratings.items.names.tolist() == ["1.5", "2.0"]


def test_numbers_too_large_for_64_bits_stay_text(file):
    ratings = Ratings.read(file("r.csv", f"user,item,rating\n{2**63},{-(2**63)},1\n1,2,2\n"))
    assert ratings.users.names.tolist() == [str(2**63), "1"]
    assert ratings.items.names.tolist() == [-(2**63), 2]


def test_ids_that_turn_into_text_far_down_are_text(file):
    rows = "".join(f"{k},{k % 7},3\n" for k in range(200_000))
    ratings = Ratings.read(file("r.csv", f"user,item,rating\n{rows}x7,1,4\n"))
    assert ratings.users.dtype == "str"
    assert ratings.items.dtype == "int"
    assert ratings.users.names[[0, 199_999, 200_000]].tolist() == ["0", "199999", "x7"]


@pytest.mark.parametrize("odd", ["007", "+7", "-0", "7.0", " 7", "7 ", "٧", "1e3", "x", '""'])
def test_a_name_far_down_that_no_number_is_written_like_makes_all_of_them_text(file, odd):
    rows = "".join(f"{k},1,3\n" for k in range(30_000))
    ratings = Ratings.read(file("r.csv", f"user,item,rating\n{rows}{odd},1,4\n"))
    assert ratings.users.dtype == "str"
    assert ratings.items.dtype == "int"
    assert ratings.users.names[[0, 29_999, 30_000]].tolist() == ["0", "29999", odd.strip('"')]


def test_blank_lines_are_passed_over_and_lines_still_counted(file):
    text = "\nuser,item,rating\n\na,x,1\n\n,,\nb,y,2\n\n\n"
    assert len(Ratings.read(file("r.csv", text))) == 2
    assert refusal(file("s.csv", text + "b,z,none\n")) == (
        "s.csv, line 10: the rating 'none' is no number"
    )


def test_the_empty_text_in_quotes_is_a_name_and_an_empty_cell_is_not(file):
    ratings = Ratings.read(file("r.csv", 'user,item,rating\n"",x,1\nb,x,2\n'))
    assert ratings.users.names.tolist() == ["", "b"]
    assert refusal(file("s.csv", "user,item,rating\nb,x,1\n,x,2\n,y,2\n")) == (
        "s.csv, line 3: the user is missing (and 1 more like it); every rating needs one "
        '(in a text file "" in quotes is a name, an empty cell is not)'
    )


@pytest.mark.parametrize("delimiter", [",", "\t", "::"])
def test_a_delimiter_may_end_every_row(file, delimiter):
    text = "".join(delimiter.join(row) + "\n" for row in ("ax3", "by4"))
    closed = text.replace("\n", f"{delimiter}\n")
    read = [Ratings.read(file("r.csv", t)).frame().rows() for t in (text, closed)]
    assert read[0] == read[1] == [("a", "x", 3.0), ("b", "y", 4.0)]
    named = Ratings.read(file("r.csv", delimiter.join(HEADER) + "\n" + closed))
    assert named.frame().rows() == read[0]
    assert "the column of times is empty, so there are none" in named.notes


def test_a_blank_after_every_delimiter_is_no_part_of_names(file):
    ratings = Ratings.read(file("r.csv", "user, item, rating\na, 1, 3\n b, 2, 4\n"))
    assert ratings.frame().rows() == [("a", 1, 3.0), (" b", 2, 4.0)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x" * 300_000, "r.csv is no table: it has cells of more than 100,000 letters"),
        (
            "a,b\n" + "x" * 200_000 + ",1\n",
            "r.csv is no table: it has cells of more than 100,000 letters",
        ),
        (
            "user,item\n" + "x" * 300_000,
            "r.csv has a header (user, item) and a row longer than that of any table",
        ),
    ],
)
def test_a_line_longer_than_any_row_is_no_table(file, text, message):
    assert refusal(file("r.csv", text)) == message


def test_decimal_commas(file):
    ratings = Ratings.read(file("r.csv", "user;item;rating\na;x;3,5\nb;x;4\n"))
    assert ratings.r.tolist() == [3.5, 4.0]


def test_times_may_be_dates_and_may_be_left_out(file):
    path = file("r.csv", "user,item,rating,date\na,x,1,2005-09-12\nb,y,2,soon\n")
    assert refusal(path) == (
        "r.csv, line 3: the time 'soon' is no time; "
        "time=False (--time none) reads the ratings without times"
    )
    assert Ratings.read(path, time=False).time is None


def test_columns_are_taken_as_given(file):
    path = file("r.csv", "a,b,c,d,e,f,g,h\n1,2,3,4,5,6,7,8\n")
    ratings = Ratings.read(path, user="h", item="b", rating="a")
    assert ratings.frame().rows() == [(8, 2, 1.0)]
    assert "user: h, item: b, rating: a" in ratings.notes[0]


def test_latin_below_the_head_is_read_with_one_warning(file):
    rows = "".join(f"u{k},i{k % 9},3\n" for k in range(60_000))
    path = file("r.csv", f"user,item,rating\n{rows}".encode() + "é,ü,4\n".encode("latin-1"))
    with pytest.warns(UserWarning, match=r"^r.csv: not UTF-8, read as Latin-1$") as caught:
        ratings = Ratings.read(path)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert ratings.users.names[-1] == "é"
    assert "r.csv: not UTF-8, read as Latin-1" in ratings.notes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user,item,rating\n", "r.csv has a header (user, item, rating) and no rows"),
        (
            "who,item,rating\na,b,1\n",
            "r.csv: no column for the user among 'who', 'item', 'rating'; "
            "name it: user=... (--user ...)",
        ),
        (
            "a,b\nc,d\n",
            "r.csv: 2 columns and no header; wanted user, item, rating and perhaps time",
        ),
        ("user,item,rating\na,x,4\nb,y,four\n", "r.csv, line 3: the rating 'four' is no number"),
        (
            "a,x,4\nb,y,1_0\nb,z,\n",
            "r.csv, line 2: the rating '1_0' is no number",
        ),
        ("user,item,rating\na,x,4\nb,y,\n", "r.csv, line 3: the rating is missing"),
        (
            "user,item,rating\na,x,4\nb,y,NaN\nc,y,inf\n",
            "r.csv, line 3: the rating nan is no finite number; mend or leave out such rows "
            "(and 1 more like it)",
        ),
        (
            "user,item,rating\na,x,4\nb,y,1e99\n",
            "r.csv, line 3: the rating inf is no finite number; mend or leave out such rows",
        ),
        (
            'user,item,rating\na,"x\ny",4\nb,American President, The,5\n',
            "r.csv, line 4: 4 cells instead of 3 ('b,American President, The,5'); "
            "a text that holds the delimiter must stand in quotes",
        ),
        (
            "user,item,rating\nb,5\na,x,4\n",
            "r.csv, line 2: 2 cells instead of 3 ('b,5')",
        ),
        (
            "user,item,rating\na,x,4\nb,5\n",
            "r.csv, line 3 (2 cells instead of 3): the rating is missing",
        ),
        (
            "user,item,rating,time\na,x,4,5\nb,y,5\n",
            "r.csv, line 3 (3 cells instead of 4): the time is missing; "
            "time=False (--time none) reads the ratings without times",
        ),
        ("1::2::3\n1::2\n", "r.csv, line 2 (2 cells instead of 3): the rating is missing"),
        (
            "1::2::3\n1::2::3::4\n1::4::3\n",
            "r.csv, line 2: 4 cells instead of 3 ('1::2::3::4'); "
            "a text that holds the delimiter must stand in quotes",
        ),
    ],
)
def test_bad_text_says_what_and_where(file, text, message):
    assert refusal(file("r.csv", text)) == message


def test_ratings_outside_the_range_given_say_where(file):
    path = file("r.csv", "user,item,rating\na,x,0.1\nb,y,5.5\n")
    assert Ratings.read(path, range=(0.1, 6)).scale == (0.1, 6.0)
    assert refusal(path, range=(0.1, 5)) == (
        "r.csv, line 3: the rating 5.5 is outside the given range 0.1 to 5"
    )
    assert refusal(path, range=(5, 1)) == "a range is (lowest, highest), (5, 1) came"


def test_a_quote_astray_far_down_is_said(file):
    rows = "a,b,1\n" * 60_000
    for line in ('"a"b,x,1\n', '"a,x,1\n', 'a,"x" y,1\n'):
        assert refusal(file("r.csv", f"user,item,rating\n{rows}{line}")) == (
            "r.csv, line 60,002: a quote stands astray or does not close; "
            "a quote inside a quoted text is written twice"
        )
    ratings = Ratings.read(file("r.csv", f'user,item,rating\n{rows}a"b,6" nail,1\n'))
    assert ratings.frame().rows()[-1] == ('a"b', '6" nail', 1.0)


def test_errors_in_packed_files_have_lines_too(file):
    text = b"user,item,rating\na,x,4\nb,y,four\n"
    for pack in (gzip.compress, zstandard.compress):
        assert "line 3: the rating 'four'" in refusal(file("r.csv", pack(text)))


def test_a_whole_table_is_read_as_text(file):
    _, form, frame = read_texts(opened(file("m.csv", 'id,title\n1,"A, b"\n\n02,\n')))
    assert form.header
    assert frame.rows() == [("1", "A, b"), ("02", None)]


def test_a_large_table_in_pieces_keeps_the_order(file):
    text = io.StringIO()
    for k in range(120_000):
        text.write(f"user{k * 7919 % 120_001},item{k % 501},{k % 5 + 1}\n")
    ratings = Ratings.read(file("r.csv", text.getvalue()))
    assert ratings.users.names.tolist() == [f"user{k * 7919 % 120_001}" for k in range(120_000)]
    assert ratings.items.names.tolist() == [f"item{k}" for k in range(501)]
