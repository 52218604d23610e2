"Reasons sum to the score, by parts and by past ratings."

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entable.errors import BadInput, UnknownName


def check_sums(model, user, item):
    why = model.explain(user, item)
    p = why.parts
    assert sum(p.values()) == pytest.approx(why.score, abs=1e-9)
    assert sum(list(p.values())[:-1]) == pytest.approx(why.raw, abs=1e-9)
    assert why.axes["product"].sum() == pytest.approx(p["taste"], abs=1e-12)
    assert why.score == model.predict(user, item)[0]
    past = why.table["share"].sum() + why.remainder
    assert p["mean"] + p["item bias"] + why.prior + past == pytest.approx(why.raw, abs=1e-5)
    lo, hi = model.scorer.lo, model.scorer.hi
    assert why.table["without"].is_between(lo, hi).all()


@pytest.mark.parametrize("shape", [{}, {"k": 0}, {"history": False}, {"ratings": 0}, {"scale": 4}])
def test_parts_and_shares_sum_to_the_score(made, shape):
    model = made(**shape)
    for user in model.users.names:
        for item in model.items.names:
            check_sums(model, user, item)


@given(st.integers(0, 10**6), st.integers(1, 12), st.floats(0.01, 30))
@settings(max_examples=30)
def test_they_sum_whatever_the_model(made, seed, k, scale):
    model = made(k=k, seed=seed, scale=scale, ratings=40)
    user, item = model.users.names[seed % 7], model.items.names[seed % 9]
    check_sums(model, user, item)


def solved(model, u, leave_out=()):
    "The row of a known user by its ratings, as a dense solve: factors then bias."
    scorer, items = model.scorer, model.items
    i, r = model.history.of_user(u)
    keep = ~np.isin(i, leave_out)
    i, r = i[keep], r[keep]
    X = np.c_[items.vectors[i].astype("f8"), np.ones(len(i))]
    W = np.diag(scorer.user_noise[u].astype("f8") * scorer.item_noise[i])
    P = np.linalg.inv(scorer.user_prior.cov)
    right = P @ scorer.user_prior.mean + X.T @ W @ (r.astype("f8") - scorer.mean - items.bias[i])
    return np.linalg.solve(P + X.T @ W @ X, right)


def test_the_remainder_is_what_the_stored_row_differs_by(model):
    for u in range(7):
        stored = np.append(model.users.vectors[u], model.users.bias[u]).astype("f8")
        x = np.append(model.items.vectors[4], 1).astype("f8")
        why = model.explain(f"u{u}", 104)
        assert why.remainder == pytest.approx(x @ (stored - solved(model, u)), abs=1e-8)


@pytest.mark.parametrize("u", range(7))
def test_without_a_rating_the_score_is_that_of_a_solve_without_it(made, u):
    "Where the stored row is the solve itself, so that both can be compared."
    model = made(titles=True, seed=3)
    rows = [solved(model, each) for each in range(7)]
    vectors, bias = np.array([z[:-1] for z in rows]), np.array([z[-1] for z in rows])
    model = replace(model, users=replace(model.users, vectors=vectors, bias=bias))
    x = np.append(model.items.vectors[8], 1).astype("f8")
    why = model.explain(f"u{u}", 108)
    assert why.remainder == pytest.approx(0, abs=1e-5)
    for row in why.table.iter_rows(named=True):
        z = solved(model, u, [row["item"] - 100])
        want = np.clip(model.scorer.mean + model.items.bias[8] + x @ z, 1, 5)
        assert row["without"] == pytest.approx(want, abs=1e-5)


def test_axes_have_their_share_and_their_ends(model):
    axes = model.explain("u1", 104).axes
    assert axes.columns == ["axis", "share", "user", "item", "product", "low", "high"]
    assert axes["axis"].to_list() == [1, 2, 3]
    U, V = (rows.vectors[rows.counts > 0].astype("f8") for rows in (model.users, model.items))
    variance = [np.mean(np.outer(U[:, f], V[:, f]) ** 2) for f in range(3)]
    np.testing.assert_allclose(axes["share"], np.array(variance) / sum(variance), rtol=1e-9)
    np.testing.assert_allclose(axes["product"], axes["user"] * axes["item"])
    ends = model.items.vectors.argmin(0), model.items.vectors.argmax(0)
    assert model.items.counts.min() >= 1
    for name, at in zip(("low", "high"), ends, strict=True):
        assert axes[name].to_list() == model.items.label(at).tolist()


def test_a_scorer_without_exact_parts_says_so(model):
    class Net:
        "Scores, but has no parts."

        def __getattr__(self, name):
            if name == "parts":
                raise AttributeError(name)
            return getattr(model.scorer, name)

    with pytest.raises(BadInput, match="nets have no exact parts"):
        replace(model, scorer=Net()).explain("u1", 100)


def test_notes_say_what_would_change_most_and_how_far_the_solve_is(model):
    why = model.explain("u1", "Title 5")
    change = (why.table["without"] - why.score).abs()
    row = why.table.row(int(change.arg_max()), named=True)
    assert (
        f"Without the {row['rating']:g} for {row['label'] or row['item']} the score" in why.notes[0]
    )
    assert f"{row['without']:.2f}" in why.notes[0]
    assert f"{why.remainder:+.2f} here" in why.notes[1]


def test_without_history_the_notes_say_so(made):
    why = made(history=False).explain("u1", 104)
    assert "no history" in why.notes[0]
    assert why.table.columns == ["item", "rating", "share", "without"]
    assert len(why.table) == 0
    assert "rated nothing" in made(ratings=0).explain("u1", 104).notes[0]


def test_the_largest_shares_come_first_and_are_named(model):
    why = model.explain("u1", "Title 5")
    sizes = why.table["share"].abs().to_list()
    assert sizes == sorted(sizes, reverse=True)
    assert why.table.columns == ["item", "label", "rating", "share", "without"]
    rated, stars = model.history.of_user(1)
    assert dict(zip(why.table["item"], why.table["rating"], strict=True)) == dict(
        zip((rated + 100).tolist(), stars.tolist(), strict=True)
    )


def test_a_sentence_for_people(model):
    why = model.explain("u1", "Title 5")
    assert why.sentence.startswith(f"Title 5: {why.score:.2f} = 3.50 (mean)")
    speaks = why.table.filter(why.table["share"] > 0)
    assert ("because of" in why.sentence) == bool(len(speaks))
    assert str(why).startswith(why.sentence)
    assert why.sentence.replace("&", "&amp;") in why._repr_html_()


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


@pytest.mark.realdata
def test_reasons_of_a_real_model_sum_to_its_scores(real):
    from entable.data.ratings import Ratings
    from entable.factorize import factorize

    model = factorize(Ratings.read(real / "ml-100k" / "u.data"))
    rng = np.random.default_rng(0)
    users = [*rng.choice(model.users.names, 40), model.users.names[model.users.counts.argmax()]]
    for user, item in zip(users, rng.choice(model.items.names, len(users)), strict=True):
        check_sums(model, user, item)
