"Files of two arrays, and files with a header of one's own and checksums that are right."

import hashlib
import json

import numpy as np
import pytest

from entable import modelfile

ARRAYS = {
    "a": np.arange(12, dtype="f4").reshape(4, 3),
    "b": np.arange(5, dtype="i8"),
    "none": np.zeros((0, 3), "f4"),
    "raw": np.arange(7, dtype="u1"),
}
ABOUT = {"title": "Amélie 映画", "numbers": [1, 2.5, True, None], "deep": {"er": {}}}


@pytest.fixture
def arrays():
    return dict(ARRAYS)


@pytest.fixture
def about():
    return dict(ABOUT)


@pytest.fixture
def good(tmp_path):
    return modelfile.write(tmp_path / "good.entable", "tests", ABOUT, ARRAYS)


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Parts:
    "What a file is made of; change a part and write the file with right checksums."

    def __init__(self, path):
        whole = path.read_bytes()
        length = int.from_bytes(whole[:8], "little")
        outer = json.loads(whole[8 : 8 + length])
        self.manifest = json.loads(outer.pop("__metadata__")["manifest"])
        self.entries = outer
        self.data = whole[8 + length :]
        self.text = self.header = self.checksum = None

    def write(self, path):
        text = compact(self.manifest) if self.text is None else self.text
        sha = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        metadata = {"checksum": self.checksum or sha, "manifest": text}
        header = self.header
        if header is None:
            header = compact({"__metadata__": metadata} | self.entries).encode(
                "utf-8", "surrogatepass"
            )
            header += b" " * (-(8 + len(header)) % 64)
        path.write_bytes(len(header).to_bytes(8, "little") + header + self.data)
        return path


@pytest.fixture
def parts(good):
    return Parts(good)
