"Layers against their formulas, nets against loops, answers that do not depend on company."

from math import erf

import numpy as np
import pytest

from entable.data.vocab import Vocab
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.interpret.best import Catalogue, Seen
from entable.scorers import Join, Layer, Net, Sigmoid, net

RNG = np.random.default_rng(0)


def rows(n, k, kind):
    vectors, bias = RNG.standard_normal((n, k)), RNG.standard_normal(n)
    return Embeddings(Vocab.of(range(n), kind), vectors, bias, np.zeros(n), np.ones(k), 0.3)


def linear(a, b):
    return Layer("linear", {"weight": RNG.standard_normal((b, a)), "bias": RNG.standard_normal(b)})


USERS, ITEMS = rows(5, 4, "user"), rows(9, 3, "item")
JOINS = (
    Join((0, 2), (1, 3), "product", (linear(2, 1),)),
    Join((1, 4), (0, 3), "concat", (linear(6, 5), Layer("relu"), linear(5, 1))),
    Join((0, 1), (0, 2), "concat", (Layer("tanh"), linear(3, 1))),
)
NET = Net(0.5, 1, 5, JOINS, 0.8, 0.1, 0.2, Sigmoid(0.5, 5.5))


def by_hand(u, i):
    U, bu = (USERS.unseen, 0.3) if u < 0 else (USERS.vectors[u], USERS.bias[u])
    V, bi = (ITEMS.unseen, 0.3) if i < 0 else (ITEMS.vectors[i], ITEMS.bias[i])
    score = 0.5 + float(bu) + float(bi)
    for join in JOINS:
        a, b = U[slice(*join.users)], V[slice(*join.items)]
        x = (a * b if join.how == "product" else np.r_[a, b]).astype(float)
        for layer in join.layers:
            x = {
                "linear": lambda x, a: a["weight"] @ x + a["bias"],
                "relu": lambda x, a: x.clip(0),
                "tanh": lambda x, a: np.tanh(x),
            }[layer.kind](x, layer.arrays)
        score += float(x[0])
    return score


def test_raw_scores_are_those_of_a_loop(monkeypatch):
    u, i = np.repeat(np.arange(-1, 5), 10), np.tile(np.arange(-1, 9), 6)
    got = NET.raw(USERS, ITEMS, u, i)
    want = [by_hand(a, b) for a, b in zip(u, i, strict=True)]
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(NET.score(got), np.clip(0.5 + 5 / (1 + np.exp(-got)), 1, 5))
    monkeypatch.setattr(net, "_BLOCK", 7)
    np.testing.assert_allclose(NET.raw(USERS, ITEMS, u, i), got, rtol=1e-6, atol=1e-6)


def test_the_best_are_those_of_a_full_sort():
    catalogue = Catalogue(ITEMS.vectors, ITEMS.bias)
    seen = Seen(np.array([0, 2, 2, 3]), np.array([1, -1, 4]))
    who = np.array([3, 0, -1])
    found = NET.best(*USERS.rows(who), catalogue, 4, seen)
    for r, u in enumerate(who):
        scores = NET.raw(USERS, ITEMS, np.full(9, u), np.arange(9))
        scores[{0: [1], 1: [], 2: [4]}[r]] = -np.inf
        want = np.argsort(-scores, kind="stable")[:4]
        mine = found.rows == r
        assert found.columns[mine].tolist() == want.tolist()
        np.testing.assert_allclose(found.scores[mine], scores[want], rtol=1e-5, atol=1e-5)


def test_a_user_alone_has_the_answer_that_it_has_among_all():
    catalogue = Catalogue(ITEMS.vectors, ITEMS.bias)
    whole = NET.best(*USERS.rows(np.arange(5)), catalogue, 3)
    for u in range(5):
        alone = NET.best(*USERS.rows(np.array([u])), catalogue, 3)
        assert alone.columns.tolist() == whole.columns[whole.rows == u].tolist()
        assert alone.scores.tolist() == whole.scores[whole.rows == u].tolist()
    assert not len(NET.best(*USERS.rows(np.zeros(0, int)), catalogue, 3).rows)


