"The loop is the one that a student would write; what a Learner does besides leaves no traces."

import json
import os
import re
import signal

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as fn
from torch.utils.data import DataLoader, TensorDataset

from entable import modelfile
from entable.errors import BadInput, BadModelFile, UnknownName
from entable.train import optim
from entable.train.batches import Batches, mixed
from entable.train.callbacks import Callback
from entable.train.learner import Learner
from entable.train.losses import Loss, log_target, within
from entable.train.metrics import accuracy, rmse


def data(n=50, k=4, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, k)).astype(np.float32)
    return x, (x.sum(1, keepdims=True) + 0.1).astype(np.float32)


def net(k=4, out=1, drop=0.0, seed=0):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(k, 8), nn.ReLU(), nn.Dropout(drop), nn.Linear(8, out))


def learner(drop=0.0, size=8, valid=None, **rest):
    return Learner(
        net(drop=drop),
        Batches.from_arrays(*data(), size=size, valid=valid),
        nn.MSELoss(),
        **{"opt": optim.sgd, "lr": 0.05} | rest,
    )


def weights(learn):
    return [p.detach().clone() for p in learn.model.parameters()]


def same(a, b):
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


class At(Callback):
    "Does something after a step of the fit."

    def __init__(self, done, what):
        self.done, self.what = done, what

    def after_step(self, run):
        if run.done == self.done:
            self.what(run)


def test_the_loop_is_that_of_the_textbook():
    learn = learner(wd=0.1)
    model, batches = net(), learn.batches
    decays = [p for p in model.parameters() if p.ndim > 1]
    speed = {p: torch.zeros_like(p) for p in model.parameters()}
    for epoch in range(2):
        for x, y in batches.epoch(epoch):
            loss = ((model(x) - y) ** 2).mean()
            loss.backward()
            with torch.no_grad():
                for p, v in speed.items():
                    if any(p is q for q in decays):
                        p -= 0.05 * 0.1 * p
                    v.mul_(0.9).add_(p.grad)
                    p -= 0.05 * v
                    p.grad = None
    learn.fit(2)
    for mine, own in zip(learn.model.parameters(), model.parameters(), strict=True):
        torch.testing.assert_close(mine, own, rtol=1e-5, atol=1e-6)


def test_two_fits_of_one_epoch_are_one_fit_of_two_also_with_dropout():
    twice, once, other = learner(0.5), learner(0.5), learner(0.5, seed=1)
    twice.fit(1)
    torch.randn(3)  # what others draw is nothing to it
    twice.fit(1)
    once.fit(2)
    other.fit(2)
    assert same(weights(twice), weights(once))
    assert not same(weights(other), weights(once))
    assert twice.trained == once.trained == 2


def test_random_states_are_what_they_were():
    before = torch.get_rng_state()
    learn = learner(0.5, valid=0.2)
    learn.fit(1)
    learn.predict()
    learn.summary()
    learn.show_results()
    assert torch.equal(before, torch.get_rng_state())


def test_moments_live_on_at_another_rate_unless_they_are_reset():
    learn = learner(opt=optim.adam)
    learn.fit(1)
    opt, steps = learn.opt, len(learn.batches)
    learn.fit(1, lr=1e-4, wd=0.3)
    assert learn.opt is opt
    assert all(float(state["step"]) == 2 * steps for state in opt.state.values())
    assert {group["lr"] for group in opt.param_groups} == {1e-4}
    assert {optim_decay(group) for group in opt.param_groups} == {0.3, 0.0}
    learn.fit(1, reset=True)
    assert learn.opt is not opt
    assert all(float(state["step"]) == steps for state in learn.opt.state.values())


def optim_decay(group):
    return group["decay"] if "decay" in group else group["weight_decay"]


