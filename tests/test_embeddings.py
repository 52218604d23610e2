"Rows found by name: strict where looked up, lenient where asked to be."

from dataclasses import replace
from datetime import date
from uuid import UUID

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput, FewFacts, UnknownName


def rows(names=("Alien", "Brazil", "Cube", "Dune"), labels=None, k=2, kind="item"):
    n = len(names)
    vectors = np.arange(n * k, dtype="f4").reshape(n, k)
    counts = np.arange(n)
    return Embeddings(
        Vocab.of(list(names), kind),
        vectors,
        np.arange(n) / 8,
        counts,
        np.full(k, -1.0),
        unseen_bias=-0.5,
        means=np.where(counts > 0, 3.0, np.nan),
        labels=None if labels is None else np.array(labels, object),
    )


def test_a_name_gives_its_vector_and_a_list_gives_many():
    items = rows()
    assert items["Brazil"].tolist() == [2, 3]
    assert items[["Dune", "Alien"]].tolist() == [[6, 7], [0, 1]]
    assert items[np.array(["Cube"])].tolist() == [[4, 5]]
    assert (len(items), items.k, items.names.tolist()[0]) == (4, 2, "Alien")
    assert "Cube" in items
    assert "Cubes" not in items


@pytest.mark.parametrize(
    "names",
    [
        [-1, 0, 7],
        [date(2020, 1, 1), date(2020, 1, 2), date(1960, 1, 1)],
        [UUID(int=5), UUID(int=6), UUID(int=7)],
        [True, False],
        ["", "a", "ünï"],
        [0.5, 1.5, -2.5],
    ],
    ids=str,
)
def test_names_of_any_type_find_their_rows_and_come_back(names):
    items = rows(names)
    for position, name in enumerate(names):
        assert items.position(name) == position
        np.testing.assert_array_equal(items[name], items.vectors[position])
    found = items.nearest(names[0], 5)
    assert set(found.table["item"].to_list()) == set(names[1:])


def test_an_unknown_name_proposes_the_nearest():
    with pytest.raises(UnknownName, match=r"no item is named 'Alein'; nearest: 'Alien'"):
        rows().position("Alein")
    with pytest.raises(UnknownName, match=r"2 of 3 items are not known, first 'Brasil'; nearest"):
        rows()[["Cube", "Brasil", "Dun"]]
    with pytest.raises(UnknownName, match=r"no item is named 3"):
        rows().position(3)


def test_names_are_strict_in_type_and_a_gap_is_no_name():
    ids = rows([1, 2, 3])
    for other in ("1", True, None, 1.5, b"1"):
        with pytest.raises(UnknownName):
            ids.position(other)
    assert ids.positions([2, None, "2", 9], strict=False).tolist() == [1, -1, -1, -1]


def test_a_label_that_is_unique_works_like_a_name():
    items = rows([10, 20, 30], ["Alien", None, "Cube"])
    assert items.position("Cube") == 2
    assert items.positions(["Alien", 20, "nothing"], strict=False).tolist() == [0, 1, -1]
    assert "Alien" in items
    with pytest.raises(UnknownName, match=r"no item is named 'alien'; nearest: 'Alien'"):
        items.position("alien")


@pytest.mark.parametrize("make", [np.array, pl.Series, pd.Series, pa.array, tuple])
def test_labels_and_errors_see_plain_names_in_any_column(make):
    items = rows([10, 20, 30], ["Alien", None, "Cube"])
    assert items.positions(make(["Cube", "Alien"])).tolist() == [2, 0]
    with pytest.raises(UnknownName, match="no item is named 'Cubes'; nearest: 'Cube'"):
        items.positions(make(["Cube", "Cubes"]))


@pytest.mark.parametrize("strict", [True, False])
def test_a_label_that_several_share_is_an_error_that_lists_them(strict):
    items = rows([10, 20, 30], ["Hamlet", "Cube", "Hamlet"])
    with pytest.raises(UnknownName, match=r"2 items are called 'Hamlet': .* by its id, 10, 30"):
        items.positions(["Hamlet"], strict=strict)
    many = rows(range(9), ["Hamlet"] * 9)
    with pytest.raises(UnknownName, match="0, 1, 2, 3, 4 and 4 more"):
        many.position("Hamlet")


