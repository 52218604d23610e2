"Ratings hold what was read: numbers, names, scale, and how they came to be."

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.ratings import Ratings
from entable.data.vocab import Vocab
from entable.errors import BadInput

rows = st.lists(
    st.tuples(st.integers(-2, 3), st.sampled_from("abc"), st.integers(1, 5), st.integers(0, 3)),
    min_size=1,
    max_size=30,
)


def of(rows):
    return Ratings.of(*zip(*rows, strict=True))


@given(rows, st.booleans())
def test_what_goes_in_comes_out_less_what_is_repeated(rows, timed):
    rows = rows if timed else [row[:3] for row in rows]
    ratings = of(rows)
    last = {}
    for n, row in enumerate(rows):
        if row[:2] not in last or not timed or row[3] >= rows[last[row[:2]]][3]:
            last[row[:2]] = n
    assert ratings.frame().rows() == [rows[n] for n in sorted(last.values())]
    assert len(ratings) == len(last)
    dropped = [note for note in ratings.notes if "same user and item again" in note]
    assert len(dropped) == (len(last) < len(rows))
    assert all(note.startswith(f"{len(rows) - len(last)} rating") for note in dropped)


@given(rows)
def test_counts_scale_and_step(rows):
    ratings = of(rows)
    given_ratings = sorted({r for _, _, r, _ in rows})
    assert ratings.scale == (given_ratings[0], given_ratings[-1])
    gaps = np.diff(given_ratings)
    assert ratings.step == (gaps.min() if len(gaps) else None)
    users = [u for u, *_ in ratings.frame().rows()]
    assert ratings.counts("user").tolist() == [users.count(u) for u in ratings.users.names]
    assert ratings.counts().sum() == len(ratings)


def test_the_scale_and_step_are_short_numbers():
    ratings = Ratings.of([1, 2, 3], [1, 1, 1], [0.1, 0.2, 0.7])
    assert ratings.scale == (0.1, 0.7)
    assert ratings.step == 0.1
    assert Ratings.of([1], [1], [3], range=(1, 5)).scale == (1.0, 5.0)
    assert Ratings.of(range(101), range(101), np.arange(101) / 7).step is None


def test_one_user_one_item_and_equal_ratings_are_ratings():
    for ratings in (
        Ratings.of([1, 1], ["a", "b"], [1, 2]),
        Ratings.of([1, 2], ["a", "a"], [1, 2]),
        Ratings.of([1, 2], ["a", "b"], [3, 3]),
        Ratings.of([1], ["a"], [3]),
    ):
        assert len(ratings) in (1, 2)
        assert str(ratings)


def test_take_by_mask_and_by_rows():
    ratings = of([(1, "a", 1, 3), (2, "b", 2, 2), (3, "c", 3, 1)])
    assert ratings.take([2, 0]).frame().rows() == [(3, "c", 3.0, 1), (1, "a", 1.0, 3)]
    assert ratings.take(np.array([False, True, False])).frame().rows() == [(2, "b", 2.0, 2)]
    assert len(ratings.take(np.zeros(3, bool))) == 0
    assert str(ratings.take(np.zeros(3, bool))).startswith("0 ratings of 3 items by 3 users")


def test_the_fingerprint_tells_data_apart():
    base = [(1, "a", 1), (2, "b", 2)]
    same = of(base).fingerprint()
    assert same == of(base).fingerprint()
    assert len(same) == 64
    for other in (
        [(1, "a", 1), (2, "b", 3)],
        [(1, "a", 1), (2, "c", 2)],
        [(1, "a", 1), (3, "b", 2)],
        [("1", "a", 1), ("2", "b", 2)],
        [(2, "b", 2), (1, "a", 1)],
        [(1, "a", 1)],
    ):
        assert of(other).fingerprint() != same
    assert of([("ab", "c", 1)]).fingerprint() != of([("a", "bc", 1)]).fingerprint()


def test_the_summary_says_what_was_read():
    ratings = Ratings.of(["a", "a", "b"], [1, 1, 1], [1, 5, 2.5], [86400, 0, 86400 * 9])
    assert repr(ratings) == ratings.summary()
    assert ratings.summary() == (
        "2 ratings of 1 item by 2 users\n"
        "  from 1 to 5 in steps of 1.5, mean 1.75\n"
        "  given from 1970-01-02 to 1970-01-10\n"
        "  1 rating dropped: same user and item again; the latest by time was kept"
    )
    far = Ratings.of([1], [1], [1], [-(2**36)])
    assert "given from second -68,719,476,736" in str(far)


def test_vocabs_and_positions():
    ratings = Ratings.of(["b", "a", "b"], [1, 2, 2], [1, 2, 3])
    assert ratings.users == Vocab.of(["b", "a"], "user")
    assert (ratings.users.kind, ratings.items.kind) == ("user", "item")
    assert (ratings.u.tolist(), ratings.i.tolist()) == ([0, 1, 0], [0, 1, 1])
    assert (ratings.u.dtype, ratings.i.dtype, ratings.r.dtype) == (np.int32, np.int32, np.float32)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        (([], [], []), "there is no rating in what was given; one at least is needed"),
        (([1], [1, 2], [1]), "users, items, ratings and times must be equally many; 1, 2, 1 came"),
        (([1], [1], [1], [1, 2]), "must be equally many; 1, 1, 1, 2 came"),
        (([1.5, float("inf")], [1, 2], [1, 2]), "user in row 2 is infinite"),
        (("ab", [1, 2], [1, 2]), "write ['ab']"),
    ],
)
def test_columns_that_do_not_fit_are_refused(columns, message):
    with pytest.raises(BadInput) as error:
        Ratings.of(*columns)
    assert message in str(error.value)


