"What torch says is what NumPy says; what NumPy cannot say is said in a sentence."

import json
import subprocess
import sys
from functools import partial

import numpy as np
import pytest
import torch
from torch import nn

import entable
from entable.data.ratings import Ratings
from entable.errors import BadInput
from entable.models.deep import MiniNet
from entable.models.dot import DotBias
from entable.models.parts import Join, Ordinal, Scored
from entable.recipes.collab import collab_learner, to_recommender
from entable.recipes.makers import (
    dot_bias,
    dot_history,
    dot_product,
    embedding_nn,
    mini_net,
    neumf,
    towers,
)

FACTS = {"item": list(range(31)), "year": [1960 + n for n in range(31)], "kind": ["a|b", "b"] * 15}
FACTS["kind"].append("a")


def some(users=40, items=30, seed=0, **tables):
    rng = np.random.default_rng(seed)
    u, i = np.nonzero(rng.random((users, items)) < 0.4)
    return Ratings.read(
        {
            "user": [f"u{a}" for a in u],
            "item": i,
            "rating": rng.integers(1, 6, len(u)).astype(float),
        },
        **tables,
    )


RATINGS = some(item_facts=FACTS, unrated=True)
MODELS = {
    "dot": dot_product,
    "bias": partial(dot_bias, k=6),
    "history": partial(dot_history, k=6, rank=5),
    "mini": mini_net,
    "nn": partial(embedding_nn, hidden=(8, 4), dropout=0.2),
    "neumf": neumf,
    "towers": partial(towers, k=4, hidden=6),
}
RANGES = {"sigmoid": None, "none": (-np.inf, np.inf), "levels": [1, 2, 3, 4, 5]}


def learnt(model, y_range=None, ratings=RATINGS, **settings):
    y_range = Ordinal(y_range) if isinstance(y_range, list) else y_range
    learner = collab_learner(ratings, 0.2, model, y_range, size=32, lr=1e-2, **settings)
    learner.fit(2)
    return learner


def by_torch(learner, ratings):
    "Ratings of all pairs of users and items that were rated in training."
    train = learner.ratings
    users, items = (np.flatnonzero(train.counts(side)) for side in ("user", "item"))
    u, i = (grid.ravel() for grid in np.meshgrid(users, items, indexing="ij"))
    scores = learner.predict(torch.from_numpy(u), torch.from_numpy(i))
    return ratings.users.names[u], ratings.items.names[i], scores.clip(*train.scale)


@pytest.mark.parametrize("y_range", RANGES.values(), ids=RANGES.keys())
@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_predictions_are_those_of_torch(model, y_range):
    learner = learnt(model, y_range)
    users, items, want = by_torch(learner, RATINGS)
    found = learner.recommender().predict(users, items)
    assert np.abs(found - want).max() < 1e-5 * 4  # of the scale


@pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())
def test_every_method_answers_or_says_why_not(model, tmp_path):
    learner = learnt(model)
    made = learner.recommender()
    again = entable.load(made.save(tmp_path / "m.entable"))
    assert again.predict("u3", 4).tolist() == made.predict("u3", 4).tolist()
    assert again.recommend("u3", 5).equals(made.recommend("u3", 5))
    assert len(made.similar(4, 3)) == len(made.similar_users("u3", 3)) == 3
    details = made.predict(["u3", "who"], [4, -7], details=True)
    assert details["known_user"].to_list() == [True, False]
    assert (details["std"].to_numpy() > 0).all()
    assert details["std"][1] >= details["std"][0]
    judged = made.evaluate(learner.held_out)
    assert judged.rmse == pytest.approx(made.metrics["rmse_valid"])
    assert len(made.residuals(learner.held_out).table)
    made.health()
    assert made.compare(again).rms == 0
    if isinstance(made.scorer, entable.scorers.Dot):
        assert sum(made.explain("u3", 4).parts.values()) == pytest.approx(made.predict("u3", 4)[0])
        assert len(made.fold_in({4: 5, 7: 1}).recommend(3)) == 3
        assert len(made.fold_in_item({"u3": 5}).predict(["u1", "u2"])) == 2
    else:
        for ask in (lambda: made.explain("u3", 4), lambda: made.fold_in({4: 5})):
            with pytest.raises(BadInput, match="scores come from a net"):
                ask()


SERVE = """
import sys
class Gone:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("torch", "numba"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Gone())
import json, entable
model = entable.load(sys.argv[1])
users, items = json.loads(sys.argv[2])
print(json.dumps(model.predict(users, items).tolist()))
assert len(model.recommend(users[0], 3)) == 3
"""


