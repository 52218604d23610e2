"Nets over rows of a table: what is hidden while they learn, members, and the plainest case."

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from entable.errors import BadInput
from entable.models.numbers import Pieces
from entable.models.tabular import TabularNet, small_width, usual_width

CODES = torch.randint(0, 4, (64, 2), generator=torch.Generator().manual_seed(0))
NUMBERS = torch.randn(64, 3, generator=torch.Generator().manual_seed(1))
GONE = torch.zeros(64, 3, dtype=torch.bool)


def net(**settings):
    torch.manual_seed(0)
    return TabularNet([4, 4], 3, **{"layers": (8,)} | settings)


def test_widths_follow_a_rule_or_are_given():
    assert [usual_width(n) for n in (3, 9, 1117, 10**6)] == [3, 5, 81, 600]
    assert [small_width(n) for n in (3, 9, 1117)] == [2, 5, 50]
    assert [t.shape[1] for t in net(widths=[2, 5]).tables] == [2, 5]
    assert [t.shape[1] for t in net(widths=7).tables] == [7, 7]
    assert [t.shape[1] for t in net(widths=small_width).tables] == [2, 2]
    with pytest.raises(BadInput, match="for each of 2 categories"):
        net(widths=[3])


@pytest.mark.parametrize(("outputs", "shape"), [(1, (64,)), (3, (64, 3))])
def test_a_row_gets_a_number_or_several(outputs, shape):
    assert net(outputs=outputs)(CODES, NUMBERS, GONE).shape == shape
    assert net(outputs=outputs).eval()(CODES[:1], NUMBERS[:1], GONE[:1]).shape == (1, *shape[1:])


@pytest.mark.parametrize("settings", [{"norm": True}, {"residual": True, "layers": (6, 6, 6)}])
def test_categories_alone_and_numbers_alone_are_ordinary(settings):
    for made, given in [
        (TabularNet([4, 4], **settings), (CODES,)),
        (TabularNet([4, 4], **settings), (CODES, NUMBERS[:, :0], GONE[:, :0])),
        (TabularNet([], 3, **settings), (CODES[:, :0], NUMBERS, GONE)),
        (TabularNet([], Pieces([[0, 1]] * 3, 2), **settings), (CODES[:, :0], NUMBERS, GONE)),
    ]:
        made(*given).sum().backward()
    with pytest.raises(BadInput, match="nothing to learn from"):
        TabularNet([], 0)


def test_each_category_may_be_hidden_at_a_rate_of_its_own():
    made = net(unseen=[0.0, 0.5])
    hidden = made._hidden(torch.full((20_000, 2), 3))
    assert (hidden[:, 0] == 3).all()
    assert float((hidden[:, 1] == 0).float().mean()) == pytest.approx(0.5, abs=0.02)
    with pytest.raises(BadInput, match=r"unseen=\[0.1\] came; .* one for each of 2 categories"):
        net(unseen=[0.1])


def test_some_codes_are_hidden_while_it_learns_and_none_after():
    made = net(unseen=0.25, gaps=[True, False])
    codes = torch.full((20_000, 2), 3)
    hidden = made._hidden(codes)
    shares = [[float((hidden[:, c] == row).float().mean()) for row in (0, 1, 3)] for c in (0, 1)]
    # the first category has missing rows of its own; the second never had one and learns of them
    assert shares[0] == pytest.approx([0.25, 0.0, 0.75], abs=0.02)
    assert shares[1] == pytest.approx([0.125, 0.125, 0.75], abs=0.02)
    assert (made.eval()._hidden(codes) == codes).all()


def test_members_answer_apart_while_they_learn_and_with_one_voice_after():
    made = net(members=5, dropout=0.0, dropout_in=0.0, unseen=0.0, outputs=2)
    apart = made(CODES, NUMBERS, GONE)
    assert apart.shape == (64, 5, 2)
    made.numbers.eval()  # the same batch norm in both
    apart = made(CODES, NUMBERS, GONE)
    torch.testing.assert_close(made.eval()(CODES, NUMBERS, GONE), apart.mean(1))
    assert apart.std(1).min() > 0


