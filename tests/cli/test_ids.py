"Names as people type them: ids before titles, and titles where no id is meant."

from types import SimpleNamespace

import numpy as np
import pytest

from entable import Embeddings, Ratings, Vocab
from entable.cli import ids
from entable.errors import UnknownName


def side(names, labels=None):
    n = len(names)
    labels = None if labels is None else np.array(labels, object)
    zeros = np.zeros(n, np.float32)
    return Embeddings(
        Vocab.of(names, kind="item"),
        np.zeros((n, 1), np.float32),
        zeros,
        zeros.astype(np.int64),
        np.zeros(1, np.float32),
        labels=labels,
    )


FILMS = side([10, 20, 1984], ["Alien", "1984", None])


@pytest.mark.parametrize(
    ("text", "name"), [("10", 10), ("Alien", 10), ("20", 20), (" 20 ", 20), ("1984", 1984)]
)
def test_an_id_is_meant_before_a_title(text, name):
    assert ids.known(FILMS, text) == name


def test_a_title_of_digits_is_found_where_no_id_is_so_called():
    assert ids.known(side([10, 20], ["1984", "x"]), "1984") == 10


def test_an_id_of_text_may_look_like_a_number():
    assert ids.known(side(["10", "x"]), "10") == "10"


@pytest.mark.parametrize("text", ["99", "Alein", ""])
def test_an_unknown_name_is_an_error(text):
    with pytest.raises(UnknownName):
        ids.known(FILMS, text)


def test_a_file_of_texts_holds_ids_of_the_type_of_the_vocab():
    whole, text = Vocab.of([1, 2]), Vocab.of(["1", "b"])
    assert ids.parsed(whole, ["1", 2, "b", None]) == [1, 2, "b", None]
    assert ids.parsed(text, [1, "b", None]) == ["1", "b", None]


def test_ratings_take_the_ids_of_the_model():
    model = SimpleNamespace(users=side(["1", "x"]), items=side([5, 6]))
    data = Ratings.of([1, 2], [5, 6], [3, 4])
    found = ids.as_in_model(data, model)
    assert found.users.names.tolist() == ["1", "2"]
    assert found.items is data.items
    assert (found.r == data.r).all()
