"Ratings in, a Learner that becomes a Recommender out."

import math
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

from entable.data.content import NotUtf8
from entable.data.ratings import Ratings
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.factorize import factorize
from entable.models.dot import DotBias
from entable.models.parts import Embedding, Ordinal
from entable.recipes.collab import collab_learner, start_from, to_recommender
from entable.recipes.makers import dot_bias, embedding_nn, mini_net, neumf, towers
from entable.testing import check_solver, planted
from entable.train.rank_losses import bpr, sampled_softmax

RATINGS, HIDDEN = planted()


def fitted(ratings, model=None, epochs=40, **settings):
    settings = {"size": 64, "lr": 2e-2, "wd": 0.01} | settings
    learner = collab_learner(ratings, None, model, **settings)
    learner.fit_one_cycle(epochs)
    return learner.recommender()


def test_dot_and_bias_does_what_every_solver_must():
    "Ten added to every rating is ten added to every score: the range moves along."
    check_solver(partial(fitted, model=partial(dot_bias, k=4), epochs=15), tolerance=0.05)


@pytest.mark.parametrize(
    "model",
    [
        partial(mini_net, k=8, hidden=20, dropout=(0.0, 0.0)),
        partial(embedding_nn, hidden=(16,)),
        partial(neumf, k=4),
        towers,
    ],
    ids=["mini_net", "embedding_nn", "neumf", "towers"],
)
def test_every_rung_finds_what_was_planted(model):
    made = fitted(RATINGS, model)
    users, items = map(list, zip(*HIDDEN, strict=True))
    assert np.mean(made.predict(users, items) > 3.5) > 0.9


@pytest.mark.parametrize(
    "loss", [nn.MSELoss(), nn.L1Loss(), nn.HuberLoss()], ids=lambda each: type(each).__name__
)
def test_losses_of_ratings(loss):
    made = fitted(RATINGS, partial(dot_bias, k=4), loss=loss)
    users, items = map(list, zip(*HIDDEN, strict=True))
    assert np.mean(made.predict(users, items) > 4) > 0.9


def test_levels_are_learnt_by_their_likelihood():
    levels = Ordinal([1, 2, 3, 4, 5])
    learner = collab_learner(RATINGS, 0.2, partial(dot_bias, k=4), levels, lr=2e-2, wd=0.01)
    table = learner.fit_one_cycle(20).table
    assert table["rmse"][-1] < 0.8 < table["rmse"][0]  # of mean ratings
    assert table["valid_loss"][0] == pytest.approx(4 * math.log(2), abs=1.0)
    made, held = learner.recommender(), learner.held_out
    want = learner.predict()  # through the activation: mean ratings
    found = made.predict(held.users.names[held.u], held.items.names[held.i])
    np.testing.assert_allclose(found, want, atol=4e-5)


@pytest.mark.parametrize("loss", [bpr(), sampled_softmax(5)], ids=["bpr", "sampled_softmax"])
def test_an_order_is_learnt_from_who_rated_what(loss):
    "Only what was liked is given; liked items that were hidden come before the others."
    liked = RATINGS.take(RATINGS.r == 5)
    learner = collab_learner(liked, 0.1, partial(dot_bias, k=4), loss=loss, lr=2e-2, wd=0.01)
    assert learner.fit_one_cycle(30).table["ahead"][-1] > 0.7
    made = learner.recommender()
    assert np.isinf(made.scorer.hi)
    found = made.recommend([user for user, _ in HIDDEN], 15)
    place = dict(zip(RATINGS.users.names.tolist(), range(80), strict=True))
    even = [(place[user] - item - 1) % 2 == 0 for user, item in found["user", "item"].iter_rows()]
    assert np.mean(even) > 0.8
    for ask in (lambda: made.evaluate(RATINGS), lambda: made.residuals(RATINGS)):
        with pytest.raises(BadInput, match="learnt to put items in order"):
            ask()
    with pytest.raises(BadInput, match="learnt to put items in order"):
        made.fold_in({1: 5})


def test_the_same_weights_predict_the_same_as_the_compiled_solvers():
    made = factorize(RATINGS, "sgd", 6, passes=5)
    users, items = made.users, made.items
    model = DotBias(len(users), len(items), items.k, mean=made.scorer.mean)
    tables = (model.U, users.vectors), (model.V, items.vectors)
    tables += (model.bu, users.bias[:, None]), (model.bi, items.bias[:, None])
    for table, values in tables:
        table.weight.data = torch.from_numpy(values.copy())
    u, i = (torch.from_numpy(rows).long() for rows in (RATINGS.u, RATINGS.i))
    names = RATINGS.users.names[RATINGS.u], RATINGS.items.names[RATINGS.i]
    want = made.predict(*names)
    found = model(u, i).detach().numpy().clip(1, 5)
    assert np.abs(found - want).max() < 1e-5
    assert np.abs(to_recommender(model, RATINGS).predict(*names) - want).max() < 1e-5


def vectors(k=4, kind="item", seed=0):
    "Given vectors of some of the names, and of a name that no rating has."
    names = RATINGS.items.names[::2].tolist() if kind == "item" else ["user 3", "user 4"]
    names.append(99 if kind == "item" else "nobody")
    rng = np.random.default_rng(seed)
    return Embeddings.of(names, rng.standard_normal((len(names), k)), kind=kind)


