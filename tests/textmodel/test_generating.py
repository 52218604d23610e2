"What comes next, and texts drawn by it."

import numpy as np
import pytest

from entable.errors import BadInput
from entable.textmodel.generating import chances, drawn

SCORES = np.log(np.array([0.3, 0.2, 0.25, 0.15, 0.1]))


def draws(n=4000, temperature=1.0, top_k=None, top_p=None, seed=0):
    rng = np.random.default_rng(seed)
    found = [drawn(SCORES, temperature, top_k, top_p, rng) for _ in range(n)]
    return np.bincount(found, minlength=5) / n


def test_nothing_stands_for_unseen_and_missing():
    np.testing.assert_allclose(chances(SCORES), [0, 0, 0.5, 0.3, 0.2])


def test_draws_come_by_their_chances():
    np.testing.assert_allclose(draws(), [0, 0, 0.5, 0.3, 0.2], atol=0.03)


def test_a_low_temperature_is_careful_and_a_high_one_wild():
    cold = np.array([25, 9, 4]) / 38  # chances squared
    np.testing.assert_allclose(draws(temperature=0.5)[2:], cold, atol=0.03)
    np.testing.assert_allclose(draws(temperature=1e6)[2:], np.full(3, 1 / 3), atol=0.03)
    assert draws(100, temperature=0).tolist() == [0, 0, 1, 0, 0]


def test_only_the_likeliest_are_drawn():
    assert (draws(top_k=2)[2:] > 0).tolist() == [True, True, False]
    np.testing.assert_allclose(draws(top_k=2)[2], 5 / 8, atol=0.03)
    assert draws(top_k=1)[2] == 1
    for p, kept in ((0.4, 1), (0.51, 2), (0.79, 2), (0.81, 3), (1.0, 3)):
        assert (draws(top_p=p) > 0).sum() == kept


def test_a_text_goes_on_with_n_more(model):
    prompt = "the cat"
    text = model.generate(prompt, 12, seed=3)
    assert text.startswith(prompt)
    if model.cut.kind != "pieces":
        assert len(model.cut.encode(text)) >= len(model.cut.encode(prompt)) + 5
    assert text == model.generate(prompt, 12, seed=3)
    assert text != model.generate(prompt, 12, seed=4)


def test_the_greedy_text_takes_the_likeliest_every_time(letters):
    text = letters.generate("the", 5, temperature=0)
    for n in range(3, 8):
        assert letters.probabilities(text[:n]).table.row(0)[0] == text[n]
    assert text == letters.generate("the", 5, temperature=0, seed=9)
    assert text == letters.generate("the", 5, top_k=1)


def test_chances_of_the_next_are_found_by_name(letters):
    found = letters.probabilities("the c")
    assert found["a"] == pytest.approx(dict(found.table.rows())["a"])
    assert found.table["chance"].sum() == pytest.approx(1)
    assert found.table["chance"].is_sorted(descending=True)
    assert "'the c'" in str(found)
    assert found.plot().get_xlabel() == "chance"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"temperature": -0.1}, "temperature=-0.1 came; 0 takes the likeliest"),
        ({"temperature": float("nan")}, "temperature: only finite"),
        ({"n": 0}, "n=0 came"),
        ({"n": -3}, "n=-3 came"),
        ({"top_k": 0}, "top_k=0 came"),
        ({"top_p": 0.0}, "top_p=0 came"),
        ({"top_p": 1.5}, "top_p=1.5 came"),
        ({"prompt": ""}, "the prompt '' came"),
        ({"prompt": None}, "the prompt None came"),
        ({"prompt": "the zebra"}, "'z', 'b', 'r' in the prompt: never seen in training"),
    ],
)
def test_what_makes_no_text_is_refused(letters, wrong, told):
    with pytest.raises(BadInput, match=told):
        letters.generate(**({"prompt": "the"} | wrong))


def test_a_character_that_was_never_seen_may_be_read_as_unseen(letters):
    text = letters.generate("the zebra", 4, strict=False)
    assert text.startswith("the zebra")
    assert len(text) == 13
    assert letters.probabilities("z", strict=False).table["chance"].sum() == pytest.approx(1)
