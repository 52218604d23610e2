"From a frame to a Learner to a TableModel: splits, losses, weights, given vectors, answers."

from functools import partial

import numpy as np
import polars as pl
import pytest
import torch
from torch import nn
from torch.nn import functional as fn

from entable.data.table import Table
from entable.embeddings import Embeddings
from entable.errors import BadInput
from entable.load import load
from entable.models.numbers import Periodic, Plain
from entable.recipes.tablenets import (
    linear,
    periodic,
    plain,
    start_from,
    tabular_net,
    usual_range,
)
from entable.recipes.tabular import (
    apart,
    table_model,
    tabular_learner,
    usual_size,
)
from entable.recipes.targets import usual_loss

CITIES = ["Aachen", "Bonn", "Celle", "Daun"]
WORTH = dict(zip(CITIES, (1.0, 2.0, 4.0, 8.0), strict=True))
small = partial(tabular_net, layers=(16,), dropout=0.0, dropout_in=0.0)


def sales(n=400, seed=0):
    "Sales that are what a city is worth times 1 + the square of x."
    rng = np.random.default_rng(seed)
    city, x = rng.choice(CITIES, n), rng.uniform(0, 2, n)
    y = np.array([WORTH[c] for c in city]) * (1 + x**2)
    return pl.DataFrame({"city": city, "x": x, "y": y})


@pytest.fixture(scope="module")
def learned():
    learn = tabular_learner(sales(2000), "y", 0.2, table={"log": True}, model=small, lr=1e-2)
    learn.fit_one_cycle(20)
    return learn


def test_it_learns_what_was_hidden_in_the_table(learned):
    model, fresh = learned.table_model(), sales(500, 1)
    wrong = np.abs(np.log(model.predict(fresh)) - np.log(fresh["y"].to_numpy()))
    assert wrong.mean() < 0.05
    assert learned.recorder.epochs[-1]["rmse"] < 0.08
    sizes = model.embeddings["city"]
    assert sizes.nearest("Aachen", 1, "euclidean").table["city"].to_list() == ["Bonn"]


def test_numpy_says_what_torch_says(learned):
    rows = learned.table.apply(sales(100, 2))
    said = learned.predict(rows.codes, rows.numbers, rows.missing)
    np.testing.assert_allclose(learned.table_model().raw(rows), said, atol=1e-5 * said.std())


def test_a_model_is_a_copy_that_stands_still(learned):
    model = learned.table_model()
    before = model.raw(sales(10))
    with torch.no_grad():
        for p in learned.model.parameters():
            p += 1.0
    after = model.raw(sales(10))
    with torch.no_grad():
        for p in learned.model.parameters():
            p -= 1.0
    np.testing.assert_array_equal(before, after)


def test_the_table_learns_nothing_of_rows_that_are_held_out():
    frame = sales(50).with_columns(city=pl.Series([f"c{k}" for k in range(50)]))
    learn = tabular_learner(frame, "y", 0.2, table={"categories": ["city"]})
    assert (len(learn.rows), len(learn.held_out)) == (40, 10)
    assert learn.table.size == 40
    assert (learn.held_out.unseen == 1).all()
    assert not learn.rows.unseen.any()


def test_where_there_is_a_date_the_latest_rows_are_held_out():
    days = pl.date_range(pl.date(2015, 1, 1), pl.date(2015, 2, 9), eager=True).sample(
        fraction=1.0, shuffle=True, seed=0
    )
    frame = sales(40).with_columns(day=days, mine=pl.Series([True] * 4 + [False] * 36))
    settings = {"ignore": ["day", "mine"]}
    late = tabular_learner(frame, "y", 0.25, table=settings)
    want = late.table.apply(frame.filter(pl.col("day") > pl.date(2015, 1, 30)))
    np.testing.assert_array_equal(late.held_out.target, want.target)
    mine = tabular_learner(frame, "y", "mine", table=settings)
    np.testing.assert_allclose(mine.held_out.target, frame["y"][:4])


