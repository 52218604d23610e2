"Weights of others go into a body of the same layers, or it is said how the two differ."

import re
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from entable.data.fetch import FetchError
from entable.errors import BadInput, BadModelFile
from entable.models import conv
from entable.models.resnet import BasicBlock, Bottleneck, ResNet, resnet18
from entable.recipes.pretrained import HUB, load_body, weights_file
from entable.train.saving import save

TINY = {"depths": (1, 1, 1, 1), "widths": (4, 4, 8, 8)}


def tiny(block=BasicBlock, outputs=10, **rest):
    return ResNet(block, outputs=outputs, **(TINY | rest))


def file_of(model, path, drop=(), **more):
    "A safetensors file as the public ones are."
    state = {name: value for name, value in model.state_dict().items() if name not in drop}
    save_file(state | more, path)
    return path


def headed(outputs=3, **rest):
    return tiny(head=partial(conv.concat_head, outputs=outputs), **rest)


def test_the_body_is_taken_and_the_head_is_new(tmp_path):
    given, model = tiny(), headed()
    nn.init.normal_(given.bn1.running_mean)
    before = model.fc[2].weight.clone()
    load_body(model, file_of(given, tmp_path / "a.safetensors"), [model.fc])
    for name, value in model.state_dict().items():
        if not name.startswith("fc."):
            assert torch.equal(value, given.state_dict()[name]), name
    assert torch.equal(model.fc[2].weight, before)


def test_halves_and_files_without_counters_or_head_will_do(tmp_path):
    given = tiny()
    drop = [
        n for n in given.state_dict() if n.endswith("num_batches_tracked") or n.startswith("fc")
    ]
    path = file_of(given.bfloat16(), tmp_path / "a.safetensors", drop)
    model = headed()
    load_body(model, path, [model.fc])
    assert torch.equal(model.conv1.weight, given.conv1.weight.float())


def test_filters_for_colour_are_added_up_for_gray_pictures(tmp_path):
    given, model = tiny(), headed(channels=1)
    load_body(model, file_of(given, tmp_path / "a.safetensors"), [model.fc])
    x = torch.randn(2, 1, 16, 16)
    expected = given.conv1(x.expand(-1, 3, -1, -1))
    assert torch.allclose(model.conv1(x), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (
            lambda: tiny(depths=(1, 2, 1, 1)),
            ["10 extra (layer2.1.bn1.bias, layer2.1.bn1.running_mean"],
        ),
        (
            lambda: tiny(Bottleneck),
            [" extra (layer1.0.bn3.bias", "of another shape (layer1.0.conv1"],
        ),
        (
            lambda: tiny(widths=(4, 4, 8, 16)),
            ["of another shape (layer4.0.conv1.weight is 16 x 8 x 3 x 3 there and 8 x 8 x 3 x 3"],
        ),
        (lambda: nn.Linear(2, 2), ["missing (conv1.weight, bn1.weight", "2 extra (bias, weight)"]),
    ],
)
def test_weights_of_another_architecture_are_told_apart(tmp_path, given, parts):
    model = headed()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    with pytest.raises(BadInput, match="another architecture than ResNet") as caught:
        load_body(model, file_of(given(), tmp_path / "a.safetensors"), [model.fc])
    for part in parts:
        assert part in str(caught.value)
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_it_says_which_known_net_they_look_like(tmp_path):
    path = file_of(tiny(depths=(3, 4, 6, 3)), tmp_path / "a.safetensors")
    model = headed()
    with pytest.raises(BadInput, match="look like those of a ResNet-34"):
        load_body(model, path, [model.fc])


def test_a_public_resnet_18_is_loaded_whole(tmp_path):
    given = resnet18()
    path = file_of(given, tmp_path / "resnet18.safetensors")
    model = resnet18(head=partial(conv.concat_head, outputs=2))
    load_body(model, path, [model.fc])
    assert torch.equal(model.layer4[1].conv2.weight, given.layer4[1].conv2.weight)


def test_what_a_learner_saved_will_do_too(tmp_path):
    given = headed(outputs=7)
    path = save(tmp_path / "four.entable", given)
    model = headed(outputs=2)
    load_body(model, path, [model.fc])
    assert torch.equal(model.layer1[0].conv1.weight, given.layer1[0].conv1.weight)
    assert model.fc[2].weight.shape == (2, 16)


def test_other_files_are_refused(tmp_path):
    path = tmp_path / "a.pth"
    torch.save(tiny().state_dict(), path)
    model = headed()
    with pytest.raises(BadModelFile, match=r"take the same weights as \.safetensors"):
        load_body(model, path, [model.fc])
    with pytest.raises(BadInput, match="there is no file"):
        load_body(model, tmp_path / "none.safetensors", [model.fc])


# from the web


class _Quiet(SimpleHTTPRequestHandler):
    asked: list[str] = []  # noqa: RUF012  of all requests

    def log_message(self, *_):
        self.asked.append(self.path)


@pytest.fixture
def host(tmp_path, monkeypatch):
    "A server on loopback with one file of weights; its address."
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.setenv("ENTABLE_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "served" / "nets"
    folder.mkdir(parents=True)
    file_of(tiny(), folder / "tiny.safetensors")
    _Quiet.asked.clear()
    handler = partial(_Quiet, directory=str(tmp_path / "served"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.server
def test_a_host_is_named_by_the_environment_and_a_file_fetched_once(host, monkeypatch, tmp_path):
    monkeypatch.setenv(HUB, host + "/")
    path = weights_file("hub:nets/tiny.safetensors")
    assert path.is_relative_to(tmp_path / "cache")
    model = headed()
    load_body(model, path, [model.fc])
    assert weights_file("hub:nets/tiny.safetensors") == path
    assert weights_file(f"{host}/nets/tiny.safetensors") == path
    assert _Quiet.asked == ["/nets/tiny.safetensors"]


@pytest.mark.server
def test_what_goes_wrong_on_the_way_leaves_nothing(host, tmp_path):
    with pytest.raises(FetchError, match="404"):
        weights_file(f"{host}/nets/none.safetensors")
    assert [p for p in (tmp_path / "cache").rglob("*") if p.is_file()] == []
    with pytest.raises(BadInput, match=re.escape("came for a file in the cache")):
        weights_file(f"{host}/../../../etc/passwd")


def test_without_a_host_it_is_said_how_to_name_one(monkeypatch):
    monkeypatch.delenv(HUB, raising=False)
    with pytest.raises(BadInput, match=f"no host is named: set {HUB}"):
        weights_file("hub:nets/tiny.safetensors")


def test_a_path_stays_a_path(tmp_path):
    assert weights_file(tmp_path / "a.safetensors") == tmp_path / "a.safetensors"
