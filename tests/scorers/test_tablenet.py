"Nets over tables in NumPy: against a slow twin in plain Python, and what does not fit refused."

import math

import numpy as np
import pytest

from entable.errors import BadInput
from entable.scorers import tablenet
from entable.scorers.net import Layer
from entable.scorers.readers import READERS, Reader
from entable.scorers.tablenet import Block, Ensemble, TableNet

RNG = np.random.default_rng(0)
LEVELS, M, K = (4, 3), 2, 3


def some(*shape):
    return RNG.standard_normal(shape).astype("f4")


def linear(a, b):
    return Layer("linear", {"weight": some(b, a), "bias": some(b)})


def reader(kind):
    arrays = {
        "plain": {"factor": some(M), "offset": some(M)},
        "pieces": {
            "low": some(M, 2), "slope": abs(some(M, 2)), "weight": some(M, 2, K), "bias": some(M, K)
        },
        "periodic": {"frequency": some(M, 2), "weight": some(M, 4, K), "bias": some(M, K)},
    }[kind]  # fmt: skip
    return Reader(kind, arrays, some(M, 1 if kind == "plain" else K))


def net(kind="pieces", members=1, outputs=1, **more):
    reads = reader(kind)
    first = 5 + reads.width
    blocks = (
        Block((linear(first, 4), Layer("relu"))),
        Block((linear(4, 4), Layer("tanh")), residual=True),
    )
    factors = some(members, first) if members > 1 else None
    head = some(members, outputs, 4), some(members, outputs)
    tables = some(LEVELS[0], 2), some(LEVELS[1], 3)
    spread = some(outputs), some(outputs)
    return TableNet(tables, reads, blocks, *head, *spread, factors, some(7, outputs), **more)


def rows(n=20):
    codes = np.stack([RNG.integers(0, k, n) for k in LEVELS], 1).astype("i4")
    return codes, some(n, M), RNG.random((n, M)) < 0.3


def read_slowly(reads, x, missing):
    "One row's numbers, one by one."
    found = []
    for m in range(M):
        a = {name: array[m].astype(float) for name, array in reads.arrays.items()}
        if reads.kind == "plain":
            out = np.array([x[m] * a["factor"] + a["offset"]])
        else:
            if reads.kind == "pieces":
                pairs = zip(a["low"], a["slope"], strict=True)
                each = [min(max((x[m] - lo) * s, 0), 1) for lo, s in pairs]
            else:
                waves = [2 * math.pi * x[m] * f for f in a["frequency"]]
                each = [math.cos(w) for w in waves] + [math.sin(w) for w in waves]
            out = np.maximum(np.array(each) @ a["weight"] + a["bias"], 0)
        found.append(out + reads.missing[m] * missing[m])
    return np.concatenate(found)


def slowly(made, codes, x, missing):
    "One row, every sum written out."
    joined = np.concatenate(
        [made.tables[0][codes[0]], made.tables[1][codes[1]], read_slowly(made.reader, x, missing)]
    )
    total = np.zeros(made.outputs)
    for member in range(len(made.weight)):
        h = joined if made.factors is None else joined * made.factors[member]
        for block in made.blocks:
            weight, bias = (block.layers[0].arrays[name] for name in ("weight", "bias"))
            out = weight.astype(float) @ h + bias
            out = np.tanh(out) if block.residual else np.maximum(out, 0)
            h = h + out if block.residual else out
        total += (made.weight[member] @ h + made.bias[member]) / len(made.weight)
    total += made.additive[codes[0]] + made.additive[LEVELS[0] + codes[1]]
    out = made.centre + made.scale * total
    if made.y_range is not None:
        lo, hi = made.y_range
        out = lo + (hi - lo) / (1 + np.exp(-out))
    return out


@pytest.mark.parametrize("kind", list(READERS))
@pytest.mark.parametrize("members", [1, 3])
@pytest.mark.parametrize("more", [{}, {"y_range": (1.0, 4.0)}, {"outputs": 2}])
def test_a_net_is_its_formula(kind, members, more):
    made, given = net(kind, members, **more), rows()
    want = np.array([slowly(made, *row) for row in zip(*given, strict=True)])
    want = want if made.outputs > 1 else want[:, 0]
    np.testing.assert_allclose(made(*given), want, rtol=1e-4, atol=1e-5)


def test_a_row_is_answered_the_same_in_any_company(monkeypatch):
    made, given = net(members=2), rows(50)
    whole, inside = made(*given), made.hidden(*given)
    assert inside.shape == (50, 8)
    monkeypatch.setattr(tablenet, "_BLOCK", 7)
    np.testing.assert_allclose(made(*given), whole, rtol=1e-5)
    np.testing.assert_allclose(made.hidden(*given), inside, rtol=1e-5)
    assert made(*(part[:0] for part in given)).shape == (0,)


def test_several_nets_answer_with_their_mean():
    nets, given = (net(), net("plain", 2)), rows()
    both = Ensemble(nets)
    np.testing.assert_allclose(both(*given), (nets[0](*given) + nets[1](*given)) / 2)
    assert both.hidden(*given).shape == (20, 4 + 8)
    assert both.tables is nets[0].tables
    for odd in ((), (net(), net(outputs=2))):
        with pytest.raises(BadInput, match="nets of one table"):
            Ensemble(odd)


def test_what_does_not_fit_is_refused():
    made = net()
    parts = vars(made)
    for change, told in [
        ({"blocks": ()}, "the last layer takes 4"),
        ({"blocks": (Block((linear(9, 4),)),)}, "does not fit rows of 11 numbers"),
        ({"weight": some(2, 1, 4), "bias": some(2, 1)}, "factors that tell them apart"),
        ({"additive": some(6, 1)}, "additive"),
        ({"tables": (some(1, 2), some(6, 3))}, "two levels at least"),
        ({"y_range": (2.0, 2.0)}, "lowest and highest"),
        ({"bias": np.full((1, 1), np.nan, "f4")}, "only finite numbers"),
    ]:
        with pytest.raises(BadInput, match=told):
            TableNet(**(parts | change))
    with pytest.raises(BadInput, match="makes 3 numbers of 4"):
        Block((linear(4, 3),), residual=True).widths(4)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"kind": "spline"}, "one of plain, pieces, periodic"),
        ({"kind": "plain"}, "have the arrays factor, offset"),
        ({"missing": some(3, K)}, "pieces low"),
        ({"arrays": {"low": some(2, 1)}}, "have the arrays low"),
    ],
)
def test_numbers_that_cannot_be_read_are_refused(change, told):
    with pytest.raises(BadInput, match=told):
        Reader(**(vars(reader("pieces")) | change))
    arrays = reader("periodic").arrays | {"weight": some(M, 3, K)}
    with pytest.raises(BadInput, match="each sine and cosine"):
        Reader("periodic", arrays, some(M, K))
