"""The Netflix prize's form: a line `movie:` and below it lines `user,rating,date`."""

from collections.abc import Mapping

import polars as pl

from entable.data.content import Content
from entable.data.part import Part
from entable.errors import BadInput

__all__ = ["read_blocks"]


def read_blocks(
    content: Content, given: Mapping[str, str | bool | None], kinds: Mapping[str, pl.DataType]
) -> Part:
    """Read ratings in blocks of one item each.

    Raises BadInput for lines that are neither `item:` nor `user,rating[,date]`.
    """
    lines = _lines(content)
    title = pl.col("line").str.ends_with(":")
    cells = pl.col("line").str.splitn(",", 3).struct
    frame = lines.with_columns(
        item=pl.when(title).then(pl.col("line").str.strip_suffix(":")).forward_fill()
    ).filter(~title)
    frame = frame.select(
        "number",
        pl.col("item").cast(kinds["item"]),
        user=cells.field("field_0").cast(kinds["user"]),
        rating=cells.field("field_1").str.strip_chars(),
        time=cells.field("field_2").str.strip_chars(),
    )
    if frame["rating"].null_count():
        number = frame.filter(pl.col("rating").is_null())["number"][0]
        raise BadInput(
            f"{content.name}, line {number:,}: wanted user,rating,date below a line movie:"
        )
    if frame.is_empty():
        raise BadInput(f"{content.name} has titles of blocks and no rating")
    numbers = frame["number"]
    frame = frame.drop("number")
    if given.get("time") is False or frame["time"].null_count() == len(frame):
        frame = frame.drop("time")
    return Part(
        frame,
        "blocks of one item each (item: and below it user,rating,date)",
        lambda row: f"{content.name}, line {numbers[row]:,}",
        text=True,
        latin=content.latin,
    )


def _lines(content: Content) -> pl.DataFrame:
    "Lines that are not blank, with their numbers from 1."
    table = pl.read_csv(
        content.data,
        separator="\x1e",
        has_header=False,
        quote_char=None,
        schema={"line": pl.String},
        glob=False,
    )
    table = table.with_row_index("number", 1).with_columns(pl.col("line").str.strip_chars())
    return table.filter(pl.col("line").is_not_null() & (pl.col("line") != ""))
