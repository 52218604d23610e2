"Models as they suit ratings: sizes, ranges, means, facts."

import numpy as np
import pytest
import torch
from torch import nn

from entable.data.ratings import Ratings
from entable.models.parts import Ordinal, Range
from entable.recipes.makers import (
    dot_bias,
    dot_history,
    dot_product,
    embedding_nn,
    mini_net,
    neumf,
    towers,
    usual_range,
)

RATINGS = Ratings.of([1, 1, 2, 3], ["a", "b", "a", "b"], [1.0, 5.0, 4.0, 4.0])
NONE = (-np.inf, np.inf)


@pytest.mark.parametrize(
    ("values", "want"),
    [
        ([1, 2, 3, 4, 5], (0.5, 5.5)),
        ([0.5, 1, 2.5, 5], (0.25, 5.25)),
        (np.linspace(0, 1, 201).tolist(), (-0.05, 1.05)),  # no steps: half a tenth
        ([3, 3], (2.5, 3.5)),
    ],
)
def test_the_range_reaches_half_a_step_beyond_both_ends(values, want):
    n = range(len(values))
    assert usual_range(Ratings.of(n, n, values)) == pytest.approx(want, abs=1e-6)


MAKERS = [dot_product, dot_bias, dot_history, mini_net, embedding_nn, neumf, towers]


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__name__)
def test_every_maker_takes_a_range_none_or_levels(maker):
    u, i = torch.tensor([0, 2]), torch.tensor([1, 0])
    ranged = maker(RATINGS, (0.5, 5.5)).eval()
    assert isinstance(ranged.range, Range)
    assert ((ranged(u, i) > 0.5) & (ranged(u, i) < 5.5)).all()
    assert isinstance(maker(RATINGS, NONE).range, nn.Identity)
    levels = maker(RATINGS, Ordinal([1, 2, 3, 4, 5])).eval()
    assert levels(u, i).shape == (2, 4)


@pytest.mark.parametrize("maker", [dot_history, neumf, towers], ids=lambda maker: maker.__name__)
def test_scores_start_at_the_mean_rating(maker):
    u, i = torch.tensor([0]), torch.tensor([1])
    for y_range in ((0.5, 5.5), NONE):
        model = maker(RATINGS, y_range).eval()
        for name, p in model.named_parameters():
            if not name.startswith("product"):
                nn.init.zeros_(p)
        assert model(u, i).item() == pytest.approx(3.5, abs=1e-5)


def test_without_a_range_dot_and_bias_stand_on_the_mean():
    assert dot_bias(RATINGS, NONE).mean == pytest.approx(3.5)
    assert dot_bias(RATINGS, (0.5, 5.5)).mean == 0


def test_items_that_nobody_rated_are_told_by_their_facts_alone():
    facts = {"item": ["a", "b", "c", "d"], "year": [1980, 1990, 2000, 2000], "kind": [*"xyxx"]}
    ratings = Ratings.read(
        {"user": [1, 1, 2, 3], "item": [*"abab"], "rating": [1.0, 5.0, 4.0, 4.0]},
        item_facts=facts,
        unrated=True,
    )
    model = towers(ratings, (0.5, 5.5), k=3).eval()
    vectors = model.V()
    assert torch.equal(vectors[2], vectors[3])
    assert not torch.equal(vectors[1], vectors[2])
    assert model.V.rated is not None
    assert towers(ratings, (0.5, 5.5), histories=False).V.rated is None


def test_a_fact_called_title_will_do_for_a_title():
    facts = {"item": ["a", "b"], "Title": ["Alien (1979)", "Aliens (1986)"]}
    rows = {"user": [1, 1, 2, 3], "item": [*"abab"], "rating": [1.0, 5.0, 4.0, 4.0]}
    model = towers(Ratings.read(rows, item_facts=facts), (0.5, 5.5))
    assert model.V.numbers.shape == (2, 1)  # the year
    titled = towers(Ratings.read(rows, names=facts), (0.5, 5.5))
    assert torch.equal(titled.V.numbers, model.V.numbers)