@pytest.mark.parametrize(
    "model",
    [partial(dot_bias, k=4), partial(mini_net, k=4), partial(neumf, k=4), partial(towers, k=4)],
    ids=["dot_bias", "mini_net", "neumf", "towers"],
)
def test_given_vectors_are_matched_by_name_and_may_stand_still(model):
    given = vectors()
    learner = collab_learner(RATINGS, None, model, items=given, frozen=True)
    learner.fit(1)
    table = learner.model.V if isinstance(learner.model.V, Embedding) else learner.model.V.own
    rows = table.table.detach().numpy()
    for name in (RATINGS.items.names[0], RATINGS.items.names[4]):
        at = RATINGS.items.position(name)
        assert np.array_equal(rows[at, :4], given[name])
    other = RATINGS.items.position(RATINGS.items.names[1])
    assert np.abs(rows[other]).max() < 0.5


def test_given_vectors_may_learn_at_a_rate_of_their_own():
    given = vectors()
    learner = collab_learner(RATINGS, None, partial(dot_bias, k=4), items=given, wd=0)
    assert [len(group) for group in learner.groups] == [1, 4]
    assert learner.groups[0] == [learner.model.V]
    before = {name: p.detach().clone() for name, p in learner.model.named_parameters()}
    learner.fit(1, [0.0, 1e-2])
    for name, p in learner.model.named_parameters():
        assert torch.equal(p, before[name]) == (name == "V.weight")
    both = collab_learner(RATINGS, None, towers, users=vectors(4, "user"), items=given)
    assert [type(each) for each in both.groups[0]] == [Embedding, Embedding]
    both.fit(1, slice(1e-4, 1e-2))


def test_starting_says_what_does_not_fit():
    table = Embedding(len(RATINGS.items), 4)
    assert start_from(table, RATINGS.items, vectors()) == 30
    with pytest.raises(BadInput, match=r"none of 60 names is among the 1 given"):
        start_from(table, RATINGS.items, Embeddings.of(["0"], [[1.0] * 4]))
    with pytest.raises(BadInput, match=r"do not fit 30 rows of 4 numbers"):
        start_from(table, RATINGS.items, vectors(k=5))

    class Other(nn.Linear):
        pass

    with pytest.raises(BadInput, match=r"Other has no table V to begin with"):
        collab_learner(RATINGS, None, Other(1, 1), items=vectors())


def test_the_same_seed_gives_the_same_model_and_leaves_chance_alone():
    torch.manual_seed(5)
    want = torch.rand(1)
    torch.manual_seed(5)
    first, again = (fitted(RATINGS, epochs=1, seed=s).items.vectors for s in (3, 3))
    assert torch.equal(torch.rand(1), want)
    assert np.array_equal(first, again)
    assert not np.array_equal(first, fitted(RATINGS, epochs=1, seed=4).items.vectors)


def test_what_was_set_and_measured_stands_in_the_recommender():
    learner = collab_learner(RATINGS, 0.1, size=32, wd=0.2, lr=0.01, seed=3)
    learner.fit(2)
    made = learner.recommender()
    want = {"solver": "torch", "model": "DotBias", "epochs": 2, "lr": 0.01, "wd": 0.2}
    assert made.settings == want | {"size": 32, "seed": 3, "factors": made.items.k}
    assert made.metrics["stopped"] == "done"
    assert made.metrics["rmse_valid"] == pytest.approx(made.evaluate(learner.held_out).rmse)
    assert made.trace["rmse"].to_list() == learner.recorder.table["rmse"].to_list()
    assert len(made.history) == len(learner.ratings)


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"valid": 1.5}, "a share between 0 and 1"),
        ({"valid": 0}, "a share between 0 and 1"),
        ({"valid": Ratings.of([1], [2], [3.0])}, "the held-out ratings have other vocabs"),
        ({"y_range": (2, 5.5)}, r"y_range=\(2, 5.5\) came, and the ratings go from 1 to 5"),
        ({"y_range": (5, 1)}, r"y_range=\(5, 1\) came"),
    ],
    ids=str,
)
def test_bad_input_is_said(settings, told):
    with pytest.raises(BadInput, match=told):
        collab_learner(RATINGS, **settings)


def test_no_ratings_are_refused():
    with pytest.raises(BadInput, match="no rating to learn from"):
        collab_learner(RATINGS.take(RATINGS.r > 9))


@pytest.mark.realdata
def test_films_that_nobody_rated_are_told_apart_by_their_facts(real):
    folder = real / "ml-100k"
    with pytest.warns(NotUtf8):
        ratings = Ratings.read(
            folder / "u.data", item_facts=folder / "u.item", user_facts=folder / "u.user"
        )
    cold = np.isin(ratings.i, np.random.default_rng(0).permutation(1682)[:200])
    train, test = ratings.take(~cold), ratings.take(cold)
    errors = {}
    for name, model in (("towers", partial(towers, k=8)), ("dot", partial(dot_bias, k=8))):
        learner = collab_learner(train, None, model, size=1024, lr=1e-2)
        learner.fit_one_cycle(3)
        errors[name] = learner.recommender().evaluate(test).rmse
    assert errors["towers"] < 1.03 < errors["dot"] - 0.03
