"Two models beside each other, against plain loops over names."

from dataclasses import replace

import numpy as np
import pytest

from entable.data.vocab import Vocab
from entable.errors import BadInput
from entable.recommender import compared


def renamed(model, side, names):
    rows = getattr(model, f"{side}s")
    return replace(model, **{f"{side}s": replace(rows, vocab=Vocab.of(names, side), labels=None)})


def test_predictions_of_all_common_pairs_are_compared(made):
    model, other = made(), made(seed=4, users=5, items=12)
    found = model.compare(other)
    want = {
        (user, item): other.predict(user, item)[0] - model.predict(user, item)[0]
        for user in other.users.names
        for item in model.items.names
    }
    assert len(found.differences) == len(want) == 5 * 9
    np.testing.assert_allclose(np.sort(found.differences), np.sort([*want.values()]))
    assert found.rms == pytest.approx(np.sqrt(np.mean(np.square([*want.values()]))))
    most = sorted(want, key=lambda pair: -abs(want[pair]))[:20]
    assert list(zip(found.table["user"], found.table["item"], strict=True)) == most
    for row in found.table.iter_rows(named=True):
        assert row["difference"] == pytest.approx(row["there"] - row["here"])
        assert row["here"] == pytest.approx(model.predict(row["user"], row["item"])[0])
    here = [model.predict(*pair)[0] for pair in want]
    there = [other.predict(*pair)[0] for pair in want]
    assert found.correlation == pytest.approx(np.corrcoef(here, there)[0, 1])
    assert f"{found.rms:.3f} (RMS)" in found.title


def test_names_meet_by_name_whatever_their_order(made):
    model = made(k=3)
    order = np.random.default_rng(0).permutation(7)
    users = model.users
    moved = replace(
        users,
        vocab=Vocab.of(users.names[order].tolist(), "user"),
        vectors=users.vectors[order],
        bias=users.bias[order],
        counts=users.counts[order],
        means=users.means[order],
    )
    noise = replace(
        model.scorer,
        user_noise=model.scorer.user_noise[order],
        user_var=model.scorer.user_var[order],
    )
    found = model.compare(replace(model, users=moved, scorer=noise, history=None))
    assert found.rms == 0
    assert found.correlation == pytest.approx(1)


def test_both_sides_are_compared_where_they_can_be(made):
    model, other = made(), made(seed=2)
    found = model.compare(other)
    assert found.items.table.equals(model.items.compare(other.items).table)
    assert found.users.table.equals(model.users.compare(other.users).table)
    strangers = renamed(other, "user", [f"x{j}" for j in range(7)])
    found = model.compare(strangers)
    assert found.users is None
    assert found.items is not None
    assert np.isnan(found.rms)
    assert len(found.table) == 0
    assert "cannot be compared" in found.title
    assert found.notes


def test_titles_are_shown(model, made):
    assert model.compare(made(seed=1)).table.columns == [
        "user", "item", "label", "here", "there", "difference",
    ]  # fmt: skip


def test_many_pairs_are_sampled_and_that_is_said(made, monkeypatch):
    monkeypatch.setattr(compared, "_PAIRS", 40)
    found = made().compare(made(seed=4))
    assert 30 < len(found.differences) <= 40
    assert f"{len(found.differences)} of 63 common pairs" in found.notes[0]
    assert found.table.select("user", "item").is_unique().all()
    again = made().compare(made(seed=4))
    np.testing.assert_array_equal(found.differences, again.differences)
    other = made().compare(made(seed=4), seed=1)
    assert not np.array_equal(found.differences, other.differences)


def test_models_of_other_worlds_cannot_be_compared(made):
    strange = renamed(renamed(made(), "user", range(7)), "item", [f"x{j}" for j in range(9)])
    with pytest.raises(BadInput, match="neither users nor items in common"):
        made().compare(strange)


def test_the_picture_counts_every_pair(made):
    import matplotlib.pyplot as plt

    ax = made().compare(made(seed=4)).plot()
    assert sum(bar.get_height() for bar in ax.patches) == 63
    ax.figure.canvas.draw()
    plt.close("all")