def test_frames_rows_and_tables_may_be_given():
    train, held = sales(60), sales(20, 1)
    table = Table.fit(train, "y")
    by_frame = tabular_learner(train, "y", held, table={"repeated": None})
    by_table = tabular_learner(train, valid=held, table=table)
    by_rows = tabular_learner(table.apply(train), valid=table.apply(held), table=table)
    for learn in (by_frame, by_table, by_rows):
        np.testing.assert_array_equal(learn.rows.codes, by_frame.rows.codes)
        np.testing.assert_array_equal(learn.held_out.target, by_frame.held_out.target)
    parted = tabular_learner(table.apply(train), valid=0.5, table=table)
    assert (len(parted.rows), len(parted.held_out)) == (30, 30)
    blind = table.apply(train, target=False)
    for call, told in [
        (lambda: tabular_learner(table.apply(train), "y"), "without the Table"),
        (lambda: tabular_learner(blind, table=table), "without their target"),
        (lambda: tabular_learner(train), "no target"),
        (lambda: tabular_learner(train, table=Table.fit(train)), "no target"),
    ]:
        with pytest.raises(BadInput, match=told):
            call()


def test_the_same_seed_gives_the_same_net():
    first, second, other = (tabular_learner(sales(64), "y", seed=s) for s in (0, 0, 1))
    for learn in (first, second, other):
        learn.fit(1)
    same = zip(first.model.parameters(), second.model.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in same)
    assert not torch.equal(first.model.head.weight, other.model.head.weight)


def kinds(n=300):
    "A frame whose columns are targets of every kind."
    rng = np.random.default_rng(0)
    x = rng.standard_normal(n)
    return pl.DataFrame(
        {
            "x": x,
            "city": rng.choice(CITIES, n),
            "binary": np.where(x > 0, "yes", "no"),
            "classes": np.array(["low", "mid", "high"])[np.digitize(x, [-0.5, 0.5])],
            "one": (x > 0).astype(int),
            "two": (x < 0.5).astype(int),
            "big": 1000 * x,
            "little": x / 1000,
        }
    )


TARGETS = {"binary": "binary", "classes": "classes", "labels": ["one", "two"]}
TARGETS |= {"number": "big", "numbers": ["big", "little"]}


@pytest.mark.parametrize("kind", TARGETS)
@pytest.mark.parametrize("members", [1, 3])
def test_targets_of_every_kind_are_learnt(kind, members):
    frame, target = kinds(), TARGETS[kind]
    columns = ["x", "city", *([target] if isinstance(target, str) else target)]
    frame = frame.select(columns)
    model = partial(small, members=members)
    learn = tabular_learner(frame, target, model=model, size=16, lr=1e-2, wd=0.0)
    assert learn.table.target.kind == kind
    learn.fit_one_cycle(8)
    made = table_model(learn)
    said = made.predict(frame)
    want = frame.select(target).to_numpy()
    if kind in ("number", "numbers"):
        said, want = said.reshape(len(frame), -1), want
        assert (np.abs(said - want).mean(0) < 0.2 * want.std(0)).all()
        with pytest.raises(BadInput, match="has no probabilities"):
            made.probabilities(frame)
    else:
        assert (said.reshape(want.shape) == want).mean() > 0.9
        chances = made.probabilities(frame)
        assert chances.shape == (len(frame), len(made.class_names))
        if kind != "labels":
            np.testing.assert_allclose(chances.sum(1), 1)


@pytest.mark.parametrize(
    ("pred", "y", "loss"),
    [
        (torch.randn(6, 3), torch.rand(6), fn.mse_loss),
        (torch.randn(6, 3, 2), torch.rand(6, 2), fn.binary_cross_entropy_with_logits),
        (torch.randn(6, 3, 4), torch.arange(6) % 4, fn.cross_entropy),
    ],
)
def test_each_member_answers_for_itself(pred, y, loss):
    want = torch.stack([loss(pred[:, k], y) for k in range(3)]).mean()
    torch.testing.assert_close(apart(loss)(pred, y), want)
    torch.testing.assert_close(apart(loss)(pred[:, 0], y), loss(pred[:, 0], y))
    by_row = apart(loss).function(pred, y, reduction="none")
    assert by_row.shape == (6,)
    torch.testing.assert_close(by_row.mean(), want)


