"Arrays as they are asked for: what is wrong is said, what nobody asked for is known."

import numpy as np
import pytest

from entable.errors import BadModelFile
from entable.modelfile.taken import Taken, keyed, real


@pytest.fixture
def file():
    return Taken({"a": np.zeros(2, "<f4"), "b": np.ones(3, "<i8")})


def test_what_was_asked_for_is_remembered(file):
    assert set(file) == {"a", "b"}
    assert len(file) == 2
    assert not file.taken
    assert file["a"].tolist() == [0, 0]
    file.typed("b", "<i8")
    assert file.taken == {"a", "b"}


@pytest.mark.parametrize(("name", "dtype"), [("a", "<f8"), ("c", "<f4")])
def test_an_array_of_another_type_or_none_is_refused(file, name, dtype):
    with pytest.raises(BadModelFile, match=f"the array {name} is missing or of the wrong type"):
        file.typed(name, dtype)


@pytest.mark.parametrize("told", [None, [], {}, {"x": 1}, {"x": 1, "y": 2, "z": 3}])
def test_descriptions_have_the_keys_that_are_wanted(told):
    with pytest.raises(BadModelFile, match="the net is not described as it should be"):
        keyed(told, {"x", "y"}, "net")
    keyed({"x": 1, "y": 2}, {"x", "y"}, "net")


@pytest.mark.parametrize("value", [1, True, "1.0", None])
def test_a_number_has_a_point(value):
    with pytest.raises(BadModelFile, match="scale is no number with a point"):
        real(value, "scale")
    assert real(1.5, "scale") == 1.5
