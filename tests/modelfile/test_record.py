"How a model was learnt comes back as it was told, in JSON's own types."

import json

import numpy as np
import polars as pl
import pytest

from entable.errors import BadModelFile
from entable.modelfile.record import RECORD, pack_record, plain, unpack_record
from entable.modelfile.taken import Taken


@pytest.mark.parametrize("trace", [None, pl.DataFrame({"epoch": [1, 2], "loss": [0.5, 0.25]})])
def test_settings_metrics_and_trace_come_back(trace):
    about, arrays = pack_record({"lr": np.float32(0.5)}, {"rmse": np.nan, "n": (1, 2)}, trace)
    assert set(about) == RECORD
    file = Taken(arrays)
    found = unpack_record(json.loads(json.dumps(about)), file)
    file.done()
    assert found["settings"] == {"lr": 0.5}
    assert found["metrics"] == {"rmse": None, "n": [1, 2]}
    assert found["trace"] is None if trace is None else found["trace"].equals(trace)


def test_what_is_no_record_is_refused():
    about, arrays = pack_record({}, {}, pl.DataFrame({"epoch": [1]}))
    for name in ("settings", "metrics"):
        with pytest.raises(BadModelFile, match=f"its {name} are not described"):
            unpack_record(about | {name: []}, Taken(arrays))
    file = Taken(arrays | {"more": np.zeros(1)})
    unpack_record(about, file)
    with pytest.raises(BadModelFile, match="arrays that nothing asks for: more"):
        file.done()


def test_what_json_does_not_know_becomes_text():
    told = {1: pl.Int64, "a": [True, None, np.int64(3)]}
    assert plain(told) == {"1": "Int64", "a": [True, None, 3]}
