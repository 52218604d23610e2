"Features without a target: rows of any frames, columns guessed from the others, no torch after."

import numpy as np
import polars as pl
import pytest
import torch

from entable import load
from entable.data.table import Table
from entable.errors import BadInput
from entable.models.autoencoder import Mask
from entable.recipes.autoencoder import autoencoder_learner


def twins(n=600, seed=0):
    "Two columns that say the same, a number that follows, and a column that nothing tells of."
    rng = np.random.default_rng(seed)
    at = rng.integers(0, 4, n)
    return pl.DataFrame(
        {
            "letter": np.array(list("abcd"))[at],
            "word": np.array(["ant", "bee", "cat", "dog"])[at],
            "x": at + rng.normal(0, 0.01, n),
            "noise": rng.choice(["p", "q"], n),
        }
    )


@pytest.fixture(scope="module")
def learned():
    learn = autoencoder_learner(twins(), twins(200, 1), noise=Mask(0.3), layers=(32, 32), size=16)
    learn.fit_one_cycle(12)
    return learn


def test_hidden_cells_are_guessed_from_the_others(learned):
    made, table = learned.model.net.eval(), learned.table
    rows = table.apply(twins(100, 2))
    codes = rows.codes.copy()
    at = [category.name for category in table.categories].index("word")
    codes[:, at] = 0
    with torch.no_grad():
        out = made(*(torch.as_tensor(part) for part in (codes, rows.numbers, rows.missing)))
    begin = sum(category.levels for category in table.categories[:at])
    guessed = out[:, begin : begin + table.categories[at].levels].argmax(1).numpy()
    assert (guessed == rows.codes[:, at]).mean() > 0.95


def test_all_frames_are_learnt_from(learned):
    assert learned.batches.rows == 800
    assert learned.table.size == 600


def test_features_need_no_torch_and_are_what_torch_computes(learned, tmp_path):
    model = load(learned.table_model().save(tmp_path / "m.entable"))
    frame = twins(50, 3)
    rows = learned.table.apply(frame)
    given = [torch.as_tensor(part) for part in (rows.codes, rows.numbers, rows.missing)]
    net = learned.model.net.eval()
    with torch.no_grad():
        want = net.body(net.joined(*given))
    np.testing.assert_allclose(model.activations(frame), want, atol=1e-5)
    assert model.encode(frame).height == 50
    assert set(model.embeddings) == {"letter", "word", "noise"}
    with pytest.raises(BadInput, match="nothing can be predicted"):
        model.predict(frame)


def test_a_table_may_be_given_and_its_target_is_left_aside():
    frame = twins(80)
    table = Table.fit(frame, "noise")
    learn = autoencoder_learner(table.apply(frame), table=table)
    learn.fit(1)
    model = learn.table_model()
    assert model.table.target is None
    assert table.target is not None
    assert "noise" not in model.embeddings
    with pytest.raises(BadInput, match="without the Table"):
        autoencoder_learner(table.apply(frame))


def test_the_same_seed_gives_the_same_features():
    first, second = (autoencoder_learner(twins(64), layers=(8,), seed=3) for _ in range(2))
    for learn in (first, second):
        learn.fit(1)
    found = [learn.table_model().activations(twins(9)) for learn in (first, second)]
    np.testing.assert_array_equal(*found)
