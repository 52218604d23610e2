"Recurrent nets in NumPy beside torch's."

import numpy as np
import pytest
import torch

from entable.errors import BadInput
from entable.models.rnn import Body, Drops, LanguageModel, TextClassifier
from entable.recipes.textserved import to_recurrent
from entable.scorers.net import Layer
from entable.scorers.recurrent import Cell, Recurrent

CELLS = ["rnn", "gru", "lstm"]
CODES = np.random.default_rng(0).integers(0, 9, (4, 12))
COUNTS = np.ones(9)


def language(cell, **settings):
    torch.manual_seed(0)
    return LanguageModel(9, cell=cell, width=5, hidden=6, layers=2, **settings).eval()


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [False, True])
def test_a_language_model_says_the_same_without_torch(cell, tied):
    model = language(cell, tied=tied, drops=Drops(last=0.5))
    net = to_recurrent(model, COUNTS)
    with torch.no_grad():
        want = model(torch.from_numpy(CODES))
    np.testing.assert_allclose(net.scores(CODES)[0], want.numpy(), atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both", [False, True])
def test_a_classifier_says_the_same_without_torch(cell, both):
    torch.manual_seed(0)
    model = TextClassifier(Body(9, cell, 5, 6, layers=2, both=both), 3)
    lengths = np.array([12, 7, 1, 4])
    codes = np.where(np.arange(12) < lengths[:, None], CODES, 1)
    model.train()(torch.from_numpy(codes), torch.from_numpy(lengths))  # batch norm has seen some
    with torch.no_grad():
        want = model.eval()(torch.from_numpy(codes), torch.from_numpy(lengths))
    net = to_recurrent(model, COUNTS)
    np.testing.assert_allclose(net.answers(codes, lengths), want.numpy(), atol=1e-5)
    assert net.both is both
    assert net.width == 6 * (1 + both)


@pytest.mark.parametrize("cell", CELLS)
def test_a_text_read_in_two_parts_is_the_whole(cell):
    net = to_recurrent(language(cell), COUNTS)
    whole, _ = net.scores(CODES)
    first, state = net.scores(CODES[:, :5])
    rest, _ = net.scores(CODES[:, 5:], state)
    np.testing.assert_allclose(np.concatenate([first, rest], 1), whole, atol=1e-6)


def test_the_vector_of_what_was_never_seen_is_the_mean_of_the_others():
    model = language("gru")
    table = model.body.vectors.weight.detach().numpy()
    counts = np.array([0, 0, 1, 3, 0, 0, 0, 0, 0])
    net = to_recurrent(model, counts)
    np.testing.assert_allclose(net.table[0], (table[2] + 3 * table[3]) / 4, rtol=1e-5)
    counts[0] = 5  # it was there, so it was learnt
    np.testing.assert_allclose(to_recurrent(model, counts).table[0], table[0])


def test_other_nets_are_refused():
    with pytest.raises(BadInput, match="Linear cannot be computed without torch"):
        to_recurrent(torch.nn.Linear(2, 3), COUNTS)


def cell(kind="gru", n=4, hidden=3, gates=3, **arrays):
    shapes = {
        "weight_ih": (gates * hidden, n),
        "weight_hh": (gates * hidden, hidden),
        "bias_ih": (gates * hidden,),
        "bias_hh": (gates * hidden,),
    }
    return Cell(kind, **({k: np.zeros(shape, "f4") for k, shape in shapes.items()} | arrays))


def head(n, outputs=5):
    return (Layer("linear", {"weight": np.zeros((outputs, n)), "bias": np.zeros(outputs)}),)


TABLE = np.zeros((5, 4), "f4")


def test_what_does_not_fit_is_refused():
    with pytest.raises(BadInput, match="a layer 'tree'"):
        cell("tree")
    with pytest.raises(BadInput, match="gru bias_ih"):
        cell(bias_ih=np.zeros(2))
    with pytest.raises(BadInput, match="only finite"):
        cell(bias_ih=np.full(9, np.nan))
    with pytest.raises(BadInput, match="does not fit rows of 4"):
        Recurrent(TABLE, ((cell(n=7),),), head(3))
    with pytest.raises(BadInput, match="does not fit rows of 3"):
        Recurrent(TABLE, ((cell(),),), head(4))
    with pytest.raises(BadInput, match="not alike"):
        Recurrent(TABLE, ((cell(), cell(hidden=2)),), head(5), whole=True)
    with pytest.raises(BadInput, match="from both ends cannot guess"):
        Recurrent(TABLE, ((cell(), cell()),), head(6))
    for layers, top in (((), head(3)), (((cell(),),), ())):
        with pytest.raises(BadInput, match="a layer and a head"):
            Recurrent(TABLE, layers, top)
    assert Recurrent(TABLE, ((cell(),),), head(3)).outputs == 5
