"Headers that lie, with checksums that are right: a clear error and little memory."

import copy
import tracemalloc

import pytest

from entable import modelfile
from entable.errors import BadModelFile
from entable.modelfile.layout import DEPTH_LIMIT, HEADER_LIMIT, MARK_LIMIT, Slot, build

FLOOR = 12 << 20  # bytes that Python may take to look at a header of one megabyte


def set_entry(name, key, value):
    def change(parts):
        parts.entries[name][key] = value

    return change


def set_slot(name, key, value):
    "In the manifest and in the header, so that both tell the same lie."

    def change(parts):
        parts.manifest["arrays"][name][key] = value
        if key in parts.entries[name]:
            parts.entries[name][key] = value

    return change


def set_manifest(key, value):
    def change(parts):
        parts.manifest[key] = value

    return change


def set_text(make):
    def change(parts):
        from json import dumps

        parts.text = make(dumps(parts.manifest, ensure_ascii=False, separators=(",", ":")))

    return change


def set_header(header):
    def change(parts):
        parts.header = header

    return change


def whole(change):
    "A change of several parts at once."
    return change


def swap_two(parts):
    parts.entries = dict(reversed(parts.entries.items()))


def drop_entry(parts):
    del parts.entries["raw"]


def drop_slot(parts):
    del parts.manifest["arrays"]["raw"]


def drop_both(parts):
    del parts.manifest["arrays"]["raw"], parts.entries["raw"]


def add_both(parts):
    parts.entries["new"] = {"dtype": "U8", "shape": [0], "data_offsets": [0, 0]}
    parts.manifest["arrays"]["new"] = {"dtype": "U8", "shape": [0]}


def twice(parts):
    "One array's bytes told to be another's as well."
    slot = copy.deepcopy(parts.manifest["arrays"]["b"])
    parts.manifest["arrays"]["c"] = slot
    parts.entries["c"] = dict(parts.entries["b"])


def empty_but_huge(parts):
    for told in (parts.manifest["arrays"]["none"], parts.entries["none"]):
        told["shape"] = [0, 1 << 47, 1 << 47, 1 << 47]


def named_metadata(parts):
    parts.manifest["arrays"]["__metadata__"] = parts.manifest["arrays"].pop("raw")


def more_data(parts):
    parts.data += b"\0"


def less_data(parts):
    parts.data = parts.data[:-1]


def gap(parts):
    parts.entries["raw"]["data_offsets"] = [90, 97]
    parts.data = parts.data[:88] + b"\0\0" + parts.data[88:]


