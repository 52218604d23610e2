"Where tensors go and in what they are computed."

import pytest
import torch

from entable.errors import BadInput
from entable.train.device import Place, best_device, to


def test_the_device_asked_for_or_the_best():
    assert best_device("cpu") == torch.device("cpu")
    assert best_device(torch.device("cpu")) == torch.device("cpu")
    there = torch.accelerator.is_available()
    assert (best_device().type != "cpu") == there
    for name in ("abacus", "cuda:99"):
        with pytest.raises(BadInput, match=f"device='{name}' came, which cannot be used"):
            best_device(name)
    with pytest.raises(BadInput, match="None or 'bf16' was wanted"):
        Place.of("cpu", "fp8")


def test_batches_go_over_as_they_are_nested():
    a, b = torch.ones(2), torch.zeros(1)
    moved = to((a, [b, {"k": a}], "text"), torch.device("meta"))
    assert moved[0].device.type == "meta"
    assert moved[1][1]["k"].device.type == "meta"
    assert isinstance(moved[1], list)
    assert moved[2] == "text"
    batch = (a, b)
    assert next(Place.of("cpu").moved([batch])) is batch
    assert next(Place(torch.device("meta")).moved([batch]))[0].device.type == "meta"


def test_mixed_precision_sees_weights_that_move():
    line, x = torch.nn.Linear(2, 1, bias=False), torch.ones(1, 2)
    with Place.of("cpu", "bf16").computing(), torch.no_grad():
        line.weight.fill_(1)
        assert line(x).dtype == torch.bfloat16
        line.weight.fill_(2)
        assert float(line(x)) == 4
    with Place.of("cpu").computing():
        assert line(x).dtype == torch.float32


def test_random_states_are_given_back():
    before = torch.get_rng_state()
    with Place.of("cpu").forked():
        torch.manual_seed(3)
    assert torch.equal(before, torch.get_rng_state())


def test_a_seed_begins_random_numbers_anew_as_torch_does():
    with Place.of("cpu").forked():
        torch.manual_seed(2**62 + 5)
        wanted = torch.rand(3)
        Place.of("cpu").seed(2**62 + 5)
        assert torch.equal(torch.rand(3), wanted)


def test_a_seed_for_the_cpu_does_not_wait_for_devices_that_are_not_there(monkeypatch):
    monkeypatch.setattr(torch, "manual_seed", lambda seed: pytest.fail("the long way"))
    with Place.of("cpu").forked():
        Place.of("cpu").seed(1)
