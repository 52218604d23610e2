"Reasons sum to the score."

import pytest

from entable.errors import UnknownName


@pytest.mark.parametrize("shape", [{}, {"k": 0}, {"history": False}, {"ratings": 0}, {"scale": 4}])
def test_parts_and_shares_sum_to_the_score(made, shape):
    model = made(**shape)
    for user in model.users.names:
        for item in model.items.names:
            why = model.explain(user, item)
            p = why.parts
            assert sum(p.values()) == pytest.approx(why.score, abs=1e-9)
            assert why.score == model.predict(user, item)[0]
            past = why.table["share"].sum()
            assert p["mean"] + p["item bias"] + why.prior + past + why.remainder == pytest.approx(
                why.raw, abs=1e-9
            )


def test_without_a_remainder_for_a_user_who_is_their_own_fold(made):
    "Where the stored vector is the ridge solve, nothing is left over."
    from dataclasses import replace

    import numpy as np

    model = made()
    scorer = replace(model.scorer, user_noise=np.full(7, 0.9))
    model = replace(model, scorer=scorer)
    items, ratings = model.history.of_user(2)
    row = model.fold_in(dict(zip((items + 100).tolist(), ratings.tolist(), strict=True)))
    vectors, bias = model.users.vectors.copy(), model.users.bias.copy()
    vectors[2], bias[2] = row.vector, row.bias
    model = replace(model, users=replace(model.users, vectors=vectors, bias=bias))
    why = model.explain("u2", 108)
    assert why.remainder == pytest.approx(0, abs=1e-5)
    assert abs(why.table["share"]).sum() > 0.01


def test_the_largest_shares_come_first_and_are_named(model):
    why = model.explain("u1", "Title 5")
    sizes = why.table["share"].abs().to_list()
    assert sizes == sorted(sizes, reverse=True)
    assert why.table.columns == ["item", "label", "rating", "share"]
    rated, stars = model.history.of_user(1)
    assert dict(zip(why.table["item"], why.table["rating"], strict=True)) == dict(
        zip((rated + 100).tolist(), stars.tolist(), strict=True)
    )


def test_a_sentence_for_people(model):
    why = model.explain("u1", "Title 5")
    assert why.sentence.startswith(f"Title 5: {why.score:.2f} = 3.50 (mean)")
    speaks = why.table.filter(why.table["share"] > 0)
    assert ("because of" in why.sentence) == bool(len(speaks))
    assert str(why) == why.sentence
    assert why.__rich__().replace("\\[", "[") == why.sentence


def test_what_was_cut_off_by_the_range_is_the_last_part(made):
    model = made(scale=4)
    cut = [model.explain("u1", item) for item in model.items.names]
    cut = [why for why in cut if abs(why.parts["range"]) > 0.01]
    assert cut
    assert all("cut to the range" in why.sentence for why in cut)
    assert [*cut[0].parts] == ["mean", "user bias", "item bias", "taste", "range"]


def test_unknown_names_have_no_reasons(model):
    with pytest.raises(UnknownName, match="no user is named 'nobody'"):
        model.explain("nobody", 100)