def test_a_name_goes_before_a_label():
    items = rows(["a", "b"], ["b", "c"])
    assert items.position("b") == 1


def test_labels_are_shown_where_there_are_any():
    items = rows([10, 20, 30], ["Alien", None, "Cube"])
    assert items.label([2, 1, 0]).tolist() == ["Cube", "20", "Alien"]
    assert rows([10, 20]).label([1]).tolist() == ["20"]
    assert items.told(np.array([1, 2]), "film")["film"].to_list() == [20, 30]
    assert items.told(np.array([1, 2]), "film")["label"].to_list() == [None, "Cube"]


def test_rows_gathers_the_unseen_row_for_unknown_positions():
    vectors, bias = rows().rows(np.array([1, -1, 0]))
    assert vectors.tolist() == [[2, 3], [-1, -1], [0, 1]]
    assert bias.tolist() == [0.125, -0.5, 0]
    empty = rows(()).rows(np.array([-1]))
    assert empty[0].tolist() == [[-1, -1]]


def test_nearest_ranks_by_cosine_and_leaves_the_name_out():
    items = replace(rows(), vectors=np.array([[1, 0], [2, 0.2], [0, 1], [-1, 0]], "f4"))
    found = items.nearest("Alien", 2).table
    assert found.columns == ["item", "similarity", "count"]
    assert found["item"].to_list() == ["Brazil", "Cube"]
    assert found["similarity"][0] == pytest.approx(2 / np.sqrt(4.04))
    assert found["count"].to_list() == [1, 2]
    assert len(items.nearest("Alien", 99)) == 3
    like = items.like(np.array([1.0, 0]), 2, leave_out=[0])
    assert like.equals(items.nearest("Alien", 2).table)


@pytest.mark.parametrize("n", [0, -1, 1.5, True, "3", None])
def test_how_many_must_be_a_whole_number_from_one(n):
    with pytest.raises(BadInput, match="a whole number from 1 on was wanted"):
        rows().nearest("Alien", n)