@pytest.mark.parametrize("members", [1, 2])
def test_a_row_of_weight_two_is_a_row_that_came_twice(members):
    frame = sales(40).with_columns(w=pl.Series([1.0, 2.0] * 20))
    twice = pl.concat([frame, frame.filter(pl.col("w") == 2)]).drop("w")
    model = partial(small, members=members, unseen=0.0, numbers=plain)
    by_weight = tabular_learner(frame, "y", table={"weights": "w", "log": True}, model=model)
    table = by_weight.table
    by_rows = tabular_learner(twice, table=Table.fit(twice, "y", log=True), model=model)
    rows = table.apply(twice.with_columns(w=1.0))
    net = by_weight.model.eval()
    given = [torch.as_tensor(part) for part in (rows.codes, rows.numbers, rows.missing)]
    weighted = by_weight.validate(by_weight.batches)["valid_loss"]
    with torch.no_grad():
        plainly = fn.mse_loss(net(*given), torch.as_tensor(rows.target))
    assert weighted == pytest.approx(float(plainly), rel=1e-4)
    assert by_rows.rows.weights is None


def test_numbers_of_other_units_count_alike():
    table = Table.fit(kinds(), ["big", "little"])
    loss = usual_loss(table.target)
    off = torch.tensor(table.target.scale).float()[None]
    zero = torch.zeros(1, 2)
    for k in (0, 1):
        one = zero.clone()
        one[0, k] = off[0, k]
        assert float(loss(one, zero)) == pytest.approx(0.5)


def test_the_usual_range_reaches_a_fifth_beyond_a_positive_target():
    frame = sales(100)
    most = float(frame["y"].max())
    assert usual_range(Table.fit(frame, "y")) == pytest.approx((0, 1.2 * most))
    lo, hi = usual_range(Table.fit(frame.with_columns(pl.col("y") + 2), "y", log=True))
    assert (lo, hi) == pytest.approx((0, 1.2 * np.log(most + 2)))
    assert usual_range(Table.fit(frame.with_columns(pl.col("y") - 50), "y")) is None
    assert usual_range(Table.fit(kinds(), "binary")) is None
    assert usual_range(Table.fit(frame, "y", range=(0, 100))) == pytest.approx((-5, 105))


@pytest.mark.parametrize("settings", [{}, {"y_range": (0, 200)}, {"y_range": (-np.inf, np.inf)}])
def test_before_anything_is_learnt_it_says_about_the_mean(settings):
    learn = tabular_learner(sales(300), "y", model=partial(tabular_net, **settings))
    rows = learn.rows
    said = learn.predict(rows.codes, rows.numbers, rows.missing)
    assert abs(said.mean() - rows.target.mean()) < 0.5 * rows.target.std()


def test_batches_grow_with_the_table():
    sizes = [usual_size(n) for n in (1, 100, 2_000, 32_561, 10**6)]
    assert sizes == [16, 16, 16, 256, 1024]


def test_readings_of_numbers_are_makers():
    table = Table.fit(kinds(), "binary", categories=["city"], numbers=["x", "big"])
    rows = table.apply(kinds())
    assert isinstance(tabular_net(table, rows, numbers=plain).numbers, Plain)
    waves = tabular_net(table, rows, numbers=partial(periodic, k=5, waves=3)).numbers
    assert isinstance(waves, Periodic)
    assert waves.width == 10
    none = Table.fit(kinds(), "binary", categories=["city"], numbers=[])
    for reads in (periodic, plain):
        assert tabular_net(none, none.apply(kinds()), numbers=reads).numbers.width == 0


def test_no_hidden_layer_is_a_model_too():
    learn = tabular_learner(kinds().select("x", "binary"), "binary", model=linear, size=16, lr=0.05)
    learn.fit_one_cycle(6)
    assert (learn.table_model().predict(kinds()) == kinds()["binary"].to_numpy()).mean() > 0.95
    assert len(learn.model.body) == 0


