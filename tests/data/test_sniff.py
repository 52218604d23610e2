"Delimiter, quotes and header are found in the first lines, whatever the names are."

import csv
import io

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from entable.data.sniff import records, sniffed
from entable.errors import BadInput

DELIMITERS = [",", "\t", "|", ";", "::"]
name = st.text(alphabet="abcXYZ019_. -é'", min_size=1, max_size=8).filter(str.strip)
row = st.tuples(name, name, st.sampled_from(["1", "2.5", "5", "0"]), st.integers(0, 10**9).map(str))


def sniff(text, given=()):
    return sniffed(text.encode(), True, "x.csv", given)


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("timed", [True, False])
@given(rows=st.lists(row, min_size=2, max_size=12))
def test_a_generated_table_is_found_out(delimiter, header, timed, rows):
    rows = [r if timed else r[:3] for r in rows]
    head = ["userId", "movieId", "rating", "timestamp"][: len(rows[0])]
    lines = [*([head] if header else []), *rows]
    form = sniff("".join(delimiter.join(line) + "\n" for line in lines))
    assert (form.separator, form.header) == (delimiter, header)
    assert form.sample == tuple(rows)
    assert form.columns == (
        tuple(head) if header else tuple(f"column_{k + 1}" for k in range(len(head)))
    )


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@given(
    st.lists(st.tuples(st.text(alphabet='ab",;\t\n|', max_size=6), name), min_size=2, max_size=9)
)
def test_quoted_cells_come_out_whole(delimiter, rows):
    assume(any('"' in cell or "\n" in cell or delimiter in cell for r in rows for cell in r))
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([("item", "title"), *rows])
    form = sniff(text.getvalue())
    assert (form.separator, form.quoted, form.header) == (delimiter, True, True)
    assert form.sample == tuple(rows)


@pytest.mark.parametrize(
    ("text", "separator", "quoted"),
    [
        ("1::Toy Story, The (1995)::A|B\n2::Heat: the film::C\n", "::", False),
        ('1|"Great" Cats, Old|x\n2|Heat|y\n', "|", False),
        ('1,"a, b",x\n2,c,y\n', ",", True),
        ('1\t"x" and y\t2\n1\tz\t2\n', "\t", False),
        ('1\t"x, y"\t2\n1\tz\t2\n', "\t", True),
        ('1,"unclosed,x\n2,c,y\n', ",", False),
        ("1 2 3\n4 5 6\n", " ", False),
        ("1;2;3,5\n1;3;4,5\n", ";", True),
        ("user;item;rating\na,b;c;1\nb,d;c;1\n", ";", True),
        ("one\n2\n", ",", True),
        ("a b,c d,1\n", ",", True),
        ("1,2,3\r\n1,2,4\r\n", ",", True),
    ],
)
def test_awkward_texts(text, separator, quoted):
    form = sniff(text)
    assert (form.separator, form.quoted) == (separator, quoted)


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("user,item,rating\n", None),
        ("a,b,c\nx,y,1\n", True),
        ("u1,i1,4\n", False),
        ("u1,i1,nan\nu1,i2,3\n", False),
        ("id,title\na,Heat\n", True),
        ("a,Heat\nb,Alien\n", False),
        ("u1,i1,,5\nu1,i2,3,6\n", False),
        ("1,2,3\n4,5,6\n", False),
    ],
)
def test_a_header_is_told_from_a_row(text, header):
    if header is None:
        with pytest.raises(
            BadInput, match=r"^x.csv has a header \(user, item, rating\) and no row"
        ):
            sniff(text)
    else:
        assert sniff(text).header is header


def test_a_column_given_by_name_makes_the_first_line_a_header():
    text = "who,what,x\na,b,c\n"
    assert not sniff(text).header
    assert sniff(text, ["who"]).header


def test_names_of_columns_are_made_different():
    assert sniff("user,user,,rating\n1,2,3,4\n").columns == ("user", "user_2", "column_3", "rating")


def test_blank_lines_are_no_rows_and_headers_may_stand_below_some():
    form = sniff("\n\nuser,item,rating\n\na,b,1\n\n")
    assert (form.header, form.skip, form.sample) == (True, 4, (("a", "b", "1"),))


def test_a_cell_cut_off_by_the_end_of_the_head_keeps_quotes_in_use():
    head = b'item,title\n1,"a"\n2,"b\nc"\n3,"and so'
    form = sniffed(head + b"\n", False, "x.csv")
    assert form.quoted
    assert form.sample[:2] == (("1", "a"), ("2", "b\nc"))


def test_records_know_their_lines():
    text = 'a,b\n\n"x\ny",1\n,\nz,2\n'
    found = list(records(io.StringIO(text), ",", True))
    assert found == [(1, 1, ["a", "b"]), (3, 4, ["x\ny", "1"]), (6, 6, ["z", "2"])]
