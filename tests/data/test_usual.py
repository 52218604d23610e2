"Columns are found by usual names, by position, or as given."

import pytest

from entable.data.usual import by_name, by_position, told
from entable.errors import BadInput


@pytest.mark.parametrize(
    ("columns", "roles"),
    [
        ("userId movieId rating timestamp", "userId movieId rating timestamp"),
        ("rating item user", "user item rating"),
        ("User-ID ISBN Book-Rating", "User-ID ISBN Book-Rating"),
        ("uid product_id stars date", "uid product_id stars date"),
        ("reviewerID asin overall unixReviewTime", "reviewerID asin overall unixReviewTime"),
        ("title user_id score", "user_id title score"),
        ("title movie_id user_id score", "user_id movie_id score"),
        ("customer SKU points day", "customer SKU points day"),
        ("USER_ID ITEM_ID RATING X", "USER_ID ITEM_ID RATING"),
    ],
)
def test_usual_names(columns, roles):
    found = by_name(columns.split(), {}, "x.csv")
    assert " ".join(found[r] for r in ("user", "item", "rating", "time") if r in found) == roles


def test_given_columns_win_and_free_the_usual_ones():
    given = {"item": "title", "user": None, "time": False}
    found = by_name(["user", "title", "item", "rating", "time"], given, "x.csv")
    assert found == {"item": "title", "user": "user", "rating": "rating"}
    assert told(found) == "user: user, item: title, rating: rating"


def test_positions():
    columns = [f"column_{k}" for k in range(1, 6)]
    for given, wanted in (
        ({}, "1234"),
        ({"time": False}, "123"),
        ({"user": "column_2"}, "2134"),
        ({"rating": "column_5"}, "1254"),
        ({"item": "column_1", "user": "column_3", "rating": "column_4"}, "314"),
    ):
        found = by_position(columns, given, "x")
        assert [column[-1] for column in found.values()] == list(wanted)


@pytest.mark.parametrize(
    ("find", "columns", "given", "message"),
    [
        (
            by_name,
            ["who", "item", "rating"],
            {},
            "x.csv: no column for the user among 'who', 'item', 'rating'; "
            "name it: user=... (--user ...)",
        ),
        (
            by_name,
            ["user", "item", "rating"],
            {"rating": "stars"},
            "x.csv: there is no column 'stars' for the rating; "
            "the columns are 'user', 'item', 'rating'",
        ),
        (
            by_name,
            ["a", "b"],
            {"user": "a", "item": "a"},
            "x.csv: the column 'a' was given for two roles",
        ),
        (by_name, ["a", "b"], {"user": 0}, "user=0: the name of a column was wanted"),
        (
            by_position,
            ["column_1"],
            {},
            "x.csv: 1 column and no header; wanted user, item, rating and perhaps time",
        ),
    ],
)
def test_what_is_not_there_is_said(find, columns, given, message):
    with pytest.raises(BadInput) as error:
        find(columns, given, "x.csv")
    assert str(error.value) == message
