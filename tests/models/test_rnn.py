"Recurrent nets over text: what is carried on, what is dropped, what is pooled."

import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.models.rnn import AWD, Body, Drops, LanguageModel, Locked, TextClassifier, pooled

CELLS = ["rnn", "gru", "lstm"]
CODES = torch.randint(0, 9, (4, 12), generator=torch.Generator().manual_seed(0))
ALL, NONE = torch.ones(4, dtype=torch.bool), torch.zeros(4, dtype=torch.bool)


def made(cell="gru", **settings):
    torch.manual_seed(0)
    return LanguageModel(9, cell=cell, width=5, hidden=6, **settings)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("mode", [True, False])
def test_windows_that_join_up_give_what_the_whole_text_gives(cell, mode):
    model = made(cell, layers=2).train(mode)
    whole = model(CODES)
    parts = [model(CODES[:, :5], ALL), model(CODES[:, 5:6], NONE), model(CODES[:, 6:], NONE)]
    torch.testing.assert_close(torch.cat(parts, 1), whole)


def test_rows_that_begin_start_anew_and_others_go_on():
    model = made("lstm").eval()
    model(CODES[:, :5], ALL)
    some = torch.tensor([True, False, True, False])
    mixed = model(CODES[:, 5:], some)
    whole, fresh = model(CODES)[:, 5:], model(CODES[:, 5:])
    torch.testing.assert_close(mixed[some], fresh[some])
    torch.testing.assert_close(mixed[~some], whole[~some])


def test_looking_does_not_disturb_what_training_remembers():
    model = made().train()
    want = model(CODES)[:, 5:]
    model(CODES[:, :5], ALL)
    model.eval()
    model(CODES.flip(0), ALL)
    model(CODES.flip(0), NONE)
    torch.testing.assert_close(model.train()(CODES[:, 5:], NONE), want)


def test_what_is_carried_on_is_cut_off_from_its_gradients():
    model = made("lstm").train()
    model(CODES, ALL)
    kept = dict(model.named_buffers())
    assert set(kept) == {"body.h0", "body.c0"}
    assert not any(part.requires_grad for part in kept.values())
    assert kept["body.h0"].shape == (1, 4, 6)
    model(CODES, NONE).sum().backward()  # once through, although the state came from before
    assert "body.h0" not in model.state_dict()


def test_reset_forgets():
    model = made().train()
    first = model(CODES, ALL)
    model.reset()
    torch.testing.assert_close(model(CODES, NONE), first)


def test_another_number_of_rows_starts_anew():
    model = made().eval()
    model(CODES, ALL)
    torch.testing.assert_close(model(CODES[:2], NONE[:2]), model(CODES[:2]))


@pytest.mark.parametrize("cell", CELLS)
def test_without_dropout_a_layer_is_torchs_own(cell):
    model = made(cell)
    shown, _ = model.body.layers[0](model.body.vectors(CODES))
    torch.testing.assert_close(model(CODES), model.head(shown))


def test_a_store_begins_by_remembering():
    bias = made("lstm").body.layers[0].bias_hh_l0
    assert (bias[6:12] == 1).all()


def test_dropped_numbers_are_the_same_at_every_step():
    torch.manual_seed(0)
    x = torch.ones(50, 7, 20)
    out = Locked(0.5)(x)
    assert (out == out[:, :1]).all()
    assert set(out.unique().tolist()) == {0.0, 2.0}
    assert out.mean() == pytest.approx(1, abs=0.1)
    assert Locked(0.5).eval()(x) is x


def test_dropped_weights_get_no_gradient_and_come_back():
    model = made(drops=Drops(weights=0.6)).train()
    before = model.body.layers[0].weight_hh_l0.clone()
    model(CODES).square().sum().backward()
    grad = model.body.layers[0].weight_hh_l0.grad
    assert 0.4 < (grad == 0).float().mean() < 0.8
    assert torch.equal(model.body.layers[0].weight_hh_l0, before)
    assert torch.equal(model.eval()(CODES), model(CODES))


def test_a_layer_without_its_memory_reads_one_step_at_a_time():
    model = made("rnn", drops=Drops(weights=1.0)).train()
    many, one = model(CODES), model(CODES[:, 3:4])
    torch.testing.assert_close(many[:, 3], one[:, 0])


def test_dropped_rows_of_the_table_are_whole():
    body = Body(9, drops=Drops(rows=0.5), width=5, hidden=6).train()
    torch.manual_seed(0)
    table = body._table()
    gone = (table == 0).all(1)
    assert 0 < gone.sum() < 9
    torch.testing.assert_close(table[~gone], 2 * body.vectors.weight[~gone])


def test_strengths_are_scaled_together():
    assert AWD.times(0.5).last == AWD.last / 2
    assert Drops(last=0.8).times(3).last == 0.95


def test_tied_weights_are_one():
    model = made(tied=True, layers=2)
    assert model.head.weight is model.body.vectors.weight
    assert model.body.layers[-1].hidden_size == 5
    assert model(CODES).shape == (4, 12, 9)


def test_what_would_see_the_answer_and_other_cells_are_refused():
    with pytest.raises(BadInput, match="from both ends sees what comes next"):
        made(both=True)
    for wrong in ({"cell": "tree"}, {"layers": 0}):
        with pytest.raises(BadInput, match="one or more of rnn, gru, lstm"):
            Body(9, **wrong)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("both", [False, True])
def test_padding_changes_nothing(cell, both):
    torch.manual_seed(0)
    model = TextClassifier(Body(9, cell, 5, 6, layers=2, both=both), 3).eval()
    codes, lengths = CODES.clone(), torch.tensor([12, 7, 1, 4])
    for row, n in enumerate(lengths):
        codes[row, n:] = 1
    together = model(codes, lengths)
    for row, n in enumerate(lengths):
        alone = model(codes[row : row + 1, :n], lengths[row : row + 1])
        torch.testing.assert_close(alone[0], together[row])


def test_pooling_by_hand():
    shown = torch.tensor([[[1.0, -5.0], [3.0, -6.0], [99.0, 99.0]]])
    found = pooled(shown, torch.tensor([2]))
    assert found.tolist() == [[3, -6, 3, -5, 2, -5.5]]
    ends = pooled(shown, torch.tensor([2]), both=True)
    assert ends[0, :2].tolist() == [3, -5]


def test_a_classifier_stands_on_a_language_models_body():
    body = made(layers=2).body
    model = TextClassifier(body, 2)
    parts = model.parts()
    assert len(parts) == 4
    assert {id(p) for part in parts for m in part for p in m.parameters()} == {
        id(p) for p in model.parameters()
    }
    assert isinstance(parts[-1][0], nn.Sequential)