def test_a_category_without_vectors_only_adds(tmp_path):
    frame = sales().with_columns(day=pl.Series(np.arange(400) % 3 + 100))
    table = Table.fit(frame, "y", categories=["city", "day"], log=True)
    model = partial(small, additive=True, widths={"day": 0})
    learn = tabular_learner(frame, table=table, model=model, lr=1e-2)
    learn.fit(2)
    model = learn.table_model()
    model.save(tmp_path / "m.entable")
    model = load(tmp_path / "m.entable")
    near = learn.predict(*(getattr(learn.rows, n) for n in ("codes", "numbers", "missing")))
    np.testing.assert_allclose(np.log(model.predict(frame)), near, atol=1e-5)
    days, cities = model.embeddings["day"], model.embeddings["city"]
    assert days.vectors.shape == (3, 1)
    assert cities.bias.any()
    # another day moves every raw output as much, whatever the row
    codes = learn.rows.codes.copy()
    raw = []
    for code in (2, 3):
        codes[:, 1] = code
        raw.append(model.scorer._scores(codes, learn.rows.numbers, learn.rows.missing)[:, 0])
    apart = days.vectors[1, 0] - days.vectors[0, 0]
    np.testing.assert_allclose(raw[1] - raw[0], apart, atol=1e-5)
    with pytest.raises(BadInput, match="takes additive=True"):
        tabular_net(table, learn.rows, widths={"day": 0})


def test_vectors_may_be_given_by_name_and_stand_still():
    given = Embeddings.of(["Bonn", "Daun", "Rom"], np.arange(9).reshape(3, 3))
    model = partial(small, start={"city": given}, frozen=True)
    learn = tabular_learner(sales(100), "y", model=model, lr=1e-2)
    learn.fit(2)
    cities = learn.table_model().embeddings["city"]
    np.testing.assert_array_equal(cities[["Bonn", "Daun"]], given[["Bonn", "Daun"]])
    moving = tabular_learner(sales(100), "y", model=partial(small, start={"city": given}), lr=1e-2)
    np.testing.assert_array_equal(moving.table_model().embeddings["city"]["Daun"], given["Daun"])
    moving.fit(2)
    assert not np.array_equal(moving.table_model().embeddings["city"]["Daun"], given["Daun"])


def test_given_vectors_that_fit_nothing_are_refused():
    table = Table.fit(sales(), "y")
    net = tabular_net(table, table.apply(sales()))
    given = Embeddings.of(["Rom"], np.ones((1, 3)))
    with pytest.raises(BadInput, match="none of the 4 levels of 'city'"):
        start_from(net, table, "city", given)
    for call in (
        lambda: start_from(net, table, "town", given),
        lambda: tabular_net(table, table.apply(sales()), start={"town": given}),
        lambda: tabular_net(table, table.apply(sales()), widths={"town": 3}),
        lambda: tabular_net(table, table.apply(sales()), unseen={"town": 0.3}),
    ):
        with pytest.raises(BadInput, match="no category is named 'town'; there are city"):
            call()
    with pytest.raises(BadInput, match="2 widths came for 1 categories"):
        tabular_net(table, table.apply(sales()), widths=[3, 4])


def test_several_learners_become_one_model():
    frame = sales(200)
    learns = [tabular_learner(frame, "y", model=small, table={"log": True})]
    table = learns[0].table
    learns += [tabular_learner(frame, table=table, model=small, seed=s) for s in (1, 2)]
    for learn in learns:
        learn.fit(1)
    model = table_model(*learns)
    each = [learn.table_model().raw(frame) for learn in learns]
    np.testing.assert_allclose(model.raw(frame), np.mean(each, 0))
    assert model.settings["seeds"] == [0, 1, 2]
    with pytest.raises(BadInput, match="one and the same Table"):
        table_model(learns[0], tabular_learner(frame, "y"))
    with pytest.raises(BadInput, match="one and the same Table"):
        table_model()


def test_a_net_of_your_own_learns_but_stays_with_torch():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.line = nn.Linear(1, 1)

        def forward(self, codes, numbers, missing):
            return self.line(numbers)[:, 0]

    learn = tabular_learner(sales(100), "y", model=Own())
    learn.fit(1)
    with pytest.raises(BadInput, match="Own cannot be computed without torch"):
        learn.table_model()


@pytest.mark.parametrize("left", [["city"], ["x"]])
def test_categories_alone_and_numbers_alone_are_ordinary(left):
    frame = sales(100)
    learn = tabular_learner(frame, "y", 0.2, table={"ignore": left, "repeated": None}, model=small)
    learn.fit(2)
    model = learn.table_model()
    assert model.predict(frame.drop("y")).shape == (100,)
    assert model.predict(frame[:1]) == pytest.approx(model.predict(frame)[:1], rel=1e-5)
    assert list(model.embeddings) == [name for name in ("city",) if name not in left]