def test_each_layer_group_has_its_rate():
    def split(model):
        return [[model[0]], [model[3]]]

    learn = learner(groups=split)
    learn.fit(1, lr=slice(1e-4, 1e-2))
    found = {g["layers"]: g["lr"] for g in learn.opt.param_groups}
    assert found == pytest.approx({0: 1e-4, 1: 1e-2})
    learn.fit(1, lr=[1e-3, 1e-1])
    assert {(g["layers"], g["lr"]) for g in learn.opt.param_groups} == {(0, 1e-3), (1, 1e-1)}
    with pytest.raises(BadInput, match="3 learning rates came for 2 layer groups"):
        learn.fit(1, lr=[1, 2, 3])


def test_frozen_layers_stay_and_keep_no_gradients():
    learn = learner(groups=lambda model: [[model[0]], [model[3]]])
    learn.freeze()
    before, kept = weights(learn), []

    class Note(Callback):
        def after_backward(self, run):
            kept.append([p.grad is None for p in run.model.parameters()])

    learn.fit(1, callbacks=[Note()])
    after = weights(learn)
    assert same(before[:2], after[:2])
    assert not torch.equal(before[2], after[2])
    assert kept[0] == [True, True, False, False]
    learn.unfreeze()
    learn.fit(1)
    assert not torch.equal(after[0], weights(learn)[0])


def test_everything_frozen_is_refused():
    learn = learner()
    learn.model.requires_grad_(False)
    with pytest.raises(BadInput, match="every weight is frozen"):
        learn.fit(1)


def test_fine_tuning_trains_the_head_then_all():
    frozen = []

    class Note(Callback):
        def before_epoch(self, run):
            frozen.append([not p.requires_grad for p in run.model.parameters()])

    learn = learner(groups=lambda model: [[model[0]], [model[3]]], callbacks=[Note()])
    learn.fine_tune(2, 0.01, frozen=1)
    assert frozen == [[True, True, False, False]] + [[False] * 4] * 2
    assert learn.trained == 3


@pytest.mark.parametrize("verb", ["fit_one_cycle", "fit_flat_cos", "fit"])
def test_plans_take_what_fit_takes(verb):
    learn, heard = learner(), []
    getattr(learn, verb)(2, 0.01, wd=0.2, callbacks=[At(2, heard.append)], reset=True)
    assert len(heard) == 1
    assert learn.trained == 2


def test_warm_restarts_have_cycles_of_growing_length():
    learn = learner()
    learn.fit_sgdr(3, 0.05, cycle_len=1, cycle_mult=2)
    assert learn.trained == 7
    rates, steps = learn.recorder.steps["lr"].to_list(), len(learn.batches)
    starts = [n for n in range(len(rates)) if rates[n] == pytest.approx(0.05)]
    assert starts == [0, steps, 3 * steps]


def test_ctrl_c_ends_it_between_two_steps():
    learn, runs = learner(0.5), []

    def interrupt(run):
        runs.append(run)
        os.kill(os.getpid(), signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    learn.fit(3, callbacks=[At(10, interrupt)])
    assert signal.getsignal(signal.SIGINT) == before
    assert runs[0].stop == "interrupted"
    assert runs[0].done == 10
    assert len(learn.recorder.steps) == 10
    assert len(learn.recorder.epochs) == 1  # the second was broken off
    assert learn.trained == 2
    twin = learner(0.5)
    twin.fit(3, callbacks=[At(10, lambda run: setattr(run, "stop", "enough"))])
    assert same(weights(learn), weights(twin))
    assert all(p.grad is None for p in learn.model.parameters())


def test_a_second_ctrl_c_is_an_interrupt_and_listeners_hear_of_the_end():
    heard = []

    class End(Callback):
        def after_step(self, run):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)

        def after_fit(self, run):
            heard.append(run.done)

    with pytest.raises(KeyboardInterrupt):
        learner().fit(1, callbacks=[End()])
    assert heard == [1]


def test_an_interrupted_fit_is_taken_up_by_resume(tmp_path):
    def stop(run):
        run.stop = "enough"

    whole, cut, again = learner(0.5), learner(0.5), learner(0.5)
    whole.fit_one_cycle(3, resume=tmp_path / "whole")
    cut.fit_one_cycle(3, resume=tmp_path / "cut", callbacks=[At(10, stop)])
    again.fit_one_cycle(3, resume=tmp_path / "cut", callbacks=[At(10, stop)])
    assert same(weights(whole), weights(again))
    assert again.trained == whole.trained == 3


