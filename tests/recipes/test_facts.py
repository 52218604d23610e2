"Facts and titles as numbers, categories and bags."

import datetime as dt

import numpy as np
import polars as pl
import torch

from entable.recipes.facts import bag_of_lists, facts, grams, history


def dense(bag, n):
    "The bag as a matrix (n, size)."
    out = torch.zeros(n, bag.size)
    out[bag.rows, bag.ids] = bag.weights
    return out


FRAME = pl.DataFrame(
    {
        "age": [20, 30, None, 40],
        "born": [dt.date(2000, 1, 1), dt.date(2000, 1, 3), dt.date(2000, 1, 2), None],
        "job": ["nurse", None, "baker", "nurse"],
        "genres": ["Drama|War", "War", None, "Comedy"],
        "old": [True, False, None, True],
        "new": [False, False, True, True],
        "same": [7, 7, 7, 7],
        "url": [None, None, None, None],
    }
)


def test_numbers_and_dates_are_centred_scaled_and_0_where_unknown():
    found = facts(FRAME).numbers
    assert found.shape == (4, 2)  # what is always the same tells nothing
    age = (np.array([20, 30, 40]) - 30) / np.std([20, 30, 40])
    np.testing.assert_allclose(found[[0, 1, 3], 0], age, rtol=1e-6)
    assert found[2, 0] == 0
    assert found[3, 1] == 0
    np.testing.assert_allclose(found[:3, 1], [-np.sqrt(1.5), np.sqrt(1.5), 0], atol=1e-6)


def test_texts_of_few_levels_are_categories_in_the_order_of_the_alphabet():
    found = facts(FRAME)
    assert found.levels == (3,)
    assert found.categories[:, 0].tolist() == [2, 0, 1, 2]


def test_lists_and_flags_are_many_hot_and_weigh_by_their_length():
    genres, flags = facts(FRAME).bags
    half = 0.5**0.5
    want = [[0, half, half], [0, 0, 1], [0, 0, 0], [1, 0, 0]]  # Comedy, Drama, War
    torch.testing.assert_close(dense(genres, 4), torch.tensor(want))
    want = [[1, 0], [0, 0], [0, 1], [half, half]]
    torch.testing.assert_close(dense(flags, 4), torch.tensor(want).float())


def test_free_text_is_left_out():
    frame = pl.DataFrame({"plot": [f"text {n}" for n in range(200)]})
    assert facts(frame).categories is None


def test_titles_tell_their_year_and_their_trigrams():
    titles = ["Alien (1979)", "Aliens (1986)", "Alien 3 (1992)", "Brazil", None]
    found = facts(None, np.array(titles, object))
    years = np.array([1979, 1986, 1992])
    np.testing.assert_allclose(found.numbers[:3, 0], (years - years.mean()) / years.std(), 1e-5)
    assert found.numbers[3:, 0].tolist() == [0, 0]
    (bag,) = found.bags
    assert bag.size == 4  # "<al", "ali", "lie", "ien": what three titles have at least
    hot = dense(bag, 5)
    assert (hot[:3] > 0).all()
    assert not hot[3:].any()


def test_grams_of_short_words_are_the_words():
    assert grams(["I", "I", "I"]).size == 1
    assert grams(["abcd"] * 3, n=2).size == 5  # <a ab bc cd d>


def test_a_history_weighs_by_the_root_of_its_length():
    bag = history(np.array([0, 0, 0, 0, 2]), np.array([1, 2, 3, 4, 1]), 5)
    torch.testing.assert_close(bag.weights, torch.tensor([0.5, 0.5, 0.5, 0.5, 1.0]))
    assert bag.size == 5


def test_no_facts_are_no_facts():
    found = facts(None)
    assert found.numbers is None
    assert found.categories is None
    assert not found.bags
    assert bag_of_lists([[], []]).size == 0
