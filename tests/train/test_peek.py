"What is seen inside a model is what is there, and looking changes nothing."

import pytest
import torch
from torch import nn

from entable.errors import BadInput
from entable.train import optim, sparse
from entable.train.batches import Batches
from entable.train.callbacks import Callback
from entable.train.learner import Learner
from entable.train.peek import Peek


def net():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1))


def learner(*callbacks, model=None, **rest):
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(60, 4, generator=draw)
    batches = Batches.from_arrays(x, x.sum(1, keepdim=True), size=8)
    return Learner(model or net(), batches, nn.MSELoss(), callbacks=callbacks, **rest)


class ByHand(Callback):
    "What a layer gives for the batch of each step, and its gradient, computed anew."

    looks = True

    def __init__(self):
        self.given, self.grads = [], []

    def after_loss(self, run):
        out = torch.relu(run.model[0](run.batch[0])).detach()
        dead = (out == 0).all(0).float().mean()
        self.given.append((float(out.mean()), float(out.std(correction=0)), float(dead)))

    def after_backward(self, run):
        w, b = run.model[0].weight, run.model[0].bias
        w, b, grads = w.detach(), b.detach(), torch.cat([w.grad.reshape(-1), b.grad])
        self.grads.append((float(grads.norm()), float(torch.cat([w.reshape(-1), b]).norm())))


def test_activations_and_gradients_are_those_computed_by_hand():
    learn = learner(peek := Peek(every=1), hand := ByHand())
    learn.fit(2)
    seen = peek.activations.table
    assert seen.columns == ["step", "layer", "mean", "std", "dead"]
    assert seen["layer"].unique(maintain_order=True).to_list() == ["0 Linear", "1 ReLU", "3 Linear"]
    relu = seen.filter(layer="1 ReLU")
    assert relu["step"].to_list() == list(range(1, 17))
    for row, wanted in zip(relu.select("mean", "std", "dead").iter_rows(), hand.given, strict=True):
        assert row == pytest.approx(wanted, abs=1e-6)
    grads = peek.gradients.table.filter(layer="0 Linear").select("gradient", "weights")
    for row, wanted in zip(grads.iter_rows(), hand.grads, strict=True):
        assert row == pytest.approx(wanted, rel=1e-5)


def test_dead_units_gave_zero_to_every_row():
    model = net()
    with torch.no_grad():
        model[0].weight[:3], model[0].bias[:3] = 0.0, -1.0
        model[0].weight[3:] += 1.0
        model[0].bias[3:] = 100.0
    learner(peek := Peek(), model=model, lr=1e-9).fit(1)
    dead = dict(peek.activations.table.select("layer", "dead").iter_rows())
    assert dead == {"0 Linear": 0.0, "1 ReLU": 0.375, "3 Linear": 0.0}


def test_looking_changes_no_bit_and_leaves_nothing_behind():
    plain, watched = learner(), learner(peek := Peek(every=3))
    for learn in (plain, watched):
        learn.fit(2)
        learn.fit(1)
    assert watched.recorder.losses == plain.recorder.losses
    for p, q in zip(plain.model.parameters(), watched.model.parameters(), strict=True):
        assert torch.equal(p, q)
    assert not any(layer._forward_hooks for layer in watched.model.modules())
    steps = peek.activations.table["step"].unique(maintain_order=True).to_list()
    assert steps == list(range(1, 25, 3))


def test_an_error_leaves_no_hook_behind():
    class Broken(nn.Module):
        def forward(self, x):
            raise RuntimeError("broken")

    learn = learner(Peek(), model=nn.Sequential(nn.Linear(4, 1), Broken()))
    with pytest.raises(RuntimeError, match="broken"):
        learn.fit(1)
    assert not any(layer._forward_hooks for layer in learn.model.modules())


def test_layers_can_be_named():
    model = net()
    learner(peek := Peek(layers=[model[3], model]), model=model).fit(1)
    assert set(peek.activations.table["layer"]) == {"3 Linear", "Sequential"}
    assert set(peek.gradients.table["layer"]) == {"3 Linear", "Sequential"}
    with pytest.raises(BadInput, match="the layer ReLU is not a part of the model"):
        learner(Peek(layers=[nn.ReLU()])).fit(1)
    with pytest.raises(BadInput, match="every"):
        Peek(every=0)


def test_what_is_called_twice_and_what_gives_several_is_seen():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn, self.head = nn.GRU(4, 5, batch_first=True), nn.Linear(5, 1)

        def forward(self, x):
            out, _ = self.rnn(x[:, None])
            return self.head(out[:, 0]) + self.head(out[:, -1])

    learner(peek := Peek(), model=Twice()).fit(1)
    assert set(peek.activations.table["layer"]) == {"rnn GRU", "head Linear"}
    assert peek.activations.table["mean"].null_count() == 0


def test_frozen_layers_and_sparse_tables_have_their_gradients_or_none():
    model = net()
    model[0].requires_grad_(False)
    learner(peek := Peek(), model=model).fit(1)
    assert set(peek.gradients.table["layer"]) == {"3 Linear"}
    rows = torch.arange(60).reshape(60, 1) % 9
    table = nn.Sequential(nn.Embedding(9, 3, sparse=True), nn.Flatten(), nn.Linear(3, 1))
    batches = Batches.from_arrays(rows, torch.ones(60, 1), size=20)
    learn = Learner(
        table, batches, nn.MSELoss(), opt=sparse.adam(table), callbacks=[peek := Peek()]
    )
    learn.fit(1)
    assert set(peek.gradients.table["layer"]) == {"0 Embedding", "2 Linear"}


def test_mixed_precision_is_seen_as_well():
    learner(peek := Peek(), precision="bf16").fit(1)
    assert peek.activations.table["std"].min() > 0


def test_its_state_is_all_that_it_saw():
    learn = learner(peek := Peek(every=4), opt=optim.sgd)
    learn.fit(1)
    other = Peek()
    other.load_state_dict(peek.state_dict())
    assert other.activations.table.equals(peek.activations.table)
    assert other.gradients.table.equals(peek.gradients.table)


def test_nothing_seen_is_an_empty_table():
    assert Peek().activations.table.height == 0
    assert "Activations" in str(Peek().activations)
    assert "gradients" in str(Peek().gradients)


def test_what_was_seen_draws_itself():
    learn = learner(peek := Peek(every=2))
    learn.fit(2)
    ax = peek.activations.plot()
    assert [panel.get_ylabel() for panel in ax.child_axes] == ["mean", "spread", "dead units"]
    assert all(len(panel.get_lines()) == 3 for panel in ax.child_axes)
    legend = ax.child_axes[0].get_legend()
    assert [text.get_text() for text in legend.get_texts()] == ["0 Linear", "1 ReLU", "3 Linear"]
    ax = peek.gradients.plot()
    assert ax.get_yscale() == "log"
    first = peek.gradients.table.filter(layer="0 Linear")
    assert ax.get_lines()[0].get_ydata().tolist() == first["gradient"].to_list()
    ax = peek.gradients.plot(relative=True)
    shares = (first["gradient"] / first["weights"]).to_list()
    assert ax.get_lines()[0].get_ydata().tolist() == pytest.approx(shares)
    assert "last look" in str(peek.activations)
    assert peek.activations.shown["step"].unique().to_list() == [15]