def test_mixed_precision_sees_every_step():
    learn = learner(precision="bf16", wd=0.0, opt=torch_sgd)
    model = net()
    opt = torch.optim.SGD(model.parameters(), 0.05)
    for x, y in learn.batches.epoch(0):
        with torch.autocast("cpu", torch.bfloat16):
            loss = fn.mse_loss(model(x), y)
        loss.backward()
        opt.step()
        opt.zero_grad()
    learn.fit(1)
    assert same(weights(learn), [p.detach() for p in model.parameters()])
    assert all(p.dtype == torch.float32 for p in learn.model.parameters())
    assert learn.predict(data()[0]).dtype == np.float32


def test_mixed_precision_is_entered_once_an_epoch(monkeypatch):
    learn, entered = learner(precision="bf16"), []
    autocast = torch.autocast

    def counted(*args, **rest):
        entered.append(args)
        return autocast(*args, **rest)

    monkeypatch.setattr(torch, "autocast", counted)
    learn.fit(3)
    assert entered == [("cpu", torch.bfloat16)] * 3


def torch_sgd(groups):
    return torch.optim.SGD(groups, 0.1)


def test_accumulated_batches_are_one_large_batch():
    x, y = data(48)
    many = Learner(net(), Batches((x, y), 8, shuffle=False), nn.MSELoss(), torch_sgd, accumulate=3)
    large = Learner(net(), Batches((x, y), 24, shuffle=False), nn.MSELoss(), torch_sgd)
    many.fit(2, 0.1)
    large.fit(2, 0.1)
    for a, b in zip(weights(many), weights(large), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-5, atol=1e-6)


def test_clipped_steps_are_no_longer_than_rate_times_norm():
    learn = learner(opt=torch_sgd, clip=0.01, wd=0.0)
    before = weights(learn)
    learn.fit(1, 1.0, callbacks=[At(1, lambda run: setattr(run, "stop", "enough"))])
    moved = torch.cat([(a - b).flatten() for a, b in zip(weights(learn), before, strict=True)])
    assert float(moved.norm()) == pytest.approx(0.01, rel=1e-4)


def test_held_out_rows_count_alike_whatever_their_batch():
    x, y = data(23)
    learn = learner(
        valid=Batches((x, y), 10, shuffle=False), metrics={"mae": fn.l1_loss, "r": rmse}
    )
    found = learn.validate()
    error = learn.predict(x) - y
    assert found["valid_loss"] == pytest.approx(float((error**2).mean()), rel=1e-5)
    assert found["mae"] == pytest.approx(float(np.abs(error).mean()), rel=1e-5)
    assert found["r"] == pytest.approx(float(np.sqrt((error**2).mean())), rel=1e-5)
    assert list(learn.fit(1).table.row(0, named=True))[:6] == [
        "epoch", "step", "train_loss", "valid_loss", "mae", "r",
    ]  # fmt: skip
    with pytest.raises(BadInput, match="no held-out batches"):
        learner().validate()
    assert learner().validate(learn.valid) == pytest.approx(
        {"valid_loss": learner(valid=learn.valid).validate()["valid_loss"]}
    )


def test_looking_leaves_modes_and_gradients_alone():
    learn = learner(0.5, valid=0.2)
    learn.model.train()
    learn.model[0].eval()
    learn.validate()
    learn.predict(data()[0])
    learn.activations("1", data()[0])
    assert [m.training for m in learn.model] == [False, True, True, True]
    assert all(p.grad is None for p in learn.model.parameters())


