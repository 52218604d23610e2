"Scorers and links in the model file; what a net answers and what it cannot."

from dataclasses import replace

import numpy as np
import pytest

from entable import load, modelfile
from entable.errors import BadInput, BadModelFile
from entable.recommender.stored import pack
from entable.scorers import Ordinal, Sigmoid

PAIRS = [("u1", 100), ("u2", 105), ("nobody", 101), ("u0", -3)]
LINKS = [Sigmoid(0.5, 5.5), Ordinal([1.0, 2.0, 3.0, 4.0, 5.0], [-2.0, -1.0, 0.0, 1.0])]


def linked(model, link):
    return replace(model, scorer=replace(model.scorer, mean=0.2, link=link))


@pytest.mark.parametrize("link", LINKS, ids=lambda link: type(link).__name__)
@pytest.mark.parametrize("net", [False, True])
def test_a_link_is_kept(made, made_net, tmp_path, link, net):
    model = linked(made_net() if net else made(), link)
    again = load(model.save(tmp_path / "m.entable"))
    users, items = zip(*PAIRS, strict=True)
    want = model.predict(users, items)
    assert again.predict(users, items).tolist() == want.tolist()
    assert again.recommend("u1", n=9).equals(model.recommend("u1", n=9))
    raw = model.scorer.raw(model.users, model.items, np.array([1]), np.array([0]))
    assert want[0] == np.clip(link(raw), 1, 5)[0]
    assert again.save(tmp_path / "2.entable").read_bytes() == (tmp_path / "m.entable").read_bytes()


@pytest.mark.parametrize("link", LINKS, ids=lambda link: type(link).__name__)
def test_somebody_new_is_folded_in_through_the_link(made, link):
    "Ratings are taken back through the link, where it is flat they weigh less."
    model = linked(made(users=40, items=30, ratings=600), link)
    u = 3
    items = model.items.names
    truth = model.predict([f"u{u}"] * 30, items)
    inside = (truth > 1.2) & (truth < 4.8)
    given = {int(name): float(r) for name, r in zip(items[inside], truth[inside], strict=True)}
    found = model.fold_in(given)
    before = model.fold_in({int(items[0]): 3.0})
    gap = np.abs(found.predict(items) - truth).mean()
    assert gap < np.abs(before.predict(items) - truth).mean() / 2
    told = found.predict(items, details=True)
    assert (told["low"] <= told["score"]).all()
    assert (told["score"] <= told["high"]).all()


def test_parts_of_a_linked_score_add_up(made):
    model = linked(made(), LINKS[0])
    found = model.explain("u1", 100)
    assert sum(found.parts.values()) == pytest.approx(model.predict("u1", 100)[0])


def test_a_net_answers_what_it_can_and_says_what_it_cannot(made_net):
    model = made_net(titles=True)
    details = model.predict(*zip(*PAIRS, strict=True), details=True)
    assert ((details["low"] <= details["score"]) & (details["score"] <= details["high"])).all()
    assert len(model.recommend(["u1", "u2"], n=4, details=True)) == 8
    few = model.recommend("u1", n=9, among=[100, 101, 102], seen=True)
    assert sorted(few["item"]) == [100, 101, 102]
    assert len(model.similar(100, 3)) == 3
    assert "a net of 5 layers" in repr(model)
    with pytest.raises(BadInput, match="cannot fold in a new user"):
        model.fold_in({100: 5})
    with pytest.raises(BadInput, match="cannot fold in a new item"):
        model.fold_in_item({"u1": 5})
    with pytest.raises(BadInput, match="nets have no exact parts"):
        model.explain("u1", 100)


def test_recommendations_are_sorted_predictions(made_net):
    model = made_net()
    for user in model.users.names:
        found = model.recommend(user, n=20, seen=True)
        want = model.predict([user] * 9, model.items.names)
        np.testing.assert_allclose(found["score"], np.sort(want)[::-1], atol=1e-5)


def crafted(model, tmp_path, change):
    about, arrays = pack(model)
    change(about["scorer"], arrays)
    return modelfile.write(tmp_path / "m.entable", "recommender", about, arrays)


@pytest.mark.parametrize(
    "change",
    [
        lambda s, a: s.update(type="other"),
        lambda s, a: s.update(link={"kind": "sigmoid", "lo": 1.0}),
        lambda s, a: s.update(link={"kind": "probit", "lo": 1.0, "hi": 2.0}),
        lambda s, a: s.update(link={"kind": "sigmoid", "lo": 2.0, "hi": 1.0}),
        lambda s, a: s.update(link={"kind": "ordinal"}),
        lambda s, a: s.update(link=1),
        lambda s, a: s.update(joins={}),
        lambda s, a: s.update(joins=[]),
        lambda s, a: s.update(joins=s["joins"] * 2),
        lambda s, a: s["joins"][0].update(how=3),
        lambda s, a: s["joins"][0].update(how="added"),
        lambda s, a: s["joins"][0].update(users=[0, 99]),
        lambda s, a: s["joins"][0].update(users=[0, 1.0]),
        lambda s, a: s["joins"][0].update(users=[2, 1]),
        lambda s, a: s["joins"][0].update(layers=[1]),
        lambda s, a: s["joins"][1].update(layers=s["joins"][1]["layers"][:-1]),
        lambda s, a: s["joins"][0].pop("layers"),
        lambda s, a: s.update(noise=0.0),
        lambda s, a: s.update(noise=1),
        lambda s, a: a.pop("scorer.0.0.weight"),
        lambda s, a: a.update({"scorer.0.0.weight": np.ones((1, 3))}),
        lambda s, a: a.update({"scorer.0.0.weight": np.full((1, 3), np.nan, "f4")}),
        lambda s, a: a.update({"scorer.0.0.bias": np.ones(2, "f4")}),
        lambda s, a: a.update({"scorer.9.0.bias": np.ones(2, "f4")}),
    ],
)
def test_a_crafted_net_is_refused(made_net, tmp_path, change):
    path = crafted(made_net(), tmp_path, change)
    with pytest.raises(BadModelFile):
        load(path)


def test_a_layer_of_a_later_version_is_said(made_net, tmp_path):
    path = crafted(
        made_net(), tmp_path, lambda s, a: s["joins"][1]["layers"].__setitem__(1, "warp")
    )
    with pytest.raises(BadModelFile, match=r"layer 'warp', which this version does not know"):
        load(path)


def test_reasons_through_a_sigmoid_are_in_the_unit_of_ratings(made):
    "Each part counts by one slope, so that parts keep their proportions and end at the score."
    model = linked(made(), LINKS[0])
    found, plain = model.explain("u1", 100), made().explain("u1", 100)
    assert found.parts["mean"] == pytest.approx(LINKS[0](np.array([0.2]))[0])
    slope = found.parts["item bias"] / plain.parts["item bias"]
    assert found.parts["taste"] == pytest.approx(slope * plain.parts["taste"])
    assert found.axes["product"].sum() == pytest.approx(found.parts["taste"])
    whole = found.parts["mean"] + found.parts["item bias"] + found.prior + found.remainder
    assert whole + found.table["share"].sum() == pytest.approx(found.raw)
