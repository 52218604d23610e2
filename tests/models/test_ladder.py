"The rungs from three characters to a recurrent layer."

import pytest
import torch

from entable.models.ladder import Adding, Every, Joining, Recurrent, Three
from entable.train.init import identity

CODES = torch.randint(2, 9, (6, 8), generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("rung", [Adding, Joining, Recurrent])
def test_a_rung_scores_what_comes_after_any_number_of_characters(rung):
    model = rung(9, 4, 5)
    assert model(CODES).shape == model(CODES[:, :3]).shape == (6, 9)


def test_the_loop_over_three_is_the_net_of_three():
    torch.manual_seed(0)
    three, loop = Three(9, 4, 5), Adding(9, 4, 5)
    loop.load_state_dict(three.state_dict())
    torch.testing.assert_close(loop(CODES[:, :3]), three(CODES[:, :3]))


def test_every_answers_after_each_and_ends_as_the_last():
    torch.manual_seed(0)
    last, every = Recurrent(9, 4, 5), Every(9, 4, 5)
    every.load_state_dict(last.state_dict())
    assert every(CODES).shape == (6, 8, 9)
    torch.testing.assert_close(every(CODES)[:, -1], last(CODES))
    torch.testing.assert_close(every(CODES)[:, 2], last(CODES[:, :3]))


def test_order_matters_to_all():
    for rung in (Adding, Joining, Recurrent):
        torch.manual_seed(0)
        model = rung(9, 4, 5)
        assert not torch.allclose(model(CODES), model(CODES.flip(1)))


def test_the_identity_start_lets_a_layer_remember():
    model = identity(Recurrent(9, 4, 5))
    assert (model.loop.weight_hh_l0 == torch.eye(5)).all()