@pytest.mark.parametrize("range", [(1,), 3, (5, 1), (1, float("nan")), "1-5"])
def test_a_range_is_two_numbers_in_order(range):
    with pytest.raises(BadInput, match=r"^a range is \(lowest, highest\), .* came$"):
        Ratings.of([1], [1], [1], range=range)


def test_a_side_is_user_or_item():
    with pytest.raises(BadInput, match="'film' came"):
        Ratings.of([1], [1], [1]).counts("film")


@pytest.mark.realdata
def test_ml_100k(real):
    folder = real / "ml-100k"
    with pytest.warns(UserWarning, match=r"^u.item: not UTF-8, read as Latin-1$") as caught:
        ratings = Ratings.read(
            folder / "u.data",
            names=folder / "u.item",
            item_facts=folder / "u.item",
            user_facts=folder / "u.user",
        )
    assert len(caught) == 1
    assert (len(ratings), len(ratings.users), len(ratings.items)) == (100_000, 943, 1682)
    assert np.bincount(ratings.r.astype(int)).tolist() == [0, 6110, 11370, 27145, 34174, 21201]
    assert (ratings.scale, ratings.step) == ((1.0, 5.0), 1.0)
    assert (ratings.time.min(), ratings.time.max()) == (874724710, 893286638)
    assert ratings.frame().row(0) == (196, 242, 3.0, 881250949)
    assert not any("dropped" in note for note in ratings.notes)

    def title(item):
        return ratings.item_labels[ratings.items.position(item)]

    assert title(1) == "Toy Story (1995)"
    assert title(543) == "Misérables, Les (1995)"
    assert len(set(ratings.item_labels)) == 1664
    assert "u.item: 18 titles shared by several items, which stay different items" in ratings.notes
    facts = ratings.item_facts
    genres = facts.select(pl.selectors.boolean())
    assert genres.width == 19
    assert genres.sum().row(0, named=True)["Drama"] == 725
    assert facts.row(ratings.items.position(1), named=True)["Animation"] is True
    user = ratings.user_facts.row(ratings.users.position(1), named=True)
    assert user == {"age": 24, "gender": "M", "occupation": "technician", "zip": "85711"}


@pytest.mark.realdata
def test_the_official_folds_are_one_set(real):
    whole = Ratings.read(real / "ml-100k" / "u.data")
    folds = Ratings.read(real / "ml-100k" / "u?.test")
    assert set(folds.frame().rows()) == set(whole.frame().rows())


@pytest.mark.realdata
def test_ml_1m(real):
    folder = real / "ml-1m"
    with pytest.warns(UserWarning, match=r"^movies.dat: not UTF-8, read as Latin-1$"):
        ratings = Ratings.read(
            folder / "ratings.csv",
            names=folder / "movies.dat",
            item_facts=folder / "movies.dat",
            user_facts=folder / "users.dat",
        )
    assert (len(ratings), len(ratings.users), len(ratings.items)) == (1_000_209, 6040, 3706)
    counts = np.bincount(ratings.r.astype(int)).tolist()
    assert counts == [0, 56174, 107557, 261197, 348971, 226310]
    at = ratings.items.position(2858)
    assert ratings.item_labels[at] == "American Beauty (1999)"
    assert ratings.item_facts.row(at) == ("American Beauty (1999)", "Comedy|Drama")
    assert ratings.counts("item")[at] == 3428
    assert ratings.item_labels[ratings.items.position(1207)] == "To Kill a Mockingbird (1962)"
    assert "movies.dat: 177 of 3,883 rows belong to no item that is in the ratings" in ratings.notes
    assert ratings.user_facts.columns == ["gender", "age", "occupation", "zip"]
    assert ratings.user_facts["gender"].value_counts(sort=True).rows() == [("M", 4331), ("F", 1709)]


@pytest.mark.realdata
def test_real_files_that_hold_no_ratings_are_refused(real):
    for path, message in (
        ("ml-100k", "is a folder"),
        ("mnist/t10k-labels-idx1-ubyte.gz", "is a binary file"),
        ("nietzsche/nietzsche.txt", "no header; wanted user, item, rating"),
        ("ml-100k/u.genre", "u.genre: 2 columns and no header"),
        ("lastfm-2k/user_artists.dat", "no column for the rating among 'userID', 'artistID', 'wei"),
    ):
        with pytest.raises(BadInput, match=message):
            Ratings.read(real / path)
    played = Ratings.read(real / "lastfm-2k" / "user_artists.dat", rating="weight")
    assert (len(played), len(played.users), len(played.items)) == (92834, 1892, 17632)


def test_reading_that_is_interrupted_is_not_swallowed():
    def tuples():
        yield "a", "x", 3
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Ratings.read(tuples())


def test_what_only_the_tables_know_is_kept_where_it_is_asked_for(tmp_path):
    rows = [("a", 1, 3.0), ("b", 2, 4.0)]
    path = tmp_path / "films.csv"
    path.write_text("item,year\n2,1990\n7,1991\n1,1992\n")
    people = {"user": ["c", "a"], "age": [30, 40]}
    plain = Ratings.read(rows, user_facts=people, item_facts=path)
    assert plain.items.names.tolist() == [1, 2]
    wide = Ratings.read(rows, names={9: "Nine", 1: "One"}, user_facts=people, item_facts=path,
                        unrated=True)  # fmt: skip
    assert wide.items.names.tolist() == [1, 2, 9, 7]
    assert wide.item_labels.tolist() == ["One", None, "Nine", None]
    assert wide.item_facts["year"].to_list() == [1992, 1990, None, 1991]
    assert wide.users.names.tolist() == ["a", "b", "c"]
    assert (wide.u.tolist(), wide.i.tolist()) == (plain.u.tolist(), plain.i.tolist())
    assert wide.counts("item").tolist() == [1, 1, 0, 0]
