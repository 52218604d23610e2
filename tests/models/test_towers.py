"Vectors made of facts: each part beside dense arithmetic, and rows that nobody has rated."

import pytest
import torch

from entable.models.parts import Embedding
from entable.models.towers import Bag, Bagged, Facts, Tower, Towers


def bag(pairs, size, weight=0.5):
    rows, ids = (torch.tensor(column) for column in zip(*pairs, strict=True))
    return Bag(rows, ids, torch.full((len(pairs),), weight), size)


FACTS = Facts(
    torch.randn(4, 2, generator=torch.Generator().manual_seed(0)),
    torch.tensor([[0, 1], [2, 0], [1, 1], [2, 1]]),
    (3, 2),
    (bag([(0, 1), (0, 2), (3, 1)], 3),),
    bag([(0, 4), (1, 0), (1, 4)], 5),
)


def test_a_bag_is_a_product_with_a_sparse_matrix_and_so_is_its_gradient():
    module = Bagged(4, 3, bag([(0, 1), (0, 0), (3, 1)], 2))
    dense = torch.tensor([[0.5, 0.5], [0, 0], [0, 0], [0, 0.5]])
    weight = module.table.weight
    torch.testing.assert_close(module(), dense @ weight)
    pull = torch.randn(4, 3)
    (module() * pull).sum().backward()
    torch.testing.assert_close(weight.grad, dense.T @ pull)


def test_a_tower_is_the_sum_of_what_is_known():
    tower = Tower(4, 3, FACTS).eval()
    for p in tower.parameters():
        torch.nn.init.normal_(p)
    own, rated = tower.own.weight, tower.rated.table.weight
    genre, slopes = tower.bags[0].table.weight, tower.slopes.weight
    first, second = (level.weight for level in tower.levels)
    want = own.clone()
    want[0] += 0.5 * rated[4] + 0.5 * (genre[1] + genre[2]) + first[0] + second[1]
    want[1] += 0.5 * (rated[0] + rated[4]) + first[2] + second[0]
    want[2] += first[1] + second[1]
    want[3] += 0.5 * genre[1] + first[2] + second[1]
    want = want + FACTS.numbers @ slopes
    torch.testing.assert_close(tower(), want)


def test_a_hidden_layer_adds_nothing_at_first_and_learns():
    tower, plain = Tower(4, 3, FACTS, hidden=5).eval(), Tower(4, 3, FACTS).eval()
    plain.load_state_dict(tower.state_dict(), strict=False)
    torch.testing.assert_close(tower(), plain())
    tower().sum().backward()
    assert tower.net[-1].bias.grad.abs().sum() > 0


def test_while_it_learns_ratings_are_left_out_for_some_rows():
    tower = Tower(1000, 1, Facts(), alone=0.3)
    torch.nn.init.ones_(tower.own.weight)
    gone = (tower() == 0).float().mean()
    assert gone == pytest.approx(0.3, abs=0.05)
    assert (tower.eval()() == 1).all()


def test_scores_are_the_dot_product_of_both_towers_with_their_last_number_as_bias():
    model = Towers(4, 4, 2, FACTS, FACTS, y_range=(0.5, 5.5), mean=0.2).eval()
    u, i = torch.tensor([0, 3]), torch.tensor([1, 1])
    U, V = model.U()[u], model.V()[i]
    raw = 0.2 + U[:, 2] + V[:, 2] + (U[:, :2] * V[:, :2]).sum(1)
    torch.testing.assert_close(model(u, i), 0.5 + 5 * torch.sigmoid(raw))
    many = model(u, torch.tensor([[1, 2], [1, 0]]))
    torch.testing.assert_close(many[:, 0], model(u, i))
    scored = model.scored()
    assert (scored.U.shape, scored.bu.shape) == ((4, 2), (4,))


def test_rows_speak_for_themselves_where_facts_or_given_vectors_do():
    assert Tower(4, 3, FACTS).speaks().all()
    alone = Tower(4, 3, Facts(rated=FACTS.rated))
    assert alone.speaks() is None
    alone.own.start_from(torch.tensor([2]), torch.ones(1, 3))
    assert alone.speaks().tolist() == [False, False, True, False]


def test_every_table_of_a_tower_is_an_embedding_that_learns():
    model = Towers(4, 4, 2, FACTS, FACTS, hidden=3)
    (model(torch.tensor([0, 1, 2, 3]), torch.tensor([1, 0, 3, 2])) ** 2).sum().backward()
    assert not [name for name, p in model.named_parameters() if p.grad is None]
    assert sum(isinstance(each, Embedding) for each in model.modules()) == 2 * 6
