"The sample is what it says: long-tailed, seeded, and ruled by the tastes planted in it."

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from entable.data.sample import TASTES, sample_ratings, sample_truth
from entable.errors import BadInput


@pytest.fixture(scope="module")
def ratings():
    return sample_ratings()


def rmse(error):
    return float(np.sqrt(np.mean(np.square(error))))


def test_the_default_sample(ratings):
    assert (len(ratings), len(ratings.users), len(ratings.items)) == (300_000, 3000, 1200)
    assert np.unique(ratings.r).tolist() == np.arange(1, 5.5, 0.5).tolist()
    assert (ratings.scale, ratings.step) == ((1.0, 5.0), 0.5)
    pairs = ratings.u.astype(np.int64) * len(ratings.items) + ratings.i
    assert len(np.unique(pairs)) == len(ratings)
    assert (np.diff(ratings.time) >= 0).all()


def test_few_have_many_ratings_and_most_have_few(ratings):
    for side, most in (("user", 4), ("item", 4)):
        counts = np.sort(ratings.counts(side))[::-1]
        tenth = len(counts) // 10
        assert counts[:tenth].sum() > 0.25 * len(ratings)
        assert counts[tenth // 10] > most * np.median(counts)
        assert counts[-1] > 0


def test_planted_tastes_beat_user_and_item_means_by_far(ratings):
    truth = sample_truth()
    train, test = ratings.split(0.1)
    mean = train.r.mean()
    bi = np.bincount(train.i, train.r - mean, len(train.items)) / (train.counts("item") + 5)
    left = train.r - mean - bi[train.i]
    bu = np.bincount(train.u, left, len(train.users)) / (train.counts("user") + 5)
    plain = rmse(test.r - np.clip(mean + bu[test.u] + bi[test.i], 1, 5))
    planted = rmse(test.r - np.clip(truth.score(test.u, test.i), 1, 5))
    assert planted < 0.62
    assert plain > 1.4 * planted
    assert rmse(test.r - mean) > plain


def test_the_planted_tastes_are_all_strong_and_different():
    truth = sample_truth()
    assert truth.U.shape == (3000, len(TASTES))
    for side in (truth.U, truth.V):
        assert np.linalg.cond(np.cov(side.T)) < 10
    assert np.abs(truth.V.mean(0)).max() < 1e-12


def test_titles_and_facts_show_what_was_planted(ratings):
    truth = sample_truth()
    facts = ratings.item_facts
    assert len(set(ratings.item_labels)) == len(ratings.items)
    for k, taste in enumerate(TASTES):
        words = taste.split(" or ")
        column = "mood" if "dark" in words else "genre"
        for word, sign in zip(words, (1, -1), strict=True):
            assert (sign * truth.V[(facts[column] == word).to_numpy(), k]).mean() > 0.3
    dark = ratings.item_labels[(facts["mood"] == "dark").to_numpy()]
    assert not any("Merry" in title for title in dark)
    assert any("Grim" in title for title in dark)
    assert ratings.user_facts.height == len(ratings.users)
    lovers = (ratings.user_facts["favourite"] == "space").to_numpy()
    assert truth.U[lovers, 0].mean() > 1


@given(st.integers(2, 40), st.integers(2, 40), st.floats(0, 1), st.integers(0, 5))
def test_any_size_that_goes_together(users, items, share, seed):
    n = users + int(share * (users * items // 2 - users))
    ratings = sample_ratings(n, users, items, seed)
    assert (len(ratings), len(ratings.users), len(ratings.items)) == (n, users, items)
    assert ratings.counts("user").min() > 0
    assert ratings.fingerprint() == sample_ratings(n, users, items, seed).fingerprint()
    assert ratings.item_labels.tolist() == (
        sample_ratings(n, users, items, seed).item_labels.tolist()
    )


def test_seeds_differ():
    assert (
        sample_ratings(50, 10, 10, 0).fingerprint() != sample_ratings(50, 10, 10, 1).fingerprint()
    )


@pytest.mark.parametrize(
    ("n", "users", "items"), [(0, 10, 10), (51, 10, 10), (9, 10, 10), (5, 1, 10), (5, 10, 1)]
)
def test_sizes_that_do_not_go_together_are_refused(n, users, items):
    with pytest.raises(BadInput, match="sample"):
        sample_ratings(n, users, items)
