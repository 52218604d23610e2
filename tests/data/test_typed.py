"Frames as arrays of few types, and what would not have been written is refused."

from datetime import date, datetime

import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from entable.data.typed import pack_frame, pack_labels, unpack_frame, unpack_labels
from entable.errors import BadModelFile

FRAME = pl.DataFrame(
    {
        "n": [3, None, -1],
        "x": [0.5, None, 2.0],
        "yes": [True, None, False],
        "day": [date(2015, 7, 31), None, date(1, 1, 1)],
        "at": [datetime(2015, 7, 31, 12), None, datetime(2000, 1, 1)],
        "text": ["", None, "é"],
    }
)


def test_every_type_comes_back_with_its_gaps():
    columns, arrays = pack_frame(FRAME, "f")
    assert [kind for _, kind in columns] == ["int", "float", "bool", "date", "datetime", "str"]
    assert {array.dtype.str for array in arrays.values()} <= {"<i8", "<f8", "|u1", "<i4"}
    assert_frame_equal(unpack_frame(columns, arrays, "f", 3), FRAME)
    labels = np.array(["a", None, ""], object)
    assert unpack_labels(pack_labels(labels, "l"), "l", 3).tolist() == labels.tolist()


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda c, a: (None, a), "not described"),
        (lambda c, a: ([*c, c[0]], a), "a column comes twice"),
        (lambda c, a: ([["n", "set"]], a), "unknown type 'set'"),
        (lambda c, a: (c, a | {"f.0.values": np.zeros(3, "<f4")}), "missing, or of the wrong type"),
        (lambda c, a: (c, a | {"f.0.valid": np.ones(2, "u1")}), "not as long as what is there"),
        (lambda c, a: (c, a | {"f.2.values": np.full(3, 2, "u1")}), "neither true nor false"),
        (lambda c, a: (c, a | {"f.3.values": np.full(3, 2**31 - 1, "<i4")}), "beyond the years"),
        (lambda c, a: (c, a | {"f.0.values": np.zeros(4, "<i8")}), "not"),
    ],
)
def test_what_was_never_written_is_refused(spoil, told):
    columns, arrays = spoil(*pack_frame(FRAME, "f"))
    with pytest.raises(BadModelFile, match=told):
        unpack_frame(columns, arrays, "f", 3)