def softmax(raw):
    e = np.exp(raw - raw.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def sigmoid(raw):
    return 1 / (1 + np.exp(-raw))


READ = {
    "cross-entropy": (nn.CrossEntropyLoss(), softmax, lambda p: p.argmax(1)),
    "its function": (fn.cross_entropy, softmax, lambda p: p.argmax(1)),
    "likelihood": (nn.NLLLoss(), np.exp, lambda p: p.argmax(1)),
    "binary": (nn.BCEWithLogitsLoss(), sigmoid, lambda p: p > 0.5),
    "binary function": (fn.binary_cross_entropy_with_logits, sigmoid, lambda p: p > 0.5),
    "counts": (nn.PoissonNLLLoss(), np.exp, None),
    "counts as they are": (nn.PoissonNLLLoss(log_input=False), lambda raw: raw, None),
    "range": (within(0.5, 5.5), lambda raw: 0.5 + 5 * sigmoid(raw), None),
    "log target": (log_target(), np.exp, None),
    "squared": (nn.MSELoss(), lambda raw: raw, None),
    "own": (Loss(fn.mse_loss, torch.tanh, torch.sign), np.tanh, np.sign),
    "own function": (lambda pred, y: (pred - y).abs().mean(), lambda raw: raw, None),
}


@pytest.mark.parametrize("name", READ)
def test_predictions_are_what_a_person_reads(name):
    loss, activation, decode = READ[name]
    learn = Learner(net(out=3), Batches.from_arrays(*data()), loss)
    x = data(30, seed=5)[0]
    raw = learn.predict(x, raw=True)
    with torch.no_grad():
        np.testing.assert_allclose(raw, learn.model.eval()(torch.from_numpy(x)), rtol=1e-6)
    want = activation(raw)
    np.testing.assert_allclose(learn.predict(x), want, rtol=1e-5, atol=1e-6)
    decoded = learn.predict(x, decode=True)
    np.testing.assert_allclose(decoded, want if decode is None else decode(want), rtol=1e-5)


def test_classes_come_by_name():
    x, _ = data()
    y = np.arange(50) % 3
    batches = Batches.from_arrays(x, y, classes=["cat", "dog", "owl"], valid=0.2)
    learn = Learner(net(out=3), batches, nn.CrossEntropyLoss(), metrics=[accuracy])
    found = learn.predict(x, decode=True)
    assert found.tolist() == [["cat", "dog", "owl"][c] for c in learn.predict(x).argmax(1)]
    assert set(learn.show_results(5).table["target"]) <= {"cat", "dog", "owl"}
    assert set(learn.show_results(5).table["predicted"]) <= {"cat", "dog", "owl"}
    two = Batches.from_arrays(x, (y > 0).astype("f4"), classes=["no", "yes"])
    yes = Learner(Flat(net()), two, nn.BCEWithLogitsLoss())
    assert yes.predict(x, decode=True).tolist() == [
        ["no", "yes"][p > 0.5] for p in yes.predict(x).tolist()
    ]


class Flat(nn.Module):
    "(B, 1) -> (B,)"

    def __init__(self, inner):
        super().__init__()
        self.inner = inner

    def forward(self, x):
        return self.inner(x)[:, 0]


def test_rows_come_in_the_order_they_were_given():
    x, y = data(2500)
    learn = learner(valid=0.2)
    want = learn.predict(x)
    shuffled = Batches.from_arrays(x, y, size=7)
    inputs_only = Batches((x,), 100)
    tensors = TensorDataset(torch.from_numpy(x), torch.from_numpy(y))
    for given in (
        shuffled,
        inputs_only,
        torch.from_numpy(x),
        DataLoader(tensors, 64),
        DataLoader(tensors, 64, shuffle=True),
        DataLoader(tensors, 64, shuffle=True, drop_last=True),
    ):
        np.testing.assert_allclose(learn.predict(given), want, rtol=1e-5, atol=1e-6)
    held = learn.valid
    np.testing.assert_allclose(
        learn.predict(), learn.predict(held.arrays[0][held.at]), rtol=1e-5, atol=1e-6
    )


def test_inputs_that_do_not_fit_are_refused():
    learn = learner()
    with pytest.raises(BadInput, match="2 arrays came; the model learnt from 1 input"):
        learn.predict(*data())
    with pytest.raises(BadInput, match="no held-out batches; give inputs"):
        learn.predict()
    with pytest.raises(BadInput, match="no rows"):
        learn.predict(np.zeros((0, 4), np.float32))
    with pytest.raises(BadInput, match="no held-out"):
        learn.show_results()
    sampler = torch.utils.data.WeightedRandomSampler([1.0] * 5, 5)
    drawn = DataLoader(TensorDataset(torch.zeros(5, 4)), sampler=sampler)
    with pytest.raises(BadInput, match="in a way of its own"):
        learn.predict(drawn)


def test_a_model_that_gives_more_than_a_tensor_is_refused_only_where_one_is_needed():
    class Two(Flat):
        def forward(self, x):
            return self.inner(x), x

    learn = Learner(Two(net()), Batches.from_arrays(*data()), lambda p, y: fn.mse_loss(p[0], y))
    learn.fit(1)
    with pytest.raises(BadInput, match=r"the model gave \(50x1, 50x4\)"):
        learn.predict(data()[0])


def test_activations_are_embeddings_with_names():
    learn, (x, _) = learner(), data(6)
    found = learn.activations(learn.model[1], x, names=list("abcdef"))
    want = torch.relu(learn.model[0](torch.from_numpy(x))).detach().numpy()
    np.testing.assert_allclose(found.vectors, want, rtol=1e-5, atol=1e-6)
    assert found.vocab.names.tolist() == list("abcdef")
    assert learn.activations("0", x).vocab.names.tolist() == list(range(6))
    with pytest.raises(UnknownName, match="no layer '9'; it has 0, 1, 2, 3"):
        learn.activations("9", x)
    with pytest.raises(BadInput, match="no layer of the model"):
        learn.activations(nn.Linear(4, 8), x)


def test_a_layer_that_runs_twice_or_loses_rows_is_refused():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.line, self.mean = nn.Linear(4, 4), nn.AvgPool1d(1)

        def forward(self, x):
            return self.mean(self.line(self.line(x)).T).mean(0, keepdim=True).T[:, :1] + x[:, :1]

    learn = Learner(Twice(), Batches.from_arrays(*data(6)), nn.MSELoss())
    with pytest.raises(BadInput, match="Linear ran 2 times"):
        learn.activations("line", data(6)[0])
    with pytest.raises(BadInput, match="AvgPool1d gave 4x6 for 6 rows"):
        learn.activations("mean", data(6)[0])


def test_several_inputs_and_any_module():
    class Dot(nn.Module):
        def __init__(self):
            super().__init__()
            self.a, self.b = nn.Embedding(5, 3), nn.Embedding(7, 3)

        def forward(self, a, b):
            return (self.a(a) * self.b(b)).sum(1)

    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 5, 60), rng.integers(0, 7, 60)
    y = ((a + b) % 3).astype(np.float32)
    learn = Learner(Dot(), Batches.from_arrays(a, b, y, size=16), nn.MSELoss(), lr=0.05, wd=0.0)
    first = learn.fit(1).table["train_loss"][0]
    assert learn.fit(100).table["train_loss"][-1] < 0.2 * first
    assert learn.predict(a[:3], b[:3]).shape == (3,)