CASES = {
    "offsets overlap": set_entry("a", "data_offsets", [0, 48]),
    "offsets past the end": set_entry("raw", "data_offsets", [88, 950]),
    "offsets before the start": set_entry("b", "data_offsets", [-40, 0]),
    "offsets reversed": set_entry("b", "data_offsets", [40, 0]),
    "offsets of three": set_entry("b", "data_offsets", [0, 40, 40]),
    "offsets true": set_entry("b", "data_offsets", [False, 40]),
    "offsets float": set_entry("b", "data_offsets", [0.0, 40.0]),
    "offsets text": set_entry("b", "data_offsets", ["0", "40"]),
    "a gap between arrays": gap,
    "shape huge": set_slot("b", "shape", [1 << 40]),
    "shape beyond 64 bits": set_slot("b", "shape", [1 << 70]),
    "shape of a thousand digits": set_slot("b", "shape", [10**1000]),
    "shape product wraps to the right size": set_slot("b", "shape", [1 << 33, 1 << 31, 5]),
    "shape negative": set_slot("b", "shape", [-5]),
    "shape negative twice": set_slot("b", "shape", [-1, -5]),
    "shape bool": set_slot("raw", "shape", [7, True]),
    "shape float": set_slot("b", "shape", [5.0]),
    "shape text": set_slot("b", "shape", ["5"]),
    "shape null": set_slot("b", "shape", None),
    "shape number": set_slot("b", "shape", 5),
    "shape nested": set_slot("b", "shape", [[5]]),
    "shape of many ones": set_slot("b", "shape", [5] + [1] * 60),
    "shape of an empty array lies": empty_but_huge,
    "shape other in the header": set_entry("a", "shape", [3, 4]),
    "dtype unknown": set_slot("b", "dtype", "I128"),
    "dtype bool": set_slot("raw", "dtype", "BOOL"),
    "dtype null": set_slot("b", "dtype", None),
    "dtype a list": set_slot("b", "dtype", ["I64"]),
    "dtype of another size": set_slot("b", "dtype", "F32"),
    "dtype object": set_slot("b", "dtype", "O"),
    "checksum of an array null": set_slot("b", "sha256", None),
    "checksum of an array wrong": set_slot("b", "sha256", "0" * 64),
    "array described twice": twice,
    "arrays in another order": swap_two,
    "array missing in the header": drop_entry,
    "array missing in the manifest": drop_slot,
    "array missing in both": drop_both,
    "array without a checksum": add_both,
    "array called __metadata__": named_metadata,
    "array is a number": set_manifest("arrays", {"a": 5}),
    "arrays a list": set_manifest("arrays", []),
    "arrays null": set_manifest("arrays", None),
    "one byte more": more_data,
    "one byte less": less_data,
    "kind a number": set_manifest("kind", 3),
    "about a list": set_manifest("about", []),
    "unknown key": set_manifest("pickle", "gASV"),
    "format null": set_manifest("format", None),
    "format true": set_manifest("format", True),
    "format float": set_manifest("format", 1.0),
    "format text": set_manifest("format", "1"),
    "format zero": set_manifest("format", 0),
    "format negative": set_manifest("format", -1),
    "manifest empty": set_text(lambda text: ""),
    "manifest a list": set_text(lambda text: "[]"),
    "manifest a number": set_text(lambda text: "1"),
    "manifest cut off": set_text(lambda text: text[:-5]),
    "manifest with a space": set_text(lambda text: text.replace(":", ": ", 1)),
    "manifest with a key twice": set_text(lambda t: t.replace('"kind"', '"kind":"x","kind"', 1)),
    "manifest with NaN": set_text(lambda text: text.replace("2.5", "NaN")),
    "manifest with infinity": set_text(lambda text: text.replace("2.5", "1e999")),
    "manifest with a number of many digits": set_text(lambda t: t.replace("2.5", "9" * 9000)),
    "manifest with half a character": set_text(lambda t: t.replace("Am", "\\ud800")),
    "manifest deep": set_text(lambda t: t.replace("2.5", "[" * 5000 + "]" * 5000)),
    "manifest deeper than any stack": set_text(lambda t: "[" * 400_000),
    "manifest of very many parts": set_text(lambda t: t.replace("2.5", "[" + "0," * 99_999 + "0]")),
    "manifest of very many lists": set_text(
        lambda t: t.replace("2.5", "[" + "[]," * 99_999 + "0]")
    ),
    "checksum of the manifest wrong": lambda parts: setattr(parts, "checksum", "0" * 64),
    "checksum of the manifest a list": lambda parts: setattr(parts, "checksum", ["0"]),
    "header a list": set_header(b"{}"[:1] + b'"a":[]}'),
    "header not JSON": set_header(b"{nothing}"),
    "header not UTF-8": set_header(b'{"\xff\xfe":1}'),
    "header without metadata": set_header(b"{}"),
    "header whose metadata is a text": set_header(b'{"__metadata__":"x"}'),
    "header whose manifest is a number": set_header(b'{"__metadata__":{"manifest":1}}'),
    "header deep": set_header(b'{"a":' + b"[" * 300_000),
    "header of very many parts": set_header(b'{"a":[' + b"1," * 400_000 + b"1]}"),
    "header of unended text": set_header(b'{"' + b"\\\\" * 400_000),
    "header with half a character": set_header(b'{"__metadata__":{"manifest":"\\ud800"}}'),
    "header too long": set_header(b'{"a":"' + b"x" * HEADER_LIMIT + b'"}'),
}


@pytest.mark.parametrize("case", CASES)
def test_a_header_that_lies_is_refused(parts, tmp_path, case):
    CASES[case](parts)
    path = parts.write(tmp_path / "crafted.entable")
    honest = path.stat().st_size
    tracemalloc.start()
    try:
        with pytest.raises(BadModelFile, match=r"crafted\.entable"):
            modelfile.read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak <= 2 * honest + FLOOR


def test_the_helper_writes_a_file_that_is_read(parts, good, tmp_path):
    "Otherwise every case above would fail for the wrong reason."
    path = parts.write(tmp_path / "same.entable")
    assert path.read_bytes() == good.read_bytes()
    assert modelfile.read(path).manifest == modelfile.read(good).manifest


def test_a_newer_format_is_refused_with_a_sentence(parts, tmp_path):
    parts.manifest = {"format": 99, "shape": "of things to come"}
    with pytest.raises(BadModelFile, match=r"format 99.*newer.*pip install -U entable"):
        modelfile.read(parts.write(tmp_path / "newer.entable"))


@pytest.mark.parametrize(
    ("about", "why"),
    [
        ({"a": "x" * HEADER_LIMIT}, "bytes"),
        ({"a": list(range(MARK_LIMIT))}, "parts"),
        ({"a": float("nan")}, "not JSON compliant"),
    ],
)
def test_what_could_not_be_read_is_not_built(about, why):
    with pytest.raises(ValueError, match=why):
        build("tests", about, {})


def test_nesting_is_built_up_to_its_limit_only():
    deep: list[object] = []
    for _ in range(DEPTH_LIMIT - 4):
        deep = [deep]
    build("tests", {"a": deep}, {})
    with pytest.raises(ValueError, match="nested"):
        build("tests", {"a": [[[[deep]]]]}, {})


def test_a_slot_knows_its_bytes():
    assert Slot("F64", (2, 3), "").nbytes == 48
    assert Slot("U8", (), "").nbytes == 1