def test_a_deviation_is_noise_and_what_is_unknown():
    u, i = np.array([0, -1, 0, -1]), np.array([0, 0, -1, -1])
    np.testing.assert_allclose(NET.std(u, i) ** 2, [0.8, 0.9, 1.0, 1.1])


def test_layers_without_arrays_are_their_formulas():
    x = np.linspace(-3, 3, 13, dtype="f4")[:, None]
    sigmoid = 1 / (1 + np.exp(-x))
    want = {
        "relu": np.maximum(x, 0),
        "elu": np.where(x > 0, x, np.exp(x) - 1),
        "gelu": x * np.vectorize(lambda v: (1 + erf(v / 2**0.5)) / 2)(x),
        "gelu_tanh": x * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3))) / 2,
        "mish": x * np.tanh(np.log1p(np.exp(x))),
        "silu": x * sigmoid,
        "sigmoid": sigmoid,
        "tanh": np.tanh(x),
    }
    assert set(want) == {name for name, kind in net.KINDS.items() if not kind.arrays}
    for kind, values in want.items():
        np.testing.assert_allclose(Layer(kind)(x), values, rtol=1e-5, atol=1e-6)


def test_layers_with_arrays_are_their_formulas():
    x = RNG.standard_normal((6, 3)).astype("f4")
    a, b = RNG.standard_normal(3), RNG.standard_normal(3)
    np.testing.assert_allclose(Layer("scale", {"factor": a, "offset": b})(x), x * a + b, rtol=1e-5)
    leaky = Layer("leaky_relu", {"slope": np.array([0.1])})
    np.testing.assert_allclose(leaky(x), np.where(x > 0, x, 0.1 * x), rtol=1e-6)
    norm = Layer("norm", {"weight": a, "bias": b, "eps": np.array([1e-5])})
    want = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) * a + b
    np.testing.assert_allclose(norm(x), want, rtol=1e-4, atol=1e-5)
    for layer in (leaky, norm):
        assert layer(x).dtype == np.float32


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Layer("swish"), "one of linear"),
        (lambda: Layer("linear", {"weight": np.ones((1, 2))}), "has the arrays weight, bias"),
        (lambda: Layer("linear", {"weight": np.ones(2), "bias": np.ones(1)}), "linear weight"),
        (lambda: Layer("scale", {"factor": np.ones(0), "offset": np.ones(0)}), "without numbers"),
        (lambda: Layer("scale", {"factor": [np.nan], "offset": [1]}), "finite"),
        (lambda: Join((0, 2), (0, 1), "concat", (linear(2, 1),)), "does not fit rows of 3"),
        (lambda: Join((0, 2), (0, 1), "concat", (linear(3, 2),)), "end in 2 numbers"),
        (lambda: Join((0, 2), (0, 1), "product", (linear(2, 1),)), "cannot be multiplied"),
        (lambda: Join((0, 0), (0, 1), "concat", (linear(1, 1),)), "columns of both sides"),
        (lambda: Join((0, 1), (0, 1), "added", (linear(1, 1),)), "columns of both sides"),
        (lambda: Net(0, 1, 5, (), 1.0), "without joins"),
        (lambda: Net(0, 5, 1, JOINS, 1.0), "range"),
        (lambda: Net(0, 1, 5, JOINS, 0.0), "noise"),
        (lambda: Net(np.nan, 1, 5, JOINS, 1.0), "mean"),
    ],
)
def test_what_does_not_fit_is_refused(make, told):
    with pytest.raises(BadInput, match=told):
        make()


def test_rows_of_another_width_are_refused():
    NET.check(USERS, ITEMS)
    with pytest.raises(BadInput, match="users of 3 numbers do not fit a net over 4"):
        NET.check(rows(5, 3, "user"), ITEMS)