def test_a_loader_of_torch_trains_too_and_is_seeded_by_epoch():
    x, y = map(torch.from_numpy, data())

    def trained():
        loader = DataLoader(TensorDataset(x, y), 8, shuffle=True)
        learn = Learner(net(), loader, nn.MSELoss(), valid=DataLoader(TensorDataset(x, y), 50))
        torch.randn(1)
        learn.fit(2)
        return learn

    one, two = trained(), trained()
    assert same(weights(one), weights(two))
    assert one.recorder.table["valid_loss"].is_not_null().all()


def test_saved_weights_load_bit_for_bit(tmp_path):
    learn, other = learner(), learner()
    learn.model.register_buffer("flags", torch.tensor([True, False]))
    learn.model.register_buffer("short", torch.randn(2, 3).bfloat16())
    learn.model.register_buffer("deep", torch.randn(1, 2, 1, 2, 1, 2))
    learn.model.register_buffer("empty", torch.zeros(0, 2))
    for name, buffer in dict(learn.model.named_buffers()).items():
        other.model.register_buffer(name, torch.zeros_like(buffer))
    learn.fit(1)
    assert learn.save(tmp_path / "w.entable") == tmp_path / "w.entable"
    other.load(tmp_path / "w.entable")
    want = learn.model.state_dict()
    for name, tensor in other.model.state_dict().items():
        assert torch.equal(tensor, want[name])
        assert tensor.dtype == want[name].dtype