@pytest.mark.parametrize(
    "change",
    [
        {"vectors": np.zeros((3, 2))},
        {"vectors": np.zeros(8)},
        {"vectors": np.full((4, 2), np.nan)},
        {"vectors": np.full((4, 2), 1e300)},
        {"bias": np.zeros(5)},
        {"bias": np.full(4, np.inf)},
        {"counts": np.zeros(3, int)},
        {"counts": np.full(4, -1)},
        {"unseen": np.zeros(3)},
        {"unseen_bias": float("nan")},
        {"means": np.full(4, np.nan)},
        {"means": np.zeros(2)},
        {"labels": np.array(["a"], object)},
        {"labels": np.array(["a", "b", "c", 4], object)},
        {"bias_std": np.full(4, -0.5)},
        {"bias_std": np.zeros(3)},
        {"facts": pl.DataFrame({"year": [1, 2, 3]})},
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_parts_that_do_not_fit_are_refused(change):
    with pytest.raises(BadInput):
        replace(rows(), **change)


def test_any_vectors_with_names_are_embeddings():
    vectors = np.arange(6.0).reshape(3, 2)
    words = Embeddings.of(["a", "b", "c"], vectors, kind="word")
    assert (len(words), words.k, repr(words)) == (3, 2, "Embeddings(3 words of 2 numbers)")
    assert words.vectors.dtype == np.float32
    assert words["b"].tolist() == [2, 3]
    assert words.unseen.tolist() == [2, 3]
    assert not words.bias.any()
    assert not words.counts.any()
    assert words.nearest("c", 1).table.columns == ["word", "similarity", "count"]
    same = Embeddings.of(
        words.vocab, vectors.tolist(), [1, 2, 3], [4, 5, 6], labels=["x", None, "z"]
    )
    assert (same.position("z"), same.bias.tolist(), same.counts.tolist()) == (
        2, [1, 2, 3], [4, 5, 6],
    )  # fmt: skip
    named = Embeddings.of(["a", "b"], np.eye(2), labels={"b": "Second", "c": "nobody"})
    assert named.label([0, 1]).tolist() == ["a", "Second"]
    assert Embeddings.of([], np.empty((0, 4))).unseen.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("names", "vectors", "says"),
    [
        (["a", "b"], np.zeros((3, 2)), "3 vectors came for 2 different names"),
        (["a", "a"], np.zeros((2, 2)), "2 vectors came for 1 different names"),
        (["a", "b"], np.zeros(2), r"vectors: shape \(2,\) came"),
        (["a", "b"], [[1, np.nan], [1, 2]], "vectors: only finite numbers"),
        (Vocab.of(["a"], "item"), np.zeros((2, 2)), "2 vectors came for 1 different names"),
    ],
)
def test_vectors_and_names_must_fit(names, vectors, says):
    with pytest.raises(BadInput, match=says):
        Embeddings.of(names, vectors)


def test_facts_are_matched_by_name():
    table = pl.DataFrame({"item": ["Cube", "Alien", "else"], "year": [1997, 1979, 1]})
    items = rows().with_facts(table)
    assert items.facts["year"].to_list() == [1979, None, 1997, None]
    assert rows().facts is None
    made = Embeddings.of(["Alien", "Cube"], np.eye(2), facts=(table, "item"))
    assert made.facts["year"].to_list() == [1979, 1997]
    with pytest.raises(BadInput, match="no item of the ratings is in its column 'item'"):
        rows(["x", "y"]).with_facts(table)


def test_facts_that_match_few_items_say_how_many():
    table = pl.DataFrame({"item": ["i0", "i1", "i2"], "year": [1979, 1985, 1997]})
    with pytest.warns(FewFacts, match="facts of 3 of 20"):
        items = rows([f"i{j}" for j in range(20)]).with_facts(table)
    assert "year: known for 3 of 20 rows" in items.pca(1, min_count=0).notes


def test_without_rows_there_is_nothing_to_read():
    none = Embeddings.of([], np.empty((0, 4)))
    for ask in (none.pca, none.reduction, none.map, none.health):
        with pytest.raises(BadInput):
            ask()
    with pytest.raises(BadInput, match="there are no items to look at"):
        none.pca()
    with pytest.raises(BadInput, match="there are no item biases to rank by"):
        none.bias_ranking()
    assert none.distance([], []).shape == (0, 0)


def test_reading_answers_with_objects_that_show_themselves():
    rng = np.random.default_rng(0)
    items = Embeddings.of(
        [f"i{j}" for j in range(60)], rng.standard_normal((60, 4)), rng.standard_normal(60),
        rng.integers(50, 99, 60), facts={"item": [f"i{j}" for j in range(60)], "year": range(60)},
    )  # fmt: skip
    answers = [
        items.bias_ranking(3), items.pca(2), items.pca(2, turned=False), items.axis("i1", "i2"),
        items.nearest("i1"), items.farthest("i1"), items.analogy("i1", "i2", "i3"),
        items.against("year"), items.compare(items), items.reduction(), items.map(),
        items.health(),
    ]  # fmt: skip
    for answer in answers:
        assert answer.title
        assert len(answer.table)
        assert answer.title in str(answer) == repr(answer)
        assert "<table>" in answer._repr_html_()


def test_facts_that_match_few_rows_say_how_many():
    items = rows()
    with pytest.warns(FewFacts, match=r"facts of 1 of 4 were found.*3 of 4 items have no row"):
        found = items.with_facts(pl.DataFrame({"item": ["Cube", "Fargo"], "year": [1997, 1996]}))
    assert found.facts["year"].to_list() == [None, None, 1997, None]
    half = items.with_facts(pl.DataFrame({"item": ["Cube", "Dune"], "year": [1997, 1984]}))
    assert half.facts["year"].null_count() == 2
    with pytest.raises(BadInput, match="no item of the ratings is in its column"):
        items.with_facts(pl.DataFrame({"item": ["Fargo"], "year": [1996]}))