def test_a_net_is_served_where_there_is_no_torch(tmp_path):
    learner = learnt(MODELS["nn"])
    users, items, want = (column[:50] for column in by_torch(learner, RATINGS))
    path = learner.recommender().save(tmp_path / "m.entable")
    pairs = json.dumps([users.tolist(), items.tolist()])
    command = [sys.executable, "-c", SERVE, str(path), pairs]
    done = subprocess.run(command, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    assert np.abs(np.array(json.loads(done.stdout)) - want).max() < 1e-5 * 4


def test_a_recommender_does_not_follow_a_model_that_goes_on_learning():
    learner = learnt(MODELS["mini"])
    made = learner.recommender()
    before = made.predict("u3", 4)
    learner.fit(1)
    assert made.predict("u3", 4) == before


def test_dot_models_are_kept_exactly_and_read_well():
    made = learnt(MODELS["bias"]).recommender()
    rated = made.items.counts > 0
    for rows in (made.items.vectors[rated], made.items.bias[rated]):
        assert np.abs(rows.mean(0)).max() < 1e-5
    weight = np.linalg.norm(made.users.vectors, axis=0) * np.linalg.norm(made.items.vectors, axis=0)
    assert (np.diff(weight) <= 1e-4).all()
    assert np.abs(made.items.unseen).max() < 1e-6  # the mean taste


def test_what_nobody_rated_is_the_mean_row_unless_facts_speak():
    gone = np.flatnonzero(RATINGS.items.names == 30)  # in the facts alone
    for model in ("bias", "nn"):
        made = learnt(MODELS[model]).recommender()
        np.testing.assert_allclose(made.items.vectors[gone[0]], made.items.unseen, atol=1e-7)
    made = learnt(MODELS["towers"]).recommender()
    assert np.abs(made.items.vectors[gone[0]] - made.items.unseen).max() > 1e-4


def test_the_noise_is_that_of_held_out_ratings_else_of_learnt_ones_corrected():
    rng = np.random.default_rng(0)
    u, i = np.nonzero(rng.random((300, 100)) < 0.3)
    truth = 3 + rng.standard_normal(300)[u] * rng.standard_normal(100)[i] / 2
    ratings = Ratings.of(u, i, truth + rng.standard_normal(len(u)) * 0.5)
    train, test = ratings.split(0.2)
    for valid in (test, None):
        learner = collab_learner(train, valid, partial(dot_bias, k=4), size=64, lr=1e-2)
        learner.fit_one_cycle(8)
        made = learner.recommender()
        assert made.metrics["noise"] == ("learnt ratings" if valid is None else "held-out ratings")
        assert made.evaluate(test).coverage80 == pytest.approx(0.8, abs=0.08)


class Silent(nn.Module):
    def forward(self, u, i):
        return u * 1.0


class Odd(DotBias):
    "Ends in something of its own."

    def scored(self):
        return super().scored()._replace(link=nn.Softplus())


class Strange(MiniNet):
    "Has a layer that NumPy does not know."

    def scored(self):
        net = nn.Sequential(nn.Linear(2 * 50, 4), nn.Softsign(), nn.Linear(4, 1))
        return Scored(self.U.table, self.V.table, joins=(Join((0, 50), (0, 50), "concat", net),))


@pytest.mark.parametrize(
    ("model", "told"),
    [
        (Silent(), "Silent does not say what its scores are made of"),
        (Odd(40, 31), "ends in Softplus, which cannot be computed without torch"),
        (Strange(40, 31), "a layer Softsign, which cannot be computed without torch; these can"),
    ],
    ids=lambda each: type(each).__name__,
)
def test_what_cannot_be_served_is_said(model, told):
    with pytest.raises(BadInput, match=told):
        to_recommender(model, RATINGS)


LAYERS = [
    nn.Linear(4, 4, bias=False), nn.BatchNorm1d(4), nn.BatchNorm1d(4, affine=False),
    nn.LayerNorm(4), nn.LayerNorm(4, bias=False), nn.ReLU(), nn.LeakyReLU(0.2), nn.ELU(),
    nn.SiLU(), nn.Sigmoid(), nn.Tanh(), nn.Dropout(0.5), nn.Identity(),
    nn.Sequential(nn.Linear(4, 4), nn.ReLU()),
]  # fmt: skip


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_every_layer_of_the_list_is_that_of_torch(layer):
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.U, self.V = nn.Embedding(40, 2), nn.Embedding(31, 2)
            self.net = nn.Sequential(layer, nn.Linear(4, 1))

        def forward(self, u, i):
            return self.net(torch.cat([self.U(u), self.V(i)], 1))[:, 0]

        def scored(self):
            join = Join((0, 2), (0, 2), "concat", self.net)
            return Scored(self.U.weight, self.V.weight, joins=(join,))

    model = Net()
    if isinstance(layer, nn.BatchNorm1d):
        layer.running_mean.normal_()
        layer.running_var.uniform_(0.5, 2)
    model.eval()
    u, i = (torch.from_numpy(each).long() for each in (RATINGS.u, RATINGS.i))
    want = model(u, i).detach().numpy().clip(1, 5)
    users, items = RATINGS.users.names[RATINGS.u], RATINGS.items.names[RATINGS.i]
    found = to_recommender(model, RATINGS).predict(users, items)
    np.testing.assert_allclose(found, want, atol=1e-5)