def test_weights_of_another_model_are_refused_and_nothing_changes(tmp_path):
    learn = learner()
    learn.save(tmp_path / "w.entable")
    other = Learner(net(k=5), Batches.from_arrays(*data(k=5)), nn.MSELoss())
    before = weights(other)
    with pytest.raises(BadInput, match=r"0\.weight is 8x4 there and 8x5 here"):
        other.load(tmp_path / "w.entable")
    assert same(before, weights(other))
    more = Learner(nn.Sequential(*net(), nn.ReLU(), nn.Linear(1, 1)), other.batches, nn.MSELoss())
    with pytest.raises(BadInput, match=r"another model \(Sequential\): it lacks 5\.weight"):
        more.load(tmp_path / "w.entable")
    more.save(tmp_path / "more.entable")
    with pytest.raises(BadInput, match=r"it has 5\.weight, which this model lacks"):
        learn.load(tmp_path / "more.entable")


def test_files_of_others_are_never_unpickled(tmp_path):
    learn = learner()
    torch.save(learn.model.state_dict(), tmp_path / "w.pt")
    with pytest.raises(BadModelFile, match="saved by torch"):
        learn.load(tmp_path / "w.pt")
    learn.save(tmp_path / "w.entable")
    raw = bytearray((tmp_path / "w.entable").read_bytes())
    raw[-1] ^= 1
    (tmp_path / "w.entable").write_bytes(raw)
    with pytest.raises(BadModelFile, match="checksum"):
        learn.load(tmp_path / "w.entable")
    with pytest.raises(BadInput, match="could not be written"):
        learn.save(tmp_path / "nowhere" / "w.entable")


def test_a_full_disk_leaves_the_weights_saved_before(tmp_path, monkeypatch):
    learn = learner()
    path = learn.save(tmp_path / "w.entable")
    before = path.read_bytes()
    learn.fit(1)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(BadInput, match="No space left"):
        learn.save(path)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]


def test_a_file_of_weights_knows_no_device(tmp_path):
    "Saved on a GPU, they load on a CPU: what is in the file is numbers, their type and shape."
    learn = learner()
    kind, about, arrays = modelfile.read(learn.save(tmp_path / "w.entable"))
    assert (kind, about["model"]) == ("weights", "Sequential")
    assert about["tensors"]["0.weight"] == ["float32", 8, 4]
    assert not re.search("cpu|cuda|device", json.dumps(about))
    assert all(
        type(array) is np.ndarray or isinstance(array, np.memmap) for array in arrays.values()
    )


def test_settings_that_cannot_be_are_refused():
    for wrong, told in (
        ({"device": "abacus"}, "device='abacus' came"),
        ({"precision": "int3"}, "precision='int3' came"),
        ({"accumulate": 0}, "accumulate=0 came"),
        ({"guard": 1.0}, "guard"),
    ):
        with pytest.raises(BadInput, match=told):
            learner(**wrong)
    for epochs in (0, -1, 1.5, True):
        with pytest.raises(BadInput, match="epochs="):
            learner().fit(epochs)
    with pytest.raises(BadInput, match="a list came; Batches or a DataLoader"):
        Learner(net(), [1, 2], nn.MSELoss())
    with pytest.raises(BadInput, match="gradients can be clipped"):
        learner(clip=0.0).fit(1)


def test_orders_of_epochs_go_on_from_fit_to_fit():
    learn, seen = learner(), []

    class Note(Callback):
        def after_step(self, run):
            seen.append(run.batch[0])

    learn.fit(2, callbacks=[Note()])
    learn.fit(1, callbacks=[Note()])
    want = [x for epoch in range(3) for x, _ in learn.batches.epoch(epoch)]
    assert same(seen, want)
    assert mixed(0, 1) != mixed(1, 0)
