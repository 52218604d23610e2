"Words about how many there are, also of things that a column is called after."

import numpy as np
import pytest

from entable import Embeddings
from entable.data.words import counted, plural, sentence


def test_numbers_and_their_nouns():
    assert [counted(n, "user") for n in (0, 1, 1000)] == ["0 users", "1 user", "1,000 users"]


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("item", "items"),
        ("State", "States"),
        ("city", "cities"),
        ("Category", "Categories"),
        ("day", "days"),
        ("class", "classes"),
        ("box", "boxes"),
        ("held-out row", "held-out rows"),
        ("Größe", "Größes"),
        ("DayOfWeek", "values of DayOfWeek"),
        ("promo_2", "values of promo_2"),
        ("PR", "values of PR"),
        ("", "values of "),
    ],
)
def test_several_of_a_kind(one, many):
    assert plural(one) == many


def test_a_sentence_begins_with_a_large_letter_and_keeps_the_others():
    assert sentence("values of DayOfWeek") == "Values of DayOfWeek"
    assert sentence("") == ""


@pytest.mark.parametrize(
    ("kind", "told"), [("city", "Cities most like a"), ("DayOfWeek", "Values of DayOfWeek most")]
)
def test_answers_call_categories_by_their_plural(kind, told):
    rows = Embeddings.of(["a", "b", "c", "d"], np.eye(4)[:, :3], kind=kind)
    assert rows.nearest("a", 2).title.startswith(told)
    assert rows.map().title == f"4 {plural(kind)} by their main axes"
    assert plural(kind) in repr(rows)
