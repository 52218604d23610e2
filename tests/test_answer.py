"What an answer shows as text, by Rich and as HTML."

import io
import math

import polars as pl
import pytest
from rich.console import Console

from entable._answer import Answer, cell, html_table, printable


class Heights(Answer):
    title = "Two <towers>"
    notes = ("measured & drawn",)

    @property
    def table(self) -> pl.DataFrame:
        return pl.DataFrame({"name": ["a", "b\x1b[2J"], "metres": [1.23456, None]})


def test_an_answer_is_a_title_a_table_and_notes():
    said = str(Heights())
    assert said.startswith("Two <towers>\n")
    assert said.endswith("\nmeasured & drawn")
    assert "metres" in said
    assert repr(Heights()) == said


def test_a_page_escapes_what_names_hold():
    page = Heights()._repr_html_()
    assert "Two &lt;towers&gt;" in page
    assert "measured &amp; drawn" in page
    assert html_table(Heights().table) in page


def test_names_cannot_steer_a_terminal():
    out = io.StringIO()
    Console(file=out, width=60).print(Heights())
    lines = out.getvalue().splitlines()
    assert lines[0] == "Two <towers>"
    assert "\x1b" not in out.getvalue()
    assert any(line.split() == ["a", "1.23"] for line in lines)
    assert printable("b\x1b[2J") == "b\N{REPLACEMENT CHARACTER}[2J"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, ""),
        (math.nan, ""),
        (True, "yes"),
        (False, "no"),
        (0.0, "0.00"),
        (1.23456, "1.23"),
        (0.012345, "0.012"),
        ([1, 2.5], "1, 2.50"),
        (7, "7"),
    ],
    ids=str,
)
def test_a_cell_is_short(value, shown):
    assert cell(value) == shown


def test_numbers_stand_to_the_right():
    page = html_table(pl.DataFrame({"a": ["x"], "n": [1]}))
    assert '<td>x</td><td style="text-align:right">1</td>' in page
