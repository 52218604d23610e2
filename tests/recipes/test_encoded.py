"Vectors of titles or posters as facts: matched by name, and films that nobody has rated scored."

import re
from dataclasses import replace
from functools import partial

import numpy as np
import polars as pl
import pytest

from entable import Embeddings, Ratings, collab_learner
from entable.data.content import NotUtf8
from entable.data.text import Text
from entable.data.vocab import Vocab
from entable.errors import BadInput, FewFacts
from entable.recipes.facts import encoded
from entable.recipes.makers import towers
from entable.recipes.text import text_learner


def vectors(names, k=6, seed=0):
    return Embeddings.of(names, np.random.default_rng(seed).standard_normal((len(names), k)) + 3)


def test_rows_are_found_by_name_around_0_and_of_length_1():
    given = vectors([7, 5, 6, 1])
    found = encoded(given, Vocab.of([5, 6, 7, 8]))
    assert found.shape == (4, 6)
    np.testing.assert_allclose(found[:3].sum(0), 0, atol=1e-6)
    assert (found**2).sum(1)[:3].mean() == pytest.approx(1)
    assert (found[3] == 0).all()
    apart = given[[5]] - given[[7]]
    np.testing.assert_allclose(
        (found[0] - found[2]) / np.linalg.norm(found[0] - found[2]),
        (apart / np.linalg.norm(apart))[0],
        atol=1e-5,
    )


def test_titles_do_where_names_do_not():
    labels = np.array(["Alien", None, "Brazil"], object)
    found = encoded(vectors(["Brazil", "Alien"]), Vocab.of([1, 2, 3]), labels)
    assert (found[1] == 0).all()
    assert (found[[0, 2]] != 0).all()


def test_no_match_is_refused_and_few_are_warned_of():
    with pytest.raises(BadInput, match=r"none of 3 names is among the 2 given.*1 is not '1'"):
        encoded(vectors(["1", "2"]), Vocab.of([1, 2, 3]))
    with pytest.warns(FewFacts, match="vectors of 1 of 3 names were found"):
        encoded(vectors([1, 9]), Vocab.of([1, 2, 3]))


def ratings():
    "Each user loves what points one way and hates the other; the last ten films are not rated."
    rng = np.random.default_rng(0)
    way, taste = rng.standard_normal((60, 2)), rng.standard_normal((80, 2))
    rows = [(u, i, 3 + np.clip(taste[u] @ way[i], -2, 2)) for u in range(80) for i in range(60)]
    whole = Ratings.of(*zip(*rows, strict=True))
    held = whole.i >= 50
    return whole.take(~held), whole.take(held), Embeddings.of(range(60), way)


def error(learner, test):
    said = learner.recommender().predict(test.users.names[test.u], test.items.names[test.i])
    return float(np.sqrt(np.mean((said - test.r) ** 2)))


@pytest.mark.parametrize("several", [False, True])
def test_films_that_nobody_rated_are_scored_by_their_vectors(several):
    train, test, way = ratings()
    noise = vectors(range(60), 1)
    given = [way, noise] if several else way
    made = partial(towers, k=4, histories=False, item_facts=given, alone=0.3)
    learner = collab_learner(train, model=made, size=256, lr=2e-2, wd=0.01)
    learner.fit_one_cycle(12)
    assert error(learner, test) < 0.5 * float(test.r.std())
    blind = collab_learner(train, model=partial(towers, k=4), size=256, lr=2e-2, wd=0.01)
    blind.fit_one_cycle(3)
    assert error(blind, test) > 0.8 * float(test.r.std())


def test_users_have_vectors_too_and_models_are_saved_without_torch(tmp_path):
    train, _, way = ratings()
    given = vectors(range(80), 3)
    made = partial(towers, k=4, user_facts=given, item_facts=way)
    learner = collab_learner(train, model=made, size=256)
    learner.fit(1)
    model = learner.recommender()
    model.save(tmp_path / "m.entable")
    assert learner.model.U.numbers.shape == (80, 3)
    assert learner.model.V.numbers.shape == (60, 2)
    with pytest.raises(BadInput, match="none of 60 items"):
        collab_learner(train, model=partial(towers, item_facts=vectors(["a", "b"])))


def test_titles_may_be_left_to_the_vectors():
    train, _, way = ratings()
    titles = np.array([f"A film of the year ({1990 + k % 9})" for k in range(60)], object)
    train = replace(train, item_labels=titles)
    both = [
        collab_learner(train, model=partial(towers, titles=titles, item_facts=way)).model.V
        for titles in (True, False)
    ]
    assert [len(tower.bags) for tower in both] == [1, 0]
    assert [tower.numbers.shape[1] for tower in both] == [3, 3]  # the year, and the vectors


@pytest.mark.realdata
def test_new_films_are_scored_by_title_characters_year_and_genres(real):
    "A tenth of the films was never rated: better than the user's mean (benchmarks/cold.py)."
    where = real / "ml-100k"
    with pytest.warns(NotUtf8):
        read = Ratings.read(where / "u.data", names=where / "u.item", item_facts=where / "u.item")
    read = replace(read, item_facts=read.item_facts.select(pl.col(pl.Boolean)))
    cold = np.zeros(len(read.items), bool)
    cold[np.random.default_rng(5).permutation(len(cold))[: len(cold) // 10]] = True
    train, test = read.take(~cold[read.i]), read.take(cold[read.i])
    plain = [re.sub(r"\s*\(\d{4}\)\s*$", "", title or "") for title in read.item_labels]
    seen = "\n".join(title for title, out in zip(plain, cold, strict=True) if not out)
    reader = text_learner(Text.of(seen, lower=True), 0.1, hidden=32, length=32, size=16)
    reader.fit_one_cycle(2, 5e-3)
    titles = reader.text_model().encode(plain, names=read.items.names.tolist())
    made = partial(towers, k=8, histories=False, titles=False, alone=0.2, item_facts=titles)
    learner = collab_learner(train, model=made, size=1024, lr=1e-2, wd=0.6)
    learner.fit_one_cycle(4)
    counts = np.bincount(train.u, minlength=len(read.users))
    sums = np.bincount(train.u, train.r, minlength=len(read.users))
    by_user = np.where(counts > 0, sums / np.maximum(counts, 1), train.r.mean())[test.u]
    baseline = float(np.sqrt(np.mean((by_user - test.r) ** 2)))
    assert error(learner, test) < baseline - 0.015