def test_a_range_is_never_left_and_centre_is_where_it_begins():
    made = net(y_range=(2.0, 3.0), centre=50.0).eval()
    assert ((made(CODES, NUMBERS, GONE) > 2.99) & (made(CODES, NUMBERS, GONE) <= 3)).all()
    made = net(centre=7.0, scale=0.0).eval()
    torch.testing.assert_close(made(CODES, NUMBERS, GONE), torch.full((64,), 7.0))


def test_what_levels_add_is_looked_up_and_summed():
    made = net(additive=True).eval()
    bare = made(CODES, NUMBERS, GONE)
    with torch.no_grad():
        made.additive.weight += torch.arange(8.0)[:, None]
    want = CODES[:, 0] + CODES[:, 1] + 4.0
    torch.testing.assert_close(made(CODES, NUMBERS, GONE) - bare, want)


@pytest.mark.parametrize("activation", [nn.ReLU, nn.Mish, nn.GELU])
def test_layers_of_any_activation(activation):
    made = net(layers=(8, 6), activation=activation, dropout=[0.1, 0.0])
    kinds = [type(part) for block in made.body for part in block]
    assert kinds == [nn.Linear, activation, nn.Dropout, nn.Linear, activation]
    with pytest.raises(BadInput, match="one for each of 2 layers"):
        net(layers=(8, 6), dropout=[0.1])


def test_without_layers_it_is_logistic_regression():
    rng = np.random.default_rng(0)
    codes, numbers = rng.integers(2, 6, (600, 1)), rng.standard_normal((600, 2)).astype("f4")
    odds = np.array([0, 0, -1.0, 0.5, 1.0, 0.0])[codes[:, 0]] + numbers @ [1.0, -2.0]
    y = (rng.random(600) < 1 / (1 + np.exp(-odds))).astype("f4")
    X = np.concatenate([np.eye(6)[codes[:, 0]], numbers], 1)
    want = LogisticRegression(C=np.inf, tol=1e-10, max_iter=5000).fit(X, y)
    made = TabularNet([6], 2, layers=(), dropout_in=0.0, unseen=0.0)
    given = [torch.as_tensor(part) for part in (codes, numbers, np.zeros((600, 2), bool), y)]
    opt = torch.optim.LBFGS(made.parameters(), max_iter=500, line_search_fn="strong_wolfe")

    def closure():
        opt.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(made(*given[:3]), given[3])
        loss.backward()
        return loss

    opt.step(closure)
    torch.testing.assert_close(
        made(*given[:3]), torch.as_tensor(want.decision_function(X)).float(), atol=0.02, rtol=0.02
    )


def test_what_rare_levels_add_is_learnt_without_decay():
    "A level that adds 1 in one row of 250: decay in every step keeps its number from it."
    from entable.data.table import Table
    from entable.recipes.tablenets import linear
    from entable.recipes.tabular import tabular_learner

    rng = np.random.default_rng(0)
    level = rng.choice(["rare", "usual"], 10_000, p=[0.004, 0.996])
    y = (level == "rare") + rng.normal(0, 0.3, len(level))
    frame = {"level": level, "x": rng.normal(size=len(level)), "y": y}
    table = Table.fit(frame, "y")
    added = {}
    for shrink in (True, False):
        how = {"wd": 0.5, "lr": 0.03, "size": 100, "precision": None}
        learn = tabular_learner(
            table.apply(frame, target=True),
            table=table,
            model=lambda t, r, s=shrink: linear(t, r, shrink=s, widths=0, unseen=0.0),
            **how,
        )
        learn.fit_one_cycle(6)
        found = learn.table_model().predict({"level": ["rare", "usual"], "x": [0.0, 0.0]})
        added[shrink] = found[0] - found[1]
    assert added[True] < 0.8
    assert added[False] == pytest.approx(1, abs=0.15)
