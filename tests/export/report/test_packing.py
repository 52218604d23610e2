"What the map gets is what the rows hold."

import json
from base64 import b64decode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable import Embeddings
from entable.export.report import packing
from entable.export.report.packing import Group, neighbours, pack, script_text


def array(text, dtype):
    return np.frombuffer(b64decode(text), dtype)


@pytest.fixture
def rows():
    rng = np.random.default_rng(3)
    counts = rng.integers(0, 90, 40)
    labels = np.array([f"Film {i} ({1950 + i})" for i in range(40)], object)
    made = Embeddings.of(range(40), rng.normal(size=(40, 4)), rng.normal(size=40), counts, labels)
    return made.with_facts({"item": [*range(40)], "funny": [i % 3 == 0 for i in range(40)]})


def packed(rows, **more):
    axes = [{"title": "one", "low": ["a"], "high": ["b"]}] * 2
    return pack(rows, rows.vectors[:, :2].astype(np.float64), axes, 5, **more)


def by_hand(vectors, n):
    "Every cosine, every row sorted."
    exact = vectors.astype(np.float64)
    norms = np.sqrt((exact * exact).sum(1, keepdims=True))
    exact = np.divide(exact, norms, out=np.zeros_like(exact), where=norms > 0)
    cosines = np.array([[np.einsum("k,k->", a, b) for b in exact] for a in exact])
    np.fill_diagonal(cosines, -np.inf)
    return np.argsort(-np.round(cosines, 12), axis=1, kind="stable")[:, :n], cosines


@given(st.integers(2, 60), st.integers(1, 5), st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_neighbours_are_those_of_all_pairs(m, k, n, seed):
    vectors = np.random.default_rng(seed).normal(size=(m, k)).astype(np.float32)
    vectors[::7] = 0  # rows without a direction
    near, likeness = neighbours(vectors, n)
    want, cosines = by_hand(vectors, min(n, m - 1))
    assert near.shape == want.shape
    np.testing.assert_allclose(likeness, np.take_along_axis(cosines, want, 1), atol=1e-9)
    np.testing.assert_allclose(likeness, np.take_along_axis(cosines, near, 1), atol=1e-9)
    if k > 1 and m < 8:
        np.testing.assert_array_equal(near, want)


def test_neighbours_are_those_that_the_embeddings_name(rows):
    near, likeness = neighbours(rows.vectors, 10)
    for at in (0, 7, 39):
        found = rows.nearest(rows.names[at], 10).table
        assert rows.names[near[at]].tolist() == found["item"].to_list()
        np.testing.assert_allclose(likeness[at], found["similarity"], atol=1e-12)


@pytest.mark.parametrize("m", [0, 1])
def test_who_is_alone_has_no_neighbours(m):
    near, likeness = neighbours(np.ones((m, 3), np.float32), 10)
    assert near.shape == likeness.shape == (m, 0)


def test_items_come_by_count_with_what_is_known_of_them(rows):
    found, order = packed(rows), np.argsort(-rows.counts, kind="stable")
    assert found["names"] == rows.label(order).tolist()
    np.testing.assert_array_equal(array(found["counts"], "<u4"), rows.counts[order])
    for column, place in enumerate(found["places"]):
        steps = array(place["at"], "<i2") / 32_000 * place["far"]
        np.testing.assert_allclose(steps, rows.vectors[order, column], atol=place["far"] / 60_000)
    numbers = {fact["name"]: array(fact["values"], "<f4") for fact in found["numbers"]}
    np.testing.assert_allclose(numbers["bias"], rows.bias[order])
    np.testing.assert_array_equal(numbers["year"], 1950 + order)
    flags = {fact["name"]: array(fact["bits"], "u1") for fact in found["flags"]}
    bits = np.unpackbits(flags["funny"], bitorder="little")[:40]
    np.testing.assert_array_equal(bits, order % 3 == 0)


def test_groups_come_in_the_order_of_the_items(rows):
    codes = np.arange(40) % 5 - 1
    found = packed(rows, groups=[Group("cluster", ["a", "b", "c", "d"], codes)])["groups"][0]
    order = np.argsort(-rows.counts, kind="stable")
    np.testing.assert_array_equal(array(found["codes"], "i1"), codes[order])
    assert found["levels"] == ["a", "b", "c", "d"]


def test_the_ends_of_a_scale_leave_out_a_few_extremes(rows):
    bias = next(fact for fact in packed(rows)["numbers"] if fact["name"] == "bias")
    assert bias["low"] == -bias["high"]
    assert bias["high"] < np.abs(rows.bias).max()


def test_of_too_many_items_the_most_rated_are_on_the_map(rows, monkeypatch):
    monkeypatch.setattr(packing, "MOST", 15)
    found = packed(rows)
    assert found["of"] == 40
    assert len(found["names"]) == 15
    assert array(found["counts"], "<u4").min() >= np.sort(rows.counts)[::-1][14]
    assert array(found["near"], "<u2").max() < 15


def test_names_are_cut_where_all_would_take_too_much_room(rows, monkeypatch):
    monkeypatch.setattr(packing, "_ROOM", 300)
    assert max(map(len, packed(rows)["names"])) <= 16


@given(st.text())
def test_json_in_a_script_is_the_same_and_cannot_end_it(text):
    found = script_text({"name": text, "<": "</script><!--"})
    assert json.loads(found)["name"] == text
    assert not {"<", ">", "&"} & set(found)
